/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* From prefixes, which may lie in each other, to disjoint ranges. Addresses
 * are 128 bits here; an IPv4 address is the first 32 of them. Private to
 * admit.
 */
#ifndef EVINETD_ADMIT_RANGES_H
#define EVINETD_ADMIT_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The entry of a range in which no prefix lies. */
#define RANGES_NONE UINT32_MAX

struct ranges_prefix {
	uint64_t hi, lo; /* its first address */
	uint32_t entry;	 /* its place in the list, for the caller */
	uint8_t bits;	 /* 0 to 128 */
	bool deny;
};

/* From its first address to the next range, or to the end. */
struct ranges_range {
	uint64_t hi, lo;
	uint32_t entry; /* that decides, or RANGES_NONE */
};

/* What ranges_walk() needs: prefixes before those that lie in them, and of
 * equal ones first the one that decides. */
void ranges_sort(struct ranges_prefix *prefixes, size_t count);

/* Tells the ranges to the callback, if there is one, in ascending order, the
 * first of which begins at address 0. Returns how many they are: at most twice
 * the prefixes and one. */
size_t ranges_walk(const struct ranges_prefix *prefixes, size_t count,
    void (*range_cb)(void *arg, const struct ranges_range *range), void *arg);

#endif
