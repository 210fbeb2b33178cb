/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Which entry of a list decides about a uid, or a gid. Private to admit.
 */
#ifndef EVINETD_ADMIT_ACCESS_IDS_H
#define EVINETD_ADMIT_ACCESS_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access_id {
	uint32_t id;
	uint32_t entry; /* its place in the list, for the caller */
	bool deny;
};

/* Sorts them; of equal ones only the one that decides is kept: the first, in
 * the list, that denies, or else the first. Returns how many are left. */
size_t access_ids_sort(struct access_id *ids, size_t count);

/* NULL when it is not there. */
const struct access_id *
access_ids_find(const struct access_id *ids, size_t count, uint32_t id);

#endif
