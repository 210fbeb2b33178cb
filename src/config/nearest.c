/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The distance between two words, for hints in messages: "optimal string
 * alignment", that is Levenshtein's distance with swapped neighbours as one
 * change. Pure; the words are short, so three rows of the table are enough.
 */
#include "nearest.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define NEAREST_MAX 64

static int
nearest_fold(char c)
{
	return c == '-' ? '_' : tolower((unsigned char)c);
}

static unsigned
nearest_min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned
nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][NEAREST_MAX + 1];
	const size_t alen = strlen(a), blen = strlen(b);

	if (alen > NEAREST_MAX || blen > NEAREST_MAX)
		return UINT_MAX;
	for (unsigned j = 0; j <= blen; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= alen; i++) {
		const unsigned *before = rows[(i + 1) % 3];
		const unsigned *above = rows[(i - 1) % 3];
		unsigned *row = rows[i % 3];

		row[0] = i;
		for (unsigned j = 1; j <= blen; j++) {
			const int x = nearest_fold(a[i - 1]);
			const int y = nearest_fold(b[j - 1]);

			row[j] = above[j - 1] + (x != y);
			row[j] = nearest_min(row[j], above[j] + 1);
			row[j] = nearest_min(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && x == nearest_fold(b[j - 2]) &&
			    y == nearest_fold(a[i - 2]))
				row[j] = nearest_min(row[j], before[j - 2] + 1);
		}
	}
	return rows[alen % 3][blen];
}

unsigned
nearest_limit(const char *word)
{
	const size_t len = strlen(word);

	return len < 6 ? 1 : (unsigned)(len + 2) / 4;
}
