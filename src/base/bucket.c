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

static uint64_t
bucket_token_ns(const struct bucket_rate *rate)
{
	return rate->period_ns / rate->count;
}

uint64_t
bucket_wait_ns(
    const struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns)
{
	if (rate->count == 0 || bucket_is_full(b, now_ns))
		return 0;

	const uint64_t token_ns = bucket_token_ns(rate);
	const uint32_t burst = rate->burst > 0 ? rate->burst : 1;
	const uint64_t missing_ns = b->full_at_ns - now_ns;
	const uint64_t allowed_ns = token_ns * (burst - 1);

	return missing_ns > allowed_ns ? missing_ns - allowed_ns : 0;
}

void
bucket_charge(struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns)
{
	if (rate->count == 0)
		return;
	if (bucket_is_full(b, now_ns))
		b->full_at_ns = now_ns;
	b->full_at_ns += bucket_token_ns(rate);
}

bool
bucket_take(struct bucket *b, const struct bucket_rate *rate, uint64_t now_ns)
{
	if (bucket_wait_ns(b, rate, now_ns) > 0)
		return false;
	bucket_charge(b, rate, now_ns);
	return true;
}

void
bucket_return(struct bucket *b, const struct bucket_rate *rate)
{
	if (rate->count == 0)
		return;

	const uint64_t token_ns = bucket_token_ns(rate);

	b->full_at_ns = b->full_at_ns > token_ns ? b->full_at_ns - token_ns : 0;
}

bool
bucket_is_full(const struct bucket *b, uint64_t now_ns)
{
	return b->full_at_ns <= now_ns;
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
