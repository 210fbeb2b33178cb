/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Socket options as tables. They are set on the listening socket only: on
 * Linux an accepted one is a copy of it, options included, so that a
 * connection costs no setsockopt(2).
 */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

struct socket_option {
	bool wanted;
	int level, name, value;
	const char *step;
};

static int
socket_seconds(int64_t ms)
{
	return ms <= 0 ? 0 : (int)((ms + 999) / 1000);
}

static int
socket_apply(int fd, const struct socket_option *options, size_t count,
    const char **ret_step)
{
	for (size_t i = 0; i < count; i++) {
		const struct socket_option *o = &options[i];

		if (!o->wanted)
			continue;
		if (setsockopt(fd, o->level, o->name, &o->value,
			sizeof(o->value)) == -1) {
			*ret_step = o->step;
			return -errno;
		}
	}
	return 0;
}

/* Any family. */
static int
socket_set_common(int fd, const struct config_socket *c, const char **ret_step)
{
	const struct socket_option options[] = {
		{ c->receive_buffer != CONFIG_NONE, SOL_SOCKET, SO_RCVBUF,
		    (int)c->receive_buffer, "receive_buffer" },
		{ c->send_buffer != CONFIG_NONE, SOL_SOCKET, SO_SNDBUF,
		    (int)c->send_buffer, "send_buffer" },
	};

	return socket_apply(
	    fd, options, sizeof(options) / sizeof(options[0]), ret_step);
}

static int
socket_set_ip(int fd, bool v6, int type, const struct config_socket *c,
    const char **ret_step)
{
	const bool v4 = !v6 || !c->v6only;
	const bool tos = c->tos != CONFIG_NONE;
	const struct socket_option options[] = {
		/* Not for UDP: two sockets that have it share a port, and the
		 * second one takes all that comes. */
		{ type == SOCK_STREAM, SOL_SOCKET, SO_REUSEADDR, 1,
		    "SO_REUSEADDR" },
		{ c->reuse_port, SOL_SOCKET, SO_REUSEPORT, 1, "reuse_port" },
		/* Always: the sysctl's default must not decide. */
		{ v6, IPPROTO_IPV6, IPV6_V6ONLY, c->v6only, "v6only" },
		{ c->freebind && v6, IPPROTO_IPV6, IPV6_FREEBIND, 1,
		    "freebind" },
		{ c->freebind && v4, IPPROTO_IP, IP_FREEBIND, 1, "freebind" },
		{ c->transparent && v6, IPPROTO_IPV6, IPV6_TRANSPARENT, 1,
		    "transparent" },
		{ c->transparent && v4, IPPROTO_IP, IP_TRANSPARENT, 1,
		    "transparent" },
		{ c->mark != CONFIG_NONE, SOL_SOCKET, SO_MARK, (int)c->mark,
		    "mark" },
		{ tos && v6, IPPROTO_IPV6, IPV6_TCLASS, (int)c->tos, "tos" },
		{ tos && v4, IPPROTO_IP, IP_TOS, (int)c->tos, "tos" },
	};

	if (c->bind_device != NULL &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, c->bind_device,
		(socklen_t)strlen(c->bind_device)) == -1) {
		*ret_step = "bind_device";
		return -errno;
	}
	return socket_apply(
	    fd, options, sizeof(options) / sizeof(options[0]), ret_step);
}

/* keepalive: the first probe after that time, three more a quarter of it
 * apart (a second at least), so that a vanished peer is noticed within twice
 * the time, or from below 4 s within that and 4 s. */
static int
socket_set_tcp(int fd, const struct config_socket *c, const char **ret_step)
{
	const bool alive = c->keepalive_ms > 0;
	const int idle = socket_seconds(c->keepalive_ms);
	const int interval = idle < 4 ? 1 : idle / 4;
	const struct socket_option options[] = {
		{ true, SOL_SOCKET, SO_KEEPALIVE, alive, "keepalive" },
		{ alive, IPPROTO_TCP, TCP_KEEPIDLE, idle, "keepalive" },
		{ alive, IPPROTO_TCP, TCP_KEEPINTVL, interval, "keepalive" },
		{ alive, IPPROTO_TCP, TCP_KEEPCNT, 4, "keepalive" },
		{ true, IPPROTO_TCP, TCP_NODELAY, c->nodelay, "nodelay" },
		{ c->user_timeout_ms > 0, IPPROTO_TCP, TCP_USER_TIMEOUT,
		    (int)c->user_timeout_ms, "user_timeout" },
		{ c->defer_accept_ms > 0, IPPROTO_TCP, TCP_DEFER_ACCEPT,
		    socket_seconds(c->defer_accept_ms), "defer_accept" },
		{ c->fast_open > 0, IPPROTO_TCP, TCP_FASTOPEN, c->fast_open,
		    "fast_open" },
	};

	return socket_apply(
	    fd, options, sizeof(options) / sizeof(options[0]), ret_step);
}

int
socket_set_options(int fd, const struct addr *addr, int type,
    const struct config_socket *options, const char **ret_step)
{
	const int family = addr_family(addr);
	const bool ip = family == AF_INET || family == AF_INET6;
	int error = socket_set_common(fd, options, ret_step);

	if (error == 0 && ip)
		error = socket_set_ip(
		    fd, family == AF_INET6, type, options, ret_step);
	if (error == 0 && ip && type == SOCK_STREAM)
		error = socket_set_tcp(fd, options, ret_step);
	return error;
}

int
socket_set_late_options(
    int fd, const struct config_socket *options, const char **ret_step)
{
	int protocol;
	socklen_t len = sizeof(protocol);
	int error = socket_set_common(fd, options, ret_step);

	*ret_step = error == 0 ? "SO_PROTOCOL" : *ret_step;
	if (error == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == -1)
		error = -errno;
	/* A stream of IP may also be SCTP, which knows none of these, or
	 * MPTCP, which knows some. */
	if (error == 0 && protocol == IPPROTO_TCP)
		error = socket_set_tcp(fd, options, ret_step);
	return error;
}

int
socket_set_flags(int fd, bool nonblocking)
{
	const int old = fcntl(fd, F_GETFL);

	if (old == -1)
		return -errno;
	const int flags =
	    (old & ~(O_NONBLOCK | O_ASYNC)) | (nonblocking ? O_NONBLOCK : 0);
	return flags != old && fcntl(fd, F_SETFL, flags) == -1 ? -errno : 0;
}
