/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* `listen = fd:NAME`: sockets that a service manager passed. Private to net.
 */
#ifndef EVINETD_NET_ADOPT_H
#define EVINETD_NET_ADOPT_H

#include <evinetd/net/listener.h>

/* As listener_count() and listener_open(), for CONFIG_LISTEN_FD alone. */
size_t adopt_count(const struct config_listen *spec);
int adopt_open(const struct config_listen *spec,
    const struct config_socket *options, bool shared,
    struct listener *listeners, struct listener_failure *failure);

#endif
