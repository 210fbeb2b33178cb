/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The way out: stop accepting, let handlers finish, then end them. A table of
 * phases; each is entered by its time or by a second signal, and skipped when
 * no connection is left.
 */
#include "connection.h"
#include "core.h"
#include "service.h"

#include <signal.h>
#include <string.h>

/* After KILL only the kernel can hold a process, for instance in an I/O on a
 * dead disk; we do not wait for that. */
#define SHUTDOWN_KILL_WAIT 2.0

/* What clients have to hang up when no handler is left. */
#define SHUTDOWN_CLOSE_WAIT 2.0

/* Each handler has its own time from its signal to SIGKILL; we wait for the
 * longest, and a little more. */
static double
shutdown_end_all(struct supervisor *s)
{
	struct handler *h;
	int64_t grace_ms = 0;

	LIST_FOREACH (h, &s->handlers, entry) {
		const struct config_service *config = h->service->config;

		handler_end(h, HANDLER_BY_SHUTDOWN, (int)config->kill_signal);
		if (config->kill_grace_ms > grace_ms)
			grace_ms = config->kill_grace_ms;
	}
	return (double)grace_ms / 1e3 + SHUTDOWN_KILL_WAIT;
}

static void
shutdown_kill_all(struct supervisor *s)
{
	struct handler *h;

	LIST_FOREACH (h, &s->handlers, entry)
		handler_kill(h);
	(void)tree_kill_remains(s); /* shutdown_check() asks again */
}

static unsigned
shutdown_count(const struct supervisor *s)
{
	const struct connection *c;
	unsigned count = 0;

	LIST_FOREACH (c, &s->all, entry)
		count++;
	return count;
}

static void
shutdown_log(const struct supervisor *s, const char *phase, int signal)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_NOTICE, "stop");
	log_str(&r, "phase", phase);
	if (signal != 0)
		log_str(&r, "signal", sigabbrev_np(signal));
	log_int(&r, "running", s->running);
	log_end(&r);
}

static double
shutdown_enter(struct supervisor *s, enum shutdown_phase phase, int signal)
{
	s->phase = phase;
	switch (phase) {
	case SHUTDOWN_DRAINING:
		shutdown_log(s, "drain", signal);
		for (size_t i = 0; i < s->nservices; i++)
			service_close(s->services[i]);
		return (double)s->config->drain_timeout_ms / 1e3;
	case SHUTDOWN_TERMINATING:
		shutdown_log(s, "terminate", signal);
		return shutdown_end_all(s);
	case SHUTDOWN_KILLING:
		shutdown_log(s, "kill", signal);
		shutdown_kill_all(s);
		return SHUTDOWN_KILL_WAIT;
	case SHUTDOWN_RUNNING:
		break;
	}
	return 0.;
}

static void
shutdown_arm(struct supervisor *s, double seconds)
{
	ev_timer_stop(s->loop, &s->shutdown_timer);
	ev_timer_set(&s->shutdown_timer, seconds, 0.);
	ev_timer_start(s->loop, &s->shutdown_timer);
}

void
shutdown_advance(struct supervisor *s, int signal)
{
	if (s->phase == SHUTDOWN_KILLING || s->closing) {
		ev_break(s->loop, EVBREAK_ALL);
		return;
	}
	shutdown_arm(s, shutdown_enter(s, s->phase + 1, signal));
	shutdown_check(s);
}

static void
shutdown_timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	shutdown_advance(w->data, 0);
}

void
shutdown_init(struct supervisor *s)
{
	ev_timer_init(&s->shutdown_timer, shutdown_timer_cb, 0., 0.);
	s->shutdown_timer.data = s;
}

void
shutdown_check(struct supervisor *s)
{
	if (s->phase == SHUTDOWN_RUNNING)
		return;
	if (s->running > 0 || !LIST_EMPTY(&s->remains))
		return;
	/* Only polite closes are left, if any. An operator who signals twice
	 * need not wait for them. */
	if (shutdown_count(s) == 0 || s->phase == SHUTDOWN_KILLING)
		ev_break(s->loop, EVBREAK_ALL);
	else if (!s->closing) {
		s->closing = true;
		shutdown_arm(s, SHUTDOWN_CLOSE_WAIT);
	}
}
