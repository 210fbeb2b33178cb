/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* IPv4: the ranges, and an index by the first bits of an address, of about a
 * slot for six ranges. What is left of the search then stays within a cache
 * line or two, where addresses are spread; in a corner that is listed densely
 * it is a binary search.
 */
#include "access_ipv4.h"

#include <errno.h>
#include <stdlib.h>

/* Address bits that are left for a slot. */
#define ACCESS_IPV4_SHIFT(t) (32 - (t)->bits)

/* Ranges a slot, as a power of two: so many at least, on average. */
#define ACCESS_IPV4_SLOT_BITS 2

static void
access_ipv4_add_cb(void *arg, const struct ranges_range *range)
{
	struct access_ipv4 *t = arg;

	t->ranges[t->nranges++] = (struct access_ipv4_range){
		.first = (uint32_t)(range->hi >> 32),
		.entry = range->entry,
	};
}

static unsigned
access_ipv4_choose_bits(size_t nranges)
{
	unsigned bits = 1;

	while (nranges >> (bits + 1 + ACCESS_IPV4_SLOT_BITS) > 0)
		bits++;
	return bits;
}

/* index[i] is the range of the first address of slot i; behind the last slot
 * there is the last range. */
static void
access_ipv4_fill_index(struct access_ipv4 *t)
{
	const size_t slots = (size_t)1 << t->bits;
	size_t range = 0;

	for (size_t i = 0; i < slots; i++) {
		const uint64_t first = (uint64_t)i << ACCESS_IPV4_SHIFT(t);

		while (range + 1 < t->nranges &&
		       t->ranges[range + 1].first <= first)
			range++;
		t->index[i] = (uint32_t)range;
	}
	t->index[slots] = (uint32_t)(t->nranges - 1);
}

int
access_ipv4_init(
    struct access_ipv4 *t, struct ranges_prefix *prefixes, size_t count)
{
	*t = (struct access_ipv4){ .bits = 1 };
	if (count == 0)
		return 0;
	ranges_sort(prefixes, count);

	const size_t nranges = ranges_walk(prefixes, count, NULL, NULL);

	t->bits = access_ipv4_choose_bits(nranges);
	t->ranges = calloc(nranges, sizeof(*t->ranges));
	t->index = calloc(((size_t)1 << t->bits) + 1, sizeof(*t->index));
	if (t->ranges == NULL || t->index == NULL) {
		access_ipv4_fini(t);
		return -ENOMEM;
	}
	(void)ranges_walk(prefixes, count, access_ipv4_add_cb, t); /* nranges */
	access_ipv4_fill_index(t);
	return 0;
}

void
access_ipv4_fini(struct access_ipv4 *t)
{
	free(t->ranges);
	free(t->index);
	*t = (struct access_ipv4){ .bits = 1 };
}

uint32_t
access_ipv4_find(const struct access_ipv4 *t, uint32_t address)
{
	if (t->nranges == 0)
		return RANGES_NONE;

	const uint32_t *slot = &t->index[address >> ACCESS_IPV4_SHIFT(t)];
	const struct access_ipv4_range *at = &t->ranges[slot[0]];
	size_t left = slot[1] - slot[0] + 1;

	/* A form that compilers make without a branch on what is compared: it
	 * could not be predicted. */
	while (left > 1) {
		const size_t half = left / 2;

		at = at[half].first <= address ? at + half : at;
		left -= half;
	}
	return at->entry;
}

size_t
access_ipv4_size(const struct access_ipv4 *t)
{
	if (t->nranges == 0)
		return 0;
	return t->nranges * sizeof(*t->ranges) +
	       (((size_t)1 << t->bits) + 1) * sizeof(*t->index);
}
