/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Sockets for a handler that takes all of a service's listeners, in the
 * protocol of sd_listen_fds(3): descriptors from 3 on, LISTEN_FDS, LISTEN_PID
 * and LISTEN_FDNAMES. The part that does not change from launch to launch.
 */
#ifndef EVINETD_LAUNCH_HANDOVER_H
#define EVINETD_LAUNCH_HANDOVER_H

#include <stddef.h>

/* The first of them, SD_LISTEN_FDS_START. */
#define HANDOVER_FIRST_FD 3

struct handover {
	int *fds; /* in the order in which they are passed; not owned */
	size_t count;
	int away;	 /* a number above all fds and all places */
	char *env_fds;	 /* "LISTEN_FDS=2" */
	char *env_names; /* "LISTEN_FDNAMES=web:web" */
};

/* names[i] is that of fds[i]; it has no colon. 0 or -ENOMEM. */
int handover_new(const int *fds, const char *const *names, size_t count,
    struct handover **ret);
/* fds[i] has become another one. */
void handover_replace(struct handover *h, size_t i, int fd);
void handover_free(struct handover *h);

#endif
