/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The daemon's log as it grows, in its text format. A line is looked for by
 * its event and by whole fields, in any order:
 *
 *	journal_wait(h, JOURNAL("end", "service=echo", "status=0"));
 *
 * "dropped=" matches that field with any value.
 */
#ifndef EVINETD_TESTS_JOURNAL_H
#define EVINETD_TESTS_JOURNAL_H

#include "harness.h"

#define JOURNAL(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Waits for such a line and returns the first one. It stays until the next
 * call. */
const char *journal_wait(struct harness *h, const char *const *what);
/* The same for the count-th such line, from 1. */
const char *
journal_wait_nth(struct harness *h, const char *const *what, size_t count);

/* How many such lines there are now. */
size_t journal_count(struct harness *h, const char *const *what);

/* A field of a line as text in a static buffer; fails when it is missing. */
const char *journal_field(const char *line, const char *key);
/* As a number; a unit after it is cut off. */
double journal_number(const char *line, const char *key);

/* The port of the service's first listener. */
uint16_t journal_port(struct harness *h, const char *service);

#endif
