/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Looking at a datagram that waits, and throwing one away, without ever
 * reading it: the buffer has no bytes, and the room for control data holds a
 * time stamp and no descriptor that a sender may have attached.
 */
#include <evinetd/net/listener.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* So many pending errors are taken off a socket in one call. */
#define DATAGRAM_TRIES 16

/* recvmsg(2) reports each error of the socket once, in the place of data.
 * 0, LISTENER_E_DONE or a negative errno. */
static int
datagram_receive(int fd, struct msghdr *msg, int flags)
{
	const struct msghdr empty = *msg;
	int error = 0;

	for (int i = 0; i < DATAGRAM_TRIES; i++) {
		*msg = empty;
		if (recvmsg(fd, msg, flags | MSG_DONTWAIT) != -1)
			return 0;
		error = errno;
		if (error == EAGAIN)
			return LISTENER_E_DONE;
	}
	return -error;
}

/* The stamp stays with a packet once it has been asked for; the option need
 * not be on all the time, and a handler must not find it on. */
static void
datagram_stamps(const struct listener *l, bool on)
{
	const int name = !on && l->stamps != 0 ? l->stamps : SO_TIMESTAMPNS;
	const int value = on || l->stamps != 0;

	/* Without it we peek without a stamp, which the caller is told. */
	(void)setsockopt(l->fd, SOL_SOCKET, name, &value, sizeof(value));
}

static int64_t
datagram_stamp(struct msghdr *msg)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct timespec t;

	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_TIMESTAMPNS ||
	    c->cmsg_len < CMSG_LEN(sizeof(t)))
		return 0;
	memcpy(&t, CMSG_DATA(c), sizeof(t));
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int
listener_peek(const struct listener *l, struct listener_datagram *ret)
{
	struct listener_datagram d = { .stamp_ns = 0 };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	struct msghdr msg = { .msg_name = &d.from.u.storage,
		.msg_namelen = sizeof(d.from.u.storage),
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	datagram_stamps(l, true);
	const int outcome =
	    datagram_receive(l->fd, &msg, MSG_PEEK | MSG_CMSG_CLOEXEC);
	datagram_stamps(l, false);
	if (outcome != 0)
		return outcome;
	d.stamp_ns = datagram_stamp(&msg);
	d.from.len = msg.msg_namelen;
	if (d.from.len == 0) {
		d.from.u.sa.sa_family = AF_UNIX;
		d.from.len = sizeof(sa_family_t);
	}
	addr_unmap(&d.from);
	*ret = d;
	return 0;
}

int
listener_discard(const struct listener *l)
{
	struct msghdr msg = { 0 };

	return datagram_receive(l->fd, &msg, MSG_TRUNC);
}
