/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Cuts a byte stream into lines of bounded length. Pure; holds at most one
 * unfinished line.
 */
#ifndef EVINETD_BASE_LINES_H
#define EVINETD_BASE_LINES_H

#include <stddef.h>

/* A longer line comes in pieces of this many bytes. */
#define LINES_MAX 1024

struct lines {
	size_t used;
	char buf[LINES_MAX];
};

/* The line without its newline (and without a carriage return before it);
 * not NUL-terminated, valid during the call. */
typedef void lines_cb(void *arg, const char *line, size_t len);

void lines_init(struct lines *l);

/* Calls cb for each line that data completes. */
void lines_feed(
    struct lines *l, const char *data, size_t len, lines_cb *cb, void *arg);

/* Calls cb for a last line that had no newline, if there is one. */
void lines_flush(struct lines *l, lines_cb *cb, void *arg);

#endif
