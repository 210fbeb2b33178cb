/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What cannot be right about who may enter, though every value is: entries
 * that nobody matches, who would be thought to be kept out or let in by them;
 * lists that only guard a part of a service; and a message that is not there.
 */
#include "build.h"
#include "entry.h"
#include "listen.h"

#include <errno.h>

/* Which kinds of peers the listeners may have. */
struct admission_peers {
	bool ip, unix_socket;
};

static struct admission_peers
admission_find_peers(const struct config_service *s)
{
	struct admission_peers peers = { false, false };

	for (size_t i = 0; i < s->nlisten; i++) {
		switch (s->listen[i].kind) {
		case CONFIG_LISTEN_TCP:
		case CONFIG_LISTEN_UDP:
			peers.ip = true;
			break;
		case CONFIG_LISTEN_UNIX:
		case CONFIG_LISTEN_UNIX_DGRAM:
		case CONFIG_LISTEN_UNIX_SEQPACKET:
			peers.unix_socket = true;
			break;
		case CONFIG_LISTEN_FD:
			peers.ip = peers.unix_socket = true;
			break;
		case CONFIG_LISTEN_VSOCK:
			break;
		}
	}
	return peers;
}

/* The service says it itself: what is in [defaults] is for others, too. */
static bool
admission_is_own(const struct config_service *s, const char *key)
{
	const struct config_origin at = build_origin(s, key);

	return at.file != NULL && !at.from_defaults;
}

static int
admission_check_entries(const struct config_service *s, const char *key,
    const struct config_access_set *set, struct diag *diag)
{
	const struct admission_peers peers = admission_find_peers(s);
	int result = 0;

	if (!admission_is_own(s, key))
		return 0;
	for (size_t i = 0; i < set->count; i++) {
		const struct config_access *entry = &set->items[i];
		const bool id = entry->kind == CONFIG_ACCESS_UID ||
				entry->kind == CONFIG_ACCESS_GID;
		char text[ENTRY_TEXT_MAX];

		if (id ? peers.unix_socket : peers.ip)
			continue;
		diag_add(diag,
		    (struct config_origin){
			.file = set->file, .line = entry->line },
		    "%s: %s is nobody in [%s], which has no %s address", key,
		    entry_format(entry, text), s->name,
		    id ? "unix:" : "TCP or UDP");
		result = -EINVAL;
	}
	return result;
}

/* In wait, lists are held against datagrams. Who connects is seen by the
 * handler alone. */
static int
admission_check_unguarded(
    const struct config_service *s, const char *key, struct diag *diag)
{
	if (s->mode != CONFIG_MODE_WAIT || !admission_is_own(s, key))
		return 0;
	for (size_t i = 0; i < s->nlisten; i++) {
		const struct config_listen *l = &s->listen[i];

		if (listen_is_datagram(l->kind) || l->kind == CONFIG_LISTEN_FD)
			continue;
		diag_add(diag, build_origin(s, key),
		    "%s: does not guard %s, since mode is wait, and the "
		    "handler accepts the connections itself; make a service "
		    "of its own of that address",
		    key, l->text);
		return -EINVAL;
	}
	return 0;
}

int
admission_check(const struct config_service *s, struct diag *diag)
{
	static const char *const lists[] = { "allow", "deny", "allow_file",
		"deny_file" };
	const struct config_admission *a = &s->admission;
	int result = 0;

	if (s->nlisten > 0 && mode_has_access(s)) {
		if (admission_check_entries(s, "allow", &a->allow, diag) != 0)
			result = -EINVAL;
		if (admission_check_entries(s, "deny", &a->deny, diag) != 0)
			result = -EINVAL;
		for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
			if (admission_check_unguarded(s, lists[i], diag) != 0)
				result = -EINVAL;
		}
	}
	if (a->when_refused == CONFIG_REFUSAL_MESSAGE &&
	    a->refuse_message == NULL) {
		diag_add(diag, build_origin(s, "when_refused"),
		    "when_refused: there is no message in [%s]; add "
		    "refuse_message = TEXT",
		    s->name);
		result = -EINVAL;
	}
	return result;
}
