/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Which entry of a list decides about an IPv6 address. Private to admit.
 */
#ifndef EVINETD_ADMIT_ACCESS_IPV6_H
#define EVINETD_ADMIT_ACCESS_IPV6_H

#include "ranges.h"

#define ACCESS_IPV6_BLOCK  16
#define ACCESS_IPV6_LEVELS 8 /* for 16^8 leaves */

/* Ranges by the first halves of their first addresses. */
struct access_ipv6_leaf {
	uint64_t hi[ACCESS_IPV6_BLOCK];
	uint32_t entries[ACCESS_IPV6_BLOCK];
};

struct access_ipv6 {
	size_t nranges; /* 0: the list has no such entry */
	struct access_ipv6_leaf *leaves;
	uint64_t *lo;	/* the second halves; NULL when all are 0 */
	uint64_t *keys; /* of all levels above the leaves */
	uint64_t *levels[ACCESS_IPV6_LEVELS]; /* the lowest first */
	size_t counts[ACCESS_IPV6_LEVELS];
	unsigned nlevels;
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
