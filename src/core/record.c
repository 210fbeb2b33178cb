/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log records of handlers. What is in them, and with what names and
 * units, is the interface of evinetd(8); nothing else is done here.
 */
#include "record.h"

#include "service.h"

#include <evinetd/base/clock.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static double
record_seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

void
record_handler(struct log_record *r, const struct handler *h)
{
	log_str(r, "service", h->service->config->name);
	log_int(r, "conn", (int64_t)h->id);
	h->owner->describe(r, h);
	if (h->pid > 0)
		log_int(r, "pid", h->pid);
}

void
record_start(const struct handler *h)
{
	const struct config *config = h->service->supervisor->config;
	struct log_record r;

	if (config->log_connections != CONFIG_LOG_ALL)
		return;
	log_begin(&r, LOG_LEVEL_INFO, "start");
	record_handler(&r, h);
	if (h->owner->tell_origin != NULL)
		h->owner->tell_origin(&r, h);
	log_fmt(&r, "active", "%u/%u", h->service->active,
	    service_limit(h->service));
	if (h->tree.mode == CONFIG_KILL_TREE)
		log_str(&r, "tree", tree_means(&h->tree));
	log_end(&r);
}

/* Until exec the child runs in our memory, and the kernel counts the peak of
 * that as its own: a figure that is not above ours says nothing about the
 * handler. Ours only grows, so it is asked for just when it could matter. */
static bool
record_maxrss_is_its_own(long maxrss)
{
	static long ours_max;
	struct rusage ours;

	if (maxrss > ours_max && getrusage(RUSAGE_SELF, &ours) == 0)
		ours_max = ours.ru_maxrss;
	return maxrss > ours_max;
}

static void
record_usage(struct log_record *r, const struct rusage *usage)
{
	log_real(r, "utime", record_seconds(&usage->ru_utime), 3, "");
	log_real(r, "stime", record_seconds(&usage->ru_stime), 3, "");
	if (record_maxrss_is_its_own(usage->ru_maxrss))
		log_real(r, "maxrss", (double)usage->ru_maxrss, 0, "K");
}

static const char *
record_reason(const struct handler *h)
{
	switch (h->reason) {
	case HANDLER_BY_LIFETIME:
		return "lifetime";
	case HANDLER_BY_IDLE:
		return "idle";
	case HANDLER_BY_DISCONNECT:
		return "disconnect";
	case HANDLER_BY_SHUTDOWN:
		return "shutdown";
	case HANDLER_BY_ITSELF:
		break;
	}
	return WIFSIGNALED(h->status) ? "signal" : "exit";
}

static void
record_status(struct log_record *r, const struct handler *h)
{
	const char *name;

	log_str(r, "reason", record_reason(h));
	if (!WIFSIGNALED(h->status)) {
		log_int(r, "status", WEXITSTATUS(h->status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(h->status));
	if (name != NULL)
		log_str(r, "signal", name);
	else
		log_int(r, "signal", WTERMSIG(h->status));
}

void
record_end(const struct handler *h)
{
	struct log_record r;
	const enum config_log_connections which =
	    h->service->supervisor->config->log_connections;

	if (which == CONFIG_LOG_NOTHING ||
	    (which == CONFIG_LOG_FAILURES && h->status == 0 &&
		h->reason == HANDLER_BY_ITSELF))
		return;
	log_begin(&r, LOG_LEVEL_INFO, "end");
	record_handler(&r, h);
	record_status(&r, h);
	log_real(
	    &r, "duration", (double)(h->ended_ns - h->started_ns) / 1e9, 3, "");
	if (h->owner->account != NULL)
		h->owner->account(&r, h);
	record_usage(&r, &h->usage);
	log_end(&r);
}

void
record_refuse(const struct handler *h, const struct spawn_result *result)
{
	const uint64_t suppressed =
	    refusals_take(h->service, ADMIT_LAUNCH_FAILED);
	struct log_record r;

	log_begin(&r, LOG_LEVEL_WARNING, "refuse");
	record_handler(&r, h);
	if (h->owner->tell_origin != NULL)
		h->owner->tell_origin(&r, h);
	log_str(&r, "reason", "launch_failed");
	log_str(&r, "step", launch_step_name(result->step));
	if (result->step == LAUNCH_STEP_EXEC)
		log_str(&r, "path", h->service->config->path);
	log_errno(&r, result->error);
	if (suppressed > 0)
		log_int(&r, "suppressed", (int64_t)suppressed);
	log_end(&r);
}

void
record_total(const struct service *s)
{
	struct log_record r;

	if (s->accepted == 0 && s->started == 0)
		return;
	log_begin(&r, LOG_LEVEL_NOTICE, "total");
	log_str(&r, "service", s->config->name);
	log_int(&r, "accepted", (int64_t)s->accepted);
	log_int(&r, "started", (int64_t)s->started);
	if (s->pauses > 0)
		log_int(&r, "pauses", (int64_t)s->pauses);
	for (int i = 0; i < ADMIT_NREASONS; i++)
		if (s->refusals.by_reason[i].count > 0)
			log_int(&r, admit_reason_name((enum admit_reason)i),
			    (int64_t)s->refusals.by_reason[i].count);
	log_end(&r);
}
