/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Descriptors that are kept for bad times. Nothing else happens to them.
 */
#include "reserve.h"

#include <fcntl.h>
#include <unistd.h>

void
reserve_init(struct reserve *r)
{
	for (int i = 0; i < RESERVE_SIZE; i++)
		r->fds[i] = -1;
	r->missing = RESERVE_SIZE;
}

void
reserve_fill(struct reserve *r)
{
	for (int i = 0; i < RESERVE_SIZE && r->missing > 0; i++) {
		if (r->fds[i] != -1)
			continue;
		r->fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (r->fds[i] == -1)
			return;
		r->missing--;
	}
}

void
reserve_lend(struct reserve *r)
{
	for (int i = 0; i < RESERVE_SIZE; i++)
		if (r->fds[i] != -1)
			close(r->fds[i]);
	reserve_init(r);
}
