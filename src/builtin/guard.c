/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The rules that keep datagram services from being turned on each other and
 * on third parties. They look at addresses only and make no system call;
 * dgram.c asks them about each datagram, and adds what only the kernel knows.
 */
#include "guard.h"

#include <sys/socket.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Below are the services of every system, among them all that answer to
 * whatever they get: the well-known ports of the built-in handlers (7, 9, 13,
 * 19 and 37), DNS, NTP. Clients have ports above, from the kernel. */
#define GUARD_FIRST_CLIENT_PORT 1024

/* A bit for each port. */
static unsigned char guard_ports[(UINT16_MAX + 1) / 8];

bool
guard_get_address(const struct sockaddr *sa, struct in6_addr *ret_addr)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(ret_addr->s6_addr, mapped, 12);
		memcpy(ret_addr->s6_addr + 12,
		    &((const struct sockaddr_in *)sa)->sin_addr, 4);
		return true;
	case AF_INET6:
		*ret_addr = ((const struct sockaddr_in6 *)sa)->sin6_addr;
		return true;
	default:
		return false;
	}
}

bool
guard_is_host(const struct in6_addr *addr)
{
	static const unsigned char all_ones[4] = { 255, 255, 255, 255 };
	const unsigned char *v4 = addr->s6_addr + 12;

	if (!IN6_IS_ADDR_V4MAPPED(addr))
		return !IN6_IS_ADDR_UNSPECIFIED(addr) &&
		       !IN6_IS_ADDR_MULTICAST(addr);
	/* 0.0.0.0/8 is "this network" (RFC 1122, 3.2.1.3), and Linux takes
	 * 0.0.0.0 as a destination for the host itself. */
	return v4[0] != 0 && (v4[0] & 0xf0) != 0xe0 &&
	       memcmp(v4, all_ones, 4) != 0;
}

static bool
guard_is_added(in_port_t port)
{
	return (guard_ports[port / 8] & (1U << port % 8)) != 0;
}

void
guard_add_ports(const char *list)
{
	while (list != NULL && *list != '\0') {
		char *end;
		const unsigned long port = strtoul(list, &end, 10);

		if (end > list && port <= UINT16_MAX)
			guard_ports[port / 8] |= 1U << port % 8;
		list = *end == '\0' ? end : end + 1;
	}
}

bool
guard_may_answer(const struct sockaddr *source, in_port_t own_port)
{
	struct in6_addr addr;
	in_port_t port;

	if (!guard_get_address(source, &addr) || !guard_is_host(&addr))
		return false;
	/* The port is in the same place in both. */
	port = ntohs(((const struct sockaddr_in *)source)->sin_port);
	/* The same port elsewhere is the same service on another host. */
	return port >= GUARD_FIRST_CLIENT_PORT && port != own_port &&
	       !guard_is_added(port);
}
