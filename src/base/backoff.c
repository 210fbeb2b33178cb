/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The one answer to failures that are repeated: accept(2), launches, runs.
 */
#include <evinetd/base/backoff.h>

#include <limits.h>

#define BACKOFF_MIN 0.1 /* seconds */
#define BACKOFF_MAX 5.0

double
backoff_fail(struct backoff *b, unsigned free_failures)
{
	double delay = BACKOFF_MIN;

	if (b->failures < UINT_MAX)
		b->failures++;
	if (b->failures <= free_failures)
		return 0.;
	for (unsigned i = free_failures + 1;
	     i < b->failures && delay < BACKOFF_MAX; i++)
		delay *= 2;
	return delay < BACKOFF_MAX ? delay : BACKOFF_MAX;
}

void
backoff_reset(struct backoff *b)
{
	b->failures = 0;
}
