/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* When a connection's handler ends, by the operator's rules: silent for too
 * long, or its client has gone. Its age is the handler's own affair. Private to
 * core.
 */
#ifndef EVINETD_CORE_LIFETIME_H
#define EVINETD_CORE_LIFETIME_H

#include "core.h"

struct lifetime {
	ev_timer idle;	     /* idle_timeout: when it could be over */
	ev_timer disconnect; /* disconnect_grace */
};

/* The handler runs: arms what the service asks for. */
void lifetime_start(struct connection *c);
/* It ends or has ended: nothing fires any more. */
void lifetime_stop(struct connection *c);

/* The client has hung up, or is dead. */
void lifetime_hangup(struct connection *c);

#endif
