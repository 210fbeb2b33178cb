/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Who is next when a place becomes free that all services share: one of
 * `max_connections`, or a descriptor while some have run out. One client at a
 * time, from one service after the other, so that none takes them all; and a
 * bounded number of them before the loop turns, since a client that is refused
 * takes no place, and such clients may come without end.
 */
#include "offer.h"

#include "service.h"

#include <evinetd/base/clock.h>

#define OFFER_BATCH 16

static void
offer_log_full(const struct supervisor *s, const char *event)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_WARNING, event);
	log_str(&r, "reason", "global_limit");
	log_fmt(&r, "active", "%u/%u", s->running, s->config->max_connections);
	log_end(&r);
}

static void
offer_set_full(struct supervisor *s, bool full)
{
	s->full = full;
	for (size_t i = 0; i < s->nservices; i++)
		if (full)
			service_hold(s->services[i], ACCEPTOR_HOLD_LIMIT);
		else
			service_release(s->services[i], ACCEPTOR_HOLD_LIMIT);
	if (full && episode_begin(&s->full_episode, clock_monotonic_ns()))
		offer_log_full(s, "pause");
	else if (!full && episode_end(&s->full_episode))
		offer_log_full(s, "resume");
}

void
offer_count(struct supervisor *s, int change)
{
	s->running += (unsigned)change;
	if (s->running >= s->config->max_connections && !s->full)
		offer_set_full(s, true);
}

static bool
offer_is_on(const struct supervisor *s, enum acceptor_hold reason)
{
	return reason == ACCEPTOR_HOLD_LIMIT
		   ? s->full && s->running < s->config->max_connections
		   : s->paused > 0;
}

/* Nobody waits any more: all are watched again. */
static void
offer_end(struct supervisor *s, enum acceptor_hold reason)
{
	if (reason == ACCEPTOR_HOLD_LIMIT) {
		offer_set_full(s, false);
		return;
	}
	for (size_t i = 0; i < s->nservices; i++)
		service_resume(s->services[i]);
}

static void
offer_later(struct supervisor *s)
{
	if (ev_is_active(&s->offer))
		return;
	ev_timer_set(&s->offer, 0., 0.);
	ev_timer_start(s->loop, &s->offer);
}

static void
offer_all(struct supervisor *s, enum acceptor_hold reason)
{
	const uint64_t shortages = s->shortages;
	size_t asked = 0;
	int taken = 0;

	while (offer_is_on(s, reason)) {
		if (asked++ == s->nservices) {
			offer_end(s, reason);
			return;
		}
		if (taken == OFFER_BATCH) {
			offer_later(s);
			return;
		}
		s->offer_next = (s->offer_next + 1) % s->nservices;
		if (service_offer(s->services[s->offer_next], reason)) {
			asked = 0;
			taken++;
		}
		/* Still short; whoever noticed has a time for the next try. */
		if (reason == ACCEPTOR_HOLD_RESOURCES &&
		    s->shortages != shortages)
			return;
	}
}

void
offer_places(struct supervisor *s)
{
	offer_all(s, ACCEPTOR_HOLD_LIMIT);
}

void
offer_resources(struct supervisor *s)
{
	reserve_fill(&s->reserve);
	/* Not at once: whoever tells us is in the middle of something. */
	if (s->paused > 0)
		offer_later(s);
}

static void
offer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct supervisor *s = w->data;

	offer_all(s, ACCEPTOR_HOLD_LIMIT);
	offer_all(s, ACCEPTOR_HOLD_RESOURCES);
}

void
offer_init(struct supervisor *s)
{
	ev_timer_init(&s->offer, offer_cb, 0., 0.);
	s->offer.data = s;
}
