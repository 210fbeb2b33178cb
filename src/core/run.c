/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* One run of a handler that takes listeners whole: what it gets, and whether
 * it did anything for it. The queue of a datagram socket is never touched but
 * for one: a launch that fails takes the datagram that it was for, as a
 * connection would be refused, so that it cannot fail on it for ever.
 */
#include "runner.h"

#include "admission.h"
#include "record.h"
#include "service.h"

#include <evinetd/base/clock.h>
#include <evinetd/launch/handover.h>

#include <errno.h>
#include <stdlib.h>

/* An end sooner than this is no work of a server, nor a client well served. */
#define RUN_SHORT_NS UINT64_C(1000000000)

/* After such a time a crash is news, not one of a row. */
#define RUN_LONG_NS UINT64_C(10000000000)

/* Datagrams that are refused a wake-up; then the others have their turn. */
#define RUN_REFUSALS 16

/* Whether there is reason for a start. */
enum run_look {
	RUN_WANTED,
	RUN_NOBODY,  /* after all: somebody else took it, or its checksum was
			wrong */
	RUN_REFUSED, /* whoever was there */
};

/* The handler is the first member. */
static struct run *
run_of(const struct handler *h)
{
	return (struct run *)(uintptr_t)h;
}

static bool
run_is_for_datagrams(const struct run *run)
{
	return run->woken_by != NULL &&
	       run->woken_by->listener.type == SOCK_DGRAM;
}

static void
run_free(struct run *run)
{
	handler_fini(&run->handler);
	LIST_REMOVE(run, entry);
	free(run);
}

/* ---- as the handler's owner ---- */

static void
run_describe(struct log_record *r, const struct handler *h)
{
	const struct runner *runner = run_of(h)->runner;
	char text[LISTENER_TEXT_MAX];

	if (runner->handover != NULL)
		log_int(r, "listeners", (int64_t)runner->nsockets);
	else
		log_str(r, "address",
		    listener_format(
			&runner->sockets[0].listener, text, sizeof(text)));
}

static void
run_tell_origin(struct log_record *r, const struct handler *h)
{
	const struct run *run = run_of(h);
	char peer[ADDR_TEXT_MAX];

	if (!run_is_for_datagrams(run))
		return;
	log_str(r, "peer", addr_format(&run->first.from, peer, sizeof(peer)));
}

static void
run_launched(struct handler *h, const struct spawn_result *result)
{
	struct run *run = run_of(h);
	struct runner *r = run->runner;

	if (result->step == LAUNCH_STEP_NONE) {
		r->running++;
		return;
	}
	if (handler_was_shortage(result)) {
		handler_return_id(h);
		runner_judged(r, RUNNER_REST_RESOURCES, result);
	} else {
		refusals_count(r->service, ADMIT_LAUNCH_FAILED);
		record_refuse(h, result);
		if (run_is_for_datagrams(run))
			(void)listener_discard(&run->woken_by->listener);
		runner_judged(r, RUNNER_REST_LAUNCH, result);
	}
	run_free(run);
}

/* What woke it is there still: exactly the same datagram. */
static bool
run_left_datagram(const struct run *run)
{
	struct listener_datagram now;

	return run_is_for_datagrams(run) && run->first.stamp_ns != 0 &&
	       listener_peek(&run->woken_by->listener, &now) == 0 &&
	       now.stamp_ns == run->first.stamp_ns &&
	       addr_equal(&now.from, &run->first.from);
}

/* Somebody waits, and the queue has not become shorter. */
static bool
run_may_have_left_client(const struct run *run, uint64_t duration_ns)
{
	const struct listener *l = &run->woken_by->listener;

	if (l->type == SOCK_DGRAM || duration_ns >= RUN_SHORT_NS)
		return false;
	const int waiting = listener_waiting(l);
	return waiting == -1 || run->waiting == -1
		   ? runner_somebody_waits(run->woken_by)
		   : waiting > 0 && waiting >= run->waiting;
}

static enum runner_rest
run_judge(const struct run *run, uint64_t duration_ns)
{
	const struct handler *h = &run->handler;
	const bool woken = run->woken_by != NULL;

	if (woken && run_left_datagram(run))
		return RUNNER_REST_UNTAKEN;
	if (h->reason != HANDLER_BY_ITSELF)
		return RUNNER_AWAKE;
	if (h->status != 0)
		return RUNNER_REST_CRASH;
	if (!woken && duration_ns < RUN_SHORT_NS)
		return RUNNER_REST_SHORT;
	if (woken && run_may_have_left_client(run, duration_ns))
		return RUNNER_REST_DOUBT;
	return RUNNER_AWAKE;
}

static void
run_exited(struct handler *h)
{
	struct run *run = run_of(h);
	struct runner *r = run->runner;
	const uint64_t duration_ns = h->ended_ns - h->started_ns;
	const enum runner_rest outcome =
	    r->closed ? RUNNER_AWAKE : run_judge(run, duration_ns);

	if (duration_ns >= RUN_LONG_NS)
		backoff_reset(&r->backoff);
	handler_log_fini(&h->log);
	record_end(h);
	run_free(run);
	runner_ended(r, outcome);
}

static const struct handler_owner run_owner = {
	.describe = run_describe,
	.tell_origin = run_tell_origin,
	.launched = run_launched,
	.exited = run_exited,
};

/* ---- starting ---- */

/* What the first datagram says of its sender is all that can be judged; what
 * comes later goes to the handler. True when it was refused, and taken. */
static bool
run_refuse_datagram(struct run *run)
{
	struct service *service = run->runner->service;
	const struct client from = {
		.fd = -1,
		.peer = run->first.from,
		.cred = { .uid = (uid_t)-1, .gid = (gid_t)-1 },
	};
	struct source source;
	struct admit_verdict verdict;

	admission_decide(service, &from, &source, &verdict);
	if (verdict.reason == ADMIT_YES)
		return false;
	refusals_add(service, &from, &verdict);
	(void)listener_discard(&run->woken_by->listener);
	return true;
}

static enum run_look
run_look_datagram(struct run *run)
{
	const struct listener *l = &run->woken_by->listener;

	for (int i = 0; i < RUN_REFUSALS; i++) {
		if (listener_peek(l, &run->first) == LISTENER_E_DONE)
			return i == 0 ? RUN_NOBODY : RUN_REFUSED;
		if (!run_refuse_datagram(run))
			return RUN_WANTED;
	}
	return RUN_REFUSED;
}

static enum run_look
run_look(struct run *run)
{
	const struct runner_socket *s = run->woken_by;

	if (s == NULL)
		return RUN_WANTED;
	if (s->listener.type == SOCK_DGRAM)
		return run_look_datagram(run);
	run->waiting = listener_waiting(&s->listener);
	return RUN_WANTED;
}

static void
run_launch(struct run *run)
{
	struct runner *r = run->runner;
	const struct listener *l = &r->sockets[0].listener;
	const bool whole = r->handover != NULL;
	const struct client nobody = {
		.fd = whole ? -1 : l->fd,
		.local = l->addr,
	};
	struct spawn_request request = {
		.client = &nobody,
		.datagram = l->type == SOCK_DGRAM,
		.handover = r->handover,
	};

	handler_launch(&run->handler, &request);
}

bool
run_start(struct runner *r, const struct runner_socket *woken_by)
{
	const unsigned before = r->running;
	struct run *run = reserve_has_memory() ? calloc(1, sizeof(*run)) : NULL;

	if (run == NULL) {
		const struct spawn_result failure = { .error = ENOMEM };

		runner_judged(r, RUNNER_REST_RESOURCES, &failure);
		return false;
	}
	run->runner = r;
	run->woken_by = woken_by;
	const enum run_look look = run_look(run);
	if (look != RUN_WANTED) {
		free(run);
		if (look == RUN_NOBODY)
			runner_judged(r, RUNNER_REST_DOUBT, NULL);
		return false;
	}
	handler_init(&run->handler, r->service, &run_owner);
	LIST_INSERT_HEAD(&r->runs, run, entry);
	run_launch(run); /* run may be gone */
	return r->running > before;
}
