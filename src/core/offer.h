/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What all services share and have to be given in turn: the places of
 * `max_connections`, and descriptors, memory and processes when they were
 * short. Private to core.
 */
#ifndef EVINETD_CORE_OFFER_H
#define EVINETD_CORE_OFFER_H

#include "core.h"

void offer_init(struct supervisor *s);

/* A main process has started, or has ended: counts it, and holds all
 * listeners while `max_connections` is reached. */
void offer_count(struct supervisor *s, int change);

/* Some have ended: gives their places away. */
void offer_places(struct supervisor *s);

/* A descriptor, a process or memory was freed: fills the reserve, and lets
 * those try who had none. */
void offer_resources(struct supervisor *s);

#endif
