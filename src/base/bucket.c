/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A token bucket as the generic cell rate algorithm: instead of a number of
 * tokens it keeps the moment at which the bucket would be full again after
 * what was taken, which makes it one word, without a refill step and without
 * rounding. Never reads a clock.
 */
#include <evinetd/base/bucket.h>

#include <inttypes.h>
#include <stdio.h>

void
bucket_init(struct bucket *b)
{
	b->full_at_ns = 0;
}

bool
bucket_take(struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns)
{
	if (rate->count == 0)
		return true;

	const uint64_t token_ns = rate->period_ns / rate->count;
	const uint32_t burst = rate->burst > 0 ? rate->burst : 1;
	const uint64_t full_at =
	    b->full_at_ns > now_ns ? b->full_at_ns : now_ns;

	if (full_at + token_ns - now_ns > token_ns * burst)
		return false;
	b->full_at_ns = full_at + token_ns;
	return true;
}

const char *
bucket_format_rate(const struct bucket_rate *rate, char *buf, size_t size)
{
	static const struct {
		char name;
		uint64_t ns;
	} periods[] = {
		{ 'd', UINT64_C(86400000000000) },
		{ 'h', UINT64_C(3600000000000) },
		{ 'm', UINT64_C(60000000000) },
		{ 's', UINT64_C(1000000000) },
	};
	char name = '?';
	int len;

	if (rate->count == 0) {
		snprintf(buf, size, "none");
		return buf;
	}
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++)
		if (periods[i].ns == rate->period_ns)
			name = periods[i].name;
	len = snprintf(buf, size, "%" PRIu32 "/%c", rate->count, name);
	if (rate->burst != rate->count && len > 0 && (size_t)len < size)
		snprintf(buf + len, size - (size_t)len, " burst %" PRIu32,
		    rate->burst);
	return buf;
}
