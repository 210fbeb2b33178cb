/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The part of a struct config that says who may enter a service, and how
 * many. What each field means to an operator is in evinetd.ini(5), under the
 * key of its name.
 */
#ifndef EVINETD_CONFIG_ADMISSION_H
#define EVINETD_CONFIG_ADMISSION_H

#include <evinetd/base/bucket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strings; items[count] is NULL. */
struct config_strings {
	char **items;
	size_t count;
};

/* An entry of an access list: a prefix of addresses, or who a Unix-socket peer
 * is. Small, since there may be a million of them. */
enum config_access_kind {
	CONFIG_ACCESS_IPV4, /* bytes[0..3], bits 0 to 32 */
	CONFIG_ACCESS_IPV6, /* bytes[0..15], bits 0 to 128; never mapped */
	CONFIG_ACCESS_UID,  /* id */
	CONFIG_ACCESS_GID,
};

struct config_access {
	union {
		uint8_t bytes[16]; /* beyond bits they are 0 */
		uint32_t id;
	} u;
	uint32_t line;	    /* where it stands, from 1; 0: no line */
	uint8_t kind, bits; /* enum config_access_kind */
};

/* Entries that stand in one file: the items of `allow` or `deny`, or a file
 * that allow_file or deny_file names. */
struct config_access_set {
	const char *file; /* for messages, with an entry's line */
	struct config_access *items;
	size_t count;
};

struct config_access_rule {
	const struct config_access_set *set;
	bool deny;
};

/* All sets of a service: what decides, once the configuration is whole. */
struct config_access_list {
	struct config_access_rule *rules;
	size_t count;
};

/* What happens at the service's own limits. */
enum config_full {
	CONFIG_FULL_QUEUE, /* clients wait in the kernel's queue */
	CONFIG_FULL_REFUSE,
};

/* How a client is sent away. */
enum config_refusal {
	CONFIG_REFUSAL_RESET,
	CONFIG_REFUSAL_CLOSE,
	CONFIG_REFUSAL_MESSAGE, /* refuse_message, then a lingering close */
};

/* One window of active_hours, in local time; to may be less than from, and
 * then it ends on the next day. */
struct config_hours {
	uint16_t from, to; /* minutes since midnight, 0 to 1440 */
	uint8_t days;	   /* bit 0 is Sunday, as tm_wday */
};

/* The prefix lengths that make a source, in bits. */
struct config_prefixes {
	unsigned ipv4, ipv6;
};

/* Who may enter, and how many; see evinetd.ini(5). */
struct config_admission {
	struct config_access_list access;
	struct config_access_set allow, deny;	     /* of these keys */
	struct config_strings allow_file, deny_file; /* absolute paths */
	unsigned max_connections;		     /* of the service */
	unsigned max_connections_per_source;	     /* 0: no limit */
	struct config_prefixes source_prefix;
	struct bucket_rate rate, rate_per_source; /* count 0: no limit */
	enum config_full when_full;
	enum config_refusal when_refused;
	char *refuse_message; /* as it is sent, newline and all; or NULL */
	unsigned max_load;    /* hundredths; 0: no limit */
	struct config_hours *hours;
	size_t nhours; /* 0: always */
};

#endif
