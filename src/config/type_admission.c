/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The types of single admission keys: rates, what makes a source, the load,
 * the hours, and the text for who is sent away.
 */
#include "hours.h"
#include "type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Lists of more windows are written a window a line. */
#define TYPE_HOURS_LINE 3

static int
type_parse_rate(struct type_context *ctx, const char *text, void *object)
{
	if (type_is_none(ctx->key, text))
		return 0;
	return value_parse_rate(text, type_field(ctx->key, object), &ctx->err);
}

static void
type_print_rate(const struct schema_key *key, const void *object, FILE *out)
{
	const struct bucket_rate *rate = type_field_const(key, object);
	char text[BUCKET_TEXT_MAX];

	fputs(bucket_format_rate(rate, text, sizeof(text)), out);
}

const struct schema_type type_rate = {
	.parse = type_parse_rate,
	.print = type_print_rate,
};

static int
type_parse_prefixes(struct type_context *ctx, const char *text, void *object)
{
	struct config_prefixes *field = type_field(ctx->key, object);

	return value_parse_lengths(text, &field->ipv4, &field->ipv6, &ctx->err);
}

static void
type_print_prefixes(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_prefixes *field = type_field_const(key, object);

	fprintf(out, "%u %u", field->ipv4, field->ipv6);
}

const struct schema_type type_prefixes = {
	.parse = type_parse_prefixes,
	.print = type_print_prefixes,
};

static int
type_parse_load(struct type_context *ctx, const char *text, void *object)
{
	if (type_is_none(ctx->key, text))
		return 0;
	return value_parse_load(text, type_field(ctx->key, object), &ctx->err);
}

static void
type_print_load(const struct schema_key *key, const void *object, FILE *out)
{
	const unsigned *field = type_field_const(key, object);
	char text[VALUE_TEXT_MAX];

	fputs(*field == 0 ? "none" : value_format_load(*field, text), out);
}

const struct schema_type type_load = {
	.parse = type_parse_load,
	.print = type_print_load,
};

static int
type_parse_message(struct type_context *ctx, const char *text, void *object)
{
	if (type_is_none(ctx->key, text))
		return 0;
	return value_parse_message(
	    text, type_field(ctx->key, object), &ctx->err);
}

static void
type_print_message(const struct schema_key *key, const void *object, FILE *out)
{
	char *const *field = type_field_const(key, object);

	if (*field == NULL)
		fputs("none", out);
	else
		value_print_message(*field, out);
}

static void
type_fini_message(const struct schema_key *key, void *object)
{
	char **field = type_field(key, object);

	free(*field);
	*field = NULL;
}

const struct schema_type type_message = {
	.parse = type_parse_message,
	.print = type_print_message,
	.fini = type_fini_message,
};

static int
type_take_hours_cb(struct type_context *ctx, char *item, void *arg)
{
	struct config_admission *a = arg;
	struct config_hours h, *grown;
	int error = hours_parse(item, &h, &ctx->err);

	free(item);
	if (error != 0)
		return error;
	grown = realloc(a->hours, (a->nhours + 1) * sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	grown[a->nhours++] = h;
	a->hours = grown;
	return 0;
}

static int
type_parse_hours(struct type_context *ctx, const char *text, void *object)
{
	struct config_service *s = object;

	return type_each_item(ctx, text, type_take_hours_cb, &s->admission);
}

static void
type_print_hours(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_service *s = object;
	const char *separator =
	    s->admission.nhours > TYPE_HOURS_LINE ? "\n\t" : " ";
	char text[VALUE_TEXT_MAX];

	if (s->admission.nhours == 0)
		fputs("none", out);
	for (size_t i = 0; i < s->admission.nhours; i++)
		fprintf(out, "%s%s", i > 0 ? separator : "",
		    hours_format(&s->admission.hours[i], text));
}

static void
type_fini_hours(const struct schema_key *key, void *object)
{
	struct config_service *s = object;

	free(s->admission.hours);
	s->admission.hours = NULL;
	s->admission.nhours = 0;
}

const struct schema_type type_hours = {
	.multiline = true,
	.parse = type_parse_hours,
	.print = type_print_hours,
	.fini = type_fini_hours,
};
