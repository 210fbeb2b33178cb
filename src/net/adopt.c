/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Makes listeners of what a service manager passed. Such a socket is asked
 * what it is, as it can be anything; it is never bound or made to listen, and
 * a Unix socket's file is never removed: all that belongs to the manager.
 * Called by listener.c only.
 */
#include "adopt.h"

#include "socket.h"

#include <evinetd/net/passed.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* The text is "fd:NAME". */
static const char *
adopt_name(const struct config_listen *spec)
{
	const char *colon = strchr(spec->text, ':');

	return colon != NULL ? colon + 1 : spec->text;
}

size_t
adopt_count(const struct config_listen *spec)
{
	return passed_count(adopt_name(spec));
}

/* The names of which something is left, for the hint. Cut when there are
 * more than fit. */
static void
adopt_list_names(char *buf, size_t size)
{
	size_t count, len = 0;
	const struct passed_fd *p = passed_list(&count);

	snprintf(buf, size, "none");
	for (size_t i = 0; i < count && len < size; i++) {
		if (p[i].taken || p[i].fd == -1)
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
		    len > 0 ? ", " : "", p[i].name);
	}
}

static bool
adopt_was_passed(const char *name)
{
	size_t count;
	const struct passed_fd *p = passed_list(&count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(p[i].name, name) == 0)
			return true;
	}
	return false;
}

static int
adopt_fail_missing(const char *name, struct listener_failure *failure)
{
	char names[160];

	failure->step = "LISTEN_FDS";
	failure->error = ENOENT;
	if (adopt_was_passed(name)) {
		snprintf(failure->hint, sizeof(failure->hint),
		    "every socket of that name belongs to another listen item "
		    "already, or was closed");
		return -ENOENT;
	}
	adopt_list_names(names, sizeof(names));
	snprintf(failure->hint, sizeof(failure->hint),
	    "start evinetd from a systemd socket unit with "
	    "FileDescriptorName=%s; passed and still free: %s",
	    name, names);
	return -ENOENT;
}

static const char *
adopt_hint(int error)
{
	switch (error) {
	case ENOTSOCK:
		return "what was passed with that name is no socket";
	case EAFNOSUPPORT:
		return "a socket of IPv4, IPv6, AF_UNIX or AF_VSOCK is needed";
	case ESOCKTNOSUPPORT:
		return "a stream, seqpacket or datagram socket is needed";
	case EOPNOTSUPP:
		return "a datagram socket has no connections: set mode = wait, "
		       "or mode = activate";
	case ENOTCONN:
		return "that socket does not listen; with systemd, "
		       "Accept=no passes one that does";
	default:
		return "";
	}
}

static int
adopt_ask(int fd, int name, int *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, name, ret, &len) == -1 ? -errno : 0;
}

/* What kind of socket it is, and whether we can serve it. */
static int
adopt_identify(struct listener *l, const char **ret_step)
{
	int family, listens, error;

	*ret_step = "SO_DOMAIN";
	if ((error = adopt_ask(l->fd, SO_DOMAIN, &family)) < 0)
		return error;
	if (family != AF_INET && family != AF_INET6 && family != AF_UNIX &&
	    family != AF_VSOCK)
		return -EAFNOSUPPORT;
	*ret_step = "SO_TYPE";
	if ((error = adopt_ask(l->fd, SO_TYPE, &l->type)) < 0)
		return error;
	if (l->type == SOCK_DGRAM)
		return l->shared ? 0 : -EOPNOTSUPP;
	/* One of SCTP has many clients at once, and no accept(2). */
	if (l->type != SOCK_STREAM &&
	    (l->type != SOCK_SEQPACKET || family == AF_INET ||
		family == AF_INET6))
		return -ESOCKTNOSUPPORT;
	*ret_step = "SO_ACCEPTCONN";
	if ((error = adopt_ask(l->fd, SO_ACCEPTCONN, &listens)) < 0)
		return error;
	return listens ? 0 : -ENOTCONN;
}

/* What listener_peek() has to leave as the manager wanted it (Timestamping=
 * in systemd.socket(5)). The one option excludes the other. */
static int
adopt_stamps(int fd)
{
	int on = 0;

	if (adopt_ask(fd, SO_TIMESTAMPNS, &on) == 0 && on)
		return SO_TIMESTAMPNS;
	if (adopt_ask(fd, SO_TIMESTAMP, &on) == 0 && on)
		return SO_TIMESTAMP;
	return 0;
}

static int
adopt_one(struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	socklen_t len = sizeof(l->addr.u.storage);
	int error = adopt_identify(l, ret_step);

	if (error < 0)
		return error;
	*ret_step = "getsockname";
	if (getsockname(l->fd, &l->addr.u.sa, &len) == -1)
		return -errno;
	l->addr.len = len;
	/* Nobody told us whether it is transparent. */
	l->many_addrs = addr_family(&l->addr) != AF_UNIX;
	l->stamps = l->type == SOCK_DGRAM ? adopt_stamps(l->fd) : 0;
	error = socket_set_late_options(l->fd, options, ret_step);
	if (error < 0)
		return error;
	*ret_step = "O_NONBLOCK";
	return socket_set_flags(l->fd, !l->shared);
}

int
adopt_open(const struct config_listen *spec,
    const struct config_socket *options, bool shared,
    struct listener *listeners, struct listener_failure *failure)
{
	const char *name = adopt_name(spec);
	size_t count = 0;
	int fd, error = 0;

	snprintf(failure->address, sizeof(failure->address), "fd:%.255s", name);
	while (error == 0 && (fd = passed_take(name)) != -1) {
		struct listener *l = &listeners[count++];

		*l = (struct listener){
			.fd = fd, .shared = shared, .adopted = true
		};
		error = adopt_one(l, options, &failure->step);
	}
	if (error == 0 && count > 0)
		return 0;
	if (count == 0)
		return adopt_fail_missing(name, failure);
	failure->error = -error;
	snprintf(
	    failure->hint, sizeof(failure->hint), "%s", adopt_hint(-error));
	while (count-- > 0) {
		passed_return(listeners[count].fd);
		listeners[count].fd = -1;
	}
	return error;
}
