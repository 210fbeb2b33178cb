/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Hours of the week. Private to admit. */
#ifndef EVINETD_ADMIT_SCHEDULE_H
#define EVINETD_ADMIT_SCHEDULE_H

#include <evinetd/config/admission.h>

#include <stdbool.h>
#include <time.h>

/* Whether the moment lies in one of the windows, in local time. Without
 * windows it always does. */
bool
schedule_is_open(const struct config_hours *hours, size_t count, time_t now);

#endif
