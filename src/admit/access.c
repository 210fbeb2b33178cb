/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Access lists: puts the entries of a service's sets in a table for each kind,
 * and asks the one that a peer belongs to. The tables know entries by their
 * place, counted through all sets in their order.
 */
#include <evinetd/admit/access.h>

#include "access_ids.h"
#include "access_ipv4.h"
#include "access_ipv6.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a prefix come two ranges, and their places have 32 bits. */
#define ACCESS_ENTRIES_MAX (UINT32_MAX / 2 - 1)

struct access_ids {
	struct access_id *items;
	size_t count;
};

struct access {
	const struct config_access_list *list;
	bool exclusive; /* something is allowed, so all else is not */
	struct access_ipv4 ipv4;
	struct access_ipv6 ipv6;
	struct access_ids uids, gids;
};

static size_t
access_count(const struct config_access_list *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->rules[i].set->count;
	return count;
}

static size_t
access_count_kind(
    const struct config_access_list *list, enum config_access_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct config_access_set *set = list->rules[i].set;

		for (size_t k = 0; k < set->count; k++)
			count += set->items[k].kind == kind;
	}
	return count;
}

static uint64_t
access_read_64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return be64toh(value);
}

static uint64_t
access_read_32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static struct ranges_prefix
access_make_prefix(const struct config_access *entry)
{
	struct ranges_prefix p = { .bits = entry->bits };

	if (entry->kind == CONFIG_ACCESS_IPV4)
		p.hi = access_read_32(entry->u.bytes) << 32;
	else {
		p.hi = access_read_64(entry->u.bytes);
		p.lo = access_read_64(entry->u.bytes + 8);
	}
	return p;
}

/* All prefixes of a kind. NULL, and nothing is wrong, when there are none. */
static int
access_collect_prefixes(const struct config_access_list *list,
    enum config_access_kind kind, struct ranges_prefix **ret, size_t *ret_count)
{
	const size_t count = access_count_kind(list, kind);
	struct ranges_prefix *prefixes = NULL, *to;
	uint32_t entry = 0;

	if (count > 0) {
		prefixes = calloc(count, sizeof(*prefixes));
		if (prefixes == NULL)
			return -ENOMEM;
	}
	to = prefixes;
	for (size_t i = 0; i < list->count && count > 0; i++) {
		const struct config_access_rule *rule = &list->rules[i];

		for (size_t k = 0; k < rule->set->count; k++, entry++) {
			if (rule->set->items[k].kind != kind)
				continue;
			*to = access_make_prefix(&rule->set->items[k]);
			to->entry = entry;
			to->deny = rule->deny;
			to++;
		}
	}
	*ret = prefixes;
	*ret_count = count;
	return 0;
}

static int
access_compile_prefixes(struct access *a, enum config_access_kind kind)
{
	struct ranges_prefix *prefixes;
	size_t count;
	int error = access_collect_prefixes(a->list, kind, &prefixes, &count);

	if (error < 0)
		return error;
	if (kind == CONFIG_ACCESS_IPV4)
		error = access_ipv4_init(&a->ipv4, prefixes, count);
	else
		error = access_ipv6_init(&a->ipv6, prefixes, count);
	free(prefixes);
	return error;
}

static int
access_compile_ids(const struct config_access_list *list,
    enum config_access_kind kind, struct access_ids *ret)
{
	const size_t count = access_count_kind(list, kind);
	struct access_id *to;
	uint32_t entry = 0;

	if (count == 0)
		return 0;
	ret->items = calloc(count, sizeof(*ret->items));
	if (ret->items == NULL)
		return -ENOMEM;
	to = ret->items;
	for (size_t i = 0; i < list->count; i++) {
		const struct config_access_rule *rule = &list->rules[i];

		for (size_t k = 0; k < rule->set->count; k++, entry++) {
			if (rule->set->items[k].kind != kind)
				continue;
			*to++ = (struct access_id){
				.id = rule->set->items[k].u.id,
				.entry = entry,
				.deny = rule->deny,
			};
		}
	}
	ret->count = access_ids_sort(ret->items, count);
	return 0;
}

static int
access_compile(struct access *a)
{
	int error = access_compile_prefixes(a, CONFIG_ACCESS_IPV4);

	if (error == 0)
		error = access_compile_prefixes(a, CONFIG_ACCESS_IPV6);
	if (error == 0)
		error =
		    access_compile_ids(a->list, CONFIG_ACCESS_UID, &a->uids);
	if (error == 0)
		error =
		    access_compile_ids(a->list, CONFIG_ACCESS_GID, &a->gids);
	return error;
}

int
access_new(const struct config_access_list *list, struct access **ret)
{
	const size_t count = access_count(list);
	bool exclusive = false;
	struct access *a;
	int error;

	for (size_t i = 0; i < list->count; i++)
		exclusive = exclusive || !list->rules[i].deny;
	if (count == 0 && !exclusive) {
		*ret = NULL;
		return 0;
	}
	if (count > ACCESS_ENTRIES_MAX)
		return -ENOMEM;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return -ENOMEM;
	a->list = list;
	a->exclusive = exclusive;
	error = access_compile(a);
	if (error < 0) {
		access_free(a);
		return error;
	}
	*ret = a;
	return 0;
}

void
access_free(struct access *a)
{
	if (a == NULL)
		return;
	access_ipv4_fini(&a->ipv4);
	access_ipv6_fini(&a->ipv6);
	free(a->uids.items);
	free(a->gids.items);
	free(a);
}

bool
access_has_groups(const struct access *a)
{
	return a != NULL && a->gids.count > 0;
}

static uint32_t
access_find_unix(const struct access *a, const struct access_peer *peer)
{
	const struct access_id *found =
	    access_ids_find(a->uids.items, a->uids.count, peer->uid);

	if (found != NULL)
		return found->entry;
	/* Groups are equals: the one that denies, or else the first. */
	for (size_t i = 0; i < peer->ngids; i++) {
		const struct access_id *next = access_ids_find(
		    a->gids.items, a->gids.count, peer->gids[i]);

		if (next != NULL && (found == NULL || next->deny))
			found = next;
		if (next != NULL && next->deny)
			break;
	}
	return found != NULL ? found->entry : RANGES_NONE;
}

static uint32_t
access_find(const struct access *a, const struct access_peer *peer)
{
	const struct addr *addr = peer->addr;

	switch (addr_family(addr)) {
	case AF_INET:
		return access_ipv4_find(
		    &a->ipv4, ntohl(addr->u.in4.sin_addr.s_addr));
	case AF_INET6:
		return access_ipv6_find(&a->ipv6,
		    access_read_64(addr->u.in6.sin6_addr.s6_addr),
		    access_read_64(addr->u.in6.sin6_addr.s6_addr + 8));
	case AF_UNIX:
		return access_find_unix(a, peer);
	default:
		return RANGES_NONE;
	}
}

struct access_verdict
access_decide(const struct access *a, const struct access_peer *peer)
{
	if (a == NULL)
		return (struct access_verdict){ .allowed = true };

	const struct config_access_rule *rule = a->list->rules;
	uint32_t entry = access_find(a, peer);

	if (entry == RANGES_NONE)
		return (struct access_verdict){ .allowed = !a->exclusive };
	for (; entry >= rule->set->count; rule++)
		entry -= (uint32_t)rule->set->count;
	return (struct access_verdict){
		.allowed = !rule->deny,
		.entry = &rule->set->items[entry],
		.file = rule->set->file,
	};
}

size_t
access_size(const struct access *a)
{
	if (a == NULL)
		return 0;
	return sizeof(*a) + access_ipv4_size(&a->ipv4) +
	       access_ipv6_size(&a->ipv6) +
	       (a->uids.count + a->gids.count) * sizeof(struct access_id);
}

const char *
access_format(const struct config_access *entry, char *buf, size_t size)
{
	const bool ipv6 = entry->kind == CONFIG_ACCESS_IPV6;
	char host[INET6_ADDRSTRLEN];

	switch ((enum config_access_kind)entry->kind) {
	case CONFIG_ACCESS_IPV4:
	case CONFIG_ACCESS_IPV6:
		inet_ntop(ipv6 ? AF_INET6 : AF_INET, entry->u.bytes, host,
		    sizeof(host));
		if (entry->bits == (ipv6 ? 128 : 32))
			snprintf(buf, size, "%s", host);
		else
			snprintf(buf, size, "%s/%u", host, entry->bits);
		break;
	case CONFIG_ACCESS_UID:
		snprintf(buf, size, "uid:%u", entry->u.id);
		break;
	case CONFIG_ACCESS_GID:
		snprintf(buf, size, "gid:%u", entry->u.id);
		break;
	}
	return buf;
}
