/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Clients that are sent away with a message. Closing at once would destroy it
 * when the client has sent something (RFC 1122, 4.2.2.13): so the end is told,
 * what still comes is discarded, and the client may take its time to hang up,
 * but not more than `linger`, and no more than a number of clients at once.
 * Private to core.
 */
#ifndef EVINETD_CORE_FAREWELL_H
#define EVINETD_CORE_FAREWELL_H

#include "core.h"

#include <evinetd/net/client.h>

/* At a time, all services together, and less where descriptors are few
 * (supervisor.max_farewells); whoever has waited longest makes room. */
#define FAREWELL_MAX 256

/* Takes the client. */
void farewell_say(struct supervisor *s, struct client *client,
    const char *message, int64_t linger_ms);

/* Closes all of them, for the end. */
void farewell_free_all(struct supervisor *s);

#endif
