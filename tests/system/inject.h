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
	INJECT_EXECVE,	  /* in the child, which shares our memory */
	INJECT_EPOLL_ADD, /* epoll_ctl(2), EPOLL_CTL_ADD */
	INJECT_GETSOCKNAME,
	INJECT_GETSOCKOPT,
	INJECT_MALLOC,
	INJECT_MKDIRAT,
	INJECT_OPEN,
	INJECT_OPENAT,
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

/* Starts the daemon with the table, and lets its service [echo] serve once, so
 * that the loop has turned and watches what it has to. */
void inject_begin(struct harness *h, const char *config);
/* How such a test ends: so many clients were there, none was refused, and
 * nothing is left of them. */
void inject_end(struct harness *h, unsigned clients);
/* No handler runs, and there are as many descriptors as at the beginning. */
void inject_wait_idle(struct harness *h);

#define INJECT_ALWAYS (-1)

/* The next count calls fail. */
void inject_fail(enum inject_call call, int error, int count);
/* One does, after so many others. */
void inject_fail_after(enum inject_call call, int error, int skip);
void inject_stop(enum inject_call call);

/* Until so many have failed since the last inject_fail(). */
void inject_wait_failed(enum inject_call call, int count);

/* "errno=EMFILE", from field and number, in a static buffer. */
const char *inject_errno(const char *field, int error);

#endif
