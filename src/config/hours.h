/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A window of `active_hours`: [DAY[-DAY]/]HH:MM-HH:MM. */
#ifndef EVINETD_CONFIG_HOURS_H
#define EVINETD_CONFIG_HOURS_H

#include "value.h"

#include <evinetd/config/admission.h>

/* Days are Mon to Sun, and those on which the window begins; it may end at
 * 24:00, or on the next day. 0, or -EINVAL with *err. */
int hours_parse(
    const char *text, struct config_hours *ret, struct value_error *err);

/* Writes what the parser reads. Returns buf. */
const char *
hours_format(const struct config_hours *h, char buf[VALUE_TEXT_MAX]);

#endif
