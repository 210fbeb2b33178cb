/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What `mode` means for the rest of a service: which one it is by default,
 * whether the listeners fit it, and what goes without a connection and its
 * client. Afterwards nobody has to ask for the mode before they look at `hold`
 * and its like.
 */
#include "build.h"
#include "listen.h"
#include "type.h"
#include "words.h"

#include <errno.h>
#include <string.h>

static const char *
mode_name(const struct config_service *s)
{
	const struct schema_key *key = schema_find(SCHEMA_SERVICE, "mode");

	return key->names[s->mode];
}

/* The first listener of datagrams, or of anything else; NULL for none. What
 * is passed to us is of a kind that is not known yet. */
static const struct config_listen *
mode_find_listen(const struct config_service *s, bool datagram)
{
	for (size_t i = 0; i < s->nlisten; i++) {
		if (listen_is_datagram(s->listen[i].kind) == datagram)
			return &s->listen[i];
	}
	return NULL;
}

static void
mode_report_mixed(const struct config_listen *datagram,
    const struct config_listen *other, struct diag *diag)
{
	diag_add(diag, datagram->origin,
	    "listen: %s takes datagrams, and %s connections%s; make two "
	    "services of them, or set mode = wait (a handler for each "
	    "address) or mode = activate (a handler for all of them)",
	    datagram->text, other->text,
	    other->kind == CONFIG_LISTEN_FD ? ", for all that is known" : "");
}

static void
mode_report_nowait(const struct config_service *s,
    const struct config_listen *datagram, bool mixed, struct diag *diag)
{
	diag_add(diag, build_origin(s, "mode"),
	    "mode: nowait runs a handler for each connection, and there is "
	    "none at %s, only datagrams; %s mode = wait in [%s]%s",
	    datagram->text,
	    mixed ? "make a service of its own of it, or set" : "set", s->name,
	    mixed ? "" : ", or leave the key out");
}

int
mode_resolve(struct config_service *s, struct diag *diag)
{
	const bool open = s->mode == CONFIG_MODE_DEFAULT;
	const struct config_listen *datagram, *other;

	if (!open && s->mode != CONFIG_MODE_NOWAIT)
		return 0;
	datagram = mode_find_listen(s, true);
	other = mode_find_listen(s, false);
	s->mode = CONFIG_MODE_NOWAIT;
	if (datagram == NULL)
		return 0;
	if (!open) {
		mode_report_nowait(s, datagram, other != NULL, diag);
		return -EINVAL;
	}
	if (other != NULL) {
		mode_report_mixed(datagram, other, diag);
		return -EINVAL;
	}
	s->mode = CONFIG_MODE_WAIT;
	return 0;
}

bool
mode_has_access(const struct config_service *s)
{
	if (s->mode != CONFIG_MODE_WAIT)
		return s->mode == CONFIG_MODE_NOWAIT;
	for (size_t i = 0; i < s->nlisten; i++) {
		if (listen_is_datagram(s->listen[i].kind) ||
		    s->listen[i].kind == CONFIG_LISTEN_FD)
			return true;
	}
	return false;
}

/* A value that is not in force has no place where it was written. */
static void
mode_forget_origin(struct config_service *s, const char *key)
{
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);

	s->origins[schema_find(SCHEMA_SERVICE, key) - keys] =
	    (struct config_origin){ 0 };
}

/* Whether the key is about who may enter, and nobody is asked. */
static bool
mode_drops_key(const struct config_service *s, const struct schema_key *key)
{
	const size_t first = offsetof(struct config_service, admission);

	return key->offset >= first &&
	       key->offset < first + sizeof(s->admission) &&
	       ((key->flags & SCHEMA_ACCESS) == 0 || !mode_has_access(s));
}

static void
mode_drop_admission(struct config_service *s)
{
	struct config_admission *a = &s->admission;
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);

	for (size_t i = 0; i < count; i++) {
		if (!mode_drops_key(s, &keys[i]))
			continue;
		if (keys[i].type->fini != NULL)
			keys[i].type->fini(&keys[i], s);
		mode_forget_origin(s, keys[i].name);
	}
	a->max_connections = 0;
	a->max_connections_per_source = 0;
	a->rate = a->rate_per_source = (struct bucket_rate){ 0 };
	a->when_full = CONFIG_FULL_QUEUE;
	a->when_refused = CONFIG_REFUSAL_RESET;
	a->max_load = 0;
}

void
mode_apply(struct config_service *s)
{
	if (s->mode != CONFIG_MODE_ACTIVATE) {
		s->processes = 1;
		s->start = CONFIG_START_DEMAND;
		mode_forget_origin(s, "processes");
		mode_forget_origin(s, "start");
	}
	if (s->mode != CONFIG_MODE_NOWAIT) {
		s->hold = false;
		s->idle_timeout_ms = CONFIG_NONE;
		s->on_disconnect = CONFIG_DISCONNECT_IGNORE;
		mode_forget_origin(s, "hold");
		mode_forget_origin(s, "idle_timeout");
		mode_forget_origin(s, "on_disconnect");
		mode_drop_admission(s);
	}
}

static int
mode_check_word(const struct config_service *s, const char *key,
    const char *word, struct diag *diag)
{
	const bool one_port = s->mode == CONFIG_MODE_WAIT;
	const char *found = words_find_percent(word, one_port ? "rp" : "rpl");

	if (found == NULL)
		return 0;
	diag_add(diag, build_origin(s, key),
	    "%s: %.2s in \"%.80s\" stands for nothing in [%s], since mode is "
	    "%s, and a handler has %s; leave it out",
	    key, found, word, s->name, mode_name(s),
	    found[1] == 'l' ? "all addresses" : "no one client");
	return -EINVAL;
}

/* They serve a connection, or a datagram socket on descriptor 0. */
static int
mode_check_builtin(const struct config_service *s, struct diag *diag)
{
	const struct config_listen *stream = mode_find_listen(s, false);

	if (!s->builtin ||
	    (s->mode == CONFIG_MODE_WAIT &&
		(stream == NULL || stream->kind == CONFIG_LISTEN_FD)))
		return 0;
	diag_add(diag, build_origin(s, "handler"),
	    "handler: the built-ins do not accept connections themselves, as "
	    "mode = %s wants it in [%s]; leave the mode out",
	    mode_name(s), s->name);
	return -EINVAL;
}

int
mode_check(const struct config_service *s, struct diag *diag)
{
	int result;

	if (s->mode == CONFIG_MODE_NOWAIT)
		return 0;
	result = mode_check_builtin(s, diag);
	if (s->stderr_to == CONFIG_STDERR_CLIENT) {
		diag_add(diag, build_origin(s, "stderr"),
		    "stderr: there is no one client in [%s], since mode is "
		    "%s; set stderr = log in it",
		    s->name, mode_name(s));
		result = -EINVAL;
	}
	for (size_t i = 0; !s->builtin && i < s->words.count; i++) {
		if (mode_check_word(s, "handler", s->words.items[i], diag) != 0)
			result = -EINVAL;
	}
	if (s->argv0 != NULL &&
	    mode_check_word(s, "argv0", s->argv0, diag) != 0)
		result = -EINVAL;
	return result;
}
