/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listening and datagram sockets: opens them as configured, closes them, and
 * says what they are. Does not know who waits for them (core), nor what is run
 * for a client (launch). What was passed to us: adopt.c.
 */
#include <evinetd/net/listener.h>

#include "adopt.h"
#include "socket.h"
#include "unix_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A port that the kernel chose for one address may be taken on another. */
#define LISTENER_PORT_TRIES 16

static int
listener_type(enum config_listen_kind kind)
{
	switch (kind) {
	case CONFIG_LISTEN_UDP:
	case CONFIG_LISTEN_UNIX_DGRAM:
		return SOCK_DGRAM;
	case CONFIG_LISTEN_UNIX_SEQPACKET:
		return SOCK_SEQPACKET;
	default:
		return SOCK_STREAM;
	}
}

static const char *
listener_hint(const struct listener *l, int error, const char *step)
{
	const bool unix_socket = addr_family(&l->addr) == AF_UNIX;

	if (strcmp(step, "unlink") == 0)
		return "nobody listens on that socket, but it is not ours to "
		       "remove: remove it or choose another path";
	switch (error) {
	case EADDRINUSE:
		if (unix_socket)
			return "a process listens there, or it is no socket: "
			       "remove it or choose another path";
		return l->type == SOCK_DGRAM
			   ? "another process has that port; ss -lunp shows "
			     "which"
			   : "another process listens there; ss -ltnp shows "
			     "which";
	case EADDRNOTAVAIL:
		return unix_socket ? ""
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
		return unix_socket ? "the folder does not exist" : "";
	case EMFILE:
		return "raise the limit on open files (ulimit -n)";
	default:
		return "";
	}
}

const char *
listener_format(const struct listener *l, char *buf, size_t size)
{
	const int family = addr_family(&l->addr);
	const bool ip = family == AF_INET || family == AF_INET6;
	char text[ADDR_TEXT_MAX];

	if (family == AF_UNIX && l->type != SOCK_STREAM)
		snprintf(buf, size, "%s:%s",
		    l->type == SOCK_DGRAM ? "unix-dgram" : "unix-seqpacket",
		    addr_format_host(&l->addr, text, sizeof(text)));
	else
		snprintf(buf, size, "%s%s",
		    ip && l->type == SOCK_DGRAM ? "udp:" : "",
		    addr_format(&l->addr, text, sizeof(text)));
	return buf;
}

/* A datagram socket is ready when it is bound. */
static int
listener_listen(const struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	if (l->type == SOCK_DGRAM)
		return 0;
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
	const int flags = SOCK_CLOEXEC | (l->shared ? 0 : SOCK_NONBLOCK);
	int error;

	*ret_step = "socket";
	l->fd = socket(family, l->type | flags, 0);
	if (l->fd == -1)
		return -errno;
	error = socket_set_options(l->fd, &l->addr, l->type, options, ret_step);
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
	failure->error = -error;
	listener_format(l, failure->address, sizeof(failure->address));
	snprintf(failure->hint, sizeof(failure->hint), "%s",
	    listener_hint(l, -error, failure->step));
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
    const struct config_socket *options, bool shared,
    struct listener *listeners, struct listener_failure *failure)
{
	uint32_t port = 0;
	size_t i, opened = 0;
	int error = 0;

	for (i = 0; i < spec->naddrs; i++) {
		struct listener *l = &listeners[i];

		*l = (struct listener){ .fd = -1,
			.type = listener_type(spec->kind),
			.addr = spec->addrs[i],
			.shared = shared };
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

size_t
listener_count(const struct config_listen *spec)
{
	return spec->kind == CONFIG_LISTEN_FD ? adopt_count(spec)
					      : spec->naddrs;
}

int
listener_open(const struct config_listen *spec,
    const struct config_socket *options, bool shared,
    struct listener *listeners, struct listener_failure *failure)
{
	const bool any_port =
	    spec->naddrs > 1 && addr_port(&spec->addrs[0]) == 0;
	int error, tries = any_port ? LISTENER_PORT_TRIES : 1;

	if (spec->kind == CONFIG_LISTEN_FD)
		return adopt_open(spec, options, shared, listeners, failure);
	do {
		error = listener_try(spec, options, shared, listeners, failure);
	} while (error == -EADDRINUSE && --tries > 0);
	return error;
}

void
listener_close(struct listener *l)
{
	if (l->fd == -1)
		return;
	if (l->ino != 0)
		unix_socket_unlink(l);
	close(l->fd);
	l->fd = -1;
}

int
listener_reopen(struct listener *l, const struct config_socket *options,
    struct listener_failure *failure)
{
	if (l->adopted)
		return -ENOTSUP;
	listener_close(l);
	l->dev = 0;
	l->ino = 0;
	return listener_open_one(l, options, failure);
}
