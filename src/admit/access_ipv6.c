/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* IPv6: a static B+ tree over the first halves of the ranges' addresses,
 * without pointers: a leaf has sixteen ranges, and each level above has the
 * first key of every sixteen below. What is waited for is memory, a million
 * prefixes being some 25 MB: this waits about twice, for a leaf and for the
 * level above it, however the list is spread over the address space, which is
 * mostly empty.
 *
 * The second halves decide only where ranges begin within one /64, and need no
 * memory where none does.
 */
#include "access_ipv6.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ACCESS_IPV6_CACHE_LINE 64

static size_t
access_ipv6_blocks(size_t count)
{
	return (count + ACCESS_IPV6_BLOCK - 1) / ACCESS_IPV6_BLOCK;
}

static struct access_ipv6_leaf *
access_ipv6_leaf(const struct access_ipv6 *t, size_t range)
{
	return &t->leaves[range / ACCESS_IPV6_BLOCK];
}

static uint64_t
access_ipv6_hi(const struct access_ipv6 *t, size_t range)
{
	return access_ipv6_leaf(t, range)->hi[range % ACCESS_IPV6_BLOCK];
}

static void
access_ipv6_add_cb(void *arg, const struct ranges_range *range)
{
	struct access_ipv6 *t = arg;
	struct access_ipv6_leaf *leaf = access_ipv6_leaf(t, t->nranges);

	leaf->hi[t->nranges % ACCESS_IPV6_BLOCK] = range->hi;
	leaf->entries[t->nranges % ACCESS_IPV6_BLOCK] = range->entry;
	if (t->lo != NULL)
		t->lo[t->nranges] = range->lo;
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
access_ipv6_measure(struct access_ipv6 *t, size_t nleaves)
{
	size_t total = 0;

	for (size_t count = nleaves; count > 1;
	     count = access_ipv6_blocks(count)) {
		t->counts[t->nlevels++] = count;
		total += access_ipv6_blocks(count) * ACCESS_IPV6_BLOCK;
	}
	return total;
}

static int
access_ipv6_allocate_levels(struct access_ipv6 *t, size_t nleaves)
{
	const size_t total = access_ipv6_measure(t, nleaves);
	uint64_t *level;

	if (total == 0)
		return 0;
	t->keys =
	    aligned_alloc(ACCESS_IPV6_CACHE_LINE, total * sizeof(*t->keys));
	if (t->keys == NULL)
		return -ENOMEM;
	memset(t->keys, 0xff, total * sizeof(*t->keys));
	level = t->keys;
	for (unsigned i = 0; i < t->nlevels; i++) {
		t->levels[i] = level;
		level += access_ipv6_blocks(t->counts[i]) * ACCESS_IPV6_BLOCK;
	}
	return 0;
}

/* What pads a block counts as an address beyond all others. */
static int
access_ipv6_allocate(struct access_ipv6 *t, size_t nranges, bool within)
{
	const size_t nleaves = access_ipv6_blocks(nranges);

	t->leaves =
	    aligned_alloc(ACCESS_IPV6_CACHE_LINE, nleaves * sizeof(*t->leaves));
	if (t->leaves == NULL)
		return -ENOMEM;
	memset(t->leaves, 0xff, nleaves * sizeof(*t->leaves));
	if (within) {
		t->lo = calloc(nranges, sizeof(*t->lo));
		if (t->lo == NULL)
			return -ENOMEM;
	}
	return access_ipv6_allocate_levels(t, nleaves);
}

static void
access_ipv6_fill_levels(struct access_ipv6 *t)
{
	for (unsigned level = 0; level < t->nlevels; level++)
		for (size_t i = 0; i < t->counts[level]; i++)
			t->levels[level][i] =
			    level == 0
				? t->leaves[i].hi[0]
				: t->levels[level - 1][i * ACCESS_IPV6_BLOCK];
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
	access_ipv6_fill_levels(t);
	return 0;
}

void
access_ipv6_fini(struct access_ipv6 *t)
{
	free(t->leaves);
	free(t->lo);
	free(t->keys);
	*t = (struct access_ipv6){ 0 };
}

/* The last of a block's keys, and of all of them, that is not beyond hi. There
 * is one, since the first range begins at 0; and at the very last /64 what pads
 * the block must not count. */
static size_t
access_ipv6_choose(const uint64_t keys[ACCESS_IPV6_BLOCK], uint64_t hi,
    size_t block, size_t count)
{
	size_t reached = 0;

	for (unsigned i = 0; i < ACCESS_IPV6_BLOCK; i++)
		reached += keys[i] <= hi;
	reached += block * ACCESS_IPV6_BLOCK;
	return (reached < count ? reached : count) - 1;
}

/* The last range whose first half is not beyond hi. */
static size_t
access_ipv6_descend(const struct access_ipv6 *t, uint64_t hi)
{
	size_t at = 0;

	for (unsigned level = t->nlevels; level-- > 0;)
		at = access_ipv6_choose(
		    &t->levels[level][at * ACCESS_IPV6_BLOCK], hi, at,
		    t->counts[level]);
	/* They are needed next; now they come together with the keys. */
	__builtin_prefetch(t->leaves[at].entries);
	return access_ipv6_choose(t->leaves[at].hi, hi, at, t->nranges);
}

static bool
access_ipv6_is_beyond(
    const struct access_ipv6 *t, size_t range, uint64_t hi, uint64_t lo)
{
	return access_ipv6_hi(t, range) == hi && t->lo[range] > lo;
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
	return access_ipv6_leaf(t, range)->entries[range % ACCESS_IPV6_BLOCK];
}

size_t
access_ipv6_size(const struct access_ipv6 *t)
{
	size_t size = access_ipv6_blocks(t->nranges) * sizeof(*t->leaves);

	for (unsigned i = 0; i < t->nlevels; i++)
		size += access_ipv6_blocks(t->counts[i]) * ACCESS_IPV6_BLOCK *
			sizeof(*t->keys);
	return t->lo != NULL ? size + t->nranges * sizeof(*t->lo) : size;
}
