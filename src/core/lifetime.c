/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The rules about when a connection's handler ends. They look at the hold
 * alone: no byte is touched, and the handler need not cooperate. What then
 * happens to it is handler_end()'s affair.
 */
#include "lifetime.h"

#include "connection.h"
#include "holds.h"
#include "record.h"
#include "service.h"

#include <evinetd/base/clock.h>

#include <signal.h>
#include <sys/epoll.h>

static struct ev_loop *
lifetime_loop(const struct connection *c)
{
	return c->handler.service->supervisor->loop;
}

static void
lifetime_arm(struct connection *c, ev_timer *timer, int64_t ms,
    void (*cb)(struct ev_loop *, ev_timer *, int))
{
	ev_timer_init(timer, cb, (double)ms / 1e3, 0.);
	timer->data = c;
	ev_timer_start(lifetime_loop(c), timer);
}

/* Fires when it could be over: if there was traffic meanwhile, it is armed
 * again for what is left, so that traffic itself costs nothing. */
static void
lifetime_idle_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct connection *c = w->data;
	const int64_t limit = c->handler.service->config->idle_timeout_ms;
	const int64_t idle = client_idle_ms(&c->client);

	if (idle < limit)
		lifetime_arm(
		    c, w, limit - (idle < 0 ? 0 : idle), lifetime_idle_cb);
	else
		handler_end(&c->handler, HANDLER_BY_IDLE,
		    (int)c->handler.service->config->kill_signal);
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

	handler_end(&c->handler, HANDLER_BY_DISCONNECT,
	    signals[c->handler.service->config->on_disconnect]);
}

void
lifetime_hangup(struct connection *c)
{
	if (!ev_is_active(&c->lifetime.disconnect))
		lifetime_arm(c, &c->lifetime.disconnect,
		    c->handler.service->config->disconnect_grace_ms,
		    lifetime_disconnect_cb);
}

/* Edge-triggered: a half-close is an event once, and readable data is none at
 * all. HUP and ERR, the sure deaths, are always told. */
static void
lifetime_watch(struct connection *c)
{
	struct supervisor *s = c->handler.service->supervisor;
	const int error = holds_watch(c, EPOLLRDHUP | EPOLLET);
	struct log_record r;

	if (error == 0 || !episode_begin(&s->unwatched, clock_monotonic_ns()))
		return;
	log_begin(&r, LOG_LEVEL_WARNING, "on_disconnect");
	record_handler(&r, &c->handler);
	log_errno(&r, -error);
	log_end(&r);
}

void
lifetime_start(struct connection *c)
{
	const struct config_service *config = c->handler.service->config;

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

	ev_timer_stop(loop, &c->lifetime.idle);
	ev_timer_stop(loop, &c->lifetime.disconnect);
}
