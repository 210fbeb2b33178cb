/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Which entry of a list decides about an IPv6 address. Private to admit.
 */
#ifndef EVINETD_ADMIT_ACCESS_IPV6_H
#define EVINETD_ADMIT_ACCESS_IPV6_H

#include "ranges.h"

/* Enough for 8^11 ranges, more than there are entries. */
#define ACCESS_IPV6_LEVELS 11

struct access_ipv6 {
	size_t nranges;			  /* 0: the list has no such entry */
	uint64_t *keys;			  /* all levels */
	uint64_t *hi[ACCESS_IPV6_LEVELS]; /* a level; the first is the ranges */
	size_t counts[ACCESS_IPV6_LEVELS];
	unsigned nlevels;
	uint64_t *lo; /* of the ranges; NULL when all are 0 */
	uint32_t *entries;
};

/* Sorts the prefixes, of which it keeps none. 0 or -ENOMEM. */
int access_ipv6_init(
    struct access_ipv6 *t, struct ranges_prefix *prefixes, size_t count);
/* A table of zeros is fine. */
void access_ipv6_fini(struct access_ipv6 *t);

/* An entry, or RANGES_NONE. */
uint32_t
access_ipv6_find(const struct access_ipv6 *t, uint64_t hi, uint64_t lo);

/* Bytes of memory behind it. */
size_t access_ipv6_size(const struct access_ipv6 *t);

#endif
