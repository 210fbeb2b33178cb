/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log records of handlers: start, end, refuse. Private to core.
 */
#ifndef EVINETD_CORE_RECORD_H
#define EVINETD_CORE_RECORD_H

#include "handler.h"

struct service;

/* service=, conn=, whom it serves (peer= or address=) and, when there is one,
 * pid=. */
void record_handler(struct log_record *r, const struct handler *h);

void record_start(const struct handler *h);

/* Asks the owner for the traffic, so a hold must still be open. */
void record_end(const struct handler *h);

/* reason=launch_failed, with the step and errno of it, and how many such
 * refusals before it were not logged. */
void record_refuse(const struct handler *h, const struct spawn_result *result);

/* What a service has done since the start, for the end; nothing if nothing. */
void record_total(const struct service *s);

#endif
