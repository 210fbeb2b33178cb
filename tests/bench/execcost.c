/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* execcost: what it costs to run a program once, from vfork(2) until it has
 * been reaped, for one or more programs in turn. That is how the link of
 * evinetd-builtin was chosen (src/builtin/CMakeLists.txt). The programs get
 * the same argument and /dev/null for everything; one line each:
 *
 *	program=PATH turns= median_us= p10_us= p90_us=
 */
#include "sample.h"

#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static void
execcost_run(struct sample *s, char *program, char *argument, int null)
{
	char *argv[] = { program, argument, NULL };
	double start = sample_now_us();
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execv(program, argv);
		_exit(127);
	}
	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		err(EXIT_FAILURE, "%s", program);
	sample_add(s, sample_now_us() - start);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(EXIT_FAILURE, "%s: failed, status %#x", program,
		    (unsigned)status);
}

int
main(int argc, char **argv)
{
	int turns = argc > 3 ? atoi(argv[1]) : 0;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct sample *samples;

	if (turns <= 0) {
		fprintf(stderr, "usage: execcost TURNS ARGUMENT PROGRAM...\n");
		return EX_USAGE;
	}
	samples = calloc((size_t)argc, sizeof(*samples));
	if (null == -1 || samples == NULL)
		err(EXIT_FAILURE, "setup");
	for (int i = 3; i < argc; i++)
		sample_init(&samples[i], (size_t)turns);
	for (int turn = 0; turn < turns; turn++)
		for (int i = 3; i < argc; i++)
			execcost_run(&samples[i], argv[i], argv[2], null);
	for (int i = 3; i < argc; i++) {
		printf("program=%s turns=%d median_us=%.1f p10_us=%.1f "
		       "p90_us=%.1f\n",
		    argv[i], turns, sample_quantile(&samples[i], 0.5),
		    sample_quantile(&samples[i], 0.1),
		    sample_quantile(&samples[i], 0.9));
		sample_fini(&samples[i]);
	}
	free(samples);
	return EXIT_SUCCESS;
}
