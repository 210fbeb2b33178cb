/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The rules about when a handler ends. They look at the hold alone: no byte is
 * touched, and the handler need not cooperate. What then happens to it is
 * connection_end()'s affair.
 */
#include "lifetime.h"

#include "connection.h"
#include "holds.h"
#include "record.h"
#include "service.h"

#include <signal.h>
#include <sys/epoll.h>

static struct ev_loop *
lifetime_loop(const struct connection *c)
{
	return c->service->supervisor->loop;
}

static void
lifetime_arm(struct connection *c, ev_timer *timer, int64_t ms,
    void (*cb)(struct ev_loop *, ev_timer *, int))
{
	ev_timer_init(timer, cb, (double)ms / 1e3, 0.);
	timer->data = c;
	ev_timer_start(lifetime_loop(c), timer);
}

static void
lifetime_max_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct connection *c = w->data;

	connection_end(
	    c, CONNECTION_BY_LIFETIME, (int)c->service->config->kill_signal);
}

/* Fires when it could be over: if there was traffic meanwhile, it is armed
 * again for what is left, so that traffic itself costs nothing. */
static void
lifetime_idle_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct connection *c = w->data;
	const int64_t limit = c->service->config->idle_timeout_ms;
	const int64_t idle = client_idle_ms(&c->client);

	if (idle < limit)
		lifetime_arm(
		    c, w, limit - (idle < 0 ? 0 : idle), lifetime_idle_cb);
	else
		connection_end(c, CONNECTION_BY_IDLE,
		    (int)c->service->config->kill_signal);
}

static void
lifetime_disconnect_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	static const int signals[] = {
		[CONFIG_DISCONNECT_HUP] = SIGHUP,
		[CONFIG_DISCONNECT_TERM] = SIGTERM,
		[CONFIG_DISCONNECT_KILL] = SIGKILL,
	};
	struct connection *c = w->data;

	connection_end(c, CONNECTION_BY_DISCONNECT,
	    signals[c->service->config->on_disconnect]);
}

void
lifetime_hangup(struct connection *c)
{
	if (!ev_is_active(&c->lifetime.disconnect))
		lifetime_arm(c, &c->lifetime.disconnect,
		    c->service->config->disconnect_grace_ms,
		    lifetime_disconnect_cb);
}

/* Edge-triggered: a half-close is an event once, and readable data is none at
 * all. HUP and ERR, the sure deaths, are always told. */
static void
lifetime_watch(struct connection *c)
{
	const int error = holds_watch(c, EPOLLRDHUP | EPOLLET);
	struct log_record r;

	if (error == 0)
		return;
	log_begin(&r, LOG_LEVEL_WARNING, "on_disconnect");
	record_connection(&r, c);
	log_errno(&r, -error);
	log_end(&r);
}

void
lifetime_start(struct connection *c)
{
	const struct config_service *config = c->service->config;

	if (config->max_lifetime_ms != CONFIG_NONE)
		lifetime_arm(c, &c->lifetime.max, config->max_lifetime_ms,
		    lifetime_max_cb);
	if (config->idle_timeout_ms != CONFIG_NONE)
		lifetime_arm(c, &c->lifetime.idle, config->idle_timeout_ms,
		    lifetime_idle_cb);
	if (config->on_disconnect != CONFIG_DISCONNECT_IGNORE)
		lifetime_watch(c);
}

void
lifetime_stop(struct connection *c)
{
	struct ev_loop *loop = lifetime_loop(c);

	ev_timer_stop(loop, &c->lifetime.max);
	ev_timer_stop(loop, &c->lifetime.idle);
	ev_timer_stop(loop, &c->lifetime.disconnect);
}
