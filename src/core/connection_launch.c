/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* From an accepted client to a running handler: whether it may enter, and what
 * a failure means. For want of descriptors or processes the client waits, for
 * anything else it is refused.
 */
#include "connection.h"

#include "admission.h"
#include "record.h"
#include "service.h"

#include <evinetd/base/clock.h>

#include <errno.h>
#include <stdlib.h>

/* No room at the moment: the client waits with those who are not accepted
 * yet. */
static void
connection_postpone(struct connection *c, const char *step, int error)
{
	acceptor_return(c->acceptor, &c->client, step, error);
	c->client.fd = -1;
	handler_return_id(&c->handler);
	connection_free(c);
}

static void
connection_refuse(struct connection *c, const struct spawn_result *failure)
{
	struct service *service = c->handler.service;

	refusals_count(service, ADMIT_LAUNCH_FAILED);
	record_refuse(&c->handler, failure);
	service_launched(service, false);
	if (failure->error == ETIMEDOUT)
		service_stalled(service, SPAWN_DEADLINE_NS);
	admission_send_away(service, &c->client);
	connection_free(c);
}

void
connection_launched(struct handler *h, const struct spawn_result *result)
{
	struct connection *c = connection_of(h);

	if (result->step != LAUNCH_STEP_NONE) {
		admit_cancel(
		    h->service->admit, &c->source, clock_monotonic_ns());
		if (handler_was_shortage(result))
			connection_postpone(
			    c, launch_step_name(result->step), result->error);
		else
			connection_refuse(c, result);
		return;
	}
	service_launched(h->service, true);
	room_taken(h->service);
	lifetime_start(c);
	if (!h->service->config->hold)
		client_close(&c->client);
}

static void
connection_launch(struct connection *c)
{
	struct spawn_request request = { .client = &c->client };
	const int error = admit_enter(c->handler.service->admit, &c->source,
	    clock_monotonic_ns(), &request.concurrency);

	if (error < 0)
		connection_postpone(c, "source", -error);
	else
		handler_launch(&c->handler, &request);
}

/* True when it was sent away, or waits for room in its service. */
static bool
connection_is_refused(struct acceptor *acceptor, const struct client *client,
    struct source *ret_source)
{
	struct service *service = acceptor->service;
	const enum config_full full = service->config->admission.when_full;
	struct client refused = *client;
	struct admit_verdict verdict;

	admission_decide(service, client, ret_source, &verdict);
	if (verdict.reason == ADMIT_YES && !service_may_launch(service)) {
		service->supervisor->next_id++;
		refusals_suppress(service, ADMIT_LAUNCH_FAILED);
		admission_send_away(service, &refused);
		return true;
	}
	if (full == CONFIG_FULL_QUEUE &&
	    (verdict.reason == ADMIT_SERVICE_LIMIT ||
		verdict.reason == ADMIT_SERVICE_RATE)) {
		/* It was taken back for want of something else, and meanwhile
		 * others have taken the places. */
		acceptor_keep(acceptor, client);
		room_taken(service);
		return true;
	}
	if (verdict.reason != ADMIT_YES)
		admission_refuse(service, &refused, &verdict);
	return verdict.reason != ADMIT_YES;
}

void
connection_open(struct acceptor *acceptor, const struct client *client)
{
	struct service *service = acceptor->service;
	struct source source;

	if (connection_is_refused(acceptor, client, &source))
		return;
	struct connection *c =
	    reserve_has_memory() ? calloc(1, sizeof(*c)) : NULL;
	if (c == NULL) {
		acceptor_return(acceptor, client, "connection", ENOMEM);
		return;
	}
	handler_init(&c->handler, service, &connection_owner);
	c->acceptor = acceptor;
	c->client = *client;
	c->source = source;
	LIST_INSERT_HEAD(&service->supervisor->all, c, entry);
	connection_launch(c);
}
