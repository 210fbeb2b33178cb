/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What a service has refused, counted by reason, and summed up in the log: of
 * each reason a few lines in full, then one in ten seconds, which says how
 * many there were besides. The memory for that is here, and does not grow.
 * Private to core.
 */
#ifndef EVINETD_CORE_REFUSALS_H
#define EVINETD_CORE_REFUSALS_H

#include "core.h"

#include <evinetd/admit/admit.h>
#include <evinetd/base/bucket.h>
#include <evinetd/net/client.h>

struct refusals {
	struct refusals_sum {
		uint64_t count;	     /* since the start */
		uint64_t suppressed; /* of these, in no line yet */
		struct bucket lines;
	} by_reason[ADMIT_NREASONS];
};

/* Counts one, and logs it or not. */
void refusals_add(struct service *s, const struct client *c,
    const struct admit_verdict *verdict);

/* Counts one that the log does not say, or says elsewhere. */
void refusals_count(struct service *s, enum admit_reason reason);
void refusals_suppress(struct service *s, enum admit_reason reason);
/* How many were suppressed since the last line; the caller says it. */
uint64_t refusals_take(struct service *s, enum admit_reason reason);

/* Logs what was suppressed and not said, of all services: by a timer while
 * there is something, and the last time at the end. */
void refusals_init(struct supervisor *s);
void refusals_flush(struct supervisor *s, bool last);

#endif
