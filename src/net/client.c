/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What the supervisor does with a connection besides handing it over: asks
 * the kernel about it, and ends it politely. It discards bytes without
 * copying them (MSG_TRUNC); it never looks at one.
 */
#include <evinetd/net/client.h>

#include <errno.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What client_drain() takes at most, in so many calls, so that a client that
 * sends without end cannot hold the loop. */
#define CLIENT_DRAIN_BYTES (64 * 1024)
#define CLIENT_DRAIN_CALLS 16

/* The kernel's numbers, net/tcp_states.h: <netinet/tcp.h> has them too, but
 * its older struct tcp_info, and the two headers exclude each other. */
enum client_tcp_state {
	CLIENT_TCP_ESTABLISHED = 1,
	CLIENT_TCP_FIN_WAIT1 = 4,
	CLIENT_TCP_FIN_WAIT2 = 5,
	CLIENT_TCP_CLOSE = 7,
	CLIENT_TCP_CLOSE_WAIT = 8,
	CLIENT_TCP_LAST_ACK = 9,
	CLIENT_TCP_CLOSING = 11,
};

const char *
client_format_source(const struct client *c, char *buf, size_t size)
{
	char host[ADDR_TEXT_MAX];

	switch (addr_family(&c->peer)) {
	case AF_UNIX:
		if (c->cred.uid == (uid_t)-1) /* of a datagram */
			snprintf(buf, size, "unix");
		else
			snprintf(buf, size, "uid:%u", c->cred.uid);
		return buf;
	case AF_VSOCK:
		addr_format_host(&c->peer, host, sizeof(host));
		snprintf(buf, size, "vsock:%s", host);
		return buf;
	default:
		return addr_format_host(&c->peer, buf, size);
	}
}

const char *
client_format_peer(const struct client *c, char *buf, size_t size)
{
	if (addr_family(&c->peer) == AF_UNIX)
		return client_format_source(c, buf, size);
	return addr_format(&c->peer, buf, size);
}

size_t
client_groups(const struct client *c, gid_t *groups, size_t max)
{
	socklen_t len = (socklen_t)((max - 1) * sizeof(groups[0]));

	if (addr_family(&c->peer) != AF_UNIX)
		return 0;
	groups[0] = c->cred.gid;
	/* Where the kernel does not tell, its own group is all that is known.
	 * The list has always room in NGROUPS_MAX. */
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERGROUPS, groups + 1, &len) ==
	    -1)
		return 1;
	return 1 + len / sizeof(groups[0]);
}

/* A socket in the state CLOSE was ended by a FIN or by a reset, and whoever
 * read last has seen which. What is left behind the last byte tells still:
 * TCP_CM_INQ is 1 there after a FIN, and 0 after a reset. */
static bool
client_had_fin(const struct client *c)
{
	const int on = 1;
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_control = &control };
	ssize_t n = -1;
	int left;

	if (setsockopt(c->fd, IPPROTO_TCP, TCP_INQ, &on, sizeof(on)) == -1)
		return false;
	/* The first call may report the reset, once. */
	for (int i = 0; i < 2 && n == -1; i++) {
		msg.msg_controllen = sizeof(control);
		n = recvmsg(c->fd, &msg, MSG_DONTWAIT);
	}
	const struct cmsghdr *cmsg = n == -1 ? NULL : CMSG_FIRSTHDR(&msg);
	if (cmsg == NULL || cmsg->cmsg_type != TCP_CM_INQ)
		return false;
	memcpy(&left, CMSG_DATA(cmsg), sizeof(left));
	return left == 1;
}

/* The kernel counts the sequence number that a FIN takes. */
static bool
client_counted_fin(
    const struct client *c, enum client_end end, const struct tcp_info *info)
{
	switch (info->tcpi_state) {
	case CLIENT_TCP_CLOSE_WAIT:
	case CLIENT_TCP_LAST_ACK:
	case CLIENT_TCP_CLOSING:
		return true;
	case CLIENT_TCP_CLOSE:
		return end == CLIENT_END_UNKNOWN ? client_had_fin(c)
						 : end == CLIENT_END_FIN;
	default:
		return false;
	}
}

/* What waits in our send buffer will still be sent; after a reset it is
 * lost. Our own FIN, the last of it, is no byte. */
static uint64_t
client_unsent(const struct tcp_info *info)
{
	if (info->tcpi_state == CLIENT_TCP_CLOSE ||
	    info->tcpi_notsent_bytes == 0)
		return 0;
	const bool fin = info->tcpi_state == CLIENT_TCP_FIN_WAIT1 ||
			 info->tcpi_state == CLIENT_TCP_LAST_ACK ||
			 info->tcpi_state == CLIENT_TCP_CLOSING;
	return info->tcpi_notsent_bytes - (fin ? 1 : 0);
}

/* TCP_INFO, or false where there is none. The peer is unmapped, so this asks
 * for TCP on both families. */
static bool
client_get_info(const struct client *c, struct tcp_info *ret)
{
	const int family = addr_family(&c->peer);
	socklen_t len = sizeof(*ret);

	memset(ret, 0, sizeof(*ret));
	return (family == AF_INET || family == AF_INET6) &&
	       getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, ret, &len) == 0;
}

bool
client_may_have_left(const struct client *c)
{
	struct tcp_info info;

	if (!client_get_info(c, &info))
		return true;
	/* Its FIN, or a reset, leads to another one. */
	return info.tcpi_state != CLIENT_TCP_ESTABLISHED &&
	       info.tcpi_state != CLIENT_TCP_FIN_WAIT1 &&
	       info.tcpi_state != CLIENT_TCP_FIN_WAIT2;
}

int64_t
client_idle_ms(const struct client *c)
{
	struct tcp_info info;

	if (!client_get_info(c, &info))
		return -1;
	return info.tcpi_last_data_sent < info.tcpi_last_data_recv
		   ? info.tcpi_last_data_sent
		   : info.tcpi_last_data_recv;
}

void
client_traffic(
    const struct client *c, enum client_end end, struct client_traffic *ret)
{
	struct tcp_info info;

	*ret = (struct client_traffic){ .known = false };
	if (!client_get_info(c, &info))
		return;
	ret->known = true;
	ret->bytes_in = info.tcpi_bytes_received -
			(client_counted_fin(c, end, &info) ? 1 : 0);
	/* Not bytes_acked: that counts our FIN, and lags by a round trip. */
	ret->bytes_out = info.tcpi_bytes_sent - info.tcpi_bytes_retrans +
			 client_unsent(&info);
	ret->rtt_us = info.tcpi_rtt;
}

bool
client_finish(const struct client *c)
{
	const struct linger off = { .l_onoff = 0 };

	/* The handler shares the socket's options, and a linger that it set
	 * would make our close(2) wait, or reset. Not refused by any family. */
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &off, sizeof(off));
	/* ENOTCONN: both directions have ended already. */
	return shutdown(c->fd, SHUT_WR) == 0;
}

enum client_drained
client_drain(const struct client *c)
{
	static char sink[CLIENT_DRAIN_BYTES];

	for (int i = 0; i < CLIENT_DRAIN_CALLS; i++) {
		/* TCP then discards without copying (tcp(7)); others copy. */
		const ssize_t n =
		    recv(c->fd, sink, sizeof(sink), MSG_TRUNC | MSG_DONTWAIT);

		if (n == 0)
			return CLIENT_DRAINED_EOF;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN ? CLIENT_DRAINED_MORE
					       : CLIENT_DRAINED_DEAD;
	}
	return CLIENT_DRAINED_MORE;
}

void
client_close(struct client *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

void
client_reset(struct client *c)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	/* Families without a reset refuse this; then it is a plain close. */
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	client_close(c);
}
