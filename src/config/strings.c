/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Growing arrays of strings that end in NULL, as exec takes them. Used by the
 * list types and by the loader for its file names.
 */
#include "strings.h"

#include <errno.h>
#include <stdlib.h>

int
strings_take(struct config_strings *s, char *item)
{
	char **items;

	if (item == NULL)
		return -ENOMEM;
	items = s->items;
	/* Room for a power of two, so that n appends copy O(n). */
	if ((s->count & (s->count + 1)) == 0) {
		items = realloc(items, 2 * (s->count + 1) * sizeof(*items));
		if (items == NULL) {
			free(item);
			return -ENOMEM;
		}
		s->items = items;
	}
	items[s->count++] = item;
	items[s->count] = NULL;
	return 0;
}

void
strings_fini(struct config_strings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i]);
	free(s->items);
	s->items = NULL;
	s->count = 0;
}
