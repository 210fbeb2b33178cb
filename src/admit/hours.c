/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* active_hours, on the clock on the wall: where it is put forward or back, so
 * are the hours. A window over midnight belongs to the day on which it begins.
 */
#include "hours.h"

static bool
hours_has_day(const struct config_hours *h, int day)
{
	return (h->days & (1U << day)) != 0;
}

static bool
hours_hold(const struct config_hours *h, int day, int minute)
{
	const int yesterday = (day + 6) % 7;

	if (h->from < h->to)
		return hours_has_day(h, day) && minute >= h->from &&
		       minute < h->to;
	return (hours_has_day(h, day) && minute >= h->from) ||
	       (hours_has_day(h, yesterday) && minute < h->to);
}

bool
hours_are_open(const struct config_hours *hours, size_t count, time_t now)
{
	struct tm tm;

	if (count == 0)
		return true;
	if (localtime_r(&now, &tm) == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (hours_hold(
			&hours[i], tm.tm_wday, tm.tm_hour * 60 + tm.tm_min))
			return true;
	}
	return false;
}
