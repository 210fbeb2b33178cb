/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Gives the raw sections their meaning. For each key of the schema table the
 * text comes from the section, or from [defaults], or from the table, and the
 * key's type puts it into the struct: there is no code for any single key.
 */
#include "build.h"

#include "access_list.h"
#include "nearest.h"
#include "strings.h"
#include "type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct config_origin *
build_new_origins(enum schema_scope scope)
{
	size_t count;

	(void)schema_keys(scope, &count); /* only their number is wanted */
	return calloc(count, sizeof(struct config_origin));
}

struct config *
build_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->origins = build_new_origins(SCHEMA_DAEMON);
	if (c->origins == NULL) {
		free(c);
		return NULL;
	}
	return c;
}

static void
build_free_object(enum schema_scope scope, void *object)
{
	size_t count;
	const struct schema_key *keys = schema_keys(scope, &count);

	for (size_t i = 0; i < count; i++) {
		if (keys[i].type->fini != NULL)
			keys[i].type->fini(&keys[i], object);
	}
}

static void
build_free_service(struct config_service *s)
{
	if (s == NULL)
		return;
	build_free_object(SCHEMA_SERVICE, s);
	free(s->admission.access.rules);
	free(s->name);
	free(s->origins);
	free(s);
}

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->nservices; i++)
		build_free_service(c->services[i]);
	free(c->services);
	access_list_free_files(c);
	build_free_object(SCHEMA_DAEMON, c);
	free(c->origins);
	strings_fini(&c->files);
	free(c->path);
	free(c);
}

static struct config_service *
build_new_service(const char *name)
{
	struct config_service *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->name = strdup(name);
	s->origins = build_new_origins(SCHEMA_SERVICE);
	if (s->name == NULL || s->origins == NULL) {
		build_free_service(s);
		return NULL;
	}
	return s;
}

struct config_origin
build_origin(const struct config_service *s, const char *key)
{
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);

	return s->origins[schema_find(SCHEMA_SERVICE, key) - keys];
}

/* Parses one value and remembers where it is from. */
static int
build_value(const struct schema_key *key, const struct raw_value *value,
    void *object, struct config_origin *ret_origin, struct diag *diag)
{
	struct type_context ctx = {
		.key = key,
		.at = value->at,
		.text = value->text,
		.diag = diag,
	};

	*ret_origin = value->at;
	return type_parse(&ctx, object);
}

/* All values of a section; fallback is [defaults] or NULL. A key without any
 * text stays empty. -EINVAL when one was wrong. */
static int
build_values(const struct raw_section *section,
    const struct raw_section *fallback, void *object,
    struct config_origin *origins, struct diag *diag)
{
	size_t count;
	const struct schema_key *keys = schema_keys(section->scope, &count);
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		struct raw_value value = section->values[i];
		int error;

		if (value.text == NULL && fallback != NULL) {
			value = fallback->values[i];
			value.at.from_defaults = value.text != NULL;
		}
		if (value.text == NULL)
			value.text = (char *)keys[i].default_text;
		if (value.text == NULL)
			continue;
		error =
		    build_value(&keys[i], &value, object, &origins[i], diag);
		if (error == -ENOMEM)
			return error;
		if (error == 0)
			continue;
		result = error;
		/* With the default in its place the rest can be checked. */
		value = (struct raw_value){
			.text = (char *)keys[i].default_text,
		};
		if (value.text != NULL && build_value(&keys[i], &value, object,
					      &origins[i], diag) == -ENOMEM)
			return -ENOMEM;
	}
	return result;
}

static void
build_report_unknown(const struct raw_section *s, struct diag *diag)
{
	const enum schema_scope other =
	    s->scope == SCHEMA_DAEMON ? SCHEMA_SERVICE : SCHEMA_DAEMON;

	for (size_t i = 0; i < s->nunknown; i++) {
		const struct raw_unknown *u = &s->unknown[i];
		const char *near = schema_nearest(s->scope, u->key);

		if (schema_find(other, u->key) != NULL)
			diag_add(diag, u->at,
			    "\"%s\" is a key of %s, and this is [%s]", u->key,
			    other == SCHEMA_DAEMON ? "[evinetd]" : "a service",
			    s->name);
		else if (near != NULL)
			diag_add(diag, u->at,
			    "unknown key \"%s\" in [%s]; did you mean \"%s\"?",
			    u->key, s->name, near);
		else
			diag_add(diag, u->at, "unknown key \"%s\" in [%s]",
			    u->key, s->name);
	}
}

static bool
build_has_key(const struct raw_section *s, const char *name)
{
	size_t count;
	const struct schema_key *keys = schema_keys(s->scope, &count);

	return s->values[schema_find(s->scope, name) - keys].text != NULL;
}

/* A section that is no service, and whose name is nearly one of ours. */
static bool
build_report_misspelt(const struct raw_section *s, struct diag *diag)
{
	static const char *const ours[] = { "evinetd", "defaults" };

	if (build_has_key(s, "listen") && build_has_key(s, "handler"))
		return false;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (nearest_distance(s->name, ours[i]) > 2)
			continue;
		diag_add(diag, s->at,
		    "[%s] is no service, since it has not both \"listen\" "
		    "and \"handler\"; did you mean [%s]?",
		    s->name, ours[i]);
		return true;
	}
	return false;
}

static int
build_report_missing(const struct raw_section *s,
    const struct raw_section *defaults, struct diag *diag)
{
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		if (keys[i].default_text != NULL || s->values[i].text != NULL ||
		    defaults->values[i].text != NULL)
			continue;
		diag_add(
		    diag, s->at, "[%s] has no \"%s\"", s->name, keys[i].name);
		result = -EINVAL;
	}
	return result;
}

/* Makes *ret, which may be incomplete when it returns -EINVAL (reported). */
static int
build_service(const struct raw_section *raw_service, const struct raw *raw,
    struct access_list_reader *lists, struct config_service **ret)
{
	struct config_service *s;
	int result, error;

	s = build_new_service(raw_service->name);
	if (s == NULL)
		return -ENOMEM;
	*ret = s;
	s->origin = raw_service->at;
	if (!raw_service->filled ||
	    build_report_misspelt(raw_service, raw->diag))
		return -EINVAL;
	build_report_unknown(raw_service, raw->diag);
	result = build_report_missing(raw_service, &raw->defaults, raw->diag);
	error =
	    build_values(raw_service, &raw->defaults, s, s->origins, raw->diag);
	if (error == -ENOMEM)
		return error;
	if (error != 0)
		result = error;
	error = check_service(s, raw->diag);
	if (error == -ENOMEM)
		return error;
	if (error != 0)
		result = error;
	error = access_list_fill(lists, s);
	return error != 0 ? error : result;
}

/* [defaults] as a service of its own, so that what is wrong there is found
 * even when every service overrides it. */
static int
build_check_defaults(const struct raw *raw, struct access_list_reader *lists)
{
	struct config_service *s;
	int error;

	build_report_unknown(&raw->defaults, raw->diag);
	s = build_new_service(raw->defaults.name);
	if (s == NULL)
		return -ENOMEM;
	error = build_values(&raw->defaults, NULL, s, s->origins, raw->diag);
	if (error != -ENOMEM)
		error = access_list_fill(lists, s);
	build_free_service(s);
	return error == -EINVAL ? 0 : error;
}

static int
build_services(
    struct config *c, const struct raw *raw, struct access_list_reader *lists)
{
	c->services = calloc(raw->nservices + 1, sizeof(*c->services));
	if (c->services == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < raw->nservices; i++) {
		struct config_service *s = NULL;
		int error = build_service(raw->services[i], raw, lists, &s);

		if (error == 0 && !raw->services[i]->repeated) {
			c->services[c->nservices++] = s;
			continue;
		}
		build_free_service(s);
		if (error == -ENOMEM)
			return error;
	}
	return 0;
}

int
build_config(struct config *c, const struct raw *raw)
{
	const struct config_origin whole = { .file = c->path };
	struct access_list_reader lists = { .config = c, .diag = raw->diag };
	int error;

	build_report_unknown(&raw->daemon, raw->diag);
	error = build_values(&raw->daemon, NULL, c, c->origins, raw->diag);
	if (error == -ENOMEM)
		return error;
	error = build_check_defaults(raw, &lists);
	if (error == 0)
		error = build_services(c, raw, &lists);
	access_list_fini(&lists);
	if (error == 0)
		error = conflict_check(c, raw->diag);
	if (error == 0 && raw->nservices == 0 &&
	    diag_reports(raw->diag) == raw->reports_before)
		diag_add(raw->diag, whole,
		    "there is no service: every [section] but [evinetd] and "
		    "[defaults] is one, with \"listen\" and \"handler\"");
	return error;
}

int
build_finish(struct config *c, struct raw *raw, int error, struct config **ret)
{
	if (error == 0 && diag_reports(raw->diag) > raw->reports_before)
		error = -EINVAL;
	raw_fini(raw);
	if (error == 0)
		*ret = c;
	else
		config_free(c);
	return error;
}
