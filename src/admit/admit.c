/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Admission to one service: asks what is cheap and certain first, and takes
 * only when it is told to. Never reads a clock, and never logs: core does both.
 */
#include <evinetd/admit/admit.h>

#include "schedule.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct admit {
	const struct config_admission *config;
	struct access *access;
	struct sources *sources;
	struct bucket bucket; /* of `rate` */
	unsigned active;
};

const char *
admit_reason_name(enum admit_reason reason)
{
	static const char *const names[ADMIT_NREASONS] = {
		[ADMIT_YES] = "yes",
		[ADMIT_DENIED] = "denied",
		[ADMIT_HOURS] = "hours",
		[ADMIT_LOAD] = "load",
		[ADMIT_SOURCE_LIMIT] = "source_limit",
		[ADMIT_SOURCE_RATE] = "source_rate",
		[ADMIT_SERVICE_LIMIT] = "service_limit",
		[ADMIT_SERVICE_RATE] = "service_rate",
		[ADMIT_GLOBAL_LIMIT] = "global_limit",
		[ADMIT_RESOURCES] = "resources",
		[ADMIT_DRAINING] = "draining",
		[ADMIT_DISABLED] = "disabled",
		[ADMIT_LAUNCH_FAILED] = "launch_failed",
	};

	return names[reason];
}

int
admit_new(const struct config_admission *config, struct admit **ret)
{
	struct admit *a = calloc(1, sizeof(*a));
	int error;

	if (a == NULL)
		return -ENOMEM;
	a->config = config;
	bucket_init(&a->bucket);
	error = access_new(&config->access, &a->access);
	if (error == 0)
		error = sources_new(&config->rate_per_source, &a->sources);
	if (error < 0) {
		admit_free(a);
		return error;
	}
	*ret = a;
	return 0;
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	access_free(a->access);
	sources_free(a->sources);
	free(a);
}

const struct config_prefixes *
admit_prefixes(const struct admit *a)
{
	return &a->config->source_prefix;
}

bool
admit_needs_groups(const struct admit *a)
{
	return access_has_groups(a->access);
}

bool
admit_needs_load(const struct admit *a)
{
	return a->config->max_load > 0;
}

static enum admit_reason
admit_check_source(const struct admit *a, const struct source *source,
    uint64_t now_ns, struct admit_verdict *v)
{
	const unsigned limit = a->config->max_connections_per_source;
	const struct bucket_rate *rate = &a->config->rate_per_source;
	uint64_t wait_ns;

	if (limit == 0 && rate->count == 0)
		return ADMIT_YES;

	const unsigned active =
	    sources_look(a->sources, source, now_ns, &wait_ns);

	if (limit > 0 && active >= limit) {
		v->active = active;
		v->limit = limit;
		return ADMIT_SOURCE_LIMIT;
	}
	if (wait_ns > 0) {
		v->rate = *rate;
		return ADMIT_SOURCE_RATE;
	}
	return ADMIT_YES;
}

static enum admit_reason
admit_check_service(
    const struct admit *a, uint64_t now_ns, struct admit_verdict *v)
{
	uint64_t wait_ns;
	const enum admit_reason reason = admit_room(a, now_ns, &wait_ns);

	if (reason == ADMIT_SERVICE_LIMIT) {
		v->active = a->active;
		v->limit = a->config->max_connections;
	} else if (reason == ADMIT_SERVICE_RATE)
		v->rate = a->config->rate;
	return reason;
}

void
admit_decide(struct admit *a, const struct admit_peer *peer,
    const struct admit_now *now, struct admit_verdict *ret)
{
	const struct config_admission *config = a->config;
	struct admit_verdict v = { .reason = ADMIT_YES };

	v.access = access_decide(a->access, &peer->access);
	if (!v.access.allowed)
		v.reason = ADMIT_DENIED;
	else if (!schedule_is_open(config->hours, config->nhours, now->wall))
		v.reason = ADMIT_HOURS;
	else if (config->max_load > 0 && now->load >= config->max_load) {
		v.reason = ADMIT_LOAD;
		v.active = now->load;
		v.limit = config->max_load;
	}
	if (v.reason == ADMIT_YES)
		v.reason =
		    admit_check_source(a, &peer->source, now->monotonic_ns, &v);
	if (v.reason == ADMIT_YES)
		v.reason = admit_check_service(a, now->monotonic_ns, &v);
	*ret = v;
}

enum admit_reason
admit_room(const struct admit *a, uint64_t now_ns, uint64_t *ret_wait_ns)
{
	const struct config_admission *config = a->config;
	uint64_t wait_ns;

	/* Modes in which we do not accept have no limit; see config.h. */
	if (config->max_connections > 0 && a->active >= config->max_connections)
		return ADMIT_SERVICE_LIMIT;
	wait_ns = bucket_wait_ns(&a->bucket, &config->rate, now_ns);
	if (wait_ns == 0)
		return ADMIT_YES;
	*ret_wait_ns = wait_ns;
	return ADMIT_SERVICE_RATE;
}

int
admit_enter(struct admit *a, const struct source *source, uint64_t now_ns,
    unsigned *ret_concurrency)
{
	const int error =
	    sources_enter(a->sources, source, now_ns, ret_concurrency);

	if (error < 0)
		return error;
	bucket_charge(&a->bucket, &a->config->rate, now_ns);
	a->active++;
	return 0;
}

void
admit_leave(struct admit *a, const struct source *source, uint64_t now_ns)
{
	assert(a->active > 0);
	sources_leave(a->sources, source, now_ns);
	a->active--;
}

void
admit_cancel(struct admit *a, const struct source *source, uint64_t now_ns)
{
	assert(a->active > 0);
	sources_cancel(a->sources, source, now_ns);
	bucket_return(&a->bucket, &a->config->rate);
	a->active--;
}

unsigned
admit_active(const struct admit *a)
{
	return a->active;
}
