/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Files of a test's folder: written with names replaced, copied, read whole,
 * and removed at the end. Called by the harness and by tests.
 */
#include "files.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_PATHS 8

char *
files_expand(const struct harness *h, const char *text)
{
	const struct {
		const char *name, *value;
	} table[] = { { "@DIR@", h->dir }, { "@PROBE@", TEST_PROBE },
		{ "@TAKER@", TEST_TAKER } };
	char *buf = NULL;
	size_t len, i;
	FILE *out = open_memstream(&buf, &len);

	assert_non_null(out);
	while (*text != '\0') {
		for (i = 0; i < HARNESS_COUNT(table); i++)
			if (strncmp(text, table[i].name,
				strlen(table[i].name)) == 0)
				break;
		if (i == HARNESS_COUNT(table)) {
			fputc(*text++, out);
			continue;
		}
		fputs(table[i].value, out);
		text += strlen(table[i].name);
	}
	assert_int_equal(fclose(out), 0);
	return buf;
}

const char *
harness_path(struct harness *h, const char *name)
{
	static char paths[FILES_PATHS][512];
	static size_t next;
	char *path = paths[next++ % FILES_PATHS];

	snprintf(path, sizeof(paths[0]), "%s/%s", h->dir, name);
	return path;
}

void
harness_write_file(
    struct harness *h, const char *name, const char *text, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	const int fd = open(harness_path(h, name), flags, mode);
	char *expanded = files_expand(h, text);
	const size_t len = strlen(expanded);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, expanded, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	free(expanded);
}

char *
harness_read_file(const char *path, size_t *ret_len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0, room = 65536;
	char *buf = malloc(room + 1);
	ssize_t n;

	if (fd == -1)
		fail_msg("%s cannot be read", path);
	while ((n = read(fd, buf + len, room - len)) > 0) {
		len += (size_t)n;
		if (len == room) {
			room *= 2;
			buf = realloc(buf, room + 1);
			assert_non_null(buf);
		}
	}
	close(fd);
	buf[len] = '\0';
	if (ret_len != NULL)
		*ret_len = len;
	return buf;
}

void
harness_copy_program(struct harness *h, const char *from, const char *name)
{
	const int in = open(from, O_RDONLY | O_CLOEXEC);
	const int out = open(harness_path(h, name),
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n;

	assert_int_not_equal(in, -1);
	assert_int_not_equal(out, -1);
	while ((n = sendfile(out, in, NULL, 1 << 30)) > 0)
		;
	assert_int_equal(n, 0);
	close(in);
	close(out);
}

static int
files_remove_cb(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void
files_remove_tree(const char *path)
{
	nftw(path, files_remove_cb, 16, FTW_DEPTH | FTW_PHYS);
}
