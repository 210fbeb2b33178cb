/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Files of a test's folder; the rest of it is in harness.h.
 */
#ifndef EVINETD_TESTS_FILES_H
#define EVINETD_TESTS_FILES_H

#include "harness.h"

/* text with @DIR@ and @PROBE@ replaced; the caller frees it. */
char *files_expand(const struct harness *h, const char *text);

/* rm -r; follows no links. */
void files_remove_tree(const char *path);

#endif
