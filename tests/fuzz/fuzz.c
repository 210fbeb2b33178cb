/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* See fuzz.h. Here are also the stand-ins for what a harness must not do:
 * asking name servers, and searching the disk. They are linked by --wrap.
 */
#include "fuzz.h"

#include <glob.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int __wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **ret);
int __wrap_glob(const char *pattern, int flags,
    int (*error_cb)(const char *path, int error), glob_t *ret);

char *
fuzz_copy_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

void
fuzz_fail(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
	abort();
}

int
__wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **ret)
{
	return host != NULL ? EAI_NONAME : EAI_SERVICE;
}

int
__wrap_glob(const char *pattern, int flags,
    int (*error_cb)(const char *path, int error), glob_t *ret)
{
	memset(ret, 0, sizeof(*ret));
	return GLOB_NOMATCH;
}
