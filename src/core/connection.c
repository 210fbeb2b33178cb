/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* One connection, from accept to the last byte: the state machine that the
 * header draws. Every end passes through connection_gone().
 *
 * The hold is the accepted descriptor itself: the handler got copies of it.
 * While it is open the client sees no end, so that the end can be made here,
 * politely: closing a socket with unread input sends a reset, which may
 * destroy the answer on its way (RFC 1122, 4.2.2.13; RFC 2525, 2.17).
 */
#include "connection.h"

#include "holds.h"
#include "record.h"
#include "service.h"

#include <evinetd/base/clock.h>

#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

static bool
connection_is_alive(enum connection_state state)
{
	return state == CONNECTION_RUNNING || state == CONNECTION_ENDING;
}

void
connection_set_state(struct connection *c, enum connection_state state)
{
	struct supervisor *s = c->service->supervisor;
	const bool was_alive = connection_is_alive(c->state);

	c->state = state;
	if (connection_is_alive(state) == was_alive)
		return;
	if (!was_alive) {
		c->service->active++;
		supervisor_count(s, +1);
	} else {
		HASH_DEL(s->by_pid, c);
		sources_leave(c->service->sources, &c->source);
		c->service->active--;
		supervisor_count(s, -1);
	}
}

void
connection_free(struct connection *c)
{
	struct ev_loop *loop = c->service->supervisor->loop;

	if (connection_is_alive(c->state)) {
		connection_set_state(c, CONNECTION_CLOSING);
		(void)client_finish(&c->client);
	}
	lifetime_stop(c);
	ev_timer_stop(loop, &c->kill);
	ev_timer_stop(loop, &c->linger);
	handler_log_fini(&c->log);
	holds_forget(c);
	client_close(&c->client);
	LIST_REMOVE(c, entry);
	free(c);
}

static void
connection_gone(struct connection *c)
{
	struct supervisor *s = c->service->supervisor;

	/* What the handler said stands before its end. */
	handler_log_drain(&c->log);
	handler_log_fini(&c->log);
	record_end(c);
	connection_free(c);
	supervisor_gone(s);
}

/* ---- CLOSING ---- */

/* True when that was the end: c is gone. */
static bool
connection_drain(struct connection *c, uint32_t events)
{
	const enum client_drained drained = client_drain(&c->client);

	/* Something that is no data, such as what MSG_ZEROCOPY leaves behind,
	 * would keep it ready for ever. */
	if (drained == CLIENT_DRAINED_MORE && (events & EPOLLERR) == 0)
		return false;
	if (c->finished && drained != CLIENT_DRAINED_MORE)
		c->end = drained == CLIENT_DRAINED_EOF ? CLIENT_END_FIN
						       : CLIENT_END_RESET;
	connection_gone(c);
	return true;
}

void
connection_event(struct connection *c, uint32_t events)
{
	if (c->state == CONNECTION_CLOSING)
		(void)connection_drain(c, events); /* c may be gone */
	else
		lifetime_hangup(c);
}

static void
connection_linger_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct connection *c = w->data;

	/* A child that is left may have the socket still; this ends it for the
	 * client all the same. */
	(void)shutdown(c->client.fd, SHUT_RDWR);
	connection_gone(c);
}

static void
connection_close(struct connection *c)
{
	c->finished = client_finish(&c->client);
	/* Most clients have hung up by now. */
	if (connection_drain(c, 0))
		return;
	/* If it cannot be watched, the time will end it. */
	(void)holds_watch(c, EPOLLIN | EPOLLRDHUP);
	ev_timer_init(&c->linger, connection_linger_cb,
	    (double)c->service->config->linger_ms / 1e3, 0.);
	c->linger.data = c;
	ev_timer_start(c->service->supervisor->loop, &c->linger);
}

void
connection_exited(struct connection *c, int status, const struct rusage *usage)
{
	const struct config_service *config = c->service->config;

	c->status = status;
	c->usage = *usage;
	c->ended_ns = clock_monotonic_ns();
	connection_set_state(c, CONNECTION_CLOSING);
	lifetime_stop(c);
	ev_timer_stop(c->service->supervisor->loop, &c->kill);
	tree_release(&c->tree, (int)config->kill_signal,
	    (double)config->kill_grace_ms / 1e3);
	handler_log_drain(&c->log);
	if (c->client.fd == -1)
		connection_gone(c);
	else
		connection_close(c);
}

/* ---- ENDING ---- */

static void
connection_kill_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	connection_kill(w->data);
}

void
connection_end(struct connection *c, enum connection_reason reason, int signal)
{
	struct ev_loop *loop = c->service->supervisor->loop;

	if (c->state != CONNECTION_RUNNING)
		return;
	c->reason = reason;
	connection_set_state(c, CONNECTION_ENDING);
	lifetime_stop(c);
	/* None there: its end is on the way to us. */
	(void)tree_kill(&c->tree, signal);
	ev_timer_init(&c->kill, connection_kill_cb,
	    (double)c->service->config->kill_grace_ms / 1e3, 0.);
	c->kill.data = c;
	ev_timer_start(loop, &c->kill);
}

void
connection_kill(struct connection *c)
{
	if (connection_is_alive(c->state))
		(void)tree_kill(&c->tree, SIGKILL); /* as above */
}
