/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Between accept and launch: collects what admission has to know of a client
 * and of the machine, and sends away whoever may not enter. Who may is decided
 * in admit. Private to core.
 */
#ifndef EVINETD_CORE_ADMISSION_H
#define EVINETD_CORE_ADMISSION_H

#include "core.h"

#include <evinetd/admit/admit.h>
#include <evinetd/net/client.h>

/* The verdict about a client, or about the source of a datagram (with fd -1).
 * *ret_source is what it counts as. Takes nothing. */
void admission_decide(struct service *s, const struct client *c,
    struct source *ret_source, struct admit_verdict *ret);

/* Counts and logs the refusal, and sends the client away; its descriptor is
 * closed, now or after a while. */
void admission_refuse(
    struct service *s, struct client *c, const struct admit_verdict *verdict);

/* Sends it away as `when_refused` says. */
void admission_send_away(struct service *s, struct client *c);

#endif
