/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A handler that got the listener itself may do anything to it, and what it
 * does stays: the socket is one for all who have a descriptor of it. This puts
 * back what would keep the next handler, or our own poll, from working.
 */
#include <evinetd/net/listener.h>

#include "socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

static int
restore_get(int fd, int name)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == -1 ? -errno
								    : value;
}

/* A port that the kernel chose is taken away when a UDP socket is dissolved or
 * a TCP listener is shut down; one that bind(2) was asked for stays. EINVAL:
 * it stayed. EACCES: it is one below 1024, which the kernel never chooses. */
static int
restore_port(const struct listener *l)
{
	if (bind(l->fd, &l->addr.u.sa, l->addr.len) == -1 && errno != EINVAL &&
	    errno != EACCES)
		return -errno;
	return 0;
}

/* After listen(2), which takes any port for one that was lost; before it a TCP
 * socket still shows the old one. */
static int
restore_check_port(const struct listener *l)
{
	struct addr now;

	now.len = sizeof(now.u.storage);
	if (getsockname(l->fd, &now.u.sa, &now.len) == -1)
		return -errno;
	return addr_port(&now) == addr_port(&l->addr) ? 0 : -EADDRNOTAVAIL;
}

static int
restore_dissolve(const struct listener *l)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct addr peer;

	peer.len = sizeof(peer.u.storage);
	if (getpeername(l->fd, &peer.u.sa, &peer.len) == -1)
		return errno == ENOTCONN ? 0 : -errno;
	return connect(l->fd, &none, sizeof(none)) == -1 ? -errno : 0;
}

/* Switching it off empties the queue of errors, which recvmsg(2) without
 * MSG_ERRQUEUE does not. */
static int
restore_errors(int fd, int family)
{
	const int off = 0;

	(void)restore_get(fd, SO_ERROR); /* takes it off, whatever it is */
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &off, sizeof(off)) == -1)
		return -errno;
	if (setsockopt(fd, IPPROTO_IP, IP_RECVERR, &off, sizeof(off)) == -1)
		return -errno;
	return 0;
}

static int
restore_datagram(const struct listener *l)
{
	const int family = addr_family(&l->addr);
	int error = restore_dissolve(l);

	if (error < 0 || (family != AF_INET && family != AF_INET6))
		return error;
	error = restore_errors(l->fd, family);
	if (error == 0)
		error = restore_port(l);
	return error < 0 ? error : restore_check_port(l);
}

static int
restore_stream(const struct listener *l, const struct config_socket *options)
{
	const int family = addr_family(&l->addr);
	const int listens = restore_get(l->fd, SO_ACCEPTCONN);
	int error = 0;

	if (listens < 0)
		return listens;
	if (listens && l->adopted)
		return 0;
	if (!listens && (family == AF_INET || family == AF_INET6))
		error = restore_port(l);
	if (error < 0)
		return error;
	if (listen(l->fd, options->backlog) == -1)
		return -errno;
	return listens ? 0 : restore_check_port(l);
}

/* Only TCP forgets on the way back that it was shut down. */
static int
restore_find_shutdown(const struct listener *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLRDHUP };

	if (poll(&p, 1, 0) == -1)
		return -errno;
	return (p.revents & (POLLRDHUP | POLLHUP)) != 0 ? -ESHUTDOWN : 0;
}

int
listener_restore(const struct listener *l, const struct config_socket *options)
{
	int error = socket_set_flags(l->fd, !l->shared);

	if (error == 0)
		error = l->type == SOCK_DGRAM ? restore_datagram(l)
					      : restore_stream(l, options);
	return error < 0 ? error : restore_find_shutdown(l);
}
