/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The types of the schema table: how the text of a value gets into the fields
 * of a struct config or config_service, and out of them again.
 */
#ifndef EVINETD_CONFIG_TYPE_H
#define EVINETD_CONFIG_TYPE_H

#include "value.h"

#include <evinetd/config/config.h>
#include <evinetd/config/schema.h>

/* One value on its way in. */
struct type_context {
	const struct schema_key *key;
	struct config_origin at; /* where the key stands */
	const char *text;	 /* the whole value */
	size_t base;		 /* where in text the part begins that err
				    speaks of */
	struct value_error err;
	struct diag *diag;
};

/* The object is the struct that key->offset is in; its fields are zero before
 * parse, and nothing but fini is called after parse has failed. */
struct schema_type {
	bool multiline; /* the text may hold newlines */

	/* 0, -ENOMEM, or -EINVAL with the reason in ctx->err (empty when all
	 * that is wrong went through type_report()). */
	int (*parse)(struct type_context *ctx, const char *text, void *object);

	/* Writes text that parse takes. */
	void (*print)(
	    const struct schema_key *key, const void *object, FILE *out);

	/* Frees what parse made; NULL when there is nothing. */
	void (*fini)(const struct schema_key *key, void *object);
};

extern const struct schema_type type_boolean, type_int, type_unsigned,
    type_number, type_mode, type_enum, type_duration, type_size;
extern const struct schema_type type_string, type_argv0, type_path, type_device,
    type_include, type_names, type_environment;
extern const struct schema_type type_listen, type_handler, type_stderr,
    type_log;
extern const struct schema_type type_user, type_group, type_groups;
extern const struct schema_type type_limit_count, type_limit_size,
    type_limit_time;
extern const struct schema_type type_access, type_paths, type_rate,
    type_prefixes, type_load, type_message, type_hours;

/* Parses a value into the object and reports what is wrong with it. 0,
 * -EINVAL (reported) or -ENOMEM. */
int type_parse(struct type_context *ctx, void *object);

/* Reports ctx->err and empties it, for types that go on to the next item. */
void type_report(struct type_context *ctx);

/* The line of a byte of ctx->text. */
struct config_origin type_origin(const struct type_context *ctx, size_t at);

/* path_make_absolute() of a path in the value; -EINVAL with ctx->err where
 * that fails or the path is too long for the system. */
int type_make_absolute(struct type_context *ctx, const char *path, char **ret);

/* The field that the key stands for. */
void *type_field(const struct schema_key *key, void *object);
const void *type_field_const(const struct schema_key *key, const void *object);

/* The text is `none`, and the key may be that. */
bool type_is_none(const struct schema_key *key, const char *text);

/* Calls item_cb with a copy of each item of a list, unless it is `none`. Goes
 * on after -EINVAL, which is reported and returned at the end. */
int type_each_item(struct type_context *ctx, const char *text,
    int (*item_cb)(struct type_context *ctx, char *item, void *arg), void *arg);

/* Writes the strings with blanks between them, each on a line of its own when
 * there are many, or `none`. */
void type_print_items(const struct config_strings *s, FILE *out,
    void (*print)(const char *item, FILE *out));

#endif
