/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Socket addresses: comparing them and writing them as text. The one place
 * that knows what each family's structure looks like. Never resolves names
 * and never makes a system call.
 */
#include <evinetd/base/addr.h>

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of an interface or its number, as addr_format_host() writes it. */
static uint32_t
addr_parse_scope(const char *text)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	if (*text != '\0' && *end == '\0' && number <= UINT32_MAX)
		return (uint32_t)number;
	return if_nametoindex(text);
}

int
addr_parse_ip(const char *text, uint16_t port, struct addr *ret)
{
	char host[INET6_ADDRSTRLEN];
	struct addr a = { 0 };
	const char *scope = strchr(text, '%');
	size_t len = scope != NULL ? (size_t)(scope - text) : strlen(text);

	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';

	if (scope == NULL && inet_pton(AF_INET, host, &a.u.in4.sin_addr) == 1) {
		a.u.in4.sin_family = AF_INET;
		a.len = sizeof(a.u.in4);
	} else if (inet_pton(AF_INET6, host, &a.u.in6.sin6_addr) == 1) {
		a.u.in6.sin6_family = AF_INET6;
		a.len = sizeof(a.u.in6);
		if (scope != NULL) {
			a.u.in6.sin6_scope_id = addr_parse_scope(scope + 1);
			if (a.u.in6.sin6_scope_id == 0)
				return -EINVAL;
		}
	} else
		return -EINVAL;
	addr_set_port(&a, port);
	*ret = a;
	return 0;
}

void
addr_unmap(struct addr *a)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET };

	if (addr_family(a) != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&a->u.in6.sin6_addr))
		return;
	in4.sin_port = a->u.in6.sin6_port;
	memcpy(&in4.sin_addr, &a->u.in6.sin6_addr.s6_addr[12], 4);
	memset(&a->u, 0, sizeof(a->u));
	a->u.in4 = in4;
	a->len = sizeof(in4);
}

int
addr_family(const struct addr *a)
{
	return a->len == 0 ? AF_UNSPEC : a->u.sa.sa_family;
}

uint32_t
addr_port(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return ntohs(a->u.in4.sin_port);
	case AF_INET6:
		return ntohs(a->u.in6.sin6_port);
	case AF_VSOCK:
		return a->u.vm.svm_port;
	default:
		return 0;
	}
}

void
addr_set_port(struct addr *a, uint32_t port)
{
	switch (addr_family(a)) {
	case AF_INET:
		a->u.in4.sin_port = htons((uint16_t)port);
		break;
	case AF_INET6:
		a->u.in6.sin6_port = htons((uint16_t)port);
		break;
	case AF_VSOCK:
		a->u.vm.svm_port = port;
		break;
	default:
		break;
	}
}

bool
addr_is_any(const struct addr *a)
{
	switch (addr_family(a)) {
	case AF_INET:
		return a->u.in4.sin_addr.s_addr == htonl(INADDR_ANY);
	case AF_INET6:
		return IN6_IS_ADDR_UNSPECIFIED(&a->u.in6.sin6_addr);
	case AF_VSOCK:
		return a->u.vm.svm_cid == VMADDR_CID_ANY;
	default:
		return false;
	}
}

/* Bytes of the name. The kernel counts them in the length, and NUL comes with
 * some paths; in an abstract name (unix(7)), which begins with one, all count.
 */
static size_t
addr_un_len(const struct addr *a)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);

	if (a->len <= head)
		return 0;
	return a->u.un.sun_path[0] == '\0'
		   ? a->len - head
		   : strnlen(a->u.un.sun_path, a->len - head);
}

/* NUL bytes, in abstract names only, are written as '@', as everybody does. */
static void
addr_format_un(const struct addr *a, char *buf, size_t size)
{
	const size_t len = addr_un_len(a);

	snprintf(buf, size, "%.*s", (int)len, a->u.un.sun_path);
	if (len == 0 || a->u.un.sun_path[0] != '\0')
		return;
	size_t i = 0;
	for (; i < len && i + 1 < size; i++) {
		const char c = a->u.un.sun_path[i];

		buf[i] = c == '\0' ? '@' : c;
	}
	buf[i] = '\0';
}

bool
addr_equal(const struct addr *a, const struct addr *b)
{
	if (addr_family(a) != addr_family(b) || addr_port(a) != addr_port(b))
		return false;
	switch (addr_family(a)) {
	case AF_INET:
		return a->u.in4.sin_addr.s_addr == b->u.in4.sin_addr.s_addr;
	case AF_INET6:
		return a->u.in6.sin6_scope_id == b->u.in6.sin6_scope_id &&
		       IN6_ARE_ADDR_EQUAL(
			   &a->u.in6.sin6_addr, &b->u.in6.sin6_addr);
	case AF_VSOCK:
		return a->u.vm.svm_cid == b->u.vm.svm_cid;
	case AF_UNIX:
		return addr_un_len(a) == addr_un_len(b) &&
		       memcmp(a->u.un.sun_path, b->u.un.sun_path,
			   addr_un_len(a)) == 0;
	default:
		return true;
	}
}

const char *
addr_format_host(const struct addr *a, char *buf, size_t size)
{
	char ip[INET6_ADDRSTRLEN];

	switch (addr_family(a)) {
	case AF_INET:
		inet_ntop(AF_INET, &a->u.in4.sin_addr, ip, sizeof(ip));
		snprintf(buf, size, "%s", ip);
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &a->u.in6.sin6_addr, ip, sizeof(ip));
		if (a->u.in6.sin6_scope_id != 0)
			snprintf(
			    buf, size, "%s%%%u", ip, a->u.in6.sin6_scope_id);
		else
			snprintf(buf, size, "%s", ip);
		break;
	case AF_VSOCK:
		if (addr_is_any(a))
			snprintf(buf, size, "*");
		else
			snprintf(buf, size, "%u", a->u.vm.svm_cid);
		break;
	case AF_UNIX:
		addr_format_un(a, buf, size);
		break;
	default:
		snprintf(buf, size, "%s", "");
		break;
	}
	return buf;
}

const char *
addr_format(const struct addr *a, char *buf, size_t size)
{
	char host[ADDR_TEXT_MAX];

	addr_format_host(a, host, sizeof(host));
	switch (addr_family(a)) {
	case AF_INET:
		snprintf(buf, size, "%s:%u", host, addr_port(a));
		break;
	case AF_INET6:
		snprintf(buf, size, "[%s]:%u", host, addr_port(a));
		break;
	case AF_VSOCK:
		if (addr_is_any(a))
			snprintf(buf, size, "vsock:%u", addr_port(a));
		else
			snprintf(buf, size, "vsock:%s:%u", host, addr_port(a));
		break;
	case AF_UNIX:
		snprintf(buf, size, "unix:%s", host);
		break;
	default:
		snprintf(buf, size, "%s", "");
		break;
	}
	return buf;
}
