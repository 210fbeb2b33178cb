/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What all types share: finding the field, finding the line of a mistake,
 * going through a list and writing one.
 */
#include "type.h"

#include "path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A list that is longer than this is written one item a line. */
#define TYPE_LINE_MAX 60

void *
type_field(const struct schema_key *key, void *object)
{
	return (char *)object + key->offset;
}

const void *
type_field_const(const struct schema_key *key, const void *object)
{
	return (const char *)object + key->offset;
}

struct config_origin
type_origin(const struct type_context *ctx, size_t at)
{
	struct config_origin origin = ctx->at;

	if (origin.line == 0)
		return origin;
	for (size_t i = 0; i < at && ctx->text[i] != '\0'; i++)
		origin.line += ctx->text[i] == '\n';
	return origin;
}

/* Other languages have comments behind values; here they are a part of it. */
static bool
type_is_comment(const char *text)
{
	return *text == ';' || *text == '#';
}

/* At the mistake; in a value of one piece, behind any blank. */
static bool
type_has_comment(const struct type_context *ctx)
{
	const char *text = ctx->text;
	const size_t at = ctx->base + ctx->err.at;

	if (at < strlen(text) && type_is_comment(text + at))
		return true;
	if (ctx->key->type->multiline)
		return false;
	while (*(text += strcspn(text, " \t")) != '\0') {
		if (type_is_comment(++text))
			return true;
	}
	return false;
}

void
type_report(struct type_context *ctx)
{
	if (ctx->err.message[0] == '\0')
		return;
	diag_add(ctx->diag, type_origin(ctx, ctx->base + ctx->err.at),
	    "%s: %s%s", ctx->key->name, ctx->err.message,
	    type_has_comment(ctx) ? "; a comment needs a line of its own" : "");
	ctx->err.message[0] = '\0';
}

int
type_parse(struct type_context *ctx, void *object)
{
	const bool multiline = ctx->key->type->multiline;
	const char *text = ctx->text;
	const char *more;
	int error;

	ctx->err.message[0] = '\0';
	if (!multiline) {
		text += strspn(text, "\n");
		ctx->base = (size_t)(text - ctx->text);
	}
	more = text + strcspn(text, "\n");
	more += strspn(more, "\n");
	if (text[strspn(text, " \t\n")] == '\0')
		error = value_fail(&ctx->err, 0, "the value is missing");
	else if (!multiline && *more != '\0')
		error = value_fail(&ctx->err, (size_t)(more - text),
		    "the value has more than one line");
	else
		error = ctx->key->type->parse(ctx, text, object);
	if (error == -EINVAL)
		type_report(ctx);
	return error;
}

int
type_make_absolute(struct type_context *ctx, const char *path, char **ret)
{
	char *absolute;
	int error = path_make_absolute(ctx->at, path, &absolute);

	if (error == -ENOMEM)
		return error;
	if (error != 0)
		return value_fail(&ctx->err, 0,
		    "cannot find the current directory: %s", strerror(-error));
	if (strlen(absolute) >= PATH_MAX) {
		free(absolute);
		return value_fail(&ctx->err, 0,
		    "the path is longer than %d bytes", PATH_MAX - 1);
	}
	*ret = absolute;
	return 0;
}

bool
type_is_none(const struct schema_key *key, const char *text)
{
	return (key->flags & SCHEMA_NONE) != 0 &&
	       strcmp(text + strspn(text, "\n"), "none") == 0;
}

int
type_each_item(struct type_context *ctx, const char *text,
    int (*item_cb)(struct type_context *ctx, char *item, void *arg), void *arg)
{
	const char *item;
	size_t at = 0, len;
	int result = 0;

	if (type_is_none(ctx->key, text))
		return 0;
	if (text[strspn(text, " \t\n,")] == '\0')
		return value_fail(&ctx->err, 0, "the list has no items");
	while (value_next_item(text, &at, &item, &len)) {
		char *copy = strndup(item, len);
		int error = -ENOMEM;

		if (copy != NULL) {
			ctx->base = (size_t)(item - text);
			error = item_cb(ctx, copy, arg);
		}
		if (error == -EINVAL) {
			type_report(ctx);
			result = error;
			/* One complaint, and not each of its words. */
			if (type_is_comment(item))
				at += strcspn(text + at, "\n");
		} else if (error != 0)
			return error;
	}
	return result;
}

void
type_print_items(const struct config_strings *s, FILE *out,
    void (*print)(const char *item, FILE *out))
{
	size_t total = 0;

	for (size_t i = 0; i < s->count; i++)
		total += strlen(s->items[i]) + 1;
	if (s->count == 0)
		fputs("none", out);
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0)
			fputs(total > TYPE_LINE_MAX ? "\n\t" : " ", out);
		print(s->items[i], out);
	}
}
