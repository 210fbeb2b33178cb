/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Descriptors that a service manager passed to us when it started us, as in
 * sd_listen_fds(3): numbers from 3 on, told by LISTEN_PID, LISTEN_FDS and
 * LISTEN_FDNAMES. There is one such set a process, as there is one
 * environment.
 */
#ifndef EVINETD_NET_PASSED_H
#define EVINETD_NET_PASSED_H

#include <stdbool.h>
#include <stddef.h>

struct passed_fd {
	int fd; /* close-on-exec; -1: closed by passed_close_unused() */
	const char *name; /* "unknown" when the manager gave none */
	bool taken;	  /* belongs to who took it, and may be closed */
};

/* Reads the variables, once and before anything else is opened, and removes
 * them (LISTEN_PIDFDID too) from the environment in every case. Nothing was
 * passed to us when there is no LISTEN_PID, or one that is not ours; then no
 * descriptor is touched. All or nothing: -EINVAL for a value that is no number
 * or another number of names than of descriptors, -EBADF when not all of them
 * are open, -ENOMEM; then nothing counts as passed, and those that are open
 * stay so, close-on-exec. They need not be sockets: who takes one looks. */
int passed_init(void);

/* How many of that name nobody has taken. */
size_t passed_count(const char *name);

/* The first of that name that nobody has taken; it belongs to the caller now.
 * -1: there is none. */
int passed_take(const char *name);

/* Gives back what passed_take() returned, still open. */
void passed_return(int fd);

/* All of them, in their order, for messages. Ours. */
const struct passed_fd *passed_list(size_t *ret_count);

/* Closes those that nobody has taken. */
void passed_close_unused(void);

#endif
