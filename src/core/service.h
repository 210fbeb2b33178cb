/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A service while it runs: its listeners, its launch plan, who is connected.
 * Private to core.
 */
#ifndef EVINETD_CORE_SERVICE_H
#define EVINETD_CORE_SERVICE_H

#include "acceptor.h"
#include "core.h"
#include "refusals.h"
#include "room.h"
#include "runner.h"

#include <evinetd/admit/admit.h>

struct service {
	struct supervisor *supervisor;
	const struct config_service *config;
	struct launch_plan *plan;
	struct admit *admit;
	struct room room;
	struct refusals refusals;
	struct acceptor *acceptors; /* mode nowait */
	size_t nacceptors;
	struct runner *runners; /* the other modes */
	size_t nrunners;
	uint64_t accepted, started; /* clients, handlers; since the start */
	uint64_t pauses;   /* for want of resources, or at limits of its own */
	unsigned active;   /* main processes alive */
	size_t offer_next; /* the listener that was offered a place last */

	struct backoff launches;  /* for a connection each */
	uint64_t launch_retry_ns; /* no attempt before */
};

/* Builds the plan and opens the listeners; logs what fails. 0 or a negative
 * errno. */
int service_new(struct supervisor *supervisor,
    const struct config_service *config, struct service **ret);
void service_free(struct service *s);

/* Holds all listeners for this reason, or not any more. Those that handlers
 * take whole know one reason, ACCEPTOR_HOLD_LIMIT. */
void service_hold(struct service *s, enum acceptor_hold reason);
void service_release(struct service *s, enum acceptor_hold reason);
/* Something was freed: ends pauses for want of resources. */
void service_resume(struct service *s);

/* Offers a place to the listeners in turn that are held for want of one alone;
 * true when one had a client. */
bool service_offer(struct service *s, enum acceptor_hold reason);

/* How many handlers it may have. */
unsigned service_limit(const struct service *s);

/* Stops accepting for good. */
void service_close(struct service *s);

/* False while the service backs off after failed launches; then the client
 * is refused without an attempt. */
bool service_may_launch(struct service *s);
/* A launch has suspended us for so long, because the new process was stopped,
 * which others of its user can do: all services of that user wait much longer
 * for their next one. */
void service_stalled(struct service *s, uint64_t stalled_ns);
/* Counts an outcome for that. */
void service_launched(struct service *s, bool succeeded);

#endif
