/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A service's own limits where its clients wait for room (when_full = queue):
 * while there is none, its listeners are not watched, and clients stay in the
 * kernel's queue. Nothing polls: a connection that ends, or the moment of the
 * next token, ends the wait. Private to core.
 *
 *             the last place, or token, is taken
 *     OPEN ---------------------------------------> FULL {limit or rate}
 *       ^                                             |
 *       |  nobody waits                 a place: it is offered to the
 *       +------------------------------ listeners in turn, one client each
 */
#ifndef EVINETD_CORE_ROOM_H
#define EVINETD_CORE_ROOM_H

#include "core.h"
#include "episode.h"

#include <evinetd/admit/admit.h>

struct room {
	enum admit_reason full; /* ADMIT_YES: open */
	bool offering;
	enum admit_reason said; /* in the episode's first line */
	ev_timer timer;		/* the next token; or fed: a place */
	struct episode episode;
};

void room_init(struct service *s);
void room_fini(struct service *s);

/* A place or a token was taken. */
void room_taken(struct service *s);
/* A connection has ended. */
void room_left(struct service *s);
/* A listener that is watched has nobody who waits. */
void room_idle(struct service *s);

#endif
