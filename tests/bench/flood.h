/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The engine of floodgen: connections from many addresses to a server that
 * will not have most of them, and what became of each. Single-threaded, on
 * epoll; bounded in count and in time.
 */
#ifndef EVINETD_TESTS_BENCH_FLOOD_H
#define EVINETD_TESTS_BENCH_FLOOD_H

#include <sys/socket.h>
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/* It has to fit into a send buffer that nobody reads. */
#define FLOOD_PAYLOAD_MAX 4096

enum flood_outcome {
	FLOOD_SERVED,  /* what was sent came back */
	FLOOD_RESET,   /* connected, then reset */
	FLOOD_CLOSED,  /* connected, then the end without a byte */
	FLOOD_SAID,    /* connected, then other bytes, and the end or a reset */
	FLOOD_CONNECT, /* connect(2) was refused */
	FLOOD_TIMEOUT, /* nothing for timeout_us */
	FLOOD_CUT,     /* undecided when the time was over */
	FLOOD_FAILED,  /* no socket, address or port: not the server's doing */
	FLOOD_OUTCOMES
};

enum flood_keep {
	FLOOD_KEEP_NONE,   /* each is closed when its outcome is known */
	FLOOD_KEEP_SERVED, /* the ones that are served stay open */
	FLOOD_KEEP_ALL,	   /* our end of each stays open, refused or not */
};

struct flood {
	/* Filled in by the caller. */
	struct sockaddr_storage addr;
	socklen_t addr_len;
	struct sockaddr_storage source; /* the first; AF_UNSPEC: not bound */
	size_t sources;			/* how many, then the first again */
	size_t stride;			/* from one address to the next */
	size_t count;			/* connections in all, 1 or more */
	size_t concurrency;		/* undecided at a time, 1 or more */
	size_t rate;			/* started a second at most; 0: any */
	size_t payload;			/* bytes sent by each; 0: no service */
	enum flood_keep keep;
	pid_t burst_pid;     /* see flood_run(); 0: a steady flood */
	uint64_t timeout_us; /* for a connection */
	uint64_t limit_us;   /* for all together */

	/* The result. The latencies are from before connect(2) until the
	 * outcome was seen, sorted, in microseconds; the caller frees them. */
	size_t started;
	size_t outcomes[FLOOD_OUTCOMES];
	uint64_t elapsed_us;
	uint32_t *served, *refused;
	size_t refused_count;

	/* Our ends of the connections, until flood_release(). */
	struct flood_conn *conns;
	int epoll_fd;
};

/* Returns 0, or a negative errno when it could not even begin. What happens
 * to a connection is an outcome, not an error. Ends early, with what there is,
 * when flood_stop has been set.
 *
 * A steady flood starts a connection for each that is decided. With burst_pid
 * that process is stopped while `concurrency` connections come about, then it
 * goes on, and only the time from there until the last of them is decided
 * counts: what the server can do, whatever it costs the generator to ask. The
 * server's backlog has to have room for them. */
int flood_run(struct flood *f);

/* Closes what was kept. */
void flood_release(struct flood *f);

/* A signal handler may set it. */
extern volatile int flood_stop;

#endif
