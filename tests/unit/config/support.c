/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* See support.h. Everything here fails the running test when something is not
 * as it should be.
 */
#include "support.h"

#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char support_folder[] = "/tmp/evinetd-config-XXXXXX";

int
support_enter_folder(void **state)
{
	return mkdtemp(support_folder) == NULL || chdir(support_folder) == -1
		   ? -1
		   : 0;
}

static int
support_remove_cb(
    const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

int
support_leave_folder(void **state)
{
	if (chdir("/") == -1)
		return -1;
	return nftw(support_folder, support_remove_cb, 8, FTW_DEPTH | FTW_PHYS);
}

void
support_write_bytes(const char *name, const void *bytes, size_t size)
{
	FILE *out = fopen(name, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

void
support_write(const char *name, const char *text)
{
	support_write_bytes(name, text, strlen(text));
}

static char *
support_print(const struct diag *diag)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	diag_print(diag, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

struct config *
support_load(const char *text)
{
	struct diag *diag = diag_new();
	struct config *c = NULL;
	char *messages;
	int error;

	support_write("t.ini", text);
	error = config_load("t.ini", diag, &c);
	messages = support_print(diag);
	assert_string_equal(messages, "");
	assert_int_equal(error, 0);
	assert_non_null(c);
	free(messages);
	diag_free(diag);
	return c;
}

char *
support_complaints_of(const char *name)
{
	struct diag *diag = diag_new();
	struct config *c = NULL;
	char *messages;

	assert_int_equal(config_load(name, diag, &c), -EINVAL);
	assert_null(c);
	assert_true(diag_count(diag) > 0);
	messages = support_print(diag);
	diag_free(diag);
	return messages;
}

char *
support_complaints(const char *text)
{
	support_write("t.ini", text);
	return support_complaints_of("t.ini");
}

void
support_expect(const char *text, const char *complaints)
{
	char *messages = support_complaints(text);

	assert_string_equal(messages, complaints);
	free(messages);
}

void
support_expect_part(const char *text, const char *part)
{
	char *messages = support_complaints(text);

	if (strstr(messages, part) == NULL)
		assert_string_equal(messages, part);
	free(messages);
}

char *
support_dump(const struct config *c)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(config_dump(c, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The next line that is no comment; NULL at the end. */
static const char *
support_skip_comments(const char *text)
{
	while (*text == ';')
		text += strcspn(text, "\n") + 1;
	return *text == '\0' ? NULL : text;
}

void
support_assert_same_dump(const char *a, const char *b)
{
	a = support_skip_comments(a);
	b = support_skip_comments(b);
	while (a != NULL && b != NULL) {
		const size_t len = strcspn(a, "\n") + 1;

		if (strncmp(a, b, len) != 0)
			assert_string_equal(a, b);
		a = support_skip_comments(a + len);
		b = support_skip_comments(b + len);
	}
	assert_ptr_equal(a, b);
}
