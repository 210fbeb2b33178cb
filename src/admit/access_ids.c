/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* uid: and gid: entries. There are never many, so an array will do.
 */
#include "access_ids.h"

#include <stdlib.h>

static int
access_ids_compare_cb(const void *a, const void *b)
{
	const struct access_id *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	if (x->deny != y->deny)
		return x->deny ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

size_t
access_ids_sort(struct access_id *ids, size_t count)
{
	size_t left = 0;

	if (count == 0)
		return 0;
	qsort(ids, count, sizeof(*ids), access_ids_compare_cb);
	for (size_t i = 0; i < count; i++) {
		if (left == 0 || ids[i].id != ids[left - 1].id)
			ids[left++] = ids[i];
	}
	return left;
}

const struct access_id *
access_ids_find(const struct access_id *ids, size_t count, uint32_t id)
{
	size_t low = 0, high = count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (ids[middle].id == id)
			return &ids[middle];
		if (ids[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
