/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Runs evinetd-builtin as a super-server would, for the tests of it: with one
 * end of a connection on descriptors 0 and 1, and its standard error in a
 * pipe. All waiting has a deadline; what fails here fails the test.
 */
#ifndef EVINETD_TESTS_BUILTIN_PROG_H
#define EVINETD_TESTS_BUILTIN_PROG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

enum prog_kind {
	PROG_TCP,
	PROG_UNIX,
	PROG_SEQPACKET,
	PROG_PIPES,
};

struct prog_setup {
	enum prog_kind kind;
	const char *name;    /* argument, or NULL for none */
	const char *idle;    /* the second argument, or NULL for none */
	const char *tz;	     /* TZ in its environment, or NULL */
	const char *first;   /* sent before it is started, or NULL */
	int send_buffer;     /* SO_SNDBUF of its end, 0 leaves it */
	int receive_timeout; /* SO_RCVTIMEO of its end in s, 0 leaves it */
	bool nonblocking;    /* O_NONBLOCK on its end */
	bool no_input;	     /* its descriptor 0 is closed */
};

struct prog {
	pid_t pid;
	int in;	 /* what it sends is read here */
	int out; /* what it reads is written here; the same unless pipes */
	int err;
};

void prog_start(struct prog *p, const struct prog_setup *setup);

/* The same on a socket that there is already, and that stays open here as it
 * does in a super-server. Of the setup only name, idle and tz count; nothing
 * can be sent or received by p. */
void prog_start_on(struct prog *p, const struct prog_setup *setup, int fd);

/* Ends our side of the connection. */
void prog_shutdown(struct prog *p);
void prog_close(struct prog *p);
void prog_reset(struct prog *p);

/* Writes all or fails the test. */
void prog_send(struct prog *p, const void *data, size_t len);

/* Reads until len bytes, or the end, and returns how many came. */
size_t prog_recv(struct prog *p, void *buf, size_t len);

/* Waits for its end; returns the exit status, or 128 and the signal. */
int prog_wait(struct prog *p);

/* The same, when it is to end well and without a word on stderr. */
void prog_wait_quiet(struct prog *p);

/* What it wrote to stderr (NUL-terminated), after prog_wait(). */
const char *prog_stderr(struct prog *p);

/* Returns when it is asleep in a system call. */
void prog_await_sleep(const struct prog *p);

#endif
