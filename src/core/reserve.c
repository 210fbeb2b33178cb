/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Descriptors and memory that are kept for bad times. Nothing else happens to
 * them.
 */
#include "reserve.h"

#include <ev.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* libev has one allocator a process, without an argument. */
static void *reserve_memory = MAP_FAILED;
static size_t reserve_size;

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

bool
reserve_has_memory(void)
{
	for (size_t size = RESERVE_MEMORY;
	     reserve_memory == MAP_FAILED && size >= RESERVE_MEMORY_MIN;
	     size /= 2) {
		reserve_memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		reserve_size = size;
	}
	return reserve_memory != MAP_FAILED;
}

void
reserve_free_memory(void)
{
	if (reserve_memory != MAP_FAILED)
		munmap(reserve_memory, reserve_size);
	reserve_memory = MAP_FAILED;
}

/* As ev_set_allocator() wants it: realloc(3), but size 0 is free(3). */
static void *
reserve_realloc(void *old, long size)
{
	void *memory;

	if (size == 0) {
		free(old);
		return NULL;
	}
	memory = realloc(old, (size_t)size);
	if (memory != NULL || reserve_memory == MAP_FAILED)
		return memory;
	reserve_free_memory();
	return realloc(old, (size_t)size);
}

void
reserve_serve_loop(void)
{
	(void)reserve_has_memory(); /* asked again before it matters */
	ev_set_allocator(reserve_realloc);
}
