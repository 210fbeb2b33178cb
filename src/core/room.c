/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Clients of a service that is at its limits: when they wait, and who is next.
 */
#include "room.h"

#include "service.h"

#include <evinetd/base/clock.h>

/* Clients at a time; then the other services have their turn. */
#define ROOM_BATCH 16

static void
room_log(const struct service *s, const char *event, enum admit_reason reason)
{
	struct log_record r;
	char rate[BUCKET_TEXT_MAX];
	const struct config_admission *c = &s->config->admission;

	log_begin(&r, LOG_LEVEL_NOTICE, event);
	log_str(&r, "service", s->config->name);
	log_str(&r, "reason", admit_reason_name(reason));
	if (reason == ADMIT_SERVICE_LIMIT)
		log_fmt(&r, "active", "%u/%u", admit_active(s->admit),
		    c->max_connections);
	else
		log_str(&r, "rate",
		    bucket_format_rate(&c->rate, rate, sizeof(rate)));
	log_end(&r);
}

static void
room_close(struct service *s, enum admit_reason reason, uint64_t wait_ns)
{
	struct room *r = &s->room;
	struct ev_loop *loop = s->supervisor->loop;

	if (r->full == ADMIT_YES) {
		service_hold(s, ACCEPTOR_HOLD_SERVICE);
		s->pauses++;
	}
	r->full = reason;
	ev_timer_stop(loop, &r->timer);
	if (reason == ADMIT_SERVICE_RATE) {
		ev_timer_set(&r->timer, (double)wait_ns / 1e9, 0.);
		ev_timer_start(loop, &r->timer);
	}
	if (!episode_begin(&r->episode, clock_monotonic_ns()))
		return;
	r->said = reason;
	room_log(s, "pause", reason);
}

static void
room_open(struct service *s)
{
	ev_timer_stop(s->supervisor->loop, &s->room.timer);
	s->room.full = ADMIT_YES;
	service_release(s, ACCEPTOR_HOLD_SERVICE);
}

/* Each place goes to the next listener that has a client, so that none of them
 * takes all. Where nobody waits, or many places are free, all are watched. */
static void
room_offer(struct service *s)
{
	enum admit_reason reason;
	uint64_t wait_ns = 0;

	s->room.offering = true;
	for (int i = 0;; i++) {
		reason = admit_room(s->admit, clock_monotonic_ns(), &wait_ns);
		if (reason != ADMIT_YES || i == ROOM_BATCH ||
		    !service_offer(s, ACCEPTOR_HOLD_SERVICE))
			break;
	}
	s->room.offering = false;
	if (reason == ADMIT_YES)
		room_open(s);
	else
		room_close(s, reason, wait_ns);
}

static void
room_timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	room_offer(w->data);
}

void
room_taken(struct service *s)
{
	enum admit_reason reason;
	uint64_t wait_ns = 0;

	if (s->config->admission.when_full != CONFIG_FULL_QUEUE ||
	    s->room.offering || s->room.full != ADMIT_YES)
		return;
	reason = admit_room(s->admit, clock_monotonic_ns(), &wait_ns);
	if (reason != ADMIT_YES)
		room_close(s, reason, wait_ns);
}

/* Not at once: others may have ended at the same moment, and are still being
 * told. */
void
room_left(struct service *s)
{
	if (s->room.full == ADMIT_SERVICE_LIMIT)
		ev_feed_event(s->supervisor->loop, &s->room.timer, EV_TIMER);
}

void
room_idle(struct service *s)
{
	if (s->room.full == ADMIT_YES && episode_end(&s->room.episode))
		room_log(s, "resume", s->room.said);
}

void
room_init(struct service *s)
{
	s->room = (struct room){ .full = ADMIT_YES };
	ev_timer_init(&s->room.timer, room_timer_cb, 0., 0.);
	s->room.timer.data = s;
}

void
room_fini(struct service *s)
{
	ev_timer_stop(s->supervisor->loop, &s->room.timer);
}
