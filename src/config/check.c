/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What cannot be seen in one value alone: keys that need another, that have no
 * effect beside another, or that this process or this machine cannot honour.
 * The latter are not asked of a disabled service, which is often disabled for
 * just that reason.
 */
#include "build.h"
#include "limit.h"
#include "listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct check {
	struct config_service *service;
	struct diag *diag;
	int result;
};

/* Reports at the place of the key. */
#define CHECK_FAIL(c, key, ...)                                               \
	do {                                                                  \
		diag_add(                                                     \
		    (c)->diag, build_origin((c)->service, key), __VA_ARGS__); \
		(c)->result = -EINVAL;                                        \
	} while (0)

static bool
check_is_unix(enum config_listen_kind kind)
{
	return kind == CONFIG_LISTEN_UNIX || kind == CONFIG_LISTEN_UNIX_DGRAM ||
	       kind == CONFIG_LISTEN_UNIX_SEQPACKET;
}

/* A socket that was passed may be of any kind, but it is bound. */
static bool
check_applies(const struct schema_key *key, enum config_listen_kind kind)
{
	if (kind == CONFIG_LISTEN_FD)
		return (key->flags & SCHEMA_BIND) == 0;
	if ((key->flags & SCHEMA_TCP) != 0)
		return kind == CONFIG_LISTEN_TCP;
	if ((key->flags & SCHEMA_IP) != 0)
		return kind == CONFIG_LISTEN_TCP || kind == CONFIG_LISTEN_UDP;
	if ((key->flags & SCHEMA_UNIX) != 0)
		return check_is_unix(kind);
	if ((key->flags & SCHEMA_STREAM) != 0)
		return !listen_is_datagram(kind);
	return true;
}

/* Why the key is nothing to any listener; NULL when it is. */
static const char *
check_find_void_listeners(
    const struct config_service *s, const struct schema_key *key)
{
	bool passed = true;

	for (size_t i = 0; i < s->nlisten; i++) {
		if (check_applies(key, s->listen[i].kind))
			return NULL;
		passed = passed && s->listen[i].kind == CONFIG_LISTEN_FD;
	}
	if (passed && (key->flags & SCHEMA_BIND) != 0)
		return "the socket was made by who passed it";
	if ((key->flags & SCHEMA_TCP) != 0)
		return "the service has no TCP address";
	if ((key->flags & SCHEMA_IP) != 0)
		return "the service has no TCP or UDP address";
	if ((key->flags & SCHEMA_UNIX) != 0)
		return "the service has no unix: address";
	return "datagrams do not wait to be accepted";
}

/* Why the key is nothing beside the value of another one, or NULL. */
static const char *
check_find_void_beside(const struct config_service *s, const char *key)
{
	const struct config_admission *a = &s->admission;

	if (strcmp(key, "linger") == 0 && !s->hold &&
	    a->when_refused != CONFIG_REFUSAL_MESSAGE)
		return "hold is no";
	if (strcmp(key, "disconnect_grace") == 0 &&
	    s->on_disconnect == CONFIG_DISCONNECT_IGNORE)
		return "on_disconnect is ignore";
	if (strcmp(key, "source_prefix") == 0 &&
	    a->max_connections_per_source == 0 && a->rate_per_source.count == 0)
		return "max_connections_per_source and rate_per_source are "
		       "none";
	if (strcmp(key, "refuse_message") == 0 &&
	    a->when_refused != CONFIG_REFUSAL_MESSAGE)
		return a->when_refused == CONFIG_REFUSAL_RESET
			   ? "when_refused is reset"
			   : "when_refused is close";
	return NULL;
}

const char *
check_find_void(const struct config_service *s, const struct schema_key *key)
{
	const char *why;

	if ((key->flags & SCHEMA_ACTIVATE) != 0 &&
	    s->mode != CONFIG_MODE_ACTIVATE)
		return s->mode == CONFIG_MODE_WAIT ? "mode is wait"
						   : "mode is nowait";
	if ((key->flags & SCHEMA_NOWAIT) != 0) {
		if (s->mode == CONFIG_MODE_WAIT)
			return "mode is wait";
		if (s->mode == CONFIG_MODE_ACTIVATE)
			return "mode is activate";
	}
	if ((key->flags & SCHEMA_ACCESS) != 0 && !mode_has_access(s))
		return s->mode == CONFIG_MODE_WAIT ? "mode is wait"
						   : "mode is activate";
	why = check_find_void_beside(s, key->name);
	return why != NULL ? why : check_find_void_listeners(s, key);
}

/* In [defaults] such keys are for the other services. */
static void
check_void_keys(struct check *c)
{
	const struct config_service *s = c->service;
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);

	for (size_t i = 0; i < count; i++) {
		const char *why = check_find_void(s, &keys[i]);

		if (why == NULL || s->origins[i].file == NULL ||
		    s->origins[i].from_defaults)
			continue;
		CHECK_FAIL(c, keys[i].name, "%s: without effect, since %s",
		    keys[i].name, why);
	}
}

static bool
check_is_root(void)
{
	return geteuid() == 0;
}

static void
check_user(struct check *c)
{
	const struct config_service *s = c->service;

	if (s->user.set && s->user.gid == (gid_t)-1 && !s->group.set)
		CHECK_FAIL(c, "user",
		    "user: %s is in no user database, which could tell its "
		    "group; add a \"group\"",
		    s->user.name);
	if (check_is_root())
		return;
	if (s->user.set && s->user.uid != geteuid())
		CHECK_FAIL(c, "user",
		    "user: only root can run handlers as %s, and this is uid "
		    "%u; start evinetd as root, or leave \"user\" out",
		    s->user.name, geteuid());
	if (s->group.set && s->group.gid != getegid())
		CHECK_FAIL(c, "group",
		    "group: only root can run handlers as group %s, and this "
		    "is gid %u; start evinetd as root, or leave \"group\" out",
		    s->group.name, getegid());
	if (s->supplementary_groups.set)
		CHECK_FAIL(c, "supplementary_groups",
		    "supplementary_groups: only root can set them; start "
		    "evinetd as root, or leave the key out");
}

static void
check_limits(struct check *c, const char *key, enum config_limit which)
{
	const struct config_rlimit *limit = &c->service->limits[which];
	struct rlimit ours;

	if (!limit->set || getrlimit(config_limit_resource(which), &ours) == -1)
		return;
	if (!limit->hard_set && limit->soft > ours.rlim_max)
		CHECK_FAIL(c, key,
		    "%s: above the hard limit in force, %ju; write SOFT:HARD "
		    "to raise that too",
		    key, (uintmax_t)ours.rlim_max);
	else if (limit->hard_set && limit->hard > ours.rlim_max &&
		 !check_is_root())
		CHECK_FAIL(c, key,
		    "%s: only root can raise the hard limit above the one in "
		    "force, %ju",
		    key, (uintmax_t)ours.rlim_max);
}

static void
check_all_limits(struct check *c)
{
	static const char *const keys[CONFIG_NLIMITS] = {
		[CONFIG_LIMIT_NOFILE] = "limit_nofile",
		[CONFIG_LIMIT_CPU] = "limit_cpu",
		[CONFIG_LIMIT_AS] = "limit_as",
		[CONFIG_LIMIT_FSIZE] = "limit_fsize",
		[CONFIG_LIMIT_NPROC] = "limit_nproc",
		[CONFIG_LIMIT_CORE] = "limit_core",
		[CONFIG_LIMIT_DATA] = "limit_data",
		[CONFIG_LIMIT_STACK] = "limit_stack",
	};

	for (unsigned i = 0; i < CONFIG_NLIMITS; i++)
		check_limits(c, keys[i], (enum config_limit)i);
}

/* These two are seen on the connection that we hold. */
static void
check_hold(struct check *c)
{
	const struct config_service *s = c->service;

	if (s->hold)
		return;
	if (s->idle_timeout_ms != CONFIG_NONE)
		CHECK_FAIL(c, "idle_timeout",
		    "idle_timeout: cannot be seen without the connection; "
		    "set hold = yes");
	if (s->on_disconnect != CONFIG_DISCONNECT_IGNORE)
		CHECK_FAIL(c, "on_disconnect",
		    "on_disconnect: cannot be seen without the connection; "
		    "set hold = yes");
}

/* The kernel keeps the time of the last byte for TCP alone. */
static void
check_idle(struct check *c)
{
	const struct schema_key *key =
	    schema_find(SCHEMA_SERVICE, "idle_timeout");
	const struct config_service *s = c->service;

	/* Without any TCP address the key is without effect, and said to be. */
	if (s->idle_timeout_ms == CONFIG_NONE ||
	    check_find_void_listeners(s, key) != NULL)
		return;
	for (size_t i = 0; i < s->nlisten; i++) {
		if (check_applies(key, s->listen[i].kind))
			continue;
		CHECK_FAIL(c, "idle_timeout",
		    "idle_timeout: the kernel does not tell it for %s, only "
		    "for TCP; make that address a service of its own, with "
		    "max_lifetime",
		    s->listen[i].text);
	}
}

static void
check_directory(struct check *c)
{
	const char *path = c->service->working_directory;
	struct stat st;

	if (stat(path, &st) == -1)
		CHECK_FAIL(c, "working_directory", "working_directory: %s: %s",
		    path, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		CHECK_FAIL(c, "working_directory",
		    "working_directory: %s is not a directory", path);
}

/* With v6only = no the IPv6 wildcard takes IPv4 as well, and a socket for
 * 0.0.0.0 beside it could not be bound. */
static void
check_dual_stack(struct config_service *s)
{
	if (s->socket.v6only)
		return;
	for (size_t i = 0; i < s->nlisten; i++) {
		struct config_listen *l = &s->listen[i];

		if (strncmp(l->text, "*:", 2) != 0 &&
		    strncmp(l->text, "udp:*:", 6) != 0)
			continue;
		l->naddrs = 1;
		l->optional_ipv6 = false;
	}
}

/* argv[0] is the path unless said otherwise; a % in it is doubled, since
 * argv0 is expanded. */
static int
check_complete_argv0(struct config_service *s)
{
	char *to;

	if (s->argv0 != NULL)
		return 0;
	s->argv0 = malloc(2 * strlen(s->path) + 1);
	if (s->argv0 == NULL)
		return -ENOMEM;
	to = s->argv0;
	for (const char *from = s->path; *from != '\0'; from++) {
		if (*from == '%')
			*to++ = '%';
		*to++ = *from;
	}
	*to = '\0';
	return 0;
}

int
check_service(struct config_service *s, struct diag *diag)
{
	struct check c = { .service = s, .diag = diag };
	const struct config_origin at = build_origin(s, "handler");
	int error = 0;

	check_dual_stack(s);
	if (mode_resolve(s, diag) != 0)
		c.result = -EINVAL;
	if (s->nlisten > 0)
		check_void_keys(&c);
	mode_apply(s);
	if (s->enabled) {
		check_user(&c);
		check_all_limits(&c);
		check_directory(&c);
	}
	if (mode_check(s, diag) != 0)
		c.result = -EINVAL;
	if (admission_check(s, diag) != 0)
		c.result = -EINVAL;
	check_hold(&c);
	check_idle(&c);
	if (s->builtin || (s->path != NULL && s->enabled))
		error = program_find(s, at, diag);
	if (error == 0 && s->path != NULL)
		error = check_complete_argv0(s);
	return error != 0 ? error : c.result;
}
