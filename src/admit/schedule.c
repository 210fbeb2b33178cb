/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* active_hours, on the clock on the wall: where it is put forward or back, so
 * are the hours. A window over midnight belongs to the day on which it begins.
 */
#include "schedule.h"

static bool
schedule_has_day(const struct config_hours *h, int day)
{
	return (h->days & (1U << day)) != 0;
}

static bool
schedule_holds(const struct config_hours *h, int day, int minute)
{
	const int yesterday = (day + 6) % 7;

	if (h->from < h->to)
		return schedule_has_day(h, day) && minute >= h->from &&
		       minute < h->to;
	return (schedule_has_day(h, day) && minute >= h->from) ||
	       (schedule_has_day(h, yesterday) && minute < h->to);
}

bool
schedule_is_open(const struct config_hours *hours, size_t count, time_t now)
{
	struct tm tm;

	if (count == 0)
		return true;
	if (localtime_r(&now, &tm) == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (schedule_holds(
			&hours[i], tm.tm_wday, tm.tm_hour * 60 + tm.tm_min))
			return true;
	}
	return false;
}
