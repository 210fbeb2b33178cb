/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A record as text. Private to the log; pure.
 */
#ifndef EVINETD_LOG_FORMAT_H
#define EVINETD_LOG_FORMAT_H

#include <evinetd/base/log.h>

/* Both return a line of at most size bytes; where that is too short for all
 * of it, the longest values are cut, and end in "...". */

/* "TIME event key=value ...\n"; now_ms -1: without the time. */
size_t log_format_text(
    const struct log_record *r, int64_t now_ms, char *line, size_t size);

/* {"time":...,"level":...,"event":...,...}\n */
size_t log_format_json(
    const struct log_record *r, int64_t now_ms, char *line, size_t size);

#endif
