/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The table of sources, one a service. Pure mechanism: it counts, and decides
 * nothing.
 *
 * Clients choose their addresses, so the hash is a keyed one: multilinear
 * (Lemire and Kaser, "Strongly universal string hashing is fast"), whose keys
 * are random for each table. Whoever does not know them cannot make sources
 * collide more often than by chance.
 */
#include <evinetd/admit/sources.h>

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

/* uthash ends the process when memory runs out, unless told otherwise. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define SOURCES_WORDS (sizeof(struct source) / sizeof(uint32_t))

/* Idle entries that a change looks at: more than it can add. */
#define SOURCES_EXPIRE 2

struct sources_entry {
	struct source source;
	unsigned count;
	struct bucket bucket;
	TAILQ_ENTRY(sources_entry) idle; /* while count is 0 */
	UT_hash_handle hh;
};

/* Beside the entry: what malloc adds, and uthash's share of buckets, of which
 * there are at most as many as entries. */
static_assert(
    sizeof(struct sources_entry) + sizeof(void *) + sizeof(UT_hash_bucket) <=
	SOURCES_ENTRY_SIZE,
    "the header states the size of an entry");

TAILQ_HEAD(sources_idle, sources_entry);

struct sources {
	struct sources_entry *entries;
	struct sources_idle idle; /* the longest idle first */
	size_t nidle;
	struct bucket_rate rate;
	uint64_t keys[SOURCES_WORDS + 1];
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
source_from_client(const struct client *c,
    const struct config_prefixes *prefixes, struct source *ret)
{
	const struct addr *a = &c->peer;

	memset(ret, 0, sizeof(*ret));
	ret->family = (uint32_t)addr_family(a);
	switch (addr_family(a)) {
	case AF_INET:
		memcpy(ret->bytes, &a->u.in4.sin_addr, 4);
		source_cut(ret->bytes, 4, prefixes->ipv4);
		break;
	case AF_INET6:
		memcpy(ret->bytes, &a->u.in6.sin6_addr, 16);
		source_cut(ret->bytes, 16, prefixes->ipv6);
		break;
	case AF_VSOCK:
		memcpy(ret->bytes, &a->u.vm.svm_cid, sizeof(unsigned));
		break;
	default:
		memcpy(ret->bytes, &c->cred.uid, sizeof(uid_t));
		break;
	}
}

int
sources_new(const struct bucket_rate *rate, struct sources **ret)
{
	struct sources *t = calloc(1, sizeof(*t));
	ssize_t got;

	if (t == NULL)
		return -ENOMEM;
	TAILQ_INIT(&t->idle);
	t->rate = *rate;
	/* Not cut short or interrupted below 256 bytes, see getrandom(2). */
	got = getrandom(t->keys, sizeof(t->keys), 0);
	if (got == -1) {
		const int error = -errno;

		free(t);
		return error;
	}
	*ret = t;
	return 0;
}

static void
sources_remove(struct sources *t, struct sources_entry *e)
{
	HASH_DEL(t->entries, e);
	free(e);
}

static void
sources_remove_idle(struct sources *t, struct sources_entry *e)
{
	TAILQ_REMOVE(&t->idle, e, idle);
	t->nidle--;
	sources_remove(t, e);
}

void
sources_free(struct sources *t)
{
	struct sources_entry *e, *next;

	if (t == NULL)
		return;
	HASH_ITER (hh, t->entries, e, next)
		sources_remove(t, e);
	free(t);
}

/* The upper half of a multilinear hash is strongly universal, the lower one is
 * not. */
static unsigned
sources_hash(const struct sources *t, const struct source *s)
{
	uint64_t sum = t->keys[SOURCES_WORDS];
	uint32_t words[SOURCES_WORDS];

	memcpy(words, s, sizeof(words));
	for (size_t i = 0; i < SOURCES_WORDS; i++)
		sum += t->keys[i] * words[i];
	return (unsigned)(sum >> 32);
}

static struct sources_entry *
sources_find(const struct sources *t, const struct source *s)
{
	const unsigned hash = sources_hash(t, s);
	struct sources_entry *e;

	HASH_FIND_BYHASHVALUE(hh, t->entries, s, sizeof(*s), hash, e);
	return e;
}

static struct sources_entry *
sources_add(struct sources *t, const struct source *s)
{
	const unsigned hash = sources_hash(t, s);
	struct sources_entry *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->source = *s;
	bucket_init(&e->bucket);
	HASH_ADD_BYHASHVALUE(
	    hh, t->entries, source, sizeof(e->source), hash, e);
	if (e->hh.tbl == NULL) { /* how uthash says that it had no memory */
		free(e);
		return NULL;
	}
	return e;
}

/* All buckets have one rate, so what has been idle longest is full first, or
 * nearly so. */
static void
sources_expire(struct sources *t, uint64_t now_ns)
{
	for (int i = 0; i < SOURCES_EXPIRE; i++) {
		struct sources_entry *e = TAILQ_FIRST(&t->idle);

		if (e == NULL || !bucket_is_full(&e->bucket, now_ns))
			return;
		sources_remove_idle(t, e);
	}
}

unsigned
sources_look(const struct sources *t, const struct source *s, uint64_t now_ns,
    uint64_t *ret_wait_ns)
{
	const struct sources_entry *e = sources_find(t, s);

	if (e == NULL) {
		*ret_wait_ns = 0;
		return 0;
	}
	*ret_wait_ns = bucket_wait_ns(&e->bucket, &t->rate, now_ns);
	return e->count;
}

int
sources_enter(struct sources *t, const struct source *s, uint64_t now_ns,
    unsigned *ret_count)
{
	struct sources_entry *e;

	sources_expire(t, now_ns);
	e = sources_find(t, s);
	if (e == NULL)
		e = sources_add(t, s);
	else if (e->count == 0) {
		TAILQ_REMOVE(&t->idle, e, idle);
		t->nidle--;
	}
	if (e == NULL)
		return -ENOMEM;
	bucket_charge(&e->bucket, &t->rate, now_ns);
	*ret_count = ++e->count;
	return 0;
}

static void
sources_depart(struct sources *t, struct sources_entry *e, uint64_t now_ns)
{
	if (--e->count > 0)
		return;
	if (bucket_is_full(&e->bucket, now_ns)) {
		sources_remove(t, e);
		return;
	}
	TAILQ_INSERT_TAIL(&t->idle, e, idle);
	t->nidle++;
	if (t->nidle > SOURCES_IDLE_MAX)
		sources_remove_idle(t, TAILQ_FIRST(&t->idle));
}

void
sources_leave(struct sources *t, const struct source *s, uint64_t now_ns)
{
	struct sources_entry *e = sources_find(t, s);

	assert(e != NULL && e->count > 0);
	sources_depart(t, e, now_ns);
	sources_expire(t, now_ns);
}

void
sources_cancel(struct sources *t, const struct source *s, uint64_t now_ns)
{
	struct sources_entry *e = sources_find(t, s);

	assert(e != NULL && e->count > 0);
	bucket_return(&e->bucket, &t->rate);
	sources_depart(t, e, now_ns);
	sources_expire(t, now_ns);
}

size_t
sources_count(const struct sources *t)
{
	return HASH_COUNT(t->entries);
}

size_t
sources_count_idle(const struct sources *t)
{
	return t->nidle;
}
