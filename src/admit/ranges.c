/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Disjoint ranges by a sweep: from the lowest address to the highest, with a
 * stack of the prefixes that are open there. Two prefixes are disjoint, or one
 * lies in the other, so the innermost open one is the top of the stack, and
 * the longest match.
 */
#include "ranges.h"

#include <stdlib.h>

/* Distinct prefixes that lie in each other: one of each length. */
#define RANGES_DEPTH 129

struct ranges_sweep {
	const struct ranges_prefix *open[RANGES_DEPTH];
	size_t depth;
	/* The last one, until it is known that it is not empty. */
	struct ranges_range pending;
	size_t count;
	void (*range_cb)(void *arg, const struct ranges_range *range);
	void *arg;
};

static int
ranges_compare_cb(const void *a, const void *b)
{
	const struct ranges_prefix *x = a, *y = b;

	if (x->hi != y->hi)
		return x->hi < y->hi ? -1 : 1;
	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	if (x->deny != y->deny)
		return x->deny ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

void
ranges_sort(struct ranges_prefix *prefixes, size_t count)
{
	if (count > 0)
		qsort(prefixes, count, sizeof(*prefixes), ranges_compare_cb);
}

static void
ranges_emit(struct ranges_sweep *s)
{
	s->count++;
	if (s->range_cb != NULL)
		s->range_cb(s->arg, &s->pending);
}

/* From here on the top of the stack decides. */
static void
ranges_begin(struct ranges_sweep *s, uint64_t hi, uint64_t lo)
{
	if (hi != s->pending.hi || lo != s->pending.lo)
		ranges_emit(s);
	s->pending = (struct ranges_range){
		.hi = hi,
		.lo = lo,
		.entry =
		    s->depth > 0 ? s->open[s->depth - 1]->entry : RANGES_NONE,
	};
}

static void
ranges_find_last(
    const struct ranges_prefix *p, uint64_t *ret_hi, uint64_t *ret_lo)
{
	*ret_hi = p->hi | (p->bits < 64 ? UINT64_MAX >> p->bits : 0);
	*ret_lo = p->lo | (p->bits <= 64      ? UINT64_MAX
			      : p->bits < 128 ? UINT64_MAX >> (p->bits - 64)
					      : 0);
}

/* Closes the innermost prefix if it ends before that address. */
static bool
ranges_close_before(struct ranges_sweep *s, uint64_t hi, uint64_t lo)
{
	uint64_t last_hi, last_lo;

	if (s->depth == 0)
		return false;
	ranges_find_last(s->open[s->depth - 1], &last_hi, &last_lo);
	if (last_hi > hi || (last_hi == hi && last_lo >= lo))
		return false;
	s->depth--;
	ranges_begin(s, last_hi + (last_lo == UINT64_MAX), last_lo + 1);
	return true;
}

static bool
ranges_are_equal(const struct ranges_prefix *a, const struct ranges_prefix *b)
{
	return a->hi == b->hi && a->lo == b->lo && a->bits == b->bits;
}

size_t
ranges_walk(const struct ranges_prefix *prefixes, size_t count,
    void (*range_cb)(void *arg, const struct ranges_range *range), void *arg)
{
	struct ranges_sweep s = {
		.pending.entry = RANGES_NONE,
		.range_cb = range_cb,
		.arg = arg,
	};

	for (size_t i = 0; i < count; i++) {
		const struct ranges_prefix *p = &prefixes[i];

		if (i > 0 && ranges_are_equal(p, p - 1))
			continue;
		while (ranges_close_before(&s, p->hi, p->lo))
			;
		s.open[s.depth++] = p;
		ranges_begin(&s, p->hi, p->lo);
	}
	/* Those that reach the last address of all stay open. */
	while (ranges_close_before(&s, UINT64_MAX, UINT64_MAX))
		;
	ranges_emit(&s);
	return s.count;
}
