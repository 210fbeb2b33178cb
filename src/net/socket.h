/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Socket options of a listener, before bind(2). Private to net.
 */
#ifndef EVINETD_NET_SOCKET_H
#define EVINETD_NET_SOCKET_H

#include <evinetd/base/addr.h>
#include <evinetd/config/config.h>

/* Sets what the configuration asks for, where it applies to the family. On
 * Linux accepted sockets inherit all of it, so a connection costs no call.
 * 0, or a negative errno and the option's name in *ret_step. */
int socket_set_options(int fd, const struct addr *addr,
    const struct config_socket *options, const char **ret_step);

#endif
