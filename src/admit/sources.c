/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The table of sources, one a service. Pure mechanism: it counts, and decides
 * nothing.
 */
#include <evinetd/admit/sources.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* uthash ends the process when memory runs out, unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct sources_entry {
	struct source source;
	unsigned count;
	UT_hash_handle hh;
};

struct sources {
	struct sources_entry *entries;
};

static void
source_cut(uint8_t *bytes, size_t size, unsigned prefix)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned first = (unsigned)i * 8;

		if (first >= prefix)
			bytes[i] = 0;
		else if (first + 8 > prefix)
			bytes[i] &= (uint8_t)(0xff << (first + 8 - prefix));
	}
}

void
source_from_client(const struct client *c, struct source *ret)
{
	const struct addr *a = &c->peer;

	memset(ret, 0, sizeof(*ret));
	ret->family = (uint32_t)addr_family(a);
	switch (addr_family(a)) {
	case AF_INET:
		memcpy(ret->bytes, &a->u.in4.sin_addr, 4);
		source_cut(ret->bytes, 4, SOURCE_PREFIX_IPV4);
		break;
	case AF_INET6:
		memcpy(ret->bytes, &a->u.in6.sin6_addr, 16);
		source_cut(ret->bytes, 16, SOURCE_PREFIX_IPV6);
		break;
	case AF_VSOCK:
		memcpy(ret->bytes, &a->u.vm.svm_cid, sizeof(unsigned));
		break;
	default:
		memcpy(ret->bytes, &c->cred.uid, sizeof(uid_t));
		break;
	}
}

struct sources *
sources_new(void)
{
	return calloc(1, sizeof(struct sources));
}

void
sources_free(struct sources *t)
{
	struct sources_entry *e, *next;

	if (t == NULL)
		return;
	HASH_ITER (hh, t->entries, e, next) {
		HASH_DEL(t->entries, e);
		free(e);
	}
	free(t);
}

static struct sources_entry *
sources_find(struct sources *t, const struct source *s)
{
	struct sources_entry *e;

	HASH_FIND(hh, t->entries, s, sizeof(*s), e);
	return e;
}

static struct sources_entry *
sources_add(struct sources *t, const struct source *s)
{
	struct sources_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->source = *s;
	HASH_ADD(hh, t->entries, source, sizeof(e->source), e);
	if (e->hh.tbl == NULL) { /* how uthash says that it had no memory */
		free(e);
		return NULL;
	}
	return e;
}

int
sources_enter(struct sources *t, const struct source *s, unsigned *ret_count)
{
	struct sources_entry *e = sources_find(t, s);

	if (e == NULL)
		e = sources_add(t, s);
	if (e == NULL)
		return -ENOMEM;
	*ret_count = ++e->count;
	return 0;
}

void
sources_leave(struct sources *t, const struct source *s)
{
	struct sources_entry *e = sources_find(t, s);

	assert(e != NULL && e->count > 0);
	if (--e->count > 0)
		return;
	HASH_DEL(t->entries, e);
	free(e);
}
