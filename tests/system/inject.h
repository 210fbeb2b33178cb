/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* System calls and allocations of the daemon that fail when a test wants it:
 * preload_inject.c, which is preloaded into it, asks a table in shared memory
 * before each of them.
 *
 *	inject_start(h, config);
 *	inject_fail(INJECT_CLONE, EAGAIN, 3);
 *
 * Handlers are not affected.
 */
#ifndef EVINETD_TESTS_INJECT_H
#define EVINETD_TESTS_INJECT_H

#include <stdatomic.h>
#include <stdbool.h>

/* The file of the table, in the daemon's environment. */
#define INJECT_ENVIRONMENT "EVINETD_TEST_INJECT"

enum inject_call {
	INJECT_ACCEPT4,
	INJECT_CALLOC,
	INJECT_CLONE,
	INJECT_EPOLL_ADD, /* epoll_ctl(2), EPOLL_CTL_ADD */
	INJECT_GETSOCKNAME,
	INJECT_GETSOCKOPT,
	INJECT_MALLOC,
	INJECT_OPEN,
	INJECT_PIPE2,
	INJECT_REALLOC,
	INJECT_RECV,
	INJECT_SEND,
	INJECT_SETFL, /* fcntl(2), F_SETFL */
	INJECT_SETSOCKOPT,
	INJECT_SHUTDOWN,
	INJECT_NCALLS,
};

/* left calls fail, after skip others; left < 0: until further notice. */
struct inject_rule {
	atomic_int error, skip, left, failed;
};

struct inject_table {
	struct inject_rule rules[INJECT_NCALLS];
};

struct harness;

/* As harness_start(), with the table, in which nothing fails yet. Skips the
 * test where that is not possible. */
void inject_start(struct harness *h, const char *config);

#define INJECT_ALWAYS (-1)

/* The next count calls fail. */
void inject_fail(enum inject_call call, int error, int count);
/* One does, after so many others. */
void inject_fail_after(enum inject_call call, int error, int skip);
void inject_stop(enum inject_call call);

/* How many have failed since the last inject_fail(). */
int inject_count_failed(enum inject_call call);
void inject_wait_failed(enum inject_call call, int count);

#endif
