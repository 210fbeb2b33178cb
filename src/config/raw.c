/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Collects the sections of all files. Finds what is written twice, and
 * bounds the number of services; everything else is left to build.c.
 */
#define HASH_NONFATAL_OOM 1

#include "raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
raw_init_section(
    struct raw_section *s, const char *name, enum schema_scope scope)
{
	size_t count;

	(void)schema_keys(scope, &count); /* only their number is wanted */
	*s = (struct raw_section){
		.name = strdup(name),
		.scope = scope,
		.values = calloc(count, sizeof(struct raw_value)),
	};
	return s->name == NULL || s->values == NULL ? -ENOMEM : 0;
}

static void
raw_fini_section(struct raw_section *s)
{
	size_t count;

	(void)schema_keys(s->scope, &count); /* only their number is wanted */
	for (size_t i = 0; s->values != NULL && i < count; i++)
		free(s->values[i].text);
	for (size_t i = 0; i < s->nunknown; i++)
		free(s->unknown[i].key);
	free(s->unknown);
	free(s->values);
	free(s->name);
}

int
raw_init(struct raw *raw, struct diag *diag)
{
	*raw =
	    (struct raw){ .diag = diag, .reports_before = diag_reports(diag) };
	if (raw_init_section(&raw->daemon, "evinetd", SCHEMA_DAEMON) != 0 ||
	    raw_init_section(&raw->defaults, "defaults", SCHEMA_SERVICE) != 0) {
		raw_fini(raw);
		return -ENOMEM;
	}
	return 0;
}

void
raw_fini(struct raw *raw)
{
	HASH_CLEAR(hh, raw->names);
	for (size_t i = 0; i < raw->nservices; i++) {
		raw_fini_section(raw->services[i]);
		free(raw->services[i]);
	}
	for (size_t i = 0; i < raw->nincludes; i++)
		free(raw->includes[i].text);
	free(raw->services);
	free(raw->includes);
	raw_fini_section(&raw->daemon);
	raw_fini_section(&raw->defaults);
}

/* [evinetd] and [defaults]: once a file. Their values are put together. */
static void
raw_begin_shared(
    struct raw *raw, struct raw_section *s, struct config_origin at)
{
	if (s->at.file == at.file)
		diag_add(raw->diag, at, "[%s] is repeated; it began in line %u",
		    s->name, s->at.line);
	s->at = at;
	s->filled = false;
}

static int
raw_append_service(struct raw *raw, struct raw_section *s)
{
	struct raw_section **services = raw->services;

	if ((raw->nservices & (raw->nservices + 1)) == 0) {
		services = realloc(
		    services, 2 * (raw->nservices + 1) * sizeof(*services));
		if (services == NULL)
			return -ENOMEM;
		raw->services = services;
	}
	services[raw->nservices++] = s;
	return 0;
}

static int
raw_begin_service(struct raw *raw, const char *name, struct config_origin at,
    struct raw_section **ret)
{
	struct raw_section *first, *s;
	int error;

	HASH_FIND_STR(raw->names, name, first);
	if (first != NULL)
		diag_add(raw->diag, at,
		    "[%s] is repeated; it was first in %s:%u", name,
		    first->at.file, first->at.line);
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	error = raw_init_section(s, name, SCHEMA_SERVICE);
	if (error == 0)
		error = raw_append_service(raw, s);
	if (error != 0) {
		raw_fini_section(s);
		free(s);
		return error;
	}
	s->at = at;
	s->repeated = first != NULL;
	*ret = s;
	if (first != NULL)
		return 0;
	HASH_ADD_KEYPTR(hh, raw->names, s->name, strlen(s->name), s);
	return s->hh.tbl == NULL ? -ENOMEM : 0;
}

int
raw_begin_section(struct raw *raw, const char *name, struct config_origin at,
    struct raw_section **ret)
{
	*ret = NULL;
	if (strcmp(name, raw->daemon.name) == 0)
		*ret = &raw->daemon;
	else if (strcmp(name, raw->defaults.name) == 0)
		*ret = &raw->defaults;
	if (*ret != NULL) {
		raw_begin_shared(raw, *ret, at);
		return 0;
	}
	if (raw->nservices < RAW_SERVICES_MAX)
		return raw_begin_service(raw, name, at, ret);
	if (!raw->full)
		diag_add(
		    raw->diag, at, "more than %d services", RAW_SERVICES_MAX);
	raw->full = true;
	return 0;
}

static int
raw_add_unknown(struct raw_section *s, const char *key, struct config_origin at)
{
	struct raw_unknown *unknown;

	unknown = realloc(s->unknown, (s->nunknown + 1) * sizeof(*unknown));
	if (unknown == NULL)
		return -ENOMEM;
	s->unknown = unknown;
	unknown[s->nunknown].at = at;
	unknown[s->nunknown].key = strdup(key);
	if (unknown[s->nunknown].key == NULL)
		return -ENOMEM;
	s->nunknown++;
	return 0;
}

/* `include` is the one key that every file may have. */
static int
raw_add_include(struct raw *raw, const char *text, struct config_origin at)
{
	struct raw_value *includes =
	    realloc(raw->includes, (raw->nincludes + 1) * sizeof(*includes));

	if (includes == NULL)
		return -ENOMEM;
	raw->includes = includes;
	includes[raw->nincludes].at = at;
	includes[raw->nincludes].text = strdup(text);
	if (includes[raw->nincludes].text == NULL)
		return -ENOMEM;
	raw->nincludes++;
	return 0;
}

static void
raw_report_repeated(struct raw *raw, const char *key,
    struct config_origin first, struct config_origin at)
{
	if (first.line != 0)
		diag_add(raw->diag, at,
		    "\"%s\" is repeated; it was first in %s:%u", key,
		    first.file, first.line);
	else
		diag_add(raw->diag, at, "\"%s\" is repeated", key);
}

int
raw_set_value(struct raw *raw, struct raw_section *section, const char *key,
    const char *text, struct config_origin at)
{
	size_t count;
	const struct schema_key *keys = schema_keys(section->scope, &count);
	const struct schema_key *found = schema_find(section->scope, key);
	const bool include =
	    section->scope == SCHEMA_DAEMON && strcmp(key, "include") == 0;
	struct raw_value *value;

	section->filled = true;
	if (found == NULL)
		return raw_add_unknown(section, key, at);
	value = &section->values[found - keys];
	if (value->text != NULL && (!include || value->at.file == at.file)) {
		raw_report_repeated(raw, key, value->at, at);
		return 0;
	}
	if (include && raw_add_include(raw, text, at) != 0)
		return -ENOMEM;
	if (value->text != NULL)
		return 0;
	value->at = at;
	value->text = strdup(text);
	return value->text == NULL ? -ENOMEM : 0;
}
