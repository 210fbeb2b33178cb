/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listening sockets, and datagram sockets that wait for a sender: opening,
 * accepting, closing, and what a handler that shared one left behind. Knows
 * every socket option; knows no event loop and never reads from a client.
 */
#ifndef EVINETD_NET_LISTENER_H
#define EVINETD_NET_LISTENER_H

#include <evinetd/base/addr.h>
#include <evinetd/config/config.h>
#include <evinetd/net/client.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct listener {
	int fd;		  /* close-on-exec; -1: not open */
	int type;	  /* SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET */
	struct addr addr; /* as bound, with the port that the kernel chose */
	bool shared;	  /* handlers get the socket itself: it is blocking */
	bool adopted;	  /* a service manager passed it to us */
	bool many_addrs;  /* clients may have come to different ones */
	int stamps; /* SO_TIMESTAMP(NS): was on when we adopted it; or 0 */
	dev_t dev;  /* of a Unix socket's file, to remove just ours */
	ino_t ino;  /* 0: there is none of ours */
};

/* What went wrong while opening: enough for one good message. */
struct listener_failure {
	char address[288]; /* as listener_format(), or "fd:NAME" */
	const char *step;  /* "bind", "listen", "LISTEN_FDS", ... */
	int error;	   /* errno */
	char hint[400];	   /* what to do about it, or "" */
};

/* How many sockets listener_open() will open or adopt for one `listen` item;
 * 0 when a service manager passed none of that name, or others took them. */
size_t listener_count(const struct config_listen *spec);

/* Opens all sockets of one `listen` item into listeners[listener_count(spec)];
 * those that are not there (IPv6 on a machine without) have fd -1. Addresses
 * of one item with port 0 get one port. A stale Unix socket file is replaced,
 * a live one is an error (EADDRINUSE). shared: the sockets are for handlers
 * (mode wait, activate), hence blocking; otherwise they are non-blocking.
 *
 * fd:NAME adopts what was passed (passed.h): listening stream or seqpacket
 * sockets and datagram sockets of the families that we serve. Of the options
 * they get the buffers and those of TCP; the others, the backlog, the owner
 * and the file stay as the manager made them. -ENOENT when there is none.
 *
 * 0, or a negative errno with *failure filled and nothing left open; what was
 * passed is then there to be taken again. */
int listener_open(const struct config_listen *spec,
    const struct config_socket *options, bool shared,
    struct listener *listeners, struct listener_failure *failure);

/* Closes; a Unix socket's file goes too, if it still is the one we made. */
void listener_close(struct listener *l);

/* Room for what listener_format() writes, NUL included. */
#define LISTENER_TEXT_MAX (ADDR_TEXT_MAX + 16)

/* As `listen` takes it, with the socket's kind: "127.0.0.1:80",
 * "udp:127.0.0.1:69", "unix:/p", "unix-dgram:/p", "unix-seqpacket:/p",
 * "vsock:80". Returns buf. */
const char *listener_format(const struct listener *l, char *buf, size_t size);

/* Outcomes of listener_accept(), from accept(2) on Linux. */
enum listener_outcome {
	LISTENER_E_DONE = 1, /* nobody is waiting */
	LISTENER_E_RETRY,    /* that one is gone, the next may be there */
	LISTENER_E_PAUSE,    /* out of descriptors or memory: stop a while */
};

/* For a listener that is neither shared nor a datagram socket. 0 and a client,
 * whose descriptor is blocking and close-on-exec and belongs to the caller; or
 * a LISTENER_E_ outcome with errno set to the reason; or another negative
 * errno. */
int listener_accept(const struct listener *l, struct client *ret);

/* How many clients wait to be accepted; -1 where the kernel does not tell
 * (TCP only: tcpi_unacked of TCP_INFO). */
int listener_waiting(const struct listener *l);

/* A datagram that waits. The kernel stamps it once, so stamp and source tell
 * it from any other; but for the pieces that a sender on this machine, or a
 * guest of it, cut with UDP_SEGMENT (udp(7)): up to 128 may have one stamp. */
struct listener_datagram {
	struct addr from; /* a Unix socket without a name: its family alone */
	int64_t stamp_ns; /* of CLOCK_REALTIME; 0: the kernel does not tell */
};

/* Looks at the first datagram without taking it or any of its content. It
 * never blocks, whatever a handler did to the flags. 0; LISTENER_E_DONE: there
 * is none (a socket that was shut down looks so too: listener_restore() finds
 * that); or a negative errno. Pending errors of the socket are taken off it. */
int listener_peek(const struct listener *l, struct listener_datagram *ret);

/* Takes the first datagram, unread. Returns as listener_peek() does. */
int listener_discard(const struct listener *l);

/* Puts back what a handler may have done to a shared socket. Call it when its
 * last handler has ended, before the socket is watched or handed out again: a
 * datagram socket that is still connected hears nobody else.
 *
 * - O_NONBLOCK and O_ASYNC;
 * - a datagram socket's connect(2) is dissolved, its errors are discarded
 *   and IP_RECVERR is off, because queued errors wake a poll for ever;
 * - a TCP listener that was shut down listens again; the backlog is restored
 *   (of an adopted one, only when it did not listen any more);
 * - the port, if the kernel chose it and took it away with one of the above.
 *
 * -ESHUTDOWN: a datagram or Unix socket was shut down for reading, and Linux
 * has no way back: listener_reopen(). Another negative errno: the step failed,
 * for instance -EADDRINUSE because somebody was quicker to take the port.
 * Not put back, because there is no way to see or undo it: shutdown(SHUT_WR)
 * of a datagram socket; and other socket options. */
int
listener_restore(const struct listener *l, const struct config_socket *options);

/* Closes the socket and opens a new one at its address; what waited at the old
 * one is lost. The descriptor may be another one. 0, or a negative errno with
 * *failure filled and l closed; -ENOTSUP with l as it was: an adopted one. */
int listener_reopen(struct listener *l, const struct config_socket *options,
    struct listener_failure *failure);

#endif
