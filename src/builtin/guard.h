/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Who may be answered by a service that answers every datagram. The source
 * of a datagram is what somebody wrote there, so an answer may go to a victim
 * (reflection), or to another service that answers too, for ever (a loop;
 * CERT CA-1996-01, and RFC 2644 for broadcast).
 */
#ifndef EVINETD_BUILTIN_GUARD_H
#define EVINETD_BUILTIN_GUARD_H

#include <netinet/in.h>

#include <stdbool.h>

struct sockaddr;

/* The address of a sockaddr_in or sockaddr_in6, IPv4 as ::ffff:a.b.c.d.
 * Returns false for every other family, and writes nothing then. */
bool guard_get_address(const struct sockaddr *sa, struct in6_addr *ret_addr);

/* Whether addr is one that a single host may have: not unspecified, not a
 * multicast group, not 255.255.255.255. Broadcast addresses of a subnet look
 * like any other; the kernel knows them. */
bool guard_is_host(const struct in6_addr *addr);

/* Ports of services that answer too, as "7,5007": whoever comes from one of
 * them is not answered. NULL: none. What is no port is passed over. */
void guard_add_ports(const char *list);

/* Whether a datagram from this IPv4 or IPv6 source may be answered by a
 * socket that is bound to own_port (host byte order). */
bool guard_may_answer(const struct sockaddr *source, in_port_t own_port);

#endif
