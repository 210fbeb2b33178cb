/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The schema table: every key, once. Parsing, --check, --dump, the manual
 * page's test and the misspelling hints are all driven by it.
 */
#ifndef EVINETD_CONFIG_SCHEMA_H
#define EVINETD_CONFIG_SCHEMA_H

#include <stddef.h>

struct schema_type; /* how to parse, print and free a value */

enum schema_scope {
	SCHEMA_DAEMON,	/* [evinetd] */
	SCHEMA_SERVICE, /* a service, and [defaults] */
};

enum schema_flag {
	SCHEMA_NONE = 1 << 0, /* may be `none` */

	/* Means nothing to listeners that are not for TCP; for TCP or UDP; Unix
	 * sockets; with connections. */
	SCHEMA_TCP = 1 << 1,
	SCHEMA_IP = 1 << 2,
	SCHEMA_UNIX = 1 << 3,
	SCHEMA_STREAM = 1 << 4,

	SCHEMA_BIND = 1 << 5, /* means nothing to a socket that was passed */

	/* Means nothing in other modes than nowait; than activate. */
	SCHEMA_NOWAIT = 1 << 6,
	SCHEMA_ACTIVATE = 1 << 7,

	/* Means nothing where no client is looked at: in other modes than
	 * nowait, but for datagrams in wait. */
	SCHEMA_ACCESS = 1 << 8,
};

struct schema_key {
	const char *name;
	const struct schema_type *type;
	size_t offset;		  /* of the field in the struct */
	const char *default_text; /* as it would be written; NULL: required */
	long long min, max;	  /* for numbers, durations and sizes */
	const char *const *names; /* for enumerations, NULL-terminated */
	unsigned flags;		  /* enum schema_flag */
	const char *help;	  /* one line */
};

/* The keys of a scope, *ret_count of them. */
const struct schema_key *
schema_keys(enum schema_scope scope, size_t *ret_count);

/* The key of that name, or NULL. */
const struct schema_key *schema_find(enum schema_scope scope, const char *name);

/* The nearest key of the scope for a misspelt one, or NULL when none is near
 * enough to be meant. */
const char *schema_nearest(enum schema_scope scope, const char *name);

#endif
