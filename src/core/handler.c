/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The state machine of a run, as the header draws it. What counts a handler
 * follows its state, and nothing else does.
 */
#include "handler.h"

#include "offer.h"
#include "service.h"

#include <evinetd/base/clock.h>

#include <errno.h>
#include <signal.h>

static struct supervisor *
handler_supervisor(const struct handler *h)
{
	return h->service->supervisor;
}

void
handler_init(struct handler *h, struct service *service,
    const struct handler_owner *owner)
{
	struct supervisor *s = service->supervisor;

	*h = (struct handler){ .service = service,
		.owner = owner,
		.id = ++s->next_id,
		.pid = -1,
		.log = { .fd = -1 },
		.started_ns = clock_monotonic_ns() };
	h->tree = (struct tree){
		.supervisor = s, .mode = service->config->kill_mode, .id = h->id
	};
}

void
handler_return_id(struct handler *h)
{
	struct supervisor *s = handler_supervisor(h);

	/* The last one that was given, since a launch is not interrupted. */
	if (s->next_id == h->id)
		s->next_id--;
}

bool
handler_is_alive(const struct handler *h)
{
	return h->state == HANDLER_RUNNING || h->state == HANDLER_ENDING;
}

static void
handler_max_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct handler *h = w->data;

	handler_end(
	    h, HANDLER_BY_LIFETIME, (int)h->service->config->kill_signal);
}

int
handler_enter(struct handler *h, pid_t pid)
{
	struct supervisor *s = handler_supervisor(h);
	const int64_t max_ms = h->service->config->max_lifetime_ms;

	h->pid = pid;
	h->tree.main = pid;
	HASH_ADD_INT(s->by_pid, pid, h);
	if (h->hh.tbl == NULL) /* how uthash says that it had no memory */
		return -ENOMEM;
	h->state = HANDLER_RUNNING;
	LIST_INSERT_HEAD(&s->handlers, h, entry);
	h->service->active++;
	offer_count(s, +1);
	if (max_ms == CONFIG_NONE)
		return 0;
	ev_timer_init(&h->max, handler_max_cb, (double)max_ms / 1e3, 0.);
	h->max.data = h;
	ev_timer_start(s->loop, &h->max);
	return 0;
}

static void
handler_leave(struct handler *h)
{
	struct supervisor *s = handler_supervisor(h);

	ev_timer_stop(s->loop, &h->max);
	ev_timer_stop(s->loop, &h->kill);
	h->state = HANDLER_ENDED;
	HASH_DEL(s->by_pid, h);
	LIST_REMOVE(h, entry);
	h->service->active--;
	offer_count(s, -1);
}

static void
handler_kill_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	handler_kill(w->data);
}

void
handler_end(struct handler *h, enum handler_reason reason, int signal)
{
	struct ev_loop *loop = handler_supervisor(h)->loop;

	if (h->state != HANDLER_RUNNING)
		return;
	if (h->reason == HANDLER_BY_ITSELF)
		h->reason = reason;
	h->state = HANDLER_ENDING;
	h->killed = signal == SIGKILL;
	ev_timer_stop(loop, &h->max);
	/* None there: its end is on the way to us. */
	tree_kill(&h->tree, signal);
	ev_timer_init(&h->kill, handler_kill_cb,
	    (double)h->service->config->kill_grace_ms / 1e3, 0.);
	h->kill.data = h;
	ev_timer_start(loop, &h->kill);
}

void
handler_ask(struct handler *h, enum handler_reason reason)
{
	if (h->state != HANDLER_RUNNING || h->reason != HANDLER_BY_ITSELF)
		return;
	h->reason = reason;
	(void)kill(h->pid, (int)h->service->config->kill_signal); /* as above */
}

void
handler_kill(struct handler *h)
{
	if (!handler_is_alive(h))
		return;
	h->killed = true;
	tree_kill(&h->tree, SIGKILL); /* as above */
}

void
handler_exited(struct handler *h, int status, const struct rusage *usage)
{
	const struct config_service *config = h->service->config;

	h->status = status;
	h->usage = *usage;
	h->ended_ns = clock_monotonic_ns();
	handler_leave(h);
	tree_release(&h->tree, h->killed ? SIGKILL : (int)config->kill_signal,
	    (double)config->kill_grace_ms / 1e3);
	handler_log_drain(&h->log);
	h->owner->exited(h);
}

void
handler_fini(struct handler *h)
{
	if (handler_is_alive(h))
		handler_leave(h);
	handler_log_fini(&h->log);
}
