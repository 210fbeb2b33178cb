/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Called while a generator reads its command line, never later: each failure
 * is the end of the program.
 */
#include "options.h"

#include <sys/un.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

void
options_fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n%s", what, why, options_usage);
	exit(EX_USAGE);
}

size_t
options_number(const char *s, size_t min)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || n < min ||
	    n > 1000000000ULL)
		options_fail(s, "not a sensible number");
	return (size_t)n;
}

static socklen_t
options_resolve_unix(const char *path, struct sockaddr_storage *ret)
{
	struct sockaddr_un *sun = (void *)ret;

	if (strlen(path) >= sizeof(sun->sun_path))
		options_fail(path, "too long for a socket");
	sun->sun_family = AF_UNIX;
	strcpy(sun->sun_path, path);
	return sizeof(*sun);
}

static socklen_t
options_look_up(const char *host, const char *port,
    const struct addrinfo *hints, struct sockaddr_storage *ret)
{
	struct addrinfo *ai;
	const int error = getaddrinfo(host, port, hints, &ai);
	socklen_t len;

	if (error != 0)
		options_fail(host, gai_strerror(error));
	len = ai->ai_addrlen;
	memcpy(ret, ai->ai_addr, len);
	freeaddrinfo(ai);
	return len;
}

socklen_t
options_resolve(char *where, struct sockaddr_storage *ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char *port = strrchr(where, ':'), *host = where;

	if (strncmp(where, "unix:", 5) == 0)
		return options_resolve_unix(where + 5, ret);
	if (port == NULL)
		options_fail(where, "no port");
	*port++ = '\0';
	if (host[0] == '[' && port[-2] == ']') {
		port[-2] = '\0';
		host++;
	}
	return options_look_up(host, port, &hints, ret);
}

socklen_t
options_address(const char *host, struct sockaddr_storage *ret)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST };

	return options_look_up(host, NULL, &hints, ret);
}
