/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A few descriptors that clients cannot use up: they are open, on /dev/null,
 * until something that must not fail for want of one needs them. As they are
 * files of their own they help with a full system table (ENFILE), too. Private
 * to core.
 */
#ifndef EVINETD_CORE_RESERVE_H
#define EVINETD_CORE_RESERVE_H

#define RESERVE_SIZE 8

struct reserve {
	int fds[RESERVE_SIZE]; /* -1: missing */
	int missing;
};

/* Holds nothing yet. */
void reserve_init(struct reserve *r);

/* Opens what is missing, as far as it can be had now; call it again when
 * something was freed. */
void reserve_fill(struct reserve *r);

/* Closes all, for whatever comes next. */
void reserve_lend(struct reserve *r);

#endif
