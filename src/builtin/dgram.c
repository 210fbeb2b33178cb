/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The datagram forms of the built-in handlers: receives, decides with guard.c
 * who is answered, and answers from the address that was asked. What is in a
 * datagram is the handler's business.
 *
 * The socket is shared. So its O_NONBLOCK is neither trusted nor changed
 * (MSG_DONTWAIT says the same for one call), and whatever an earlier handler
 * left on it must not make this one spin. An answer that cannot be sent at
 * once is lost, as datagrams are: nobody is waited for.
 */
#include "dgram.h"

#include "guard.h"
#include "options.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a Unix socket can send unless somebody enlarged it; UDP's 65,527 are
 * less. Pages that no datagram needs are never touched. */
static char dgram_buf[256 * 1024];

/* Failures in a row that are taken for a peer's or the network's. */
#define DGRAM_FAILURES_MAX 1000

/* All that a socket may have been told to report with each datagram. */
union dgram_control {
	struct cmsghdr align;
	char bytes[1024];
};

struct dgram_socket {
	int fd;
	struct sockaddr_storage own;
	socklen_t own_len;
};

struct dgram {
	struct sockaddr_storage source;
	socklen_t source_len;
	struct in6_pktinfo asked; /* the address it was sent to */
	struct in_addr v4_local;  /* the address to answer from, if known */
	bool cut;		  /* it was larger than the buffer */
};

bool
dgram_is_socket(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_DGRAM;
}

static struct cmsghdr *
dgram_next_control(struct msghdr *m, struct cmsghdr *c)
{
	/* musl's macro compares a size with a difference of pointers. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
	return CMSG_NXTHDR(m, c);
#pragma GCC diagnostic pop
}

/* Both kinds may come with an IPv4 datagram on an IPv6 socket. */
static void
dgram_take_pktinfo(struct dgram *d, struct cmsghdr *c)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct in_pktinfo info;

	if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
		memcpy(&d->asked, CMSG_DATA(c), sizeof(d->asked));
	if (c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_PKTINFO)
		return;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	sin.sin_addr = info.ipi_addr;
	(void)guard_get_address((struct sockaddr *)&sin, &d->asked.ipi6_addr);
	d->v4_local = info.ipi_spec_dst;
}

/* Returns the length of the datagram or -1 and errno. */
static ssize_t
dgram_receive(int fd, struct dgram *ret_d)
{
	union dgram_control control;
	struct iovec iov = { dgram_buf, sizeof(dgram_buf) };
	struct msghdr m = {
		.msg_name = &ret_d->source,
		.msg_namelen = sizeof(ret_d->source),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n == -1)
		return -1;
	if (m.msg_namelen == 0)
		ret_d->source.ss_family = AF_UNSPEC;
	ret_d->source_len = m.msg_namelen;
	ret_d->cut = (m.msg_flags & MSG_TRUNC) != 0;
	memset(&ret_d->asked, 0, sizeof(ret_d->asked));
	ret_d->v4_local.s_addr = INADDR_ANY;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
	     c = dgram_next_control(&m, c))
		dgram_take_pktinfo(ret_d, c);
	return n;
}

/* ip(7): connecting to a broadcast address fails with EACCES, which is the
 * only way to ask the routing table whether it is one. */
static bool
dgram_is_broadcast(struct in_addr addr)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr = addr,
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is;

	/* Under a tight limit_nofile. The kernel's refusal, see below, has to
	 * be enough then; the first client is not to wait in vain. */
	if (fd == -1)
		return false;
	is = connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 &&
	     errno == EACCES;
	close(fd);
	return is;
}

/* Whether it was sent to us alone. Without a word of the kernel about where
 * it was sent, it was not. */
static bool
dgram_was_unicast(const struct dgram *d)
{
	struct in_addr asked;

	if (!guard_is_host(&d->asked.ipi6_addr))
		return false;
	if (!IN6_IS_ADDR_V4MAPPED(&d->asked.ipi6_addr))
		return true;
	memcpy(&asked, d->asked.ipi6_addr.s6_addr + 12, sizeof(asked));
	/* Not known of datagrams that came before the option was set, as the
	 * first one always does. The kernel would refuse a broadcast address
	 * as the source of an answer, but for IP_TRANSPARENT sockets. */
	if (d->v4_local.s_addr == INADDR_ANY)
		return !dgram_is_broadcast(asked);
	return asked.s_addr == d->v4_local.s_addr;
}

static bool
dgram_may_answer(const struct dgram_socket *s, const struct dgram *d)
{
	/* The port is in the same place in both. */
	const struct sockaddr_in *own = (const struct sockaddr_in *)&s->own;

	if (d->cut)
		return false;
	switch (s->own.ss_family) {
	case AF_INET:
	case AF_INET6:
		return guard_may_answer((const struct sockaddr *)&d->source,
			   ntohs(own->sin_port)) &&
		       dgram_was_unicast(d);
	case AF_UNIX:
		/* A peer that put a symbolic link to our socket where its own
		 * was would have us talk to ourselves. A peer without a name
		 * is answered if the socket is connected to it, else sendmsg
		 * knows nobody. */
		return d->source_len != s->own_len ||
		       memcmp(&d->source, &s->own, s->own_len) != 0;
	default:
		return false;
	}
}

/* The control message that makes the answer come from the address that was
 * asked: a client takes it from no other. */
static void
dgram_put_pktinfo(const struct dgram *d, struct msghdr *m)
{
	struct cmsghdr *c = m->msg_control;
	const struct in6_addr *asked = &d->asked.ipi6_addr;
	struct in6_pktinfo v6 = { .ipi6_addr = *asked };
	struct in_pktinfo v4 = { .ipi_ifindex = 0 };

	if (IN6_IS_ADDR_V4MAPPED(asked)) {
		memcpy(&v4.ipi_spec_dst, asked->s6_addr + 12, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(v4));
		memcpy(CMSG_DATA(c), &v4, sizeof(v4));
		m->msg_controllen = CMSG_SPACE(sizeof(v4));
		return;
	}
	/* Elsewhere the way back is for the routing table to say. */
	if (IN6_IS_ADDR_LINKLOCAL(asked))
		v6.ipi6_ifindex = d->asked.ipi6_ifindex;
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(v6));
	memcpy(CMSG_DATA(c), &v6, sizeof(v6));
	m->msg_controllen = CMSG_SPACE(sizeof(v6));
}

static void
dgram_send(const struct dgram_socket *s, struct dgram *d, size_t len)
{
	union dgram_control control = { .bytes = { 0 } };
	struct iovec iov = { dgram_buf, len };
	struct msghdr m = {
		.msg_name = &d->source,
		.msg_namelen = d->source_len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	if (s->own.ss_family == AF_UNIX) {
		/* unix(7): the length that the kernel tells may be one more
		 * than it takes. */
		if (m.msg_namelen > sizeof(struct sockaddr_un))
			m.msg_namelen = sizeof(struct sockaddr_un);
	} else {
		m.msg_control = &control;
		dgram_put_pktinfo(d, &m);
	}
	/* udp(7): the error of an earlier datagram, to another peer perhaps,
	 * may be reported instead of sending this one. */
	for (int i = 0; i < 2; i++)
		if (sendmsg(s->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) != -1 ||
		    errno == EAGAIN)
			return;
}

/* Reports of transmissions, which an earlier handler may have asked for: as
 * long as one is there, poll(2) does not wait. */
static void
dgram_discard_reports(const struct dgram_socket *s)
{
	char c;

	/* Unix sockets have none, and would give us a datagram instead. */
	if (s->own.ss_family == AF_UNIX)
		return;
	while (recv(s->fd, &c, 1, MSG_ERRQUEUE | MSG_DONTWAIT) != -1)
		;
}

/* Returns 1 when there may be something to receive, 0 after idle ms without,
 * or a negative errno. */
static int
dgram_wait(const struct dgram_socket *s, int idle)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN | POLLRDHUP };
	int n = poll(&p, 1, idle);

	if (n == -1)
		return errno == EINTR ? 1 : -errno;
	/* Shut down by an earlier handler: poll(2) would never wait. */
	if (n == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLNVAL)) != 0)
		return -ESHUTDOWN;
	if (n == 1 && (p.revents & POLLERR) != 0)
		dgram_discard_reports(s);
	return n;
}

static int
dgram_loop(const struct dgram_socket *s, int idle, dgram_answer_fn *answer)
{
	struct dgram d;
	int failures = 0;

	for (;;) {
		ssize_t n = dgram_receive(s->fd, &d);

		if (n != -1) {
			failures = 0;
			if (dgram_may_answer(s, &d))
				n = answer(dgram_buf, (size_t)n);
			else
				n = -1;
			if (n != -1)
				dgram_send(s, &d, (size_t)n);
		} else if (errno == EAGAIN) {
			int ready = dgram_wait(s, idle);

			if (ready <= 0)
				return ready;
		} else if (++failures > DGRAM_FAILURES_MAX) {
			/* What was sent earlier fails once, and tells nothing
			 * about the socket; this does. */
			return -errno;
		}
	}
}

int
dgram_serve(int fd, int idle, dgram_answer_fn *answer)
{
	struct dgram_socket s = { .fd = fd, .own_len = sizeof(s.own) };
	int error;

	if (getsockname(fd, (struct sockaddr *)&s.own, &s.own_len) == -1)
		return -errno;
	guard_add_ports(getenv("EVINETD_BUILTIN_PORTS"));
	error = options_borrow(fd, s.own.ss_family);
	if (error == 0)
		error = dgram_loop(&s, idle, answer);
	options_restore();
	return error;
}
