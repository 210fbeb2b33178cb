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

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static void
connection_leave(struct connection *c)
{
	struct service *s = c->handler.service;

	admit_leave(s->admit, &c->source, clock_monotonic_ns());
	room_left(s);
}

void
connection_free(struct connection *c)
{
	struct ev_loop *loop = c->handler.service->supervisor->loop;

	if (handler_is_alive(&c->handler)) {
		connection_leave(c);
		(void)client_finish(&c->client);
	}
	lifetime_stop(c);
	ev_timer_stop(loop, &c->linger);
	handler_fini(&c->handler);
	holds_forget(c);
	client_close(&c->client);
	LIST_REMOVE(c, entry);
	free(c);
}

static void
connection_gone(struct connection *c)
{
	struct supervisor *s = c->handler.service->supervisor;

	/* What the handler said stands before its end. */
	handler_log_drain(&c->handler.log);
	handler_log_fini(&c->handler.log);
	record_end(&c->handler);
	connection_free(c);
	supervisor_gone(s);
}

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
	if (c->handler.state == HANDLER_ENDED)
		(void)connection_drain(c, events); /* c may be gone */
	else if (client_may_have_left(&c->client))
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
	    (double)c->handler.service->config->linger_ms / 1e3, 0.);
	c->linger.data = c;
	ev_timer_start(c->handler.service->supervisor->loop, &c->linger);
}

/* ---- as the handler's owner ---- */

static void
connection_exited(struct handler *h)
{
	struct connection *c = connection_of(h);

	connection_leave(c);
	lifetime_stop(c);
	if (c->client.fd == -1)
		connection_gone(c);
	else
		connection_close(c);
}

static void
connection_describe(struct log_record *r, const struct handler *h)
{
	char peer[ADDR_TEXT_MAX];

	log_str(r, "peer",
	    client_format_peer(&connection_of(h)->client, peer, sizeof(peer)));
}

static void
connection_account(struct log_record *r, const struct handler *h)
{
	const struct connection *c = connection_of(h);
	struct client_traffic t;

	if (c->client.fd == -1)
		return;
	client_traffic(&c->client, c->end, &t);
	if (!t.known)
		return;
	log_int(r, "in", (int64_t)t.bytes_in);
	log_int(r, "out", (int64_t)t.bytes_out);
	log_real(r, "rtt", (double)t.rtt_us / 1e3, 1, "ms");
}

const struct handler_owner connection_owner = {
	.describe = connection_describe,
	.account = connection_account,
	.launched = connection_launched,
	.exited = connection_exited,
};
