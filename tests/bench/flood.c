/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Every connection has a slot of its own, so that all of them can be kept; a
 * part of them, from `oldest` on, is undecided. As in load.c a socket is
 * watched edge-triggered for everything, with one epoll_ctl(2).
 */
#include "flood.h"

#include <sys/epoll.h>

#include <netinet/in.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FLOOD_EVENTS   256
#define FLOOD_BUFFER   FLOOD_PAYLOAD_MAX
#define FLOOD_CHECK_US 50000

enum conn_state {
	CONN_NEW,
	CONN_CONNECTING,
	CONN_ASKING, /* connected: it is for the server to decide */
	CONN_DECIDED,
};

struct flood_conn {
	int fd;
	enum conn_state state;
	uint64_t start_us;
	size_t got;
};

struct progress {
	struct flood *flood;
	size_t undecided;
	size_t connecting;
	size_t oldest; /* all before it are decided */
};

volatile int flood_stop;

static const char flood_payload[FLOOD_BUFFER];

static uint64_t
flood_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool
flood_keeps(const struct flood *f, enum flood_outcome outcome)
{
	/* In a burst the generator's own work comes after the time. */
	return f->burst_pid != 0 || f->keep == FLOOD_KEEP_ALL ||
	       (f->keep == FLOOD_KEEP_SERVED && outcome == FLOOD_SERVED);
}

static void
conn_close(struct flood_conn *c)
{
	/* Closing takes it out of the epoll set as well. */
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
}

static void
conn_decide(
    struct progress *p, struct flood_conn *c, enum flood_outcome outcome)
{
	struct flood *f = p->flood;
	const uint32_t us = (uint32_t)(flood_now_us() - c->start_us);

	if (outcome == FLOOD_SERVED)
		f->served[f->outcomes[FLOOD_SERVED]] = us;
	else if (outcome < FLOOD_TIMEOUT)
		f->refused[f->refused_count++] = us;
	f->outcomes[outcome]++;
	p->connecting -= c->state == CONN_CONNECTING;
	p->undecided--;
	c->state = CONN_DECIDED;
	if (!flood_keeps(f, outcome))
		conn_close(c);
}

/* The i-th address, as bytes that are counted up from the end. */
static void
flood_source(const struct flood *f, size_t i, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *sin6 = (void *)ret;
	struct sockaddr_in *sin = (void *)ret;
	const uint32_t n = (uint32_t)(i % f->sources * f->stride);
	uint32_t *last = f->source.ss_family == AF_INET6
			     ? &sin6->sin6_addr.s6_addr32[3]
			     : &sin->sin_addr.s_addr;

	*ret = f->source;
	*last = htonl(ntohl(*last) + n);
}

/* A socket with the source of its connection, or -1. */
static int
flood_socket(const struct flood *f, size_t i)
{
	struct sockaddr_storage source;
	const int on = 1;
	int fd = socket(
	    f->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1 || f->source.ss_family == AF_UNSPEC)
		return fd;
	flood_source(f, i, &source);
	/* The addresses are routed here, but are nobody's; and a port is only
	 * looked for when the other end is known, or they would run out. */
	if (setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on,
		sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&source, f->addr_len) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
conn_start(struct progress *p)
{
	struct flood *f = p->flood;
	const size_t i = f->started++;
	struct flood_conn *c = &f->conns[i];
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = c,
	};

	c->state = CONN_CONNECTING;
	c->start_us = flood_now_us();
	p->undecided++;
	p->connecting++;
	c->fd = flood_socket(f, i);
	if (c->fd == -1 ||
	    epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		conn_decide(p, c, FLOOD_FAILED);
	else if (connect(c->fd, (struct sockaddr *)&f->addr, f->addr_len) ==
		     -1 &&
		 errno != EINPROGRESS)
		conn_decide(
		    p, c, errno == ECONNREFUSED ? FLOOD_CONNECT : FLOOD_FAILED);
}

/* False when the outcome of connect(2) is a decision, or not known. */
static bool
conn_connected(struct progress *p, struct flood_conn *c, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0)
		return false;
	if ((events & EPOLLERR) != 0)
		getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error == ECONNRESET || error == EPIPE)
		conn_decide(p, c, FLOOD_RESET);
	else if (error == ECONNREFUSED)
		conn_decide(p, c, FLOOD_CONNECT);
	else if (error != 0)
		conn_decide(p, c, FLOOD_FAILED);
	if (error != 0)
		return false;
	c->state = CONN_ASKING;
	p->connecting--;
	/* It fits into any send buffer. What goes wrong here is seen when it
	 * is tried to read. */
	if (p->flood->payload > 0)
		send(c->fd, flood_payload, p->flood->payload, MSG_NOSIGNAL);
	return true;
}

static void
conn_read(struct progress *p, struct flood_conn *c)
{
	char buf[FLOOD_BUFFER];

	for (;;) {
		const ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

		if (n == -1 && errno == EAGAIN)
			return;
		if (n > 0) {
			c->got += (size_t)n;
			if (c->got != p->flood->payload ||
			    memcmp(buf, flood_payload, (size_t)n) != 0)
				continue;
			conn_decide(p, c, FLOOD_SERVED);
		} else if (c->got > 0) {
			conn_decide(p, c, FLOOD_SAID);
		} else {
			conn_decide(p, c, n == 0 ? FLOOD_CLOSED : FLOOD_RESET);
		}
		return;
	}
}

static void
flood_wait(struct progress *p, int timeout_ms)
{
	struct epoll_event events[FLOOD_EVENTS];
	const int n =
	    epoll_wait(p->flood->epoll_fd, events, FLOOD_EVENTS, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct flood_conn *c = events[i].data.ptr;

		if (c->state == CONN_CONNECTING)
			(void)conn_connected(p, c, events[i].events);
		/* Also one that has just become connected: edges are told
		 * once. */
		if (c->state == CONN_ASKING)
			conn_read(p, c);
	}
}

/* Ends those that have been undecided for at least that long. */
static void
flood_expire(struct progress *p, uint64_t now, uint64_t timeout_us,
    enum flood_outcome outcome)
{
	struct flood *f = p->flood;

	for (size_t i = p->oldest; i < f->started; i++) {
		struct flood_conn *c = &f->conns[i];

		if (c->state != CONN_DECIDED && now - c->start_us >= timeout_us)
			conn_decide(p, c, outcome);
		if (c->state == CONN_DECIDED && i == p->oldest)
			p->oldest++;
	}
}

/* How many may have been started by now. */
static size_t
flood_due(const struct flood *f, uint64_t elapsed_us)
{
	const uint64_t due =
	    f->rate == 0 ? f->count : 1 + elapsed_us * f->rate / 1000000;

	return due < f->count ? (size_t)due : f->count;
}

static void
flood_steady(struct progress *p)
{
	struct flood *f = p->flood;
	const uint64_t start = flood_now_us();
	uint64_t now = start, checked = start;

	while (!flood_stop && now - start < f->limit_us &&
	       (p->undecided > 0 || f->started < f->count)) {
		const size_t due = flood_due(f, now - start);

		while (f->started < due && p->undecided < f->concurrency)
			conn_start(p);
		flood_wait(p, f->rate == 0 ? 50 : 1);
		now = flood_now_us();
		if (now - checked < FLOOD_CHECK_US)
			continue;
		checked = now;
		flood_expire(p, now, f->timeout_us, FLOOD_TIMEOUT);
	}
	f->elapsed_us = now - start;
}

static void
flood_burst(struct progress *p)
{
	struct flood *f = p->flood;
	const size_t first = f->started;
	uint64_t start, now;

	kill(f->burst_pid, SIGSTOP);
	while (f->started < f->count && f->started - first < f->concurrency)
		conn_start(p);
	start = now = flood_now_us();
	while (p->connecting > 0 && now - start < f->timeout_us) {
		flood_wait(p, 50);
		now = flood_now_us();
	}
	kill(f->burst_pid, SIGCONT);
	start = now = flood_now_us();
	while (p->undecided > 0 && now - start < f->timeout_us) {
		flood_wait(p, 50);
		now = flood_now_us();
	}
	f->elapsed_us += now - start;
	flood_expire(p, now, 0, FLOOD_TIMEOUT);
	for (size_t i = first; i < f->started; i++)
		conn_close(&f->conns[i]);
}

static void
flood_bursts(struct progress *p)
{
	const uint64_t start = flood_now_us();

	while (!flood_stop && p->flood->started < p->flood->count &&
	       flood_now_us() - start < p->flood->limit_us)
		flood_burst(p);
}

static int
flood_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
flood_run(struct flood *f)
{
	struct progress p = { .flood = f };

	f->started = f->refused_count = 0;
	f->elapsed_us = 0;
	memset(f->outcomes, 0, sizeof(f->outcomes));
	f->conns = calloc(f->count, sizeof(*f->conns));
	f->served = calloc(f->count, sizeof(*f->served));
	f->refused = calloc(f->count, sizeof(*f->refused));
	f->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f->conns == NULL || f->served == NULL || f->refused == NULL ||
	    f->epoll_fd == -1)
		return -errno;
	if (f->burst_pid != 0)
		flood_bursts(&p);
	else
		flood_steady(&p);
	flood_expire(&p, flood_now_us(), 0, FLOOD_CUT);
	qsort(f->served, f->outcomes[FLOOD_SERVED], sizeof(*f->served),
	    flood_compare);
	qsort(f->refused, f->refused_count, sizeof(*f->refused), flood_compare);
	return 0;
}

void
flood_release(struct flood *f)
{
	for (size_t i = 0; i < f->started; i++)
		conn_close(&f->conns[i]);
	free(f->conns);
	f->conns = NULL;
	if (f->epoll_fd != -1)
		close(f->epoll_fd);
	f->epoll_fd = -1;
}
