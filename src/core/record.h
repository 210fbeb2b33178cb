/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log records of connections: start, end, refuse. Private to core.
 */
#ifndef EVINETD_CORE_RECORD_H
#define EVINETD_CORE_RECORD_H

#include "connection.h"

/* service=, conn=, peer= and, when there is one, pid=. */
void record_connection(struct log_record *r, const struct connection *c);

void record_start(const struct connection *c);

/* Asks the kernel for the traffic, so the hold must still be open. */
void record_end(const struct connection *c);

/* reason=launch_failed, with the step and errno of it; suppressed is how many
 * refusals before it were not logged. */
void record_refuse(const struct connection *c,
    const struct spawn_result *result, uint64_t suppressed);

#endif
