/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listening sockets: opening, accepting, closing. Knows every socket option;
 * knows no event loop and never reads from a client.
 */
#ifndef EVINETD_NET_LISTENER_H
#define EVINETD_NET_LISTENER_H

#include <evinetd/base/addr.h>
#include <evinetd/config/config.h>
#include <evinetd/net/client.h>

#include <stdbool.h>
#include <sys/types.h>

struct listener {
	int fd;		  /* non-blocking, close-on-exec; -1: not open */
	struct addr addr; /* as bound, with the port that the kernel chose */
	bool seqpacket;
	bool many_addrs; /* clients may have come to different ones */
	dev_t dev;	 /* of a Unix socket's file, to remove just ours */
	ino_t ino;
};

/* What went wrong while opening: enough for one good message. */
struct listener_failure {
	const char *step; /* "bind", "listen", "TCP_FASTOPEN", ... */
	struct addr addr;
	int error;	  /* errno */
	const char *hint; /* what to do about it, or NULL */
};

/* Opens all sockets of one `listen` item into listeners[spec->naddrs]; those
 * that are not there (IPv6 on a machine without) have fd -1. Addresses of one
 * item with port 0 get one port. A stale Unix socket file is replaced, a live
 * one is an error (EADDRINUSE). 0, or a negative errno with *failure filled
 * and nothing left open. */
int listener_open(const struct config_listen *spec,
    const struct config_socket *options, struct listener *listeners,
    struct listener_failure *failure);

/* Closes; a Unix socket's file goes too, if it still is the one we made. */
void listener_close(struct listener *l);

/* Outcomes of listener_accept(), from accept(2) on Linux. */
enum listener_outcome {
	LISTENER_E_DONE = 1, /* nobody is waiting */
	LISTENER_E_RETRY,    /* that one is gone, the next may be there */
	LISTENER_E_PAUSE,    /* out of descriptors or memory: stop a while */
};

/* 0 and a client, whose descriptor is blocking and close-on-exec and belongs
 * to the caller; or a LISTENER_E_ outcome with errno set to the reason; or
 * another negative errno. */
int listener_accept(const struct listener *l, struct client *ret);

#endif
