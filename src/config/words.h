/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Words as a shell splits them (POSIX.1-2024, XCU 2.2), without expansions:
 * '...', "..." (where a backslash quotes \ " $ ` and newline), \x, and
 * $'...' with \n \t \r \\ \' \" and \xHH. What is outside of quotes and could
 * mean something else to a shell, such as $ * |, is plain text here.
 */
#ifndef EVINETD_CONFIG_WORDS_H
#define EVINETD_CONFIG_WORDS_H

#include "value.h"

#include <stdio.h>

/* A word is at most so many bytes, so that it can be written, quoted, on one
 * line of a file. */
#define WORDS_MAX 16000

/* Reads the next word; *at is where to begin (0 at first) and is moved behind
 * it, *ret_start is where the word begins. *ret is the caller's to free, or
 * NULL when there is no more. 0, -EINVAL with *err, or -ENOMEM. */
int words_next(const char *text, size_t *at, char **ret, size_t *ret_start,
    struct value_error *err);

/* Writes the word so that words_next() reads the same, quoted only if that is
 * needed. */
void words_print(const char *word, FILE *out);

/* The first % sequence of the word whose letter is one of these, or NULL. */
const char *words_find_percent(const char *word, const char *letters);

/* Checks the % sequences of a handler's argument: %r %p %l %s %c and %%. */
int words_check_percent(const char *word, struct value_error *err);

#endif
