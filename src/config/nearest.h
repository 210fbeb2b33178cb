/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Which known word a misspelt one was meant to be. */
#ifndef EVINETD_CONFIG_NEAREST_H
#define EVINETD_CONFIG_NEAREST_H

/* How many single changes lead from one word to the other: a letter added,
 * left out, replaced, or two neighbours swapped. Case does not count, and "-"
 * is "_". Words beyond 64 bytes are near to nothing. */
unsigned nearest_distance(const char *a, const char *b);

/* The largest distance at which `word` may be meant to be something else. */
unsigned nearest_limit(const char *word);

#endif
