/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Taking clients from a stream listener: sorts accept(2)'s many errors into
 * three classes, and learns who is at both ends. Never reads what they send.
 */
#include <evinetd/net/listener.h>

#include <errno.h>
#include <netinet/tcp.h>

static int
listener_classify(int error)
{
	switch (error) {
	case EAGAIN:
		return LISTENER_E_DONE;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return LISTENER_E_PAUSE;
	/* "Linux accept() passes already-pending network errors on the new
	 * socket as an error code from accept()": accept(2). */
	case EINTR:
	case ECONNABORTED:
	case ENETDOWN:
	case EPROTO:
	case ENOPROTOOPT:
	case EHOSTDOWN:
	case ENONET:
	case EHOSTUNREACH:
	case EOPNOTSUPP:
	case ENETUNREACH:
	case EPERM: /* a firewall rule, says the same page */
		return LISTENER_E_RETRY;
	default:
		return -error;
	}
}

/* Who is at both ends. accept(2) gave the peer, even of a client that is gone
 * already; our end has to be asked for where it can be one of several. */
static int
listener_identify(const struct listener *l, struct client *c)
{
	socklen_t len = sizeof(c->local.u.storage);

	c->local = l->addr;
	if (l->many_addrs) {
		if (getsockname(c->fd, &c->local.u.sa, &len) == -1)
			return -errno;
		c->local.len = len;
	}
	if (addr_family(&c->local) == AF_UNIX) {
		len = sizeof(c->cred);
		if (getsockopt(
			c->fd, SOL_SOCKET, SO_PEERCRED, &c->cred, &len) == -1)
			return -errno;
		/* A socketless peer has no name; its family is ours. */
		c->peer.u.sa.sa_family = AF_UNIX;
		if (c->peer.len == 0)
			c->peer.len = sizeof(sa_family_t);
	}
	addr_unmap(&c->peer);
	addr_unmap(&c->local);
	return 0;
}

int
listener_accept(const struct listener *l, struct client *ret)
{
	struct client c = {
		.cred = { .pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1 }
	};
	socklen_t len = sizeof(c.peer.u.storage);

	c.fd = accept4(l->fd, &c.peer.u.sa, &len, SOCK_CLOEXEC);
	if (c.fd == -1)
		return listener_classify(errno);
	c.peer.len = len;
	if (listener_identify(l, &c) < 0) {
		client_close(&c);
		errno = ECONNABORTED;
		return LISTENER_E_RETRY;
	}
	*ret = c;
	return 0;
}

int
listener_waiting(const struct listener *l)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	/* No other protocol takes this for an option of its own. */
	if (getsockopt(l->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1 ||
	    info.tcpi_state != TCP_LISTEN)
		return -1;
	return (int)info.tcpi_unacked;
}
