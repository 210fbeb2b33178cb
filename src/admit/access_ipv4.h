/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Which entry of a list decides about an IPv4 address. Private to admit.
 */
#ifndef EVINETD_ADMIT_ACCESS_IPV4_H
#define EVINETD_ADMIT_ACCESS_IPV4_H

#include "ranges.h"

struct access_ipv4_range {
	uint32_t first; /* address, in host byte order */
	uint32_t entry;
};

struct access_ipv4 {
	struct access_ipv4_range *ranges;
	size_t nranges; /* 0: the list has no such entry */
	uint32_t *index;
	unsigned bits; /* that it is indexed by, at least 1 */
};

/* Sorts the prefixes, of which it keeps none. 0 or -ENOMEM. */
int access_ipv4_init(
    struct access_ipv4 *t, struct ranges_prefix *prefixes, size_t count);
/* A table of zeros is fine. */
void access_ipv4_fini(struct access_ipv4 *t);

/* An entry, or RANGES_NONE. */
uint32_t access_ipv4_find(const struct access_ipv4 *t, uint32_t address);

/* Bytes of memory behind it. */
size_t access_ipv4_size(const struct access_ipv4 *t);

#endif
