/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Values as they may stand in a line, and how much of each. Private to the
 * log; pure.
 */
#ifndef EVINETD_LOG_ESCAPE_H
#define EVINETD_LOG_ESCAPE_H

#include <stddef.h>

/* The fewest bytes that a value can be cut to: "...". */
#define LOG_ESCAPE_MIN 3

/* What the next one to four bytes of a value become. */
struct log_unit {
	char out[4];
	size_t len;   /* of out */
	size_t cost;  /* in the line */
	size_t taken; /* of the value, at least 1 */
};

/* len is at least 1. */
typedef void log_unit_fn(const char *value, size_t len, struct log_unit *ret);

/* Printable ASCII as it is, a backslash doubled, \" for a quote, the rest as
 * \xHH. */
log_unit_fn log_unit_text;

/* UTF-8 (RFC 3629) as it is, other bytes and NUL as the text \xHH; it costs
 * what jansson makes of it. */
log_unit_fn log_unit_json;

/* What the whole value costs. */
size_t log_escape_cost(log_unit_fn *unit, const char *value, size_t len);

/* The value in dst, which holds four bytes for each of its own and is not
 * terminated; one that costs more than limit (at least LOG_ESCAPE_MIN) is cut
 * and ends in
 * "...". Returns the bytes used. */
size_t log_escape(
    log_unit_fn *unit, const char *value, size_t len, size_t limit, char *dst);

/* The limit that makes n values together at least excess bytes shorter, by
 * cutting the longest ones; never below LOG_ESCAPE_MIN. */
size_t log_escape_limit(const size_t *costs, size_t n, size_t excess);

/* Cuts a raw value in place to at most len bytes, "..." included, between two
 * characters. len is at most its length. Returns the new length. */
size_t log_escape_cut(char *value, size_t len);

#endif
