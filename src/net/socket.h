/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Socket options of a listener. Private to net.
 */
#ifndef EVINETD_NET_SOCKET_H
#define EVINETD_NET_SOCKET_H

#include <evinetd/base/addr.h>
#include <evinetd/config/config.h>

/* Before bind(2): sets what the configuration asks for, where it applies to
 * family and type. On Linux accepted sockets inherit all of it, so a connection
 * costs no call. 0, or a negative errno and the option's name in *ret_step. */
int socket_set_options(int fd, const struct addr *addr, int type,
    const struct config_socket *options, const char **ret_step);

/* What can still be set on a socket that is bound and listens: the buffers,
 * and the options of TCP if it is that. Returns as above. */
int socket_set_late_options(
    int fd, const struct config_socket *options, const char **ret_step);

/* O_NONBLOCK as told, O_ASYNC off. 0 or a negative errno. */
int socket_set_flags(int fd, bool nonblocking);

#endif
