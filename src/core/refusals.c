/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The `refuse` records of admission; those of launches are in record.c. A
 * flood of refusals must cost the log next to nothing, and still be seen.
 */
#include "refusals.h"

#include "service.h"

#include <evinetd/base/clock.h>

#define REFUSALS_QUIET 10.0 /* seconds */

/* The first few are worth a line each. */
static const struct bucket_rate refusals_lines = {
	.count = 1,
	.burst = 5,
	.period_ns = (uint64_t)(REFUSALS_QUIET * 1e9),
};

static void
refusals_log_access(struct log_record *r, const struct access_verdict *access)
{
	char rule[CONFIG_ACCESS_TEXT_MAX];

	if (access->entry == NULL) {
		log_str(r, "rule", "none");
		return;
	}
	log_str(r, "rule", config_access_format(access->entry, rule));
	if (access->entry->line > 0)
		log_fmt(r, "at", "%s:%u", access->file, access->entry->line);
	else /* an option of the command line */
		log_str(r, "at", access->file);
}

/* What was there, against what may be. */
static void
refusals_log_verdict(struct log_record *r, const struct admit_verdict *v)
{
	char rate[BUCKET_TEXT_MAX];

	switch (v->reason) {
	case ADMIT_DENIED:
		refusals_log_access(r, &v->access);
		break;
	case ADMIT_LOAD:
		log_fmt(r, "load", "%u.%02u/%u.%02u", v->active / 100,
		    v->active % 100, v->limit / 100, v->limit % 100);
		break;
	case ADMIT_SOURCE_LIMIT:
	case ADMIT_SERVICE_LIMIT:
		log_fmt(r, "active", "%u/%u", v->active, v->limit);
		break;
	case ADMIT_SOURCE_RATE:
	case ADMIT_SERVICE_RATE:
		log_str(r, "rate",
		    bucket_format_rate(&v->rate, rate, sizeof(rate)));
		break;
	default:
		break;
	}
}

static void
refusals_begin(
    struct log_record *r, const struct service *s, enum admit_reason reason)
{
	log_begin(r, LOG_LEVEL_NOTICE, "refuse");
	log_str(r, "service", s->config->name);
	log_str(r, "reason", admit_reason_name(reason));
}

static void
refusals_end(struct log_record *r, struct service *s, enum admit_reason reason)
{
	const uint64_t suppressed = refusals_take(s, reason);

	if (suppressed > 0)
		log_int(r, "suppressed", (int64_t)suppressed);
	log_end(r);
}

void
refusals_count(struct service *s, enum admit_reason reason)
{
	s->refusals.by_reason[reason].count++;
}

void
refusals_suppress(struct service *s, enum admit_reason reason)
{
	struct supervisor *supervisor = s->supervisor;

	refusals_count(s, reason);
	s->refusals.by_reason[reason].suppressed++;
	if (!ev_is_active(&supervisor->refusals_timer))
		ev_timer_again(supervisor->loop, &supervisor->refusals_timer);
}

uint64_t
refusals_take(struct service *s, enum admit_reason reason)
{
	const uint64_t count = s->refusals.by_reason[reason].suppressed;

	s->refusals.by_reason[reason].suppressed = 0;
	return count;
}

void
refusals_add(struct service *s, const struct client *c,
    const struct admit_verdict *verdict)
{
	const enum admit_reason reason = verdict->reason;
	struct log_record r;
	char peer[ADDR_TEXT_MAX];

	if (!bucket_take(&s->refusals.by_reason[reason].lines, &refusals_lines,
		clock_monotonic_ns())) {
		refusals_suppress(s, reason);
		return;
	}
	refusals_count(s, reason);
	refusals_begin(&r, s, reason);
	log_str(&r, "peer", client_format_peer(c, peer, sizeof(peer)));
	refusals_log_verdict(&r, verdict);
	refusals_end(&r, s, reason);
}

/* True when there was something to say. last: it is the end, and no line may
 * wait for its time. */
static bool
refusals_flush_service(struct service *s, bool last)
{
	const uint64_t now_ns = clock_monotonic_ns();
	bool some = false;

	for (int i = 0; i < ADMIT_NREASONS; i++) {
		struct log_record r;

		if (s->refusals.by_reason[i].suppressed == 0)
			continue;
		some = true;
		if (!bucket_take(&s->refusals.by_reason[i].lines,
			&refusals_lines, now_ns) &&
		    !last)
			continue;
		refusals_begin(&r, s, (enum admit_reason)i);
		refusals_end(&r, s, (enum admit_reason)i);
	}
	return some;
}

void
refusals_flush(struct supervisor *s, bool last)
{
	bool some = false;

	for (size_t i = 0; i < s->nservices; i++)
		some = refusals_flush_service(s->services[i], last) || some;
	if (!some)
		ev_timer_stop(s->loop, &s->refusals_timer);
}

static void
refusals_timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	refusals_flush(w->data, false);
}

void
refusals_init(struct supervisor *s)
{
	ev_timer_init(&s->refusals_timer, refusals_timer_cb, REFUSALS_QUIET,
	    REFUSALS_QUIET);
	s->refusals_timer.data = s;
}
