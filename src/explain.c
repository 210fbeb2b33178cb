/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Asks src/admit about a client that has not come, and says which lines of the
 * configuration its answers are from. The limits are a table of keys; nothing
 * is counted here, so what it says about them is what they are, not whether
 * they are reached.
 */
#include "explain.h"

#include <evinetd/admit/access.h>
#include <evinetd/admit/admit.h>
#include <evinetd/admit/sources.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct explain_peer {
	struct client client; /* as if it had connected */
	gid_t *gids;
	int ngids;
	char text[ADDR_TEXT_MAX];
};

enum explain_whose {
	EXPLAIN_OF_SOURCE,
	EXPLAIN_OF_SERVICE,
	EXPLAIN_OF_MACHINE,
};

static const struct explain_limit {
	const char *key;
	enum explain_whose whose;
	const char *before, *after; /* the value */
} explain_limits[] = {
	{ "max_connections_per_source", EXPLAIN_OF_SOURCE, "at most ",
	    " connections" },
	{ "rate_per_source", EXPLAIN_OF_SOURCE, "at most ", "" },
	{ "max_connections", EXPLAIN_OF_SERVICE, "at most ", " connections" },
	{ "rate", EXPLAIN_OF_SERVICE, "at most ", "" },
	{ "max_load", EXPLAIN_OF_MACHINE, "load below ", "" },
};

/* The groups of the user database, where a real peer has those of its process.
 * Without an entry there it has none. */
static int
explain_add_groups(struct explain_peer *peer, const struct passwd *pw)
{
	int count = NGROUPS_MAX;

	if (pw == NULL)
		return 0;
	peer->gids = calloc(NGROUPS_MAX, sizeof(*peer->gids));
	if (peer->gids == NULL)
		return -ENOMEM;
	if (getgrouplist(pw->pw_name, pw->pw_gid, peer->gids, &count) == -1)
		return -E2BIG;
	peer->ngids = count;
	return 0;
}

static bool
explain_is_number(const char *text)
{
	return *text != '\0' && strlen(text) <= 10 &&
	       text[strspn(text, "0123456789")] == '\0' &&
	       strtoull(text, NULL, 10) < UINT32_MAX;
}

/* What stands behind `uid:`. */
static int
explain_parse_user(const char *text, struct explain_peer *peer)
{
	const bool number = explain_is_number(text);
	const struct passwd *pw =
	    number ? getpwuid((uid_t)strtoul(text, NULL, 10)) : getpwnam(text);

	if (!number && pw == NULL)
		return -EINVAL;
	peer->client.peer.len = sizeof(sa_family_t);
	peer->client.peer.u.sa.sa_family = AF_UNIX;
	peer->client.cred.uid =
	    number ? (uid_t)strtoul(text, NULL, 10) : pw->pw_uid;
	return explain_add_groups(peer, pw);
}

static int
explain_parse_peer(const char *text, struct explain_peer *peer)
{
	int error;

	memset(peer, 0, sizeof(*peer));
	peer->client.fd = -1;
	if (strncmp(text, "uid:", 4) == 0)
		error = explain_parse_user(text + 4, peer);
	else
		error = addr_parse_ip(text, 0, &peer->client.peer);
	if (error < 0)
		return error;
	addr_unmap(&peer->client.peer);
	client_format_source(&peer->client, peer->text, sizeof(peer->text));
	return 0;
}

static void
explain_print_verdict(
    const struct config_service *s, const struct access_verdict *v)
{
	char text[CONFIG_ACCESS_TEXT_MAX];

	fputs(v->allowed ? "allowed" : "denied", stdout);
	if (v->entry != NULL) {
		printf(" by %s, %s", config_access_format(v->entry, text),
		    v->file);
		if (v->entry->line > 0)
			printf(":%u", v->entry->line);
		putchar('\n');
	} else if (s->admission.access.count == 0)
		puts(": there is no access list");
	else if (v->allowed)
		puts(": no entry of its list matches, and it allows nobody "
		     "explicitly");
	else
		puts(": no entry of its list matches, and others are allowed");
}

/* "source 192.0.2.0/24": as an entry of a list would be written. */
static void
explain_print_source(
    const struct config_service *s, const struct explain_peer *peer)
{
	const struct config_prefixes *prefixes = &s->admission.source_prefix;
	struct config_access entry = { .kind = CONFIG_ACCESS_UID };
	char text[CONFIG_ACCESS_TEXT_MAX];
	struct source source;

	source_from_client(&peer->client, prefixes, &source);
	memcpy(entry.u.bytes, source.bytes, sizeof(entry.u.bytes));
	if (source.family == AF_INET) {
		entry.kind = CONFIG_ACCESS_IPV4;
		entry.bits = (uint8_t)prefixes->ipv4;
	} else if (source.family == AF_INET6) {
		entry.kind = CONFIG_ACCESS_IPV6;
		entry.bits = (uint8_t)prefixes->ipv6;
	}
	printf("source %s", config_access_format(&entry, text));
}

static void
explain_print_whose(const struct config_service *s,
    const struct explain_peer *peer, enum explain_whose whose)
{
	fputs("    ", stdout);
	switch (whose) {
	case EXPLAIN_OF_SOURCE:
		explain_print_source(s, peer);
		break;
	case EXPLAIN_OF_SERVICE:
		fputs("service", stdout);
		break;
	case EXPLAIN_OF_MACHINE:
		fputs("machine", stdout);
		break;
	}
	fputs(": ", stdout);
}

/* As it would be written; the caller frees it. NULL: out of memory. */
static char *
explain_value(const struct config_service *s, const char *key)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	config_print_value(s, key, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int
explain_print_limit(const struct config_service *s,
    const struct explain_peer *peer, const struct explain_limit *limit)
{
	char *value = explain_value(s, limit->key);

	if (value == NULL)
		return -ENOMEM;
	if (strcmp(value, "none") != 0) {
		explain_print_whose(s, peer, limit->whose);
		printf("%s%s%s, ", limit->before, value, limit->after);
		config_print_origin(s, limit->key, stdout);
		putchar('\n');
	}
	free(value);
	return 0;
}

/* Asks for nothing but the hours. */
static int
explain_print_hours(const struct config_service *s)
{
	const struct config_admission hours = {
		.hours = s->admission.hours,
		.nhours = s->admission.nhours,
	};
	const struct admit_now now = { .wall = time(NULL) };
	const struct admit_peer peer = { .source = { .family = AF_UNSPEC } };
	struct admit_verdict v;
	struct admit *a;
	int error;

	if (hours.nhours == 0)
		return 0;
	error = admit_new(&hours, &a);
	if (error < 0)
		return error;
	admit_decide(a, &peer, &now, &v);
	admit_free(a);
	printf(
	    "    hours: %s now: ", v.reason == ADMIT_HOURS ? "closed" : "open");
	config_print_value(s, "active_hours", stdout);
	fputs(", ", stdout);
	config_print_origin(s, "active_hours", stdout);
	putchar('\n');
	return 0;
}

/* There are none where the handler accepts. */
static int
explain_print_limits(
    const struct config_service *s, const struct explain_peer *peer)
{
	int error = 0;

	if (s->mode != CONFIG_MODE_NOWAIT)
		return 0;
	for (size_t i = 0;
	     i < sizeof(explain_limits) / sizeof(explain_limits[0]); i++) {
		error = explain_print_limit(s, peer, &explain_limits[i]);
		if (error < 0)
			return error;
	}
	return explain_print_hours(s);
}

/* 0, or a negative errno. */
static int
explain_service(const struct config_service *s, const struct explain_peer *peer,
    bool *ret_allowed)
{
	const struct access_peer access_peer = {
		.addr = &peer->client.peer,
		.uid = peer->client.cred.uid,
		.gids = peer->gids,
		.ngids = (size_t)peer->ngids,
	};
	struct access_verdict v;
	struct access *a;
	int error;

	printf("[%s] %s: ", s->name, peer->text);
	if (!s->enabled) {
		fputs("denied: it is disabled, ", stdout);
		config_print_origin(s, "enabled", stdout);
		putchar('\n');
		*ret_allowed = false;
		return 0;
	}
	error = access_new(&s->admission.access, &a);
	if (error < 0)
		return error;
	v = access_decide(a, &access_peer);
	access_free(a);
	explain_print_verdict(s, &v);
	*ret_allowed = v.allowed;
	return v.allowed ? explain_print_limits(s, peer) : 0;
}

/* Whether it has a listener for the peer's family. */
static bool
explain_can_come(
    const struct config_service *s, const struct explain_peer *peer)
{
	const bool local = addr_family(&peer->client.peer) == AF_UNIX;

	for (size_t i = 0; i < s->nlisten; i++) {
		switch (s->listen[i].kind) {
		case CONFIG_LISTEN_TCP:
		case CONFIG_LISTEN_UDP:
			if (!local)
				return true;
			break;
		case CONFIG_LISTEN_UNIX:
		case CONFIG_LISTEN_UNIX_SEQPACKET:
			if (local)
				return true;
			break;
		case CONFIG_LISTEN_FD: /* of any family */
			return true;
		case CONFIG_LISTEN_UNIX_DGRAM: /* nobody tells who sent it */
		case CONFIG_LISTEN_VSOCK:
			break;
		}
	}
	return false;
}

static int
explain_services(const struct config *config, const struct explain_peer *peer,
    const struct config_service *only, bool *ret_allowed)
{
	bool allowed = true, asked = false;

	for (size_t i = 0; i < config->nservices; i++) {
		const struct config_service *s = config->services[i];
		bool by_this;
		int error;

		if (only == NULL ? !s->enabled || !explain_can_come(s, peer)
				 : s != only)
			continue;
		asked = true;
		error = explain_service(s, peer, &by_this);
		if (error < 0)
			return error;
		allowed = allowed && by_this;
	}
	if (!asked)
		printf("%s: no service has a listener for such a peer\n",
		    peer->text);
	*ret_allowed = allowed && asked;
	return fflush(stdout) == EOF ? -errno : 0;
}

static void
explain_report_service(const struct config *config, const char *name)
{
	const char *near = config_nearest_service(config, name);

	fprintf(stderr, "evinetd: --explain: there is no service \"%s\"", name);
	if (near != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", near);
	fputc('\n', stderr);
}

enum explain_outcome
explain(const struct config *config, const char *peer_text, const char *name)
{
	const struct config_service *only = NULL;
	struct explain_peer peer;
	bool allowed = false;
	int error;

	if (name != NULL) {
		only = config_find_service(config, name);
		if (only == NULL) {
			explain_report_service(config, name);
			return EXPLAIN_USAGE;
		}
	}
	error = explain_parse_peer(peer_text, &peer);
	if (error == -EINVAL) {
		fprintf(stderr,
		    "evinetd: --explain: \"%s\" is neither an address nor "
		    "uid: and a user\n",
		    peer_text);
		return EXPLAIN_USAGE;
	}
	if (error == 0)
		error = explain_services(config, &peer, only, &allowed);
	free(peer.gids);
	if (error < 0) {
		fprintf(stderr, "evinetd: --explain: %s\n", strerror(-error));
		return EXPLAIN_FAILED;
	}
	return allowed ? EXPLAIN_ALLOWED : EXPLAIN_DENIED;
}
