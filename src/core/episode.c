/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Whether the begin and the end of an episode are news. Pure.
 */
#include "episode.h"

#define EPISODE_QUIET_NS UINT64_C(10000000000)

bool
episode_begin(struct episode *e, uint64_t now_ns)
{
	if (e->said_ns != 0 && now_ns - e->said_ns <= EPISODE_QUIET_NS)
		return false;
	e->said_ns = now_ns;
	e->said = true;
	return true;
}

bool
episode_end(struct episode *e)
{
	const bool said = e->said;

	e->said = false;
	return said;
}
