/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* One item of `listen`: text to the addresses of its sockets. */
#ifndef EVINETD_CONFIG_LISTEN_H
#define EVINETD_CONFIG_LISTEN_H

#include "value.h"

#include <evinetd/config/config.h>

/* Reads PORT, HOST:PORT and *:PORT, and the same behind udp:; unix:/PATH,
 * unix-dgram:/PATH and unix-seqpacket:/PATH; vsock:PORT and vsock:CID:PORT;
 * fd:NAME. HOST is an IPv4 address, an IPv6 address in brackets, or a name;
 * PORT a number or a service name. Names are asked from getaddrinfo(3), which
 * can take its time. *ret is complete but for its origin, and the caller's to
 * free. 0, -EINVAL with *err, or -ENOMEM. */
int listen_parse(
    const char *item, struct config_listen *ret, struct value_error *err);

/* A kind without connections. False for CONFIG_LISTEN_FD, which may be one. */
bool listen_is_datagram(enum config_listen_kind kind);

/* Frees what it holds. */
void listen_fini(struct config_listen *l);

#endif
