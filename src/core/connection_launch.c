/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* From an accepted client to a running handler, and what a failure means: for
 * want of descriptors or processes the client waits, for anything else it is
 * refused.
 */
#include "connection.h"

#include "record.h"
#include "service.h"

#include <errno.h>
#include <stdlib.h>

static const struct config_prefixes connection_prefixes = {
	.ipv4 = 32,
	.ipv6 = 64,
};

/* No room at the moment: the client waits with those who are not accepted
 * yet. */
static void
connection_postpone(struct connection *c, const char *step, int error)
{
	acceptor_return(c->acceptor, &c->client, step, error);
	c->client.fd = -1;
	connection_free(c);
}

static void
connection_refuse(struct connection *c, const struct spawn_result *failure)
{
	struct service *service = c->handler.service;

	record_refuse(&c->handler, failure, service->suppressed);
	service->suppressed = 0;
	service_launched(service, false);
	client_reset(&c->client);
	connection_free(c);
}

void
connection_launched(struct handler *h, const struct spawn_result *result)
{
	struct connection *c = connection_of(h);

	if (result->step != LAUNCH_STEP_NONE) {
		sources_leave(h->service->sources, &c->source, 0);
		if (handler_was_shortage(result))
			connection_postpone(
			    c, launch_step_name(result->step), result->error);
		else
			connection_refuse(c, result);
		return;
	}
	service_launched(h->service, true);
	lifetime_start(c);
	if (!h->service->config->hold)
		client_close(&c->client);
}

static void
connection_launch(struct connection *c)
{
	struct spawn_request request = { .client = &c->client };
	/* Without a rate the time does not matter. */
	const int error = sources_enter(
	    c->handler.service->sources, &c->source, 0, &request.concurrency);

	if (error < 0)
		connection_postpone(c, "source", -error);
	else
		handler_launch(&c->handler, &request);
}

void
connection_open(struct acceptor *acceptor, const struct client *client)
{
	struct service *service = acceptor->service;
	struct client refused = *client;

	if (!service_may_launch(service)) {
		service->supervisor->next_id++;
		service->suppressed++;
		client_reset(&refused);
		return;
	}
	struct connection *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		acceptor_return(acceptor, client, "connection", ENOMEM);
		return;
	}
	handler_init(&c->handler, service, &connection_owner);
	c->acceptor = acceptor;
	c->client = *client;
	source_from_client(client, &connection_prefixes, &c->source);
	LIST_INSERT_HEAD(&service->supervisor->all, c, entry);
	connection_launch(c);
}
