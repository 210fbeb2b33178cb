/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Waits for clients on one listener. All that can go wrong with accept(2) is
 * answered here: go on, stop for now, or pause with a back-off that ends by
 * itself. A listener is never closed for an error.
 */
#include "acceptor.h"

#include "connection.h"
#include "service.h"

#include <errno.h>

/* Clients a wake-up; then the other services have their turn. */
#define ACCEPTOR_BATCH 16

static void
acceptor_log(struct acceptor *a, const char *event, const char *step, int error)
{
	struct log_record r;
	char address[LISTENER_TEXT_MAX];

	log_begin(&r, error != 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, event);
	log_str(&r, "service", a->service->config->name);
	log_str(&r, "address",
	    listener_format(&a->listener, address, sizeof(address)));
	log_str(&r, "reason", "resources");
	if (step != NULL)
		log_str(&r, "step", step);
	if (error != 0)
		log_errno(&r, error);
	log_end(&r);
}

/* The state is `held`; everything else follows from it. */
static void
acceptor_set_held(struct acceptor *a, unsigned held)
{
	struct supervisor *s = a->service->supervisor;
	struct ev_loop *loop = s->loop;
	const bool released = held == 0 && a->held != 0;

	if (((held ^ a->held) & ACCEPTOR_HOLD_RESOURCES) != 0)
		s->paused += (held & ACCEPTOR_HOLD_RESOURCES) != 0 ? 1 : -1u;
	a->held = held;
	if (held == 0)
		ev_io_start(loop, &a->watcher);
	else
		ev_io_stop(loop, &a->watcher);
	if ((held & ACCEPTOR_HOLD_RESOURCES) == 0)
		ev_timer_stop(loop, &a->retry);
	/* Asked at once, not when the next client comes: there may be one that
	 * was taken back, and the log would call it paused until then. */
	if (released)
		ev_feed_event(loop, &a->watcher, EV_READ);
}

void
acceptor_hold(struct acceptor *a, enum acceptor_hold reason)
{
	acceptor_set_held(a, a->held | reason);
}

void
acceptor_release(struct acceptor *a, enum acceptor_hold reason)
{
	acceptor_set_held(a, a->held & ~(unsigned)reason);
}

void
acceptor_pause(struct acceptor *a, const char *step, int error)
{
	struct ev_loop *loop = a->service->supervisor->loop;

	a->service->supervisor->shortages++;
	if ((a->held & ACCEPTOR_HOLD_RESOURCES) != 0)
		return;
	if (!a->episode)
		acceptor_log(a, "pause", step, error);
	a->episode = true;
	a->service->pauses++;
	acceptor_hold(a, ACCEPTOR_HOLD_RESOURCES);
	ev_timer_stop(loop, &a->retry);
	ev_timer_set(&a->retry, backoff_fail(&a->backoff, 0), 0.);
	ev_timer_start(loop, &a->retry);
}

void
acceptor_keep(struct acceptor *a, const struct client *client)
{
	a->pending = *client;
	/* If nothing holds it by then, nobody else may come to wake it. */
	ev_feed_event(a->service->supervisor->loop, &a->watcher, EV_READ);
}

static void
acceptor_set_starved(struct acceptor *a, bool starved)
{
	struct supervisor *s = a->service->supervisor;

	s->starved += (starved ? 1U : 0U) - (a->starved ? 1U : 0U);
	a->starved = starved;
}

void
acceptor_return(struct acceptor *a, const struct client *client,
    const char *step, int error)
{
	acceptor_keep(a, client);
	acceptor_set_starved(a, error == EMFILE || error == ENFILE);
	acceptor_pause(a, step, error);
}

void
acceptor_resume(struct acceptor *a)
{
	if ((a->held & ACCEPTOR_HOLD_RESOURCES) != 0)
		acceptor_release(a, ACCEPTOR_HOLD_RESOURCES);
}

static void
acceptor_retry_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct acceptor *a = w->data;

	if (a->held == 0)
		ev_feed_event(loop, &a->watcher, EV_READ);
	else
		acceptor_resume(a);
}

/* A batch may have been exactly those who waited: nobody would come to tell
 * that a shortage is over. When the others have had their turn. */
static void
acceptor_look_again(struct acceptor *a)
{
	struct ev_loop *loop = a->service->supervisor->loop;

	ev_timer_stop(loop, &a->retry);
	ev_timer_set(&a->retry, 0., 0.);
	ev_timer_start(loop, &a->retry);
}

/* Nobody is left waiting: the shortage is over. A success alone does not say
 * so; each descriptor that is freed makes one possible. */
static void
acceptor_recovered(struct acceptor *a)
{
	room_idle(a->service);
	backoff_reset(&a->backoff);
	if (!a->episode)
		return;
	a->episode = false;
	acceptor_log(a, "resume", NULL, 0);
}

static int
acceptor_next(struct acceptor *a, struct client *ret)
{
	if (a->pending.fd == -1) {
		/* One client who has a descriptor and no handler is enough: if
		 * each listener had one, there might be none for any handler.
		 */
		if (a->service->supervisor->starved > 0) {
			errno = EMFILE;
			return LISTENER_E_PAUSE;
		}
		const int outcome = listener_accept(&a->listener, ret);

		a->service->accepted += outcome == 0;
		return outcome;
	}
	*ret = a->pending;
	a->pending.fd = -1;
	acceptor_set_starved(a, false);
	return 0;
}

/* Accepts one. 0 when there was one, or an outcome of listener_accept(). */
static int
acceptor_accept(struct acceptor *a)
{
	struct client client;
	const int outcome = acceptor_next(a, &client);

	switch (outcome) {
	case 0:
		connection_open(a, &client);
		break;
	case LISTENER_E_RETRY:
		break;
	case LISTENER_E_DONE:
		acceptor_recovered(a);
		break;
	case LISTENER_E_PAUSE:
		acceptor_pause(a, "accept", errno);
		break;
	default:
		/* Nothing that accept(2) documents; it must not spin. */
		acceptor_pause(a, "accept", -outcome);
		break;
	}
	return outcome;
}

static void
acceptor_ready_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct acceptor *a = w->data;
	int i, errors = 0;

	if ((revents & EV_ERROR) != 0) {
		/* The loop could not watch it and has stopped it. Not why, but
		 * epoll_ctl(2) has no other reason than ENOMEM and ENOSPC. */
		acceptor_pause(a, "watch", ENOMEM);
		return;
	}
	for (i = 0; i < ACCEPTOR_BATCH && a->held == 0; i++) {
		const int outcome = acceptor_accept(a);

		errors += outcome == LISTENER_E_RETRY;
		if (outcome != 0 && outcome != LISTENER_E_RETRY)
			break;
	}
	/* Each may be a client's affair, but not so many in a row: a filter of
	 * system calls, for instance, takes nobody from the queue. */
	if (errors == ACCEPTOR_BATCH)
		acceptor_pause(a, "accept", errno);
	else if (i == ACCEPTOR_BATCH && a->held == 0)
		acceptor_look_again(a);
}

bool
acceptor_offer(struct acceptor *a, enum acceptor_hold reason)
{
	const struct supervisor *s = a->service->supervisor;
	int outcome = LISTENER_E_DONE;

	if (s->starved > 0 && !a->starved) /* who goes first */
		return false;
	for (int i = 0; i < ACCEPTOR_BATCH && a->held == reason; i++) {
		outcome = acceptor_accept(a);
		if (outcome != LISTENER_E_RETRY)
			break;
	}
	return outcome == 0;
}

void
acceptor_init(struct acceptor *a, struct service *service,
    const struct listener *listener)
{
	*a = (struct acceptor){ .service = service,
		.listener = *listener,
		.pending = { .fd = -1 } };
	ev_io_init(&a->watcher, acceptor_ready_cb, listener->fd, EV_READ);
	ev_timer_init(&a->retry, acceptor_retry_cb, 0., 0.);
	a->watcher.data = a;
	a->retry.data = a;
	acceptor_set_held(a, 0);
}

void
acceptor_fini(struct acceptor *a)
{
	struct ev_loop *loop = a->service->supervisor->loop;

	acceptor_release(a, ACCEPTOR_HOLD_RESOURCES);
	ev_io_stop(loop, &a->watcher);
	acceptor_set_starved(a, false);
	client_reset(&a->pending);
	listener_close(&a->listener);
}
