/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Admission: whether a client may enter a service, decided before anything is
 * started for it. Pure: who, when and how busy the machine is are arguments.
 *
 * The order is from cheap and certain to dear: access list, active hours,
 * load, the source's limit and rate, the service's limit and rate. All or
 * nothing: whoever is refused has taken nothing. What limits count is what is
 * alive, from admit_enter() to admit_leave().
 */
#ifndef EVINETD_ADMIT_ADMIT_H
#define EVINETD_ADMIT_ADMIT_H

#include <evinetd/admit/access.h>
#include <evinetd/admit/sources.h>
#include <evinetd/config/admission.h>

#include <stdint.h>
#include <time.h>

/* Why not. The names are the same in log, counters and metrics. */
enum admit_reason {
	ADMIT_YES,
	ADMIT_DENIED,	     /* denied: by the access list */
	ADMIT_HOURS,	     /* hours: outside active_hours */
	ADMIT_LOAD,	     /* load: max_load is reached */
	ADMIT_SOURCE_LIMIT,  /* source_limit: max_connections_per_source */
	ADMIT_SOURCE_RATE,   /* source_rate: rate_per_source */
	ADMIT_SERVICE_LIMIT, /* service_limit: the service's max_connections */
	ADMIT_SERVICE_RATE,  /* service_rate: rate */
	/* Decided elsewhere: */
	ADMIT_GLOBAL_LIMIT,  /* global_limit: [evinetd] max_connections */
	ADMIT_RESOURCES,     /* resources: descriptors, memory, processes */
	ADMIT_DRAINING,	     /* draining: the service is being stopped */
	ADMIT_DISABLED,	     /* disabled */
	ADMIT_LAUNCH_FAILED, /* launch_failed: the handler cannot be started */
	ADMIT_NREASONS,
};

/* "source_limit"; "yes" for ADMIT_YES. */
const char *admit_reason_name(enum admit_reason reason);

struct admit_peer {
	struct access_peer access;
	struct source source; /* by source_from_client() */
};

struct admit_now {
	uint64_t monotonic_ns;
	time_t wall;   /* for active_hours, in local time */
	unsigned load; /* of one minute, in hundredths */
};

struct admit_verdict {
	enum admit_reason reason;
	struct access_verdict access; /* of ADMIT_YES and ADMIT_DENIED */
	unsigned active, limit;	 /* of the limits; of ADMIT_LOAD hundredths */
	struct bucket_rate rate; /* of the rates */
};

struct admit; /* what one service counts */

/* The config must outlive it. 0 or -ENOMEM. */
int admit_new(const struct config_admission *config, struct admit **ret);
void admit_free(struct admit *a);

/* For source_from_client(). */
const struct config_prefixes *admit_prefixes(const struct admit *a);

/* What has to be known of a peer, or of the machine, before it is asked. */
bool admit_needs_groups(const struct admit *a);
bool admit_needs_load(const struct admit *a);

/* Decides, and takes nothing. */
void admit_decide(struct admit *a, const struct admit_peer *peer,
    const struct admit_now *now, struct admit_verdict *ret);

/* Whether the service's own limits (ADMIT_SERVICE_LIMIT, ADMIT_SERVICE_RATE)
 * have room for whoever comes next; ADMIT_YES if so. With ADMIT_SERVICE_RATE
 * *ret_wait_ns is the time until they will. */
enum admit_reason
admit_room(const struct admit *a, uint64_t now_ns, uint64_t *ret_wait_ns);

/* Takes a place and the tokens, whatever admit_decide() would say. 0 and how
 * many connections of the source are alive, this one included; or -ENOMEM and
 * nothing taken. */
int admit_enter(struct admit *a, const struct source *source, uint64_t now_ns,
    unsigned *ret_concurrency);

/* It has ended. */
void admit_leave(struct admit *a, const struct source *source, uint64_t now_ns);

/* It has not come to be: gives back the place and the tokens. */
void
admit_cancel(struct admit *a, const struct source *source, uint64_t now_ns);

/* How many are alive. */
unsigned admit_active(const struct admit *a);

#endif
