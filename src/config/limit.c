/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The pairs of the limit_ keys. Pure. Whether the process may have such a
 * limit is not asked here but when the whole service is checked.
 */
#include "limit.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LIMIT_TEXT_MAX 64

static int
limit_parse_time(const char *text, int64_t *ret, struct value_error *err)
{
	int64_t ms;
	int error = value_parse_duration(text, &ms, err);

	if (error != 0)
		return error;
	if (ms % 1000 != 0)
		return value_fail(
		    err, 0, "\"%.80s\" is not a whole number of seconds", text);
	*ret = ms / 1000;
	return 0;
}

static int
limit_parse_part(const char *text, enum limit_unit unit, rlim_t *ret,
    struct value_error *err)
{
	static int (*const parse[])(
	    const char *, int64_t *, struct value_error *) = {
		[LIMIT_COUNT] = value_parse_integer,
		[LIMIT_SIZE] = value_parse_size,
		[LIMIT_TIME] = limit_parse_time,
	};
	int64_t number;
	int error;

	if (strcmp(text, "unlimited") == 0) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	error = parse[unit](text, &number, err);
	if (error != 0)
		return error;
	if (number < 0)
		return value_fail(err, 0, "%s is negative", text);
	*ret = (rlim_t)number;
	return 0;
}

int
limit_parse(const char *text, enum limit_unit unit, struct config_rlimit *ret,
    struct value_error *err)
{
	struct config_rlimit limit = { .set = true };
	const size_t len = strcspn(text, ":");
	char soft[LIMIT_TEXT_MAX];
	int error;

	if (len >= sizeof(soft))
		return value_fail(err, 0, "\"%.80s\" is not a limit", text);
	memcpy(soft, text, len);
	soft[len] = '\0';
	error = limit_parse_part(soft, unit, &limit.soft, err);
	if (error != 0)
		return error;
	if (text[len] == ':') {
		limit.hard_set = true;
		error =
		    limit_parse_part(text + len + 1, unit, &limit.hard, err);
		if (error != 0)
			return error;
		/* RLIM_INFINITY is the largest number. */
		if (limit.soft > limit.hard)
			return value_fail(err, 0,
			    "the soft limit %s is above the hard limit %.80s",
			    soft, text + len + 1);
	}
	*ret = limit;
	return 0;
}

static void
limit_print_part(rlim_t value, enum limit_unit unit, FILE *out)
{
	char text[VALUE_TEXT_MAX];

	if (value == RLIM_INFINITY)
		fputs("unlimited", out);
	else if (unit == LIMIT_COUNT)
		fprintf(out, "%ju", (uintmax_t)value);
	else if (unit == LIMIT_SIZE)
		fputs(value_format_size((int64_t)value, text), out);
	else
		fputs(value_format_duration((int64_t)value * 1000, text), out);
}

void
limit_print(const struct config_rlimit *limit, enum limit_unit unit, FILE *out)
{
	if (!limit->set) {
		fputs("default", out);
		return;
	}
	limit_print_part(limit->soft, unit, out);
	if (!limit->hard_set)
		return;
	fputc(':', out);
	limit_print_part(limit->hard, unit, out);
}

int
config_limit_resource(enum config_limit limit)
{
	static const int resources[CONFIG_NLIMITS] = {
		[CONFIG_LIMIT_NOFILE] = RLIMIT_NOFILE,
		[CONFIG_LIMIT_CPU] = RLIMIT_CPU,
		[CONFIG_LIMIT_AS] = RLIMIT_AS,
		[CONFIG_LIMIT_FSIZE] = RLIMIT_FSIZE,
		[CONFIG_LIMIT_NPROC] = RLIMIT_NPROC,
		[CONFIG_LIMIT_CORE] = RLIMIT_CORE,
		[CONFIG_LIMIT_DATA] = RLIMIT_DATA,
		[CONFIG_LIMIT_STACK] = RLIMIT_STACK,
	};

	return resources[limit];
}
