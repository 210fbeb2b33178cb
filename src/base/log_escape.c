/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Makes values that a peer or a handler wrote harmless, and short enough: a
 * value is taken apart into units that are never split, so that neither an
 * escape nor a character is torn where it is cut. Called by the formats.
 */
#include "log_escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static void
log_unit_hex(unsigned char c, struct log_unit *ret)
{
	static const char hex[] = "0123456789abcdef";

	*ret = (struct log_unit){
		.out = { '\\', 'x', hex[c >> 4], hex[c & 15] },
		.len = 4,
		.cost = 4,
		.taken = 1,
	};
}

void
log_unit_text(const char *value, size_t len, struct log_unit *ret)
{
	const char c = *value;

	if (c < 0x20 || c >= 0x7f)
		log_unit_hex((unsigned char)c, ret);
	else if (c == '\\' || c == '"')
		*ret = (struct log_unit){
			.out = { '\\', c }, .len = 2, .cost = 2, .taken = 1
		};
	else
		*ret = (struct log_unit){
			.out = { c }, .len = 1, .cost = 1, .taken = 1
		};
}

/* Bytes of the character at s, or 0: the table of RFC 3629, section 4. */
static size_t
log_utf8_length(const unsigned char *s, size_t len)
{
	static const struct {
		unsigned char first, last; /* of the first byte */
		unsigned char low, high;   /* of the second one */
		size_t len;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (forms[i].len > len)
			return 0;
		for (size_t k = 1; k < forms[i].len; k++) {
			const unsigned char low = k == 1 ? forms[i].low : 0x80;
			const unsigned char high =
			    k == 1 ? forms[i].high : 0xbf;

			if (s[k] < low || s[k] > high)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

void
log_unit_json(const char *value, size_t len, struct log_unit *ret)
{
	const unsigned char c = (unsigned char)*value;
	const size_t n = log_utf8_length((const unsigned char *)value, len);

	/* \u0000 is JSON, but few that read it take it. */
	if (n == 0 || c == '\0') {
		log_unit_hex(c, ret);
		ret->cost = 5; /* the backslash is doubled */
		return;
	}
	*ret = (struct log_unit){ .len = n, .cost = n, .taken = n };
	memcpy(ret->out, value, n);
	if (strchr("\"\\\b\f\n\r\t", c) != NULL)
		ret->cost = 2;
	else if (c < 0x20)
		ret->cost = 6; /* \u001f */
}

size_t
log_escape_cost(log_unit_fn *unit, const char *value, size_t len)
{
	struct log_unit u;
	size_t cost = 0;

	for (size_t i = 0; i < len; i += u.taken) {
		unit(value + i, len - i, &u);
		cost += u.cost;
	}
	return cost;
}

size_t
log_escape(
    log_unit_fn *unit, const char *value, size_t len, size_t limit, char *dst)
{
	const bool cut = log_escape_cost(unit, value, len) > limit;
	const size_t room = cut ? limit - LOG_ESCAPE_MIN : limit;
	size_t used = 0, cost = 0;
	struct log_unit u;

	for (size_t i = 0; i < len; i += u.taken) {
		unit(value + i, len - i, &u);
		if (cost + u.cost > room)
			break;
		memcpy(dst + used, u.out, u.len);
		used += u.len;
		cost += u.cost;
	}
	if (cut) {
		memcpy(dst + used, "...", LOG_ESCAPE_MIN);
		used += LOG_ESCAPE_MIN;
	}
	return used;
}

size_t
log_escape_limit(const size_t *costs, size_t n, size_t excess)
{
	size_t limit = 0, sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += costs[i];
		if (costs[i] > limit)
			limit = costs[i];
	}
	const size_t wanted = sum > excess ? sum - excess : 0;
	while (limit > LOG_ESCAPE_MIN) {
		size_t now = 0, longest = 0;

		for (size_t i = 0; i < n; i++) {
			now += costs[i] < limit ? costs[i] : limit;
			longest += costs[i] >= limit;
		}
		if (now <= wanted || longest == 0)
			break;
		const size_t step = (now - wanted + longest - 1) / longest;
		/* Halving at most: shorter ones join in on the way down. */
		limit -= step < limit / 2 ? step : limit / 2;
	}
	return limit > LOG_ESCAPE_MIN ? limit : LOG_ESCAPE_MIN;
}

size_t
log_escape_cut(char *value, size_t len)
{
	if (len < LOG_ESCAPE_MIN)
		return 0;
	size_t keep = len - LOG_ESCAPE_MIN;

	for (int i = 0; i < 3 && keep > 0; i++, keep--)
		if (((unsigned char)value[keep] & 0xc0) != 0x80)
			break;
	memcpy(value + keep, "...", LOG_ESCAPE_MIN);
	return keep + LOG_ESCAPE_MIN;
}
