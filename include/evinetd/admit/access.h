/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Access lists: who may enter at all. A list is compiled to sorted, disjoint
 * ranges, each with the entry that decides there, so that a decision is a
 * search in an array however long the list was. Pure.
 *
 * Memory, beside that of the configuration: 18 bytes at most for an IPv4
 * prefix; for an IPv6 prefix 27, or 43 in a list with one longer than /64.
 * While a list is compiled, 48 bytes a prefix more.
 *
 * The longest matching prefix decides, and of two equal ones the one that
 * denies. For the peer of a Unix socket its uid decides, then the groups that
 * it is in. Where no entry matches, all may enter if nothing is allowed
 * explicitly, and nobody otherwise; a peer of a family that lists have no word
 * for (vsock) is judged so, too.
 */
#ifndef EVINETD_ADMIT_ACCESS_H
#define EVINETD_ADMIT_ACCESS_H

#include <evinetd/base/addr.h>
#include <evinetd/config/admission.h>

#include <stdbool.h>
#include <sys/types.h>

/* Who knocks. An IPv4-mapped address has been unmapped (addr_unmap()). */
struct access_peer {
	const struct addr *addr;
	uid_t uid; /* of a Unix-socket peer, with all its groups */
	const gid_t *gids;
	size_t ngids;
};

struct access_verdict {
	bool allowed;
	const struct config_access *entry; /* that decides; NULL: none does */
	const char *file;		   /* that it stands in */
};

struct access;

/* The list must outlive it. 0 or -ENOMEM. A list that cannot refuse anybody
 * needs no memory: *ret is NULL then, which allows everybody. A rule that
 * allows and has no entries (an empty allow_file) still refuses all. */
int access_new(const struct config_access_list *list, struct access **ret);
void access_free(struct access *a);

/* Whether the groups of Unix-socket peers have to be known. */
bool access_has_groups(const struct access *a);

struct access_verdict
access_decide(const struct access *a, const struct access_peer *peer);

/* Bytes of memory that it takes. */
size_t access_size(const struct access *a);

/* "192.0.2.0/24", "uid:0": as it would be written. Returns buf. */
#define ACCESS_TEXT_MAX 64
const char *
access_format(const struct config_access *entry, char *buf, size_t size);

#endif
