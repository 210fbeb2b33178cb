/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A token bucket: so many a period, with a burst. Pure: time is passed in.
 *
 * It is kept as the moment at which it will be full again, so slow rates
 * ("3/h") lose nothing to rounding, and a limit of N a second does not trip
 * at 0.65 N as it does where a window is counted in whole seconds.
 */
#ifndef EVINETD_BASE_BUCKET_H
#define EVINETD_BASE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bucket_rate {
	uint32_t count;	    /* tokens a period; 0: no limit */
	uint32_t burst;	    /* at most so many at once */
	uint64_t period_ns; /* the period */
};

struct bucket {
	uint64_t full_at_ns; /* when it will be full, if nothing is taken */
};

/* A full bucket. */
void bucket_init(struct bucket *b);

/* Takes a token. False, and nothing taken, when there is none at now_ns
 * (any monotonic clock, the same for all calls). */
bool
bucket_take(struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns);

/* How long until bucket_take() will succeed, if nothing is taken until then;
 * 0: now. */
uint64_t bucket_wait_ns(
    const struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns);

/* Takes a token that may not be there yet: then it is owed, and the wait for
 * the next one so much longer. */
void bucket_charge(
    struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns);

/* Gives a token back that was taken, or charged. */
void bucket_return(struct bucket *b, const struct bucket_rate *rate);

/* True when it is as bucket_init() makes it, whatever its rate. */
bool bucket_is_full(const struct bucket *b, uint64_t now_ns);

/* "20/m burst 40", as it would be written; without the burst where that is the
 * count, and "none" for no limit. Returns buf. */
#define BUCKET_TEXT_MAX 48
const char *
bucket_format_rate(const struct bucket_rate *rate, char *buf, size_t size);

#endif
