/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The part of the probe's report that is about sockets: who is at both ends,
 * and the options that a configuration can set.
 */
#include "report.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <linux/vm_sockets.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct socket_option {
	const char *name;
	int level;
	int option;
};

static const struct socket_option socket_options[] = {
	{ "so_keepalive", SOL_SOCKET, SO_KEEPALIVE },
	{ "so_mark", SOL_SOCKET, SO_MARK },
	{ "so_rcvbuf", SOL_SOCKET, SO_RCVBUF },
	{ "so_sndbuf", SOL_SOCKET, SO_SNDBUF },
	{ "tcp_nodelay", IPPROTO_TCP, TCP_NODELAY },
	{ "tcp_keepidle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "tcp_user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "ip_tos", IPPROTO_IP, IP_TOS },
	{ "ipv6_tclass", IPPROTO_IPV6, IPV6_TCLASS },
};

static void
socket_number(char *buf, size_t size, int fd, int level, int option)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, option, &value, &len) == -1)
		snprintf(buf, size, "none");
	else
		snprintf(buf, size, "%d", value);
}

static void
socket_address_unix(
    char *buf, size_t size, const struct sockaddr_un *sun, socklen_t len)
{
	int path = (int)(len - offsetof(struct sockaddr_un, sun_path));

	if (path <= 0)
		snprintf(buf, size, "none");
	else if (sun->sun_path[0] == '\0')
		snprintf(buf, size, "unix:@%.*s", path - 1, sun->sun_path + 1);
	else
		snprintf(buf, size, "unix:%.*s", path, sun->sun_path);
}

static void
socket_address(
    char *buf, size_t size, const struct sockaddr_storage *ss, socklen_t len)
{
	const struct sockaddr_in *sin = (const void *)ss;
	const struct sockaddr_in6 *sin6 = (const void *)ss;
	const struct sockaddr_vm *svm = (const void *)ss;
	char ip[INET6_ADDRSTRLEN];

	switch (ss->ss_family) {
	case AF_INET:
		inet_ntop(AF_INET, &sin->sin_addr, ip, sizeof(ip));
		snprintf(buf, size, "%s:%u", ip, ntohs(sin->sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &sin6->sin6_addr, ip, sizeof(ip));
		snprintf(buf, size, "[%s]:%u", ip, ntohs(sin6->sin6_port));
		break;
	case AF_VSOCK:
		snprintf(buf, size, "vsock:%u:%u", svm->svm_cid, svm->svm_port);
		break;
	case AF_UNIX:
		socket_address_unix(buf, size, (const void *)ss, len);
		break;
	default:
		snprintf(buf, size, "none");
		break;
	}
}

static void
socket_ends(FILE *out, int fd)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t len = sizeof(ss);
	char buf[256] = "none";

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		socket_address(buf, sizeof(buf), &ss, len);
	report_line(out, buf, "fd.%d.name", fd);
	strcpy(buf, "none");
	len = sizeof(ss);
	if (getpeername(fd, (struct sockaddr *)&ss, &len) == 0)
		socket_address(buf, sizeof(buf), &ss, len);
	report_line(out, buf, "fd.%d.peer", fd);
}

/* Writes the word for a value, or the number where there is none. */
static void
socket_word(
    char *buf, size_t size, int fd, int option, const char *const words[])
{
	int value = -1;
	socklen_t len = sizeof(value);

	getsockopt(fd, SOL_SOCKET, option, &value, &len);
	if (value >= 0 && value < AF_MAX && words[value] != NULL)
		snprintf(buf, size, "%s", words[value]);
	else
		snprintf(buf, size, "%d", value);
}

void
report_socket(FILE *out, int fd)
{
	static const char *const families[AF_MAX] = {
		[AF_UNIX] = "unix",
		[AF_INET] = "inet",
		[AF_INET6] = "inet6",
		[AF_VSOCK] = "vsock",
	};
	static const char *const types[AF_MAX] = {
		[SOCK_STREAM] = "stream",
		[SOCK_DGRAM] = "dgram",
		[SOCK_SEQPACKET] = "seqpacket",
	};
	char buf[32];

	socket_word(buf, sizeof(buf), fd, SO_DOMAIN, families);
	report_line(out, buf, "fd.%d.family", fd);
	socket_word(buf, sizeof(buf), fd, SO_TYPE, types);
	report_line(out, buf, "fd.%d.type", fd);
	socket_ends(out, fd);
	for (size_t i = 0; i < sizeof(socket_options) / sizeof(*socket_options);
	     i++) {
		const struct socket_option *o = &socket_options[i];

		socket_number(buf, sizeof(buf), fd, o->level, o->option);
		report_line(out, buf, "fd.%d.%s", fd, o->name);
	}
}
