/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Resource limits: SOFT or SOFT:HARD, for setrlimit(2). */
#ifndef EVINETD_CONFIG_LIMIT_H
#define EVINETD_CONFIG_LIMIT_H

#include "value.h"

#include <evinetd/config/config.h>

enum limit_unit {
	LIMIT_COUNT,
	LIMIT_SIZE, /* bytes, with suffixes */
	LIMIT_TIME, /* a duration of whole seconds */
};

/* Each part is a number of the unit, or `unlimited`; SOFT may not be above
 * HARD. 0, or -EINVAL with *err. */
int limit_parse(const char *text, enum limit_unit unit,
    struct config_rlimit *ret, struct value_error *err);

/* Writes what limit_parse() reads, or `default` when it is not set. */
void
limit_print(const struct config_rlimit *limit, enum limit_unit unit, FILE *out);

#endif
