/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A service as the configuration would make it, for the tests of launch.
 */
#ifndef EVINETD_TESTS_LAUNCH_SERVICE_H
#define EVINETD_TESTS_LAUNCH_SERVICE_H

#include <evinetd/config/config.h>

#include <stddef.h>

/* Runs `/bin/sh -c SCRIPT` without changing anybody's user. */
#define SERVICE_SH(words_)                                               \
	{                                                                \
		.name = (char *)"test", .path = (char *)"/bin/sh",       \
		.argv0 = (char *)"/bin/sh",                              \
		.words = { .items = (words_),                            \
			.count = sizeof(words_) / sizeof((words_)[0]) }, \
		.working_directory = (char *)"/", .umask = 022           \
	}

#endif
