/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A connection, from accept to the last byte: the hold, and a handler that
 * serves it. Private to core.
 *
 *            launch               main process exits
 *   (client) -------> SERVED ---------------------------> CLOSING --> gone
 *       |                |                                  | client has
 *       | refused,       |                                  | finished, is
 *       | launch         |                                  | dead, or
 *       v failed         |                                  | linger is
 *     gone (reset)       +--> hold = no: straight to gone   | over
 *
 * In CLOSING the client has been told that no more comes, and what it still
 * sends is discarded.
 */
#ifndef EVINETD_CORE_CONNECTION_H
#define EVINETD_CORE_CONNECTION_H

#include "core.h"
#include "handler.h"
#include "lifetime.h"

#include <evinetd/admit/admit.h>
#include <evinetd/net/client.h>

struct connection {
	struct handler handler;	   /* ENDED: the connection is CLOSING */
	struct acceptor *acceptor; /* until the handler runs */
	struct client client;	   /* the hold; fd -1 with hold = no */
	struct source source;
	struct lifetime lifetime;
	bool watched; /* holds.c */

	/* While CLOSING: */
	bool finished;	     /* the client was there to be told of the end */
	enum client_end end; /* how it then ended, from its side */
	ev_timer linger;

	LIST_ENTRY(connection) entry; /* supervisor.all */
};

/* connection_launch.c: takes the client, launches the service's handler for it
 * if it may enter, or refuses it. */
void connection_open(struct acceptor *acceptor, const struct client *client);

/* The handler's owner, as handler.h says. */
extern const struct handler_owner connection_owner;
void connection_launched(struct handler *h, const struct spawn_result *result);

/* Something has happened to the hold: the client has hung up, or, while
 * CLOSING, has sent something. May free it. */
void connection_event(struct connection *c, uint32_t events);

/* Closes and frees without ceremony: when there was no launch, and for the end
 * of the supervisor. */
void connection_free(struct connection *c);

/* The handler is the first member. */
static inline struct connection *
connection_of(const struct handler *h)
{
	return (struct connection *)(uintptr_t)h;
}

#endif
