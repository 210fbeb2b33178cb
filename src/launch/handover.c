/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Prepares what a launch with LISTEN_FDS needs, so that the child only copies
 * descriptors and writes its own number.
 */
#include <evinetd/launch/handover.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
handover_set_names(struct handover *h, const char *const *names, size_t count)
{
	static const char head[] = "LISTEN_FDNAMES=";
	size_t size = sizeof(head);
	char *to;

	for (size_t i = 0; i < count; i++)
		size += strlen(names[i]) + 1;
	h->env_names = malloc(size);
	if (h->env_names == NULL)
		return -ENOMEM;
	to = stpcpy(h->env_names, head);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*to++ = ':';
		to = stpcpy(to, names[i]);
	}
	return 0;
}

void
handover_replace(struct handover *h, size_t i, int fd)
{
	h->fds[i] = fd;
	if (fd >= h->away)
		h->away = fd + 1;
}

int
handover_new(const int *fds, const char *const *names, size_t count,
    struct handover **ret)
{
	struct handover *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	h->fds = calloc(count, sizeof(h->fds[0]));
	if (h->fds == NULL || handover_set_names(h, names, count) < 0 ||
	    asprintf(&h->env_fds, "LISTEN_FDS=%zu", count) == -1) {
		handover_free(h);
		return -ENOMEM;
	}
	h->count = count;
	h->away = HANDOVER_FIRST_FD + (int)count;
	for (size_t i = 0; i < count; i++)
		handover_replace(h, i, fds[i]);
	*ret = h;
	return 0;
}

void
handover_free(struct handover *h)
{
	if (h == NULL)
		return;
	free(h->fds);
	free(h->env_fds);
	free(h->env_names);
	free(h);
}
