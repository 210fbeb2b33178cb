/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The file of a Unix socket: stale ones, owner and mode. Private to net.
 */
#ifndef EVINETD_NET_UNIX_SOCKET_H
#define EVINETD_NET_UNIX_SOCKET_H

#include <evinetd/net/listener.h>

/* Keeps other supervisors from the folder of addr's file until the unlock: one
 * that is bound and does not listen yet looks stale. A descriptor, or -1 when
 * there can be no lock; a foreigner's lock is waited for only briefly. */
int unix_socket_lock(const struct addr *addr);
void unix_socket_unlock(int lock);

/* bind(2) for AF_UNIX, under the lock. A file that no process listens on is
 * replaced; one that answers, or is no socket, is -EADDRINUSE. Owner and mode
 * are as configured from the first moment on in which somebody can connect.
 * Fills l->dev and l->ino. 0, or a negative errno and *ret_step. */
int unix_socket_bind(struct listener *l, const struct config_socket *options,
    const char **ret_step);

/* Removes the file if it still is the one that l made. */
void unix_socket_unlink(const struct listener *l);

#endif
