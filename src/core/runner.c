/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* When a handler that takes listeners whole is started, and when it is left
 * alone for a while: the drawing in the header. Nothing here ends a service;
 * every rest ends by itself.
 */
#include "runner.h"

#include "service.h"

#include <evinetd/base/clock.h>
#include <evinetd/launch/handover.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* So many crashes, or ends at once, in a row are not held against it. */
#define RUNNER_FREE 3

/* A stream handler that ends while clients wait may have served one and may
 * have not; the kernel does not tell which. So many of these a second go by
 * without a rest, which then is short. */
static const struct bucket_rate runner_doubt_rate = {
	.count = 10,
	.burst = 20,
	.period_ns = UINT64_C(1000000000),
};
#define RUNNER_DOUBT_REST 0.1 /* seconds */

static const char *
runner_reason_name(enum runner_rest reason)
{
	static const char *const names[] = {
		[RUNNER_AWAKE] = "none",
		[RUNNER_REST_CRASH] = "crash",
		[RUNNER_REST_UNTAKEN] = "untaken",
		[RUNNER_REST_DOUBT] = "untaken",
		[RUNNER_REST_SHORT] = "short",
		[RUNNER_REST_LAUNCH] = "launch_failed",
		[RUNNER_REST_BROKEN] = "broken",
		[RUNNER_REST_RESOURCES] = "resources",
	};

	return names[reason];
}

static struct ev_loop *
runner_loop(const struct runner *r)
{
	return r->service->supervisor->loop;
}

static bool
runner_starts_at_boot(const struct runner *r)
{
	return r->handover != NULL &&
	       r->service->config->start == CONFIG_START_BOOT;
}

static bool
runner_has_place(const struct runner *r)
{
	return !r->closed && !r->broken &&
	       r->running < r->service->config->processes &&
	       !ev_is_active(&r->rest);
}

/* What is watched follows from the state. A start without a reason is left to
 * the loop, because somebody may be counting places at the moment. */
static void
runner_update(struct runner *r)
{
	struct ev_loop *loop = runner_loop(r);
	const bool open = runner_has_place(r) && !r->held;
	const bool boot = runner_starts_at_boot(r);

	for (size_t i = 0; i < r->nsockets; i++)
		if (open && !boot)
			ev_io_start(loop, &r->sockets[i].watcher);
		else
			ev_io_stop(loop, &r->sockets[i].watcher);
	if (open && boot) {
		ev_timer_set(&r->rest, 0., 0.);
		ev_timer_start(loop, &r->rest);
	}
}

static void
runner_start_all(struct runner *r, const struct runner_socket *woken_by)
{
	while (runner_has_place(r) && !r->held)
		if (!run_start(r, woken_by))
			break;
	runner_update(r);
}

/* The loop could not watch it and has stopped it; see acceptor.c. */
static void
runner_unwatched(struct runner *r)
{
	const struct spawn_result failure = { .error = ENOMEM };

	runner_judged(r, RUNNER_REST_RESOURCES, &failure);
	runner_update(r);
}

static void
runner_ready_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	const struct runner_socket *s = w->data;

	if ((revents & EV_ERROR) != 0)
		runner_unwatched(s->runner);
	else
		runner_start_all(s->runner, s);
}

/* ---- resting ---- */

static void
runner_log(const struct runner *r, const char *event, enum runner_rest reason,
    const struct spawn_result *failure, double delay)
{
	struct log_record record;
	char address[LISTENER_TEXT_MAX];

	log_begin(
	    &record, delay > 0. ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, event);
	log_str(&record, "service", r->service->config->name);
	if (r->handover == NULL)
		log_str(&record, "address",
		    listener_format(
			&r->sockets[0].listener, address, sizeof(address)));
	log_str(&record, "reason", runner_reason_name(reason));
	if (failure != NULL && failure->step != LAUNCH_STEP_NONE)
		log_str(&record, "step", launch_step_name(failure->step));
	if (delay > 0. && reason != RUNNER_REST_DOUBT)
		log_int(&record, "failures", r->backoff.failures);
	if (delay > 0.)
		log_real(&record, "delay", delay, 1, "");
	if (failure != NULL)
		log_errno(&record, failure->error);
	log_end(&record);
}

/* A rest is said when its reason is new, and then each time that the failures
 * have doubled. */
static bool
runner_is_news(const struct runner *r, enum runner_rest reason)
{
	const unsigned n = r->backoff.failures;

	return r->episode != reason || (n > 0 && (n & (n - 1)) == 0);
}

static void
runner_rest(struct runner *r, enum runner_rest reason,
    const struct spawn_result *failure, double delay)
{
	if (runner_is_news(r, reason))
		runner_log(r, "pause", reason, failure, delay);
	r->episode = reason;
	r->reason = reason;
	r->service->pauses++;
	if (reason == RUNNER_REST_RESOURCES) {
		r->service->supervisor->paused++;
		r->service->supervisor->shortages++;
	}
	ev_timer_set(&r->rest, delay, 0.);
	ev_timer_start(runner_loop(r), &r->rest);
}

/* The rest is over, or cut short. */
static void
runner_wake(struct runner *r)
{
	if (r->reason == RUNNER_REST_RESOURCES)
		r->service->supervisor->paused--;
	r->reason = RUNNER_AWAKE;
	ev_timer_stop(runner_loop(r), &r->rest);
}

static void
runner_doubt(struct runner *r)
{
	if (bucket_take(&r->doubts, &runner_doubt_rate, clock_monotonic_ns()))
		return;
	runner_rest(r, RUNNER_REST_DOUBT, NULL, RUNNER_DOUBT_REST);
}

void
runner_judged(struct runner *r, enum runner_rest reason,
    const struct spawn_result *failure)
{
	const bool patient =
	    reason == RUNNER_REST_CRASH || reason == RUNNER_REST_SHORT;

	if (r->closed || ev_is_active(&r->rest))
		return; /* another process of it has failed just before */
	if (reason == RUNNER_REST_DOUBT)
		runner_doubt(r);
	else if (reason != RUNNER_AWAKE) {
		const double delay =
		    backoff_fail(&r->backoff, patient ? RUNNER_FREE : 0);

		if (delay > 0.)
			runner_rest(r, reason, failure, delay);
	} else {
		backoff_reset(&r->backoff);
		if (r->episode != RUNNER_AWAKE)
			runner_log(r, "resume", r->episode, NULL, 0.);
		r->episode = RUNNER_AWAKE;
	}
}

/* ---- what handlers do to the listeners ---- */

static int
runner_reopen(struct runner_socket *s)
{
	const struct runner *r = s->runner;
	struct listener_failure failure;
	const int error = listener_reopen(
	    &s->listener, &r->service->config->socket, &failure);

	/* Not watched at the moment. */
	ev_io_set(&s->watcher, s->listener.fd, EV_READ);
	if (error == 0 && r->handover != NULL)
		handover_replace(
		    r->handover, (size_t)(s - r->sockets), s->listener.fd);
	return error;
}

static int
runner_restore_socket(struct runner_socket *s)
{
	const struct config_socket *options =
	    &s->runner->service->config->socket;
	const int error = s->listener.fd == -1
			      ? -ESHUTDOWN
			      : listener_restore(&s->listener, options);

	return error == -ESHUTDOWN ? runner_reopen(s) : error;
}

/* The last handler has ended. */
static void
runner_restore(struct runner *r)
{
	struct spawn_result failure = { .error = 0 };

	for (size_t i = 0; i < r->nsockets; i++) {
		const int error = runner_restore_socket(&r->sockets[i]);

		if (error < 0)
			failure.error = -error;
	}
	r->broken = failure.error != 0;
	if (r->broken)
		runner_judged(r, RUNNER_REST_BROKEN, &failure);
}

static void
runner_rest_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct runner *r = w->data;

	runner_wake(r);
	if (r->broken)
		runner_restore(r);
	if (runner_starts_at_boot(r))
		runner_start_all(r, NULL);
	else
		runner_update(r);
}

void
runner_ended(struct runner *r, enum runner_rest outcome)
{
	r->running--;
	if (!r->closed) {
		runner_judged(r, outcome, NULL);
		if (r->running == 0)
			runner_restore(r);
	}
	runner_update(r);
	supervisor_gone(r->service->supervisor);
}

void
runner_resume(struct runner *r)
{
	if (r->reason != RUNNER_REST_RESOURCES)
		return;
	runner_wake(r);
	runner_update(r);
}

/* ---- max_connections ---- */

void
runner_set_held(struct runner *r, bool held)
{
	r->held = held;
	runner_update(r);
}

bool
runner_somebody_waits(const struct runner_socket *s)
{
	struct pollfd p = { .fd = s->listener.fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

bool
runner_offer(struct runner *r)
{
	if (!runner_has_place(r))
		return false;
	if (runner_starts_at_boot(r))
		return run_start(r, NULL);
	for (size_t i = 0; i < r->nsockets; i++)
		if (runner_somebody_waits(&r->sockets[i]) &&
		    run_start(r, &r->sockets[i]))
			return true;
	return false;
}

/* ---- making and ending ---- */

static int
runner_prepare_handover(
    struct runner *r, const char *const *names, size_t count)
{
	int *fds = calloc(count, sizeof(fds[0]));

	if (fds == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		fds[i] = r->sockets[i].listener.fd;
	const int error = handover_new(fds, names, count, &r->handover);
	free(fds);
	return error;
}

int
runner_init(struct runner *r, struct service *service,
    const struct listener *listeners, const char *const *names, size_t count)
{
	*r = (struct runner){ .service = service, .nsockets = count };
	LIST_INIT(&r->runs);
	bucket_init(&r->doubts);
	ev_timer_init(&r->rest, runner_rest_cb, 0., 0.);
	r->rest.data = r;
	r->sockets = calloc(count, sizeof(r->sockets[0]));
	if (r->sockets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct runner_socket *s = &r->sockets[i];

		s->runner = r;
		s->listener = listeners[i];
		ev_io_init(
		    &s->watcher, runner_ready_cb, s->listener.fd, EV_READ);
		s->watcher.data = s;
	}
	if (service->config->mode == CONFIG_MODE_ACTIVATE &&
	    runner_prepare_handover(r, names, count) < 0) {
		free(r->sockets);
		return -ENOMEM;
	}
	runner_update(r);
	return 0;
}

void
runner_close(struct runner *r)
{
	struct run *run;

	if (r->closed)
		return;
	r->closed = true;
	runner_wake(r);
	runner_update(r);
	for (size_t i = 0; i < r->nsockets; i++)
		listener_close(&r->sockets[i].listener);
	/* It is they who accept: that is what has to stop now. */
	LIST_FOREACH (run, &r->runs, entry)
		handler_ask(&run->handler, HANDLER_BY_SHUTDOWN);
}

void
runner_fini(struct runner *r)
{
	runner_close(r);
	while (!LIST_EMPTY(&r->runs)) {
		struct run *run = LIST_FIRST(&r->runs);

		handler_fini(&run->handler);
		LIST_REMOVE(run, entry);
		free(run);
	}
	handover_free(r->handover);
	free(r->sockets);
}
