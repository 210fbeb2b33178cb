/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A connection is a slot that is used again and again. All sockets are
 * watched edge-triggered for everything, so that one epoll_ctl(2) a
 * connection is enough and the generator stays cheaper than what it measures.
 */
#include "load.h"

#include <sys/epoll.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOAD_CHUNK  (64 * 1024)
#define LOAD_EVENTS 256

enum conn_state {
	CONN_FREE,
	CONN_WAITING, /* a Unix listener's queue is full: connect(2) again */
	CONN_CONNECTING,
	CONN_RUNNING,
};

struct conn {
	int fd;
	enum conn_state state;
	uint64_t start_us;
	size_t sent;
	size_t got;
};

struct engine {
	struct load *load;
	struct conn *conns;
	char *pattern; /* LOAD_CHUNK bytes and a period more */
	int epoll_fd;
	size_t started;
	size_t active;
	size_t waiting;
};

/* Prime, so that a chunk out of place does not look right. */
#define PATTERN_PERIOD 251

static uint64_t
load_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
conn_finish(struct engine *e, struct conn *c, enum load_outcome outcome)
{
	struct load *l = e->load;

	if (outcome == LOAD_OK)
		l->latencies[l->outcomes[LOAD_OK]] =
		    (uint32_t)(load_now_us() - c->start_us);
	l->outcomes[outcome]++;
	l->bytes += c->got;
	if (c->state == CONN_WAITING)
		e->waiting--;
	/* Closing takes it out of the epoll set as well. */
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->state = CONN_FREE;
	e->active--;
}

static void
conn_fail(struct engine *e, struct conn *c)
{
	bool connected = c->state == CONN_RUNNING;

	conn_finish(e, c, connected ? LOAD_RESET : LOAD_CONNECT);
}

static void
conn_connect(struct engine *e, struct conn *c)
{
	const struct load *l = e->load;
	struct epoll_event ev = {
		.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = c,
	};
	bool waited = c->state == CONN_WAITING;

	if (connect(c->fd, (const struct sockaddr *)&l->addr, l->addr_len) ==
		-1 &&
	    errno != EINPROGRESS) {
		if (errno != EAGAIN) {
			conn_fail(e, c);
			return;
		}
		c->state = CONN_WAITING;
		e->waiting += waited ? 0 : 1;
		return;
	}
	e->waiting -= waited ? 1 : 0;
	c->state = CONN_CONNECTING;
	if (epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == -1)
		conn_fail(e, c);
}

static void
conn_start(struct engine *e, struct conn *c)
{
	e->started++;
	e->active++;
	c->state = CONN_CONNECTING;
	c->sent = c->got = 0;
	c->start_us = load_now_us();
	c->fd = socket(e->load->addr.ss_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		conn_fail(e, c);
	else
		conn_connect(e, c);
}

/* Returns false when the connection is over. */
static bool
conn_send(struct engine *e, struct conn *c)
{
	size_t payload = e->load->payload;

	while (c->sent < payload) {
		size_t len = payload - c->sent;
		ssize_t n;

		if (len > LOAD_CHUNK)
			len = LOAD_CHUNK;
		n = send(c->fd, e->pattern + c->sent % PATTERN_PERIOD, len,
		    MSG_NOSIGNAL);
		if (n == -1 && errno == EAGAIN)
			return true;
		/* A server may answer and leave without having read; then
		 * what it said is still to be read. */
		if (n == -1 && errno == EPIPE) {
			c->sent = payload;
			return true;
		}
		if (n == -1) {
			conn_fail(e, c);
			return false;
		}
		c->sent += (size_t)n;
		if (c->sent == payload && e->load->expect == LOAD_EOF)
			shutdown(c->fd, SHUT_WR);
	}
	return true;
}

static size_t
conn_expected(const struct load *l)
{
	switch (l->expect) {
	case LOAD_SAME:
		return l->payload;
	case LOAD_BYTES:
		return l->answer;
	default:
		return SIZE_MAX;
	}
}

/* Judges n bytes that have just come. Returns false when that was the end. */
static bool
conn_take(struct engine *e, struct conn *c, const char *buf, size_t n)
{
	const struct load *l = e->load;
	size_t want = conn_expected(l);

	if (c->got + n > want ||
	    (l->expect == LOAD_SAME &&
		memcmp(buf, e->pattern + c->got % PATTERN_PERIOD, n) != 0)) {
		conn_finish(e, c, LOAD_WRONG);
		return false;
	}
	c->got += n;
	if (c->got < want)
		return true;
	conn_finish(e, c, LOAD_OK);
	return false;
}

static void
conn_receive(struct engine *e, struct conn *c)
{
	static char buf[LOAD_CHUNK];

	for (;;) {
		ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1) {
			conn_fail(e, c);
			return;
		}
		if (n == 0) {
			conn_finish(e, c,
			    e->load->expect == LOAD_EOF ? LOAD_OK : LOAD_SHORT);
			return;
		}
		if (!conn_take(e, c, buf, (size_t)n))
			return;
	}
}

static void
conn_event(struct engine *e, struct conn *c, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (c->state == CONN_CONNECTING) {
		if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0)
			return;
		if ((events & EPOLLERR) != 0)
			getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error == ECONNRESET)
			c->state = CONN_RUNNING;
		if (error != 0) {
			conn_fail(e, c);
			return;
		}
		c->state = CONN_RUNNING;
		/* Nothing to send is sent by now. */
		if (e->load->payload == 0 && e->load->expect == LOAD_EOF)
			shutdown(c->fd, SHUT_WR);
		if (conn_expected(e->load) == 0) {
			conn_finish(e, c, LOAD_OK);
			return;
		}
	}
	if (conn_send(e, c))
		conn_receive(e, c);
}

/* Fills free slots, knocks again where nobody answered, ends what is late. */
static void
engine_tend(struct engine *e, uint64_t now, bool check_timeouts)
{
	const struct load *l = e->load;

	for (size_t i = 0; i < l->concurrency; i++) {
		struct conn *c = &e->conns[i];

		if (c->state != CONN_FREE && check_timeouts &&
		    now - c->start_us > l->timeout_us)
			conn_finish(e, c, LOAD_TIMEOUT);
		else if (c->state == CONN_WAITING)
			conn_connect(e, c);
		if (c->state == CONN_FREE && e->started < l->count)
			conn_start(e, c);
	}
}

static void
engine_loop(struct engine *e)
{
	struct epoll_event events[LOAD_EVENTS];
	uint64_t start = load_now_us(), now = start, checked = start;
	struct load *l = e->load;

	engine_tend(e, now, false);
	while (e->active > 0 && now - start < l->limit_us) {
		int n = epoll_wait(
		    e->epoll_fd, events, LOAD_EVENTS, e->waiting > 0 ? 1 : 50);

		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;

			conn_event(e, c, events[i].events);
			if (c->state == CONN_FREE && e->started < l->count)
				conn_start(e, c);
		}
		now = load_now_us();
		if (now - checked >= 50000 || e->waiting > 0) {
			engine_tend(e, now, now - checked >= 50000);
			checked = now;
		}
	}
	for (size_t i = 0; i < l->concurrency; i++)
		if (e->conns[i].state != CONN_FREE)
			conn_finish(e, &e->conns[i], LOAD_TIMEOUT);
	l->outcomes[LOAD_TIMEOUT] += l->count - e->started;
	l->elapsed_us = load_now_us() - start;
}

static int
load_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
load_run(struct load *load)
{
	struct engine e = { .load = load };
	int error = 0;

	memset(load->outcomes, 0, sizeof(load->outcomes));
	load->bytes = 0;
	e.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	e.conns = calloc(load->concurrency, sizeof(*e.conns));
	e.pattern = malloc(LOAD_CHUNK + PATTERN_PERIOD);
	load->latencies = calloc(load->count, sizeof(*load->latencies));
	if (e.epoll_fd == -1 || e.conns == NULL || e.pattern == NULL ||
	    load->latencies == NULL) {
		error = -errno;
		goto out;
	}
	for (size_t i = 0; i < load->concurrency; i++)
		e.conns[i].fd = -1;
	for (size_t i = 0; i < LOAD_CHUNK + PATTERN_PERIOD; i++)
		e.pattern[i] = (char)(i % PATTERN_PERIOD);
	engine_loop(&e);
	qsort(load->latencies, load->outcomes[LOAD_OK],
	    sizeof(*load->latencies), load_compare);
out:
	free(e.pattern);
	free(e.conns);
	if (e.epoll_fd != -1)
		close(e.epoll_fd);
	return error;
}
