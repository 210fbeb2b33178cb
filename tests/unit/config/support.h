/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What the tests of the config layer share: a folder of their own to write
 * files to, and loads whose messages come back as one string.
 */
#ifndef EVINETD_TESTS_CONFIG_SUPPORT_H
#define EVINETD_TESTS_CONFIG_SUPPORT_H

#include "../cm.h"

#include <evinetd/config/config.h>

/* Group set-up and teardown: makes a folder and goes there, and removes it.
 * File names in tests are therefore relative and short. */
int support_enter_folder(void **state);
int support_leave_folder(void **state);

void support_write_bytes(const char *name, const void *bytes, size_t size);
void support_write(const char *name, const char *text);

/* Writes the text to t.ini and loads that; it must be right. */
struct config *support_load(const char *text);

/* What config_load() says about t.ini with that text, or about a file that is
 * there; fails the test when it says nothing. To be freed. */
char *support_complaints(const char *text);
char *support_complaints_of(const char *name);

/* The complaints are exactly these lines. */
void support_expect(const char *text, const char *complaints);

/* The complaints have this text somewhere in them. */
void support_expect_part(const char *text, const char *part);

/* What config_dump() writes; to be freed. */
char *support_dump(const struct config *c);

/* The same for two dumps, but for their comments. */
void support_assert_same_dump(const char *a, const char *b);

#endif
