/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The type of `allow` and `deny`: lists whose items each know their line.
 */
#include "entry.h"
#include "type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lists of more are written an item a line. */
#define TYPE_ACCESS_LINE 3

struct type_access {
	struct config_access_set *set;
	size_t counted; /* bytes of the value that were looked through */
	unsigned line;	/* at the end of these */
};

/* Lines are counted on from the last item: a long list is gone through once. */
static unsigned
type_access_line(struct type_access *a, const struct type_context *ctx)
{
	for (; a->counted < ctx->base; a->counted++)
		a->line += ctx->text[a->counted] == '\n';
	return ctx->at.line == 0 ? 0 : a->line;
}

static int
type_take_access_cb(struct type_context *ctx, char *item, void *arg)
{
	struct type_access *a = arg;
	struct config_access entry;
	int error = entry_parse(item, &entry, &ctx->err);

	free(item);
	if (error != 0)
		return error;
	entry.line = type_access_line(a, ctx);
	return entry_append(a->set, &entry);
}

static int
type_parse_access(struct type_context *ctx, const char *text, void *object)
{
	struct type_access a = {
		.set = type_field(ctx->key, object),
		.line = ctx->at.line,
	};
	int error;

	a.set->file = ctx->at.file;
	error = type_each_item(ctx, text, type_take_access_cb, &a);
	entry_trim(a.set);
	return error;
}

static void
type_print_access(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_access_set *set = type_field_const(key, object);
	const char *separator = set->count > TYPE_ACCESS_LINE ? "\n\t" : " ";
	char text[ENTRY_TEXT_MAX];

	if (set->count == 0)
		fputs("none", out);
	for (size_t i = 0; i < set->count; i++)
		fprintf(out, "%s%s", i > 0 ? separator : "",
		    entry_format(&set->items[i], text));
}

static void
type_fini_access(const struct schema_key *key, void *object)
{
	entry_free_all(type_field(key, object));
}

const struct schema_type type_access = {
	.multiline = true,
	.parse = type_parse_access,
	.print = type_print_access,
	.fini = type_fini_access,
};
