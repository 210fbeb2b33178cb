/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The engine of loadgen: so many connections in all, so many at a time, each
 * connect, send, read, close. Single-threaded, on epoll.
 */
#ifndef EVINETD_TESTS_BENCH_LOAD_H
#define EVINETD_TESTS_BENCH_LOAD_H

#include <sys/socket.h>

#include <stddef.h>
#include <stdint.h>

enum load_expect {
	LOAD_SAME,  /* the bytes that were sent, back */
	LOAD_BYTES, /* so many bytes, whatever they are */
	LOAD_EOF,   /* anything until the server closes */
};

enum load_outcome {
	LOAD_OK,
	LOAD_CONNECT, /* no connection came about */
	LOAD_RESET,   /* it broke */
	LOAD_SHORT,   /* the server closed before the answer was complete */
	LOAD_WRONG,   /* other bytes than were sent, or more */
	LOAD_TIMEOUT, /* cut off after timeout_us, or at the end of all */
	LOAD_OUTCOMES
};

struct load {
	/* Filled in by the caller. */
	struct sockaddr_storage addr;
	socklen_t addr_len;
	size_t count;	    /* connections in all */
	size_t concurrency; /* at a time */
	size_t payload;	    /* bytes sent by each */
	size_t answer;	    /* for LOAD_BYTES */
	enum load_expect expect;
	uint64_t timeout_us; /* for a connection */
	uint64_t limit_us;   /* for all together */

	/* The result. latencies has outcomes[LOAD_OK] entries, sorted; the
	 * caller frees it. */
	size_t outcomes[LOAD_OUTCOMES];
	uint64_t bytes; /* received */
	uint64_t elapsed_us;
	uint32_t *latencies; /* from before connect to the whole answer, us */
};

/* Returns 0, or a negative errno when it could not even begin. What happens
 * to a connection is an outcome, not an error. */
int load_run(struct load *load);

#endif
