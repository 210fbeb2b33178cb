/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Entries of access lists. There may be a million of them, so they are kept
 * small, and a number behind uid: or gid: is not looked up anywhere.
 */
#include "entry.h"

#include "user.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
entry_parse_prefix(
    const char *text, struct config_access *ret, struct value_error *err)
{
	struct value_prefix prefix;
	int error = value_parse_prefix(text, &prefix, err);

	if (error != 0)
		return error;
	ret->kind =
	    prefix.family == AF_INET ? CONFIG_ACCESS_IPV4 : CONFIG_ACCESS_IPV6;
	ret->bits = (uint8_t)prefix.bits;
	memcpy(ret->u.bytes, prefix.bytes, sizeof(ret->u.bytes));
	return 0;
}

int
entry_parse(
    const char *text, struct config_access *ret, struct value_error *err)
{
	struct config_access e;
	int error;

	memset(&e, 0, sizeof(e));
	if (strncmp(text, "uid:", 4) == 0) {
		e.kind = CONFIG_ACCESS_UID;
		error = user_parse_uid(text + 4, &e.u.id, err);
	} else if (strncmp(text, "gid:", 4) == 0) {
		e.kind = CONFIG_ACCESS_GID;
		error = user_parse_gid(text + 4, &e.u.id, err);
	} else
		error = entry_parse_prefix(text, &e, err);
	if (error == 0)
		*ret = e;
	return error;
}

const char *
entry_format(const struct config_access *entry, char buf[ENTRY_TEXT_MAX])
{
	const bool ipv4 = entry->kind == CONFIG_ACCESS_IPV4;
	size_t len;

	if (entry->kind == CONFIG_ACCESS_UID ||
	    entry->kind == CONFIG_ACCESS_GID) {
		snprintf(buf, ENTRY_TEXT_MAX, "%s:%u",
		    entry->kind == CONFIG_ACCESS_UID ? "uid" : "gid",
		    entry->u.id);
		return buf;
	}
	inet_ntop(
	    ipv4 ? AF_INET : AF_INET6, entry->u.bytes, buf, ENTRY_TEXT_MAX);
	len = strlen(buf);
	if (entry->bits < (ipv4 ? 32 : 128))
		snprintf(buf + len, ENTRY_TEXT_MAX - len, "/%u", entry->bits);
	return buf;
}

int
entry_append(struct config_access_set *set, const struct config_access *entry)
{
	struct config_access *items = set->items;

	if ((set->count & (set->count - 1)) == 0) {
		const size_t size = set->count > 0 ? 2 * set->count : 1;

		items = realloc(items, size * sizeof(*items));
		if (items == NULL)
			return -ENOMEM;
		set->items = items;
	}
	items[set->count++] = *entry;
	return 0;
}

void
entry_trim(struct config_access_set *set)
{
	struct config_access *items;

	if (set->count == 0)
		return;
	items = realloc(set->items, set->count * sizeof(*items));
	if (items != NULL)
		set->items = items;
}

void
entry_free_all(struct config_access_set *set)
{
	free(set->items);
	set->items = NULL;
	set->count = 0;
}
