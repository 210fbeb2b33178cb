/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What was written, section by section, before it means anything: the text of
 * every value, with its place. [defaults] and a service may stand in any order
 * and in different files, so meaning has to wait until all is read.
 */
#ifndef EVINETD_CONFIG_RAW_H
#define EVINETD_CONFIG_RAW_H

#include <evinetd/config/diag.h>
#include <evinetd/config/schema.h>

#include <uthash.h>

#define RAW_SERVICES_MAX 10000

struct raw_value {
	char *text; /* NULL: not written */
	struct config_origin at;
};

struct raw_unknown {
	char *key;
	struct config_origin at;
};

struct raw_section {
	char *name;
	enum schema_scope scope;
	struct config_origin at;  /* file NULL: it was not there */
	bool filled;		  /* something is in it, right or wrong */
	bool repeated;		  /* a second one; checked, but not used */
	struct raw_value *values; /* in the order of the schema's keys */
	struct raw_unknown *unknown;
	size_t nunknown;
	UT_hash_handle hh;
};

struct raw {
	struct diag *diag;
	size_t reports_before; /* diag_reports() at the beginning */
	struct raw_section daemon, defaults;
	struct raw_section **services; /* in the order of the files */
	size_t nservices;
	struct raw_section *names; /* uthash: services by name */
	struct raw_value *includes;
	size_t nincludes;
	bool full; /* RAW_SERVICES_MAX was reached, and reported */
};

/* 0 or -ENOMEM. */
int raw_init(struct raw *raw, struct diag *diag);
void raw_fini(struct raw *raw);

/* Begins the section of that name. *ret is where its values belong; NULL when
 * they are not wanted. Reports a section that was there before. */
int raw_begin_section(struct raw *raw, const char *name,
    struct config_origin at, struct raw_section **ret);

/* Stores a value. Reports a key that was there before; keeps an unknown one
 * for later. */
int raw_set_value(struct raw *raw, struct raw_section *section, const char *key,
    const char *text, struct config_origin at);

#endif
