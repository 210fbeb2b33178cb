/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The types that are one number in one field: they join a parser of value.h
 * with the range, the names and the flags of the key.
 */
#include "type.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* An enumeration is stored through an unsigned. */
_Static_assert(sizeof(enum log_level) == sizeof(unsigned), "enum size");

typedef const char *type_format_fn(int64_t number, char buf[VALUE_TEXT_MAX]);

static const char *
type_format_number(int64_t number, char buf[VALUE_TEXT_MAX])
{
	snprintf(buf, VALUE_TEXT_MAX, "%" PRId64, number);
	return buf;
}

static int
type_check_range(
    struct type_context *ctx, int64_t number, type_format_fn *format)
{
	char min[VALUE_TEXT_MAX], max[VALUE_TEXT_MAX], is[VALUE_TEXT_MAX];

	if (number >= ctx->key->min && number <= ctx->key->max)
		return 0;
	return value_fail(&ctx->err, 0, "%s is out of range, %s to %s%s",
	    format(number, is), format(ctx->key->min, min),
	    format(ctx->key->max, max),
	    (ctx->key->flags & SCHEMA_NONE) != 0 ? ", or none" : "");
}

static int
type_parse_bool(struct type_context *ctx, const char *text, void *object)
{
	return value_parse_bool(text, type_field(ctx->key, object), &ctx->err);
}

static void
type_print_bool(const struct schema_key *key, const void *object, FILE *out)
{
	const bool *field = type_field_const(key, object);

	fputs(*field ? "yes" : "no", out);
}

const struct schema_type type_boolean = {
	.parse = type_parse_bool,
	.print = type_print_bool,
};

static int
type_parse_number(struct type_context *ctx, const char *text, int64_t *ret)
{
	int error = value_parse_integer(text, ret, &ctx->err);

	return error != 0 ? error
			  : type_check_range(ctx, *ret, type_format_number);
}

static int
type_parse_int(struct type_context *ctx, const char *text, void *object)
{
	int *field = type_field(ctx->key, object);
	int64_t number;
	int error = type_parse_number(ctx, text, &number);

	if (error == 0)
		*field = (int)number;
	return error;
}

static void
type_print_int(const struct schema_key *key, const void *object, FILE *out)
{
	const int *field = type_field_const(key, object);

	fprintf(out, "%d", *field);
}

const struct schema_type type_int = {
	.parse = type_parse_int,
	.print = type_print_int,
};

static int
type_parse_unsigned(struct type_context *ctx, const char *text, void *object)
{
	unsigned *field = type_field(ctx->key, object);
	int64_t number;
	int error;

	if (type_is_none(ctx->key, text))
		return 0;
	error = type_parse_number(ctx, text, &number);
	if (error == 0)
		*field = (unsigned)number;
	return error;
}

static void
type_print_unsigned(const struct schema_key *key, const void *object, FILE *out)
{
	const unsigned *field = type_field_const(key, object);

	if (*field == 0 && (key->flags & SCHEMA_NONE) != 0)
		fputs("none", out);
	else
		fprintf(out, "%u", *field);
}

/* One that may be `none` is 0 then. */
const struct schema_type type_unsigned = {
	.parse = type_parse_unsigned,
	.print = type_print_unsigned,
};

static int
type_parse_enum(struct type_context *ctx, const char *text, void *object)
{
	unsigned *field = type_field(ctx->key, object);
	unsigned index;
	int error = value_parse_enum(text, ctx->key->names, &index, &ctx->err);

	if (error == 0)
		*field = index + (unsigned)ctx->key->min;
	return error;
}

static void
type_print_enum(const struct schema_key *key, const void *object, FILE *out)
{
	const unsigned *field = type_field_const(key, object);

	fputs(key->names[*field - (unsigned)key->min], out);
}

/* The names stand for the numbers from key->min on. */
const struct schema_type type_enum = {
	.parse = type_parse_enum,
	.print = type_print_enum,
};

static int
type_parse_mode(struct type_context *ctx, const char *text, void *object)
{
	mode_t mode, *field = type_field(ctx->key, object);
	int error = value_parse_mode(text, &mode, &ctx->err);

	if (error != 0)
		return error;
	if (mode > ctx->key->max)
		return value_fail(&ctx->err, 0,
		    "%s is out of range, 000 to %03llo", text, ctx->key->max);
	*field = mode;
	return 0;
}

static void
type_print_mode(const struct schema_key *key, const void *object, FILE *out)
{
	const mode_t *field = type_field_const(key, object);

	fprintf(out, "%04o", (unsigned)*field);
}

const struct schema_type type_mode = {
	.parse = type_parse_mode,
	.print = type_print_mode,
};

/* The three that fill an int64_t and may be `none`. */
static int
type_parse_int64(struct type_context *ctx, const char *text, void *object,
    int (*parse)(const char *, int64_t *, struct value_error *),
    type_format_fn *format)
{
	int64_t number = CONFIG_NONE, *field = type_field(ctx->key, object);
	int error;

	if (!type_is_none(ctx->key, text)) {
		error = parse(text, &number, &ctx->err);
		if (error == 0)
			error = type_check_range(ctx, number, format);
		if (error != 0)
			return error;
	}
	*field = number;
	return 0;
}

static void
type_print_int64(const struct schema_key *key, const void *object, FILE *out,
    type_format_fn *format)
{
	const int64_t *field = type_field_const(key, object);
	char text[VALUE_TEXT_MAX];

	fputs(*field == CONFIG_NONE ? "none" : format(*field, text), out);
}

static int
type_parse_any_number(struct type_context *ctx, const char *text, void *object)
{
	return type_parse_int64(
	    ctx, text, object, value_parse_integer, type_format_number);
}

static void
type_print_any_number(
    const struct schema_key *key, const void *object, FILE *out)
{
	type_print_int64(key, object, out, type_format_number);
}

const struct schema_type type_number = {
	.parse = type_parse_any_number,
	.print = type_print_any_number,
};

static int
type_parse_duration(struct type_context *ctx, const char *text, void *object)
{
	return type_parse_int64(
	    ctx, text, object, value_parse_duration, value_format_duration);
}

static void
type_print_duration(const struct schema_key *key, const void *object, FILE *out)
{
	type_print_int64(key, object, out, value_format_duration);
}

const struct schema_type type_duration = {
	.parse = type_parse_duration,
	.print = type_print_duration,
};

static int
type_parse_size(struct type_context *ctx, const char *text, void *object)
{
	return type_parse_int64(
	    ctx, text, object, value_parse_size, value_format_size);
}

static void
type_print_size(const struct schema_key *key, const void *object, FILE *out)
{
	type_print_int64(key, object, out, value_format_size);
}

const struct schema_type type_size = {
	.parse = type_parse_size,
	.print = type_print_size,
};
