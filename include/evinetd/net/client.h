/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* An accepted connection, as values: its socket and who is at both ends.
 * O_NONBLOCK is never set on it, because that flag belongs to the open file
 * description, which the handler shares; MSG_DONTWAIT is used instead.
 */
#ifndef EVINETD_NET_CLIENT_H
#define EVINETD_NET_CLIENT_H

#include <evinetd/base/addr.h>

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct client {
	int fd; /* -1: none */
	struct addr peer, local;
	struct ucred cred; /* of a Unix-socket peer when it connected */
};

/* "192.0.2.7", "uid:1000", "vsock:3". Returns buf. */
const char *
client_format_source(const struct client *c, char *buf, size_t size);

/* "192.0.2.7:5022", "[::1]:5022", "uid:1000", "vsock:3:1024". Returns buf. */
const char *client_format_peer(const struct client *c, char *buf, size_t size);

/* The groups that a Unix-socket peer was in when it connected, its own first
 * (SO_PEERGROUPS in unix(7)). How many; 0 for other families. */
size_t client_groups(const struct client *c, gid_t *groups, size_t max);

/* Payload and round-trip time of a TCP connection (TCP_INFO in tcp(7)). */
struct client_traffic {
	bool known;	    /* false for other families */
	uint64_t bytes_in;  /* received from the client, read or not */
	uint64_t bytes_out; /* sent to the client, or on the way out, without
			       retransmissions */
	uint32_t rtt_us;    /* smoothed */
};

/* How a connection ended, as far as its owner has seen it. */
enum client_end {
	CLIENT_END_UNKNOWN,
	CLIENT_END_FIN,
	CLIENT_END_RESET,
};

/* Exact when the connection has been drained or is still open. The kernel
 * counts a FIN as a byte: end saves it two questions. */
void client_traffic(
    const struct client *c, enum client_end end, struct client_traffic *ret);

/* False when the client has not finished sending, nor died, for certain: what
 * poll(2) says may come from the handler, its own shutdown(2), or what
 * MSG_ZEROCOPY leaves for it to read. */
bool client_may_have_left(const struct client *c);

/* Milliseconds since the last byte in either direction; -1 where the kernel
 * does not tell (TCP only). */
int64_t client_idle_ms(const struct client *c);

/* Tells the client that no more comes; shutdown(SHUT_WR). True when the
 * connection was alive, so that client_drain() will see how it ends; false
 * when it had ended before. */
bool client_finish(const struct client *c);

enum client_drained {
	CLIENT_DRAINED_MORE, /* nothing more at the moment */
	CLIENT_DRAINED_EOF,  /* the client has finished too */
	CLIENT_DRAINED_DEAD, /* reset, or otherwise gone */
};

/* Discards what the client has sent, a bounded amount a call. */
enum client_drained client_drain(const struct client *c);

/* Closes in the normal way. Safe on fd -1. */
void client_close(struct client *c);

/* Closes with a reset (SO_LINGER of 0 in socket(7)): a refusal that leaves
 * nothing in TIME_WAIT. */
void client_reset(struct client *c);

#endif
