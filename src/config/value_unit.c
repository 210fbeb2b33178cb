/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Numbers with a unit: durations, sizes and rates. The units are tables, read
 * in both directions, so that what is printed is what is parsed. Pure.
 */
#include "value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_NS_PER_MS	 1000000ULL
#define VALUE_NS_PER_DAY (86400000 * VALUE_NS_PER_MS)

struct value_unit {
	const char *name;
	int64_t factor;
};

/* From large to small, as value_format_unit() tries them. */
static const struct value_unit durations[] = {
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
	{ NULL, 0 },
};

static const struct value_unit sizes[] = {
	{ "T", 1LL << 40 },
	{ "G", 1LL << 30 },
	{ "M", 1LL << 20 },
	{ "K", 1LL << 10 },
	{ "", 1 },
	{ NULL, 0 },
};

/* The digits that text begins with; *ret_rest is behind them. */
static int
value_parse_count(const char *text, int64_t *ret, const char **ret_rest,
    struct value_error *err)
{
	const size_t len = strspn(text, "0123456789");
	long long number;

	if (len == 0)
		return value_fail(
		    err, 0, "\"%.80s\" does not begin with a number", text);
	errno = 0;
	number = strtoll(text, NULL, 10);
	if (errno == ERANGE)
		return value_fail(err, 0, "%.80s is out of range", text);
	*ret = number;
	*ret_rest = text + len;
	return 0;
}

static const struct value_unit *
value_find_unit(const struct value_unit *units, const char *name)
{
	for (; units->name != NULL; units++) {
		if (strcmp(units->name, name) == 0)
			return units;
	}
	return NULL;
}

static int
value_multiply(const char *text, int64_t number, int64_t factor, int64_t *ret,
    struct value_error *err)
{
	if (__builtin_mul_overflow(number, factor, ret))
		return value_fail(err, 0, "%.80s is out of range", text);
	return 0;
}

int
value_parse_duration(const char *text, int64_t *ret_ms, struct value_error *err)
{
	const struct value_unit *unit;
	const char *rest;
	int64_t number;
	int error = value_parse_count(text, &number, &rest, err);

	if (error != 0)
		return error;
	if (*rest == '\0' && number == 0) {
		*ret_ms = 0;
		return 0;
	}
	if (*rest == '\0')
		return value_fail(err, 0,
		    "\"%.80s\" has no unit; write %.20ss for seconds", text,
		    text);
	unit = value_find_unit(durations, rest);
	if (unit == NULL)
		return value_fail(err, 0,
		    "\"%.80s\" is not a duration; write a whole number and "
		    "one of ms, s, m, h, d",
		    text);
	return value_multiply(text, number, unit->factor, ret_ms, err);
}

int
value_parse_size(const char *text, int64_t *ret, struct value_error *err)
{
	const struct value_unit *unit;
	const char *rest;
	int64_t number;
	int error = value_parse_count(text, &number, &rest, err);

	if (error != 0)
		return error;
	unit = value_find_unit(sizes, rest);
	if (unit == NULL)
		return value_fail(err, 0,
		    "\"%.80s\" is not a size; write a whole number of bytes, "
		    "or one with K, M, G or T",
		    text);
	return value_multiply(text, number, unit->factor, ret, err);
}

static const char *
value_format_unit(
    const struct value_unit *units, int64_t number, char buf[VALUE_TEXT_MAX])
{
	while (number % units->factor != 0)
		units++;
	snprintf(buf, VALUE_TEXT_MAX, "%" PRId64 "%s", number / units->factor,
	    units->name);
	return buf;
}

const char *
value_format_duration(int64_t ms, char buf[VALUE_TEXT_MAX])
{
	if (ms == 0)
		return strcpy(buf, "0");
	return value_format_unit(durations, ms, buf);
}

const char *
value_format_size(int64_t bytes, char buf[VALUE_TEXT_MAX])
{
	if (bytes == 0)
		return strcpy(buf, "0");
	return value_format_unit(sizes, bytes, buf);
}

const char *
value_format_rate(const struct bucket_rate *rate, char buf[VALUE_TEXT_MAX])
{
	const struct value_unit *unit = durations;
	int len;

	while ((uint64_t)unit->factor * VALUE_NS_PER_MS != rate->period_ns)
		unit++;
	len = snprintf(
	    buf, VALUE_TEXT_MAX, "%" PRIu32 "/%s", rate->count, unit->name);
	if (rate->burst != rate->count)
		snprintf(buf + len, VALUE_TEXT_MAX - (size_t)len,
		    " burst %" PRIu32, rate->burst);
	return buf;
}

/* The words behind the period: nothing, or `burst N`. */
static int
value_parse_burst(
    const char *text, const char *rest, int64_t *ret, struct value_error *err)
{
	const char *end;
	int error;

	if (*rest == '\0')
		return 0;
	if (*rest != ' ' && *rest != '\t')
		return value_fail(err, 0,
		    "\"%.80s\" is not a rate; its period is one of s, m, h, d",
		    text);
	rest += strspn(rest, " \t");
	if (strncmp(rest, "burst", 5) != 0 || strcspn(rest, " \t") != 5)
		return value_fail(err, (size_t)(rest - text),
		    "\"%.80s\" is not understood after the rate; write "
		    "burst N",
		    rest);
	rest += 5;
	rest += strspn(rest, " \t");
	error = value_parse_count(rest, ret, &end, err);
	if (error != 0)
		return error;
	if (*end != '\0')
		return value_fail(err, 0, "\"%.80s\" is not a number", rest);
	return 0;
}

int
value_parse_rate(
    const char *text, struct bucket_rate *ret, struct value_error *err)
{
	const struct value_unit *unit;
	const char *rest;
	char period[2] = "";
	int64_t count, burst;
	uint64_t period_ns;
	int error = value_parse_count(text, &count, &rest, err);

	if (error != 0)
		return error;
	if (*rest == '/' && rest[1] != '\0')
		period[0] = rest[1];
	unit = value_find_unit(durations, period);
	if (unit == NULL)
		return value_fail(err, 0,
		    "\"%.80s\" is not a rate; write one such as 100/s, 20/m, "
		    "5/h or 1/d",
		    text);
	burst = count;
	error = value_parse_burst(text, rest + 2, &burst, err);
	if (error != 0)
		return error;
	if (count < 1 || count > UINT32_MAX || burst < 1 || burst > UINT32_MAX)
		return value_fail(err, 0,
		    "a rate and its burst are from 1 to %" PRIu32, UINT32_MAX);
	/* The bucket reckons in nanoseconds and 64 bits. */
	period_ns = (uint64_t)unit->factor * VALUE_NS_PER_MS;
	if ((uint64_t)burst > 3650 * VALUE_NS_PER_DAY / period_ns * count)
		return value_fail(err, 0,
		    "a burst of %" PRId64 " would take more than ten years to "
		    "refill",
		    burst);
	ret->count = (uint32_t)count;
	ret->burst = (uint32_t)burst;
	ret->period_ns = period_ns;
	return 0;
}
