/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* evinetd-builtin NAME [MS]: the built-in handlers as one program, for the
 * client on its standard input and output, or for all clients of the datagram
 * socket there, until none has sent anything for MS milliseconds. It knows
 * nothing of the supervisor and runs under any super-server.
 *
 * It is executed once a connection, so nothing is done here that the service
 * does not need: no locale, no stdio, no allocation. How it is linked, and
 * what that costs, stands in CMakeLists.txt.
 *
 * Exit status: 0 done, or the client has left, or idle; 1 failure; 64 usage.
 */
#include "dgram.h"
#include "handlers.h"
#include "io.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

struct builtin {
	const char *name;
	const char *help;
	int (*run)(void);
	dgram_answer_fn *answer;
};

#define BUILTIN_ENTRY(name, help) \
	{ #name, help, builtin_##name, builtin_##name##_dgram },
static const struct builtin builtins[] = { EVINETD_BUILTINS(BUILTIN_ENTRY) };
#undef BUILTIN_ENTRY

#define BUILTINS_COUNT (sizeof(builtins) / sizeof(builtins[0]))

static const struct builtin *
builtin_find(const char *name)
{
	for (size_t i = 0; i < BUILTINS_COUNT; i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}

static void
builtin_usage(int fd)
{
	dprintf(fd,
	    "usage: evinetd-builtin NAME [MILLISECONDS]\n\n"
	    "Serves the client on standard input and output; if that is a\n"
	    "datagram socket, all its clients, until none has sent anything\n"
	    "for MILLISECONDS (%d). NAME is\n",
	    DGRAM_IDLE_DEFAULT);
	for (size_t i = 0; i < BUILTINS_COUNT; i++)
		dprintf(fd, "  %-9s %s\n", builtins[i].name, builtins[i].help);
}

/* Returns -1 when text is no number of milliseconds. */
static int
builtin_parse_idle(const char *text)
{
	char *end;
	long n;

	/* A number beyond long is the largest long. */
	if (*text < '0' || *text > '9')
		return -1;
	n = strtol(text, &end, 10);
	return *end != '\0' || n > INT_MAX ? -1 : (int)n;
}

static int
builtin_run(const struct builtin *b, int idle)
{
	/* A client that leaves is an ordinary end, not a death by signal.
	 * Fails only for signals that do not exist. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (dgram_is_socket(STDIN_FILENO))
		return dgram_serve(STDIN_FILENO, idle, b->answer);
	return b->run();
}

int
main(int argc, char **argv)
{
	const struct builtin *b;
	int error, idle = DGRAM_IDLE_DEFAULT;
	bool words;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		builtin_usage(STDOUT_FILENO);
		return EXIT_SUCCESS;
	}
	words = argc == 2 || argc == 3;
	if (argc == 3)
		idle = builtin_parse_idle(argv[2]);
	b = words ? builtin_find(argv[1]) : NULL;
	if (b == NULL || idle == -1) {
		if (words && b == NULL)
			dprintf(STDERR_FILENO,
			    "evinetd-builtin: %s: no such handler\n", argv[1]);
		builtin_usage(STDERR_FILENO);
		return EX_USAGE;
	}

	error = builtin_run(b, idle);
	if (error == 0 || io_client_left(error))
		return EXIT_SUCCESS;
	dprintf(STDERR_FILENO, "evinetd-builtin: %s: %s\n", b->name,
	    strerror(-error));
	return EXIT_FAILURE;
}
