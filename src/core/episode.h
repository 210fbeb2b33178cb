/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Reaching a limit again and again is one line in ten seconds, and so is the
 * end of that. Private to core.
 */
#ifndef EVINETD_CORE_EPISODE_H
#define EVINETD_CORE_EPISODE_H

#include <stdbool.h>
#include <stdint.h>

struct episode {
	uint64_t said_ns; /* when its begin was last said; 0: never */
	bool said;	  /* and its end was not yet */
};

/* The limit is reached. True: say so. */
bool episode_begin(struct episode *e, uint64_t now_ns);

/* It is not any more. True: say so. */
bool episode_end(struct episode *e);

#endif
