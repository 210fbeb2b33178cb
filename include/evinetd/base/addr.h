/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A socket address of any family that evinetd serves, and its text.
 *
 * IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2) count as IPv4 everywhere:
 * addr_unmap() is called once, where an address enters, so that lists,
 * limits, environment and log agree.
 */
#ifndef EVINETD_BASE_ADDR_H
#define EVINETD_BASE_ADDR_H

#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct addr {
	socklen_t len; /* bytes of the union in use; 0: no address */
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_vm vm;
		struct sockaddr_storage storage;
	} u;
};

/* Room for what the addr_format functions write, NUL included. */
#define ADDR_TEXT_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) + 16)

/* From numeric text without brackets, IPv4 or IPv6 (with %scope).
 * Returns 0, or -EINVAL when the text is no address. */
int addr_parse_ip(const char *text, uint16_t port, struct addr *ret);

/* An IPv4-mapped IPv6 address becomes the IPv4 address; others stay. */
void addr_unmap(struct addr *a);

/* AF_INET, AF_INET6, AF_UNIX, AF_VSOCK, or AF_UNSPEC for none. */
int addr_family(const struct addr *a);

/* In host byte order; 0 for families without one. A vsock port is 32 bits. */
uint32_t addr_port(const struct addr *a);
void addr_set_port(struct addr *a, uint32_t port);

/* True for 0.0.0.0, :: and VMADDR_CID_ANY. */
bool addr_is_any(const struct addr *a);

/* Family, host and port are the same. */
bool addr_equal(const struct addr *a, const struct addr *b);

/* The host alone: "192.0.2.7", "2001:db8::1", "3" (a vsock CID), a path,
 * "@name" for an abstract one, or "" for a Unix socket without a name. Returns
 * buf. */
const char *addr_format_host(const struct addr *a, char *buf, size_t size);

/* As `listen` takes it: "192.0.2.7:80", "[::1]:80", "vsock:3:80", "unix:/p",
 * and "unix:@name". Returns buf. */
const char *addr_format(const struct addr *a, char *buf, size_t size);

#endif
