/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Waits for what happens to the connections that we hold. Knows nothing of why
 * they are watched.
 */
#include "holds.h"

#include "connection.h"
#include "service.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#define HOLDS_EVENTS 64
#define HOLDS_RETRY  1. /* seconds */

static void
holds_ready_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct epoll_event events[HOLDS_EVENTS];

	if ((revents & EV_ERROR) != 0) { /* it could not be watched */
		struct supervisor *s = w->data;

		ev_timer_start(loop, &s->holds_retry);
		return;
	}
	/* EINTR: it stays ready, and we are called again. */
	const int n = epoll_wait(w->fd, events, HOLDS_EVENTS, 0);

	/* Each may free its own connection, and no other. */
	for (int i = 0; i < n; i++)
		connection_event(events[i].data.ptr, events[i].events);
}

static void
holds_retry_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct supervisor *s = w->data;

	ev_io_start(loop, &s->holds);
}

int
holds_init(struct supervisor *s)
{
	const int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd == -1)
		return -errno;
	ev_io_init(&s->holds, holds_ready_cb, fd, EV_READ);
	ev_timer_init(&s->holds_retry, holds_retry_cb, HOLDS_RETRY, 0.);
	s->holds.data = s;
	s->holds_retry.data = s;
	ev_io_start(s->loop, &s->holds);
	return 0;
}

void
holds_fini(struct supervisor *s)
{
	if (s->holds.fd <= 0)
		return;
	ev_timer_stop(s->loop, &s->holds_retry);
	ev_io_stop(s->loop, &s->holds);
	close(s->holds.fd);
}

int
holds_watch(struct connection *c, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };
	const int op = c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (epoll_ctl(c->handler.service->supervisor->holds.fd, op,
		c->client.fd, &event) == -1)
		return -errno;
	c->watched = true;
	return 0;
}

void
holds_forget(struct connection *c)
{
	if (!c->watched)
		return;
	/* It is in there, so this cannot fail. */
	(void)epoll_ctl(c->handler.service->supervisor->holds.fd, EPOLL_CTL_DEL,
	    c->client.fd, NULL);
	c->watched = false;
}
