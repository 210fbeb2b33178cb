/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Whole configurations, from a file in memory. A right one is dumped, and
 * the dump has to be right, and to be dumped as the same.
 */
#include "fuzz.h"

#include <evinetd/config/config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct config *
load(const void *bytes, size_t size)
{
	struct diag *diag = diag_new();
	struct config *c = NULL;
	char path[40];
	int error, fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_CHECK(fd != -1 && diag != NULL);
	FUZZ_CHECK(write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error = config_load(path, diag, &c);
	FUZZ_CHECK((error == 0) == (c != NULL));
	FUZZ_CHECK((error == 0) == (diag_count(diag) == 0));
	diag_free(diag);
	close(fd);
	return c;
}

/* Frees the config. Without the comments, which have the origins. */
static char *
dump(struct config *c)
{
	char *text, *from, *to;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	FUZZ_CHECK(out != NULL && config_dump(c, out) == 0);
	FUZZ_CHECK(fclose(out) == 0);
	config_free(c);
	for (from = to = text; *from != '\0';) {
		const size_t len = strcspn(from, "\n") + 1;

		if (*from != ';') {
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c = load(data, size);
	char *first, *second;

	if (c == NULL)
		return 0;
	first = dump(c);
	c = load(first, strlen(first));
	FUZZ_CHECK(c != NULL);
	second = dump(c);
	FUZZ_CHECK(strcmp(first, second) == 0);
	free(first);
	free(second);
	return 0;
}
