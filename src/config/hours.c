/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Windows of time within a week. A slash joins days and times, so that a
 * window has no blank and no comma, and lists of them are lists like others.
 * Pure.
 */
#include "hours.h"

#include <stdio.h>
#include <string.h>

#define HOURS_DAYS     7
#define HOURS_ALL_DAYS 0x7f
#define HOURS_END      1440 /* 24:00 */

/* In the order of tm_wday. */
static const char hours_names[HOURS_DAYS][4] = { "Sun", "Mon", "Tue", "Wed",
	"Thu", "Fri", "Sat" };

/* These move *text behind what they have read. */
static bool
hours_read_day(const char **text, unsigned *ret)
{
	for (unsigned day = 0; day < HOURS_DAYS; day++) {
		if (strncmp(*text, hours_names[day], 3) != 0)
			continue;
		*ret = day;
		*text += 3;
		return true;
	}
	return false;
}

static bool
hours_read_char(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool
hours_read_number(const char **text, unsigned *ret)
{
	if (strspn(*text, "0123456789") != 2)
		return false;
	*ret = (unsigned)((*text)[0] - '0') * 10 + (unsigned)((*text)[1] - '0');
	*text += 2;
	return true;
}

static bool
hours_read_time(const char **text, uint16_t *ret)
{
	unsigned hour, minute;

	if (!hours_read_number(text, &hour) || !hours_read_char(text, ':') ||
	    !hours_read_number(text, &minute) || minute > 59 ||
	    hour * 60 + minute > HOURS_END)
		return false;
	*ret = (uint16_t)(hour * 60 + minute);
	return true;
}

/* Nothing is every day; Fri-Mon goes over the end of the week. */
static bool
hours_read_days(const char **text, uint8_t *ret)
{
	unsigned day, last;

	*ret = HOURS_ALL_DAYS;
	if (!hours_read_day(text, &day))
		return true;
	last = day;
	if (hours_read_char(text, '-') && !hours_read_day(text, &last))
		return false;
	*ret = (uint8_t)(1U << day);
	for (; day != last; *ret |= (uint8_t)(1U << day))
		day = (day + 1) % HOURS_DAYS;
	return hours_read_char(text, '/');
}

int
hours_parse(const char *text, struct config_hours *ret, struct value_error *err)
{
	const char *rest = text;
	struct config_hours h;

	if (!hours_read_days(&rest, &h.days) ||
	    !hours_read_time(&rest, &h.from) || !hours_read_char(&rest, '-') ||
	    !hours_read_time(&rest, &h.to) || *rest != '\0')
		return value_fail(err, 0,
		    "\"%.80s\" is not a window of time; write it such as "
		    "08:00-18:00, Mon-Fri/08:00-18:00 or Sat/22:00-06:00, "
		    "without a blank",
		    text);
	if (h.from == HOURS_END)
		return value_fail(err, 0,
		    "\"%.80s\" begins at 24:00; write 00:00, and the next day "
		    "if there is one",
		    text);
	if (h.from == h.to)
		return value_fail(err, 0,
		    "\"%.80s\" ends when it begins; write 00:00-24:00 for a "
		    "whole day",
		    text);
	*ret = h;
	return 0;
}

static bool
hours_has_day(const struct config_hours *h, unsigned day)
{
	return (h->days & 1U << day % HOURS_DAYS) != 0;
}

const char *
hours_format(const struct config_hours *h, char buf[VALUE_TEXT_MAX])
{
	unsigned first = 0, last, len = 0;

	if (h->days != HOURS_ALL_DAYS) {
		while (!hours_has_day(h, first) ||
		       hours_has_day(h, first + HOURS_DAYS - 1))
			first++;
		last = first;
		while (hours_has_day(h, last + 1))
			last++;
		len = (unsigned)snprintf(buf, VALUE_TEXT_MAX, "%s%s%s/",
		    hours_names[first], last == first ? "" : "-",
		    last == first ? "" : hours_names[last % HOURS_DAYS]);
	}
	snprintf(buf + len, VALUE_TEXT_MAX - len, "%02u:%02u-%02u:%02u",
	    h->from / 60U, h->from % 60U, h->to / 60U, h->to % 60U);
	return buf;
}
