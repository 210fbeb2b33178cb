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
#include "runner.h"

#include <evinetd/admit/sources.h>

struct service {
	struct supervisor *supervisor;
	const struct config_service *config;
	struct launch_plan *plan;
	struct sources *sources;
	struct acceptor *acceptors; /* mode nowait */
	size_t nacceptors;
	struct runner *runners; /* the other modes */
	size_t nrunners;
	unsigned active;   /* main processes alive */
	size_t offer_next; /* the listener that was offered a place last */

	struct backoff launches;  /* for a connection each */
	uint64_t launch_retry_ns; /* no attempt before */
	uint64_t suppressed;	  /* refusals that were not logged */
};

/* Builds the plan and opens the listeners; logs what fails. 0 or a negative
 * errno. */
int service_new(struct supervisor *supervisor,
    const struct config_service *config, struct service **ret);
void service_free(struct service *s);

/* max_connections is reached, or not any more: holds or releases all
 * listeners. */
void service_set_held(struct service *s, bool held);
/* Something was freed: ends pauses for want of resources. */
void service_resume(struct service *s);

/* Offers a place to the listeners in turn; true when one had a client. */
bool service_offer(struct service *s);

/* Stops accepting for good. */
void service_close(struct service *s);

/* False while the service backs off after failed launches; then the client
 * is refused without an attempt. */
bool service_may_launch(struct service *s);
/* Counts an outcome for that. */
void service_launched(struct service *s, bool succeeded);

#endif
