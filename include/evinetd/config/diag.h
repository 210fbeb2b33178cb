/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What is wrong with a configuration: `FILE:LINE: message`, all of it in one
 * run, in the order of files and lines in which it was found.
 */
#ifndef EVINETD_CONFIG_DIAG_H
#define EVINETD_CONFIG_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where a value was written. file is owned by the config (or a literal such
 * as "--set"); line 0 means the file as a whole, file NULL a default. */
struct config_origin {
	const char *file;
	unsigned line;
	bool from_defaults; /* a service's value that stands in [defaults] */
};

struct diag; /* a growing list of messages */

struct diag *diag_new(void);
void diag_free(struct diag *d);

/* Tells that the messages about this file (a copy of the name is kept) are to
 * follow those about the files told before. 0 or -ENOMEM. */
int diag_add_file(struct diag *d, const char *file);

/* Adds a message, unless the very same is there. Control characters become
 * question marks. Beyond a thousand, or without memory, it is counted only. */
void diag_add(struct diag *d, struct config_origin at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many messages there are. */
size_t diag_count(const struct diag *d);

/* How many were reported, those included that were there already. */
size_t diag_reports(const struct diag *d);

/* Writes them, a line each, in the order of files and lines. */
void diag_print(const struct diag *d, FILE *out);

#endif
