/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listening sockets: opens them as configured and sorts accept(2)'s many
 * errors into three classes. Does not know who waits for them (core), nor
 * what is run for a client (launch).
 */
#include <evinetd/net/listener.h>

#include "socket.h"
#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A port that the kernel chose for one address may be taken on another. */
#define LISTENER_PORT_TRIES 16

static const char *
listener_hint(int error, const struct addr *addr, const char *step)
{
	const bool unix_socket = addr_family(addr) == AF_UNIX;

	if (strcmp(step, "unlink") == 0)
		return "nobody listens on that socket, but it is not ours to "
		       "remove: remove it or choose another path";
	switch (error) {
	case EADDRINUSE:
		return unix_socket ? "a process listens there, or it is no "
				     "socket: remove it "
				     "or choose another path"
				   : "another process listens there; ss -ltnp "
				     "shows which";
	case EADDRNOTAVAIL:
		return unix_socket ? NULL
				   : "this machine does not have that address; "
				     "with freebind = yes it may come later";
	case EACCES:
		return unix_socket ? "no permission to create that file"
				   : "ports below 1024 need root or "
				     "CAP_NET_BIND_SERVICE";
	case EPERM:
		return "needs root, or the capability that capabilities(7) "
		       "names for it";
	case ENOENT:
		return unix_socket ? "the folder does not exist" : NULL;
	case EMFILE:
		return "raise the limit on open files (ulimit -n)";
	default:
		return NULL;
	}
}

static int
listener_listen(const struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	*ret_step = "listen";
	return listen(l->fd, options->backlog) == -1 ? -errno : 0;
}

static int
listener_start_unix(struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	const int lock = unix_socket_lock(&l->addr);
	int error = unix_socket_bind(l, options, ret_step);

	if (error == 0)
		error = listener_listen(l, options, ret_step);
	unix_socket_unlock(lock);
	return error;
}

static int
listener_start_ip(struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	socklen_t len = sizeof(l->addr.u.storage);

	*ret_step = "bind";
	if (bind(l->fd, &l->addr.u.sa, l->addr.len) == -1)
		return -errno;
	if (getsockname(l->fd, &l->addr.u.sa, &len) == -1)
		return -errno;
	l->many_addrs = addr_is_any(&l->addr) || options->transparent;
	return listener_listen(l, options, ret_step);
}

static int
listener_start(struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	const int family = addr_family(&l->addr);
	const int type = l->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM;
	int error;

	*ret_step = "socket";
	l->fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd == -1)
		return -errno;
	error = socket_set_options(l->fd, &l->addr, options, ret_step);
	if (error < 0)
		return error;
	return family == AF_UNIX ? listener_start_unix(l, options, ret_step)
				 : listener_start_ip(l, options, ret_step);
}

static int
listener_open_one(struct listener *l, const struct config_socket *options,
    struct listener_failure *failure)
{
	const int error = listener_start(l, options, &failure->step);

	if (error == 0)
		return 0;
	failure->addr = l->addr;
	failure->error = -error;
	failure->hint = listener_hint(-error, &l->addr, failure->step);
	listener_close(l);
	return error;
}

/* How a machine without IPv6, or with it disabled, says so. */
static bool
listener_may_skip(
    const struct config_listen *spec, const struct addr *addr, int error)
{
	return spec->optional_ipv6 && addr_family(addr) == AF_INET6 &&
	       (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL);
}

static int
listener_try(const struct config_listen *spec,
    const struct config_socket *options, struct listener *listeners,
    struct listener_failure *failure)
{
	uint32_t port = 0;
	size_t i, opened = 0;
	int error = 0;

	for (i = 0; i < spec->naddrs; i++) {
		struct listener *l = &listeners[i];

		*l = (struct listener){ .fd = -1,
			.addr = spec->addrs[i],
			.seqpacket =
			    spec->kind == CONFIG_LISTEN_UNIX_SEQPACKET };
		if (port != 0)
			addr_set_port(&l->addr, port);
		error = listener_open_one(l, options, failure);
		if (error == 0) {
			port = addr_port(&l->addr);
			opened++;
		} else if (!listener_may_skip(spec, &l->addr, error))
			break;
	}
	if (i == spec->naddrs && opened > 0)
		return 0;
	while (i-- > 0)
		listener_close(&listeners[i]);
	return error;
}

int
listener_open(const struct config_listen *spec,
    const struct config_socket *options, struct listener *listeners,
    struct listener_failure *failure)
{
	const bool any_port =
	    spec->naddrs > 1 && addr_port(&spec->addrs[0]) == 0;
	int error, tries = any_port ? LISTENER_PORT_TRIES : 1;

	do {
		error = listener_try(spec, options, listeners, failure);
	} while (error == -EADDRINUSE && --tries > 0);
	return error;
}

void
listener_close(struct listener *l)
{
	if (l->fd == -1)
		return;
	if (addr_family(&l->addr) == AF_UNIX && l->ino != 0)
		unix_socket_unlink(l);
	close(l->fd);
	l->fd = -1;
}

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
