/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* IPv6: a static B+ tree over the first half of the ranges' addresses, without
 * pointers: its lowest level is the ranges, and each level above has every
 * eighth key of the one below. A step is a look at one cache line, so a
 * million prefixes are seven lines, of which the first four or five are warm;
 * and how the list is spread over the address space (which is mostly empty)
 * does not matter.
 *
 * The second half decides only where ranges begin within one /64, and needs no
 * memory where none does.
 */
#include "access_ipv6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS_IPV6_BLOCK 8 /* keys of a cache line */

static size_t
access_ipv6_blocks(size_t keys)
{
	return (keys + ACCESS_IPV6_BLOCK - 1) / ACCESS_IPV6_BLOCK;
}

static void
access_ipv6_add_cb(void *arg, const struct ranges_range *range)
{
	struct access_ipv6 *t = arg;

	t->hi[0][t->nranges] = range->hi;
	if (t->lo != NULL)
		t->lo[t->nranges] = range->lo;
	t->entries[t->nranges] = range->entry;
	t->nranges++;
}

static void
access_ipv6_see_cb(void *arg, const struct ranges_range *range)
{
	bool *within = arg;

	*within = *within || range->lo != 0;
}

/* How many keys each level has. Returns how many all have, padded. */
static size_t
access_ipv6_measure(struct access_ipv6 *t, size_t nranges)
{
	size_t count = nranges, total;

	t->counts[0] = count;
	t->nlevels = 1;
	total = access_ipv6_blocks(count) * ACCESS_IPV6_BLOCK;
	while (count > ACCESS_IPV6_BLOCK) {
		count = access_ipv6_blocks(count);
		t->counts[t->nlevels++] = count;
		total += access_ipv6_blocks(count) * ACCESS_IPV6_BLOCK;
	}
	return total;
}

static int
access_ipv6_allocate(struct access_ipv6 *t, size_t nranges, bool within)
{
	const size_t total = access_ipv6_measure(t, nranges);
	uint64_t *level;

	t->keys = aligned_alloc(
	    ACCESS_IPV6_BLOCK * sizeof(*t->keys), total * sizeof(*t->keys));
	t->entries = calloc(nranges, sizeof(*t->entries));
	if (within)
		t->lo = calloc(nranges, sizeof(*t->lo));
	if (t->keys == NULL || t->entries == NULL || (within && t->lo == NULL))
		return -ENOMEM;
	/* What pads a level counts as an address beyond all others. */
	memset(t->keys, 0xff, total * sizeof(*t->keys));
	level = t->keys;
	for (unsigned i = 0; i < t->nlevels; i++) {
		t->hi[i] = level;
		level += access_ipv6_blocks(t->counts[i]) * ACCESS_IPV6_BLOCK;
	}
	return 0;
}

int
access_ipv6_init(
    struct access_ipv6 *t, struct ranges_prefix *prefixes, size_t count)
{
	bool within = false;

	*t = (struct access_ipv6){ 0 };
	if (count == 0)
		return 0;
	ranges_sort(prefixes, count);

	const size_t nranges =
	    ranges_walk(prefixes, count, access_ipv6_see_cb, &within);
	const int error = access_ipv6_allocate(t, nranges, within);

	if (error < 0) {
		access_ipv6_fini(t);
		return error;
	}
	(void)ranges_walk(prefixes, count, access_ipv6_add_cb, t); /* nranges */
	for (unsigned level = 1; level < t->nlevels; level++)
		for (size_t i = 0; i < t->counts[level]; i++)
			t->hi[level][i] =
			    t->hi[level - 1][i * ACCESS_IPV6_BLOCK];
	return 0;
}

void
access_ipv6_fini(struct access_ipv6 *t)
{
	free(t->keys);
	free(t->lo);
	free(t->entries);
	*t = (struct access_ipv6){ 0 };
}

/* The last range whose first half is not beyond hi. There is one, since the
 * first begins at 0. */
static size_t
access_ipv6_descend(const struct access_ipv6 *t, uint64_t hi)
{
	size_t at = 0;

	for (unsigned level = t->nlevels; level-- > 0;) {
		const uint64_t *block = &t->hi[level][at * ACCESS_IPV6_BLOCK];
		unsigned reached = 0;

		for (unsigned i = 0; i < ACCESS_IPV6_BLOCK; i++)
			reached += block[i] <= hi;
		at = at * ACCESS_IPV6_BLOCK + reached - 1;
		/* What pads is reached by the very last /64. */
		if (at >= t->counts[level])
			at = t->counts[level] - 1;
	}
	return at;
}

static bool
access_ipv6_is_beyond(
    const struct access_ipv6 *t, size_t range, uint64_t hi, uint64_t lo)
{
	return t->hi[0][range] == hi && t->lo[range] > lo;
}

/* From the last range with that first half to the one that holds the address:
 * backwards in growing steps, since few begin in one /64, then by halves. */
static size_t
access_ipv6_retreat(
    const struct access_ipv6 *t, size_t range, uint64_t hi, uint64_t lo)
{
	size_t beyond = range + 1;

	for (size_t step = 1; access_ipv6_is_beyond(t, range, hi, lo);
	     step *= 2) {
		beyond = range;
		range = range > step ? range - step : 0;
	}
	while (beyond - range > 1) {
		const size_t middle = range + (beyond - range) / 2;

		if (access_ipv6_is_beyond(t, middle, hi, lo))
			beyond = middle;
		else
			range = middle;
	}
	return range;
}

uint32_t
access_ipv6_find(const struct access_ipv6 *t, uint64_t hi, uint64_t lo)
{
	if (t->nranges == 0)
		return RANGES_NONE;

	size_t range = access_ipv6_descend(t, hi);

	if (t->lo != NULL)
		range = access_ipv6_retreat(t, range, hi, lo);
	return t->entries[range];
}

size_t
access_ipv6_size(const struct access_ipv6 *t)
{
	size_t size = t->nranges * sizeof(*t->entries);

	for (unsigned i = 0; i < t->nlevels; i++)
		size += access_ipv6_blocks(t->counts[i]) * ACCESS_IPV6_BLOCK *
			sizeof(*t->keys);
	return t->lo != NULL ? size + t->nranges * sizeof(*t->lo) : size;
}
