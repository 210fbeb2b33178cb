/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What clients cannot use up. A few descriptors: they are open, on /dev/null,
 * until something that must not fail for want of one needs them. As they are
 * files of their own they help with a full system table (ENFILE), too. And
 * address space for the event loop, which has no way to do without memory and
 * would end the process. Private to core.
 */
#ifndef EVINETD_CORE_RESERVE_H
#define EVINETD_CORE_RESERVE_H

#include <stdbool.h>

#define RESERVE_SIZE 8

/* The loop's largest table has 16 bytes for the highest descriptor, and doubles
 * when it grows. Never touched, so it costs nothing. What was lent once may
 * stay in use: less than all of it is a reserve, too. */
#define RESERVE_MEMORY	   (4 * 1024 * 1024)
#define RESERVE_MEMORY_MIN (128 * 1024)

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

/* From now on what the loop needs comes from the reserve, when there is no
 * other memory. Before there is a loop. */
void reserve_serve_loop(void);

/* Whether the reserve of memory is there, or can be had again: nothing may be
 * begun without it for which the loop may have to grow. */
bool reserve_has_memory(void);
void reserve_free_memory(void);

#endif
