/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The options of a socket that this program only borrows. */
#ifndef EVINETD_BUILTIN_OPTIONS_H
#define EVINETD_BUILTIN_OPTIONS_H

/* Sets what answering datagrams needs on the socket fd of an address family
 * (AF_INET or AF_INET6; others need nothing). Options are put back by
 * options_restore(), and when SIGTERM, SIGINT or SIGHUP ends the process.
 * For one socket at a time. Returns 0 or a negative errno. */
int options_borrow(int fd, int family);

void options_restore(void);

#endif
