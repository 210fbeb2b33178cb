/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* How long to leave alone what fails: the first few failures in a row are
 * free, then 100 ms, and twice as long each time, up to 5 s. It never says
 * never. Pure: the time is the caller's.
 */
#ifndef EVINETD_BASE_BACKOFF_H
#define EVINETD_BASE_BACKOFF_H

struct backoff {
	unsigned failures; /* in a row */
};

/* It has failed again. Seconds until the next attempt; 0: at once. */
double backoff_fail(struct backoff *b, unsigned free_failures);

/* It has not failed. */
void backoff_reset(struct backoff *b);

#endif
