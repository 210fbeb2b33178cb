/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Access lists for tests. The matcher here is as naive as can be: it looks at
 * every entry, and at every bit.
 */
#include "../cm.h"

#include "list.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t list_random_state;

void
list_random_reset(void)
{
	list_random_state = 88172645463325252;
}

/* xorshift64*: Marsaglia's, with Vigna's multiplier. */
uint32_t
list_random(void)
{
	list_random_state ^= list_random_state >> 12;
	list_random_state ^= list_random_state << 25;
	list_random_state ^= list_random_state >> 27;
	return (uint32_t)((list_random_state * 0x2545f4914f6cdd1d) >> 32);
}

struct config_access
list_parse(const char *text)
{
	struct config_access entry = { .line = 1 };
	char host[64];
	unsigned bits = 0;
	const int found = sscanf(text, "%63[^/]/%u", host, &bits);

	if (strncmp(text, "uid:", 4) == 0 || strncmp(text, "gid:", 4) == 0) {
		entry.kind =
		    text[0] == 'u' ? CONFIG_ACCESS_UID : CONFIG_ACCESS_GID;
		entry.u.id = (uint32_t)strtoul(text + 4, NULL, 10);
		return entry;
	}
	entry.kind = CONFIG_ACCESS_IPV4;
	entry.bits = 32;
	if (inet_pton(AF_INET, host, entry.u.bytes) != 1) {
		entry.kind = CONFIG_ACCESS_IPV6;
		entry.bits = 128;
		assert_int_equal(inet_pton(AF_INET6, host, entry.u.bytes), 1);
	}
	if (found == 2)
		entry.bits = (uint8_t)bits;
	return entry;
}

void
list_init(struct list *l, size_t nrules)
{
	static const char *const files[LIST_RULES] = { "a", "b", "c", "d" };

	assert_true(nrules <= LIST_RULES);
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < nrules; i++) {
		l->sets[i].file = files[i];
		l->rules[i].set = &l->sets[i];
		l->rules[i].deny = i % 2 == 1;
	}
	l->list.rules = l->rules;
	l->list.count = nrules;
}

void
list_fini(struct list *l)
{
	for (size_t i = 0; i < LIST_RULES; i++)
		free(l->sets[i].items);
}

void
list_add(struct list *l, size_t rule, struct config_access entry)
{
	struct config_access_set *set = &l->sets[rule];

	if (set->count == l->rooms[rule]) {
		l->rooms[rule] = l->rooms[rule] * 2 + 8;
		set->items =
		    realloc(set->items, l->rooms[rule] * sizeof(*set->items));
		assert_non_null(set->items);
	}
	entry.line = (uint32_t)set->count + 1;
	set->items[set->count++] = entry;
}

static void
list_add_texts(struct list *l, size_t rule, const char *texts)
{
	char copy[512], *rest = copy, *text;

	snprintf(copy, sizeof(copy), "%s", texts);
	while ((text = strsep(&rest, " ")) != NULL)
		if (*text != '\0')
			list_add(l, rule, list_parse(text));
}

void
list_make(struct list *l, const char *allow, const char *deny)
{
	list_init(l, 2);
	if (allow != NULL)
		list_add_texts(l, 0, allow);
	else
		l->rules[0] = l->rules[1];
	if (deny != NULL)
		list_add_texts(l, 1, deny);
	l->list.count = (allow != NULL) + (deny != NULL);
}

static bool
list_bit(const uint8_t *bytes, unsigned i)
{
	return (bytes[i / 8] >> (7 - i % 8) & 1) != 0;
}

static bool
list_holds_address(const struct config_access *e, const struct addr *a)
{
	const bool ipv4 = e->kind == CONFIG_ACCESS_IPV4;
	const uint8_t *bytes = ipv4 ? (const uint8_t *)&a->u.in4.sin_addr
				    : a->u.in6.sin6_addr.s6_addr;

	if (addr_family(a) != (ipv4 ? AF_INET : AF_INET6))
		return false;
	for (unsigned i = 0; i < e->bits; i++)
		if (list_bit(bytes, i) != list_bit(e->u.bytes, i))
			return false;
	return true;
}

/* How good a match is; 0: none. */
static unsigned
list_rank(const struct config_access *e, const struct access_peer *peer)
{
	switch (e->kind) {
	case CONFIG_ACCESS_UID:
		return addr_family(peer->addr) == AF_UNIX &&
			       e->u.id == peer->uid
			   ? 2
			   : 0;
	case CONFIG_ACCESS_GID:
		for (size_t i = 0; i < peer->ngids; i++)
			if (addr_family(peer->addr) == AF_UNIX &&
			    e->u.id == peer->gids[i])
				return 1;
		return 0;
	default:
		return list_holds_address(e, peer->addr) ? e->bits + 1U : 0;
	}
}

struct access_verdict
list_decide(const struct list *l, const struct access_peer *peer)
{
	struct access_verdict best = { .allowed = true };
	unsigned best_rank = 0;

	for (size_t r = 0; r < l->list.count; r++)
		best.allowed = best.allowed && l->rules[r].deny;
	for (size_t r = 0; r < l->list.count; r++) {
		const struct config_access_rule *rule = &l->rules[r];

		for (size_t i = 0; i < rule->set->count; i++) {
			const unsigned rank =
			    list_rank(&rule->set->items[i], peer);

			if (rank == 0 || rank < best_rank ||
			    (rank == best_rank &&
				(!rule->deny || !best.allowed)))
				continue;
			best_rank = rank;
			best = (struct access_verdict){ !rule->deny,
				&rule->set->items[i], rule->set->file };
		}
	}
	return best;
}

struct addr
list_address(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse_ip(text, 1234, &a), 0);
	addr_unmap(&a);
	return a;
}
