/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The types that are text: strings, paths, and lists of names, of file
 * patterns and of environment entries.
 */
#include "strings.h"
#include "type.h"
#include "words.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_STRING_MAX 4096

static void
type_fini_string(const struct schema_key *key, void *object)
{
	char **field = type_field(key, object);

	free(*field);
	*field = NULL;
}

static int
type_copy_string(struct type_context *ctx, const char *text, void *object)
{
	char **field = type_field(ctx->key, object);

	if (strlen(text) > TYPE_STRING_MAX)
		return value_fail(&ctx->err, 0,
		    "the text is longer than %d bytes", TYPE_STRING_MAX);
	*field = strdup(text);
	return *field == NULL ? -ENOMEM : 0;
}

/* The text of several lines becomes one, as paragraphs are. */
static int
type_parse_string(struct type_context *ctx, const char *text, void *object)
{
	char **field = type_field(ctx->key, object);
	char *to;
	int error;

	if (type_is_none(ctx->key, text))
		return 0;
	text += strspn(text, "\n");
	error = type_copy_string(ctx, text, object);
	if (error != 0)
		return error;
	to = *field;
	for (const char *from = *field; *from != '\0'; from++) {
		if (*from != '\n')
			*to++ = *from;
		else if (from[1] != '\n')
			*to++ = ' ';
	}
	*to = '\0';
	return 0;
}

static void
type_print_string(const struct schema_key *key, const void *object, FILE *out)
{
	char *const *field = type_field_const(key, object);

	fputs(*field != NULL ? *field : "none", out);
}

const struct schema_type type_string = {
	.multiline = true,
	.parse = type_parse_string,
	.print = type_print_string,
	.fini = type_fini_string,
};

static int
type_parse_argv0(struct type_context *ctx, const char *text, void *object)
{
	int error;

	if (strcmp(text, "default") == 0)
		return 0;
	error = words_check_percent(text, &ctx->err);
	return error != 0 ? error : type_copy_string(ctx, text, object);
}

const struct schema_type type_argv0 = {
	.parse = type_parse_argv0,
	.print = type_print_string,
	.fini = type_fini_string,
};

static int
type_parse_path(struct type_context *ctx, const char *text, void *object)
{
	if (type_is_none(ctx->key, text))
		return 0;
	return type_make_absolute(ctx, text, type_field(ctx->key, object));
}

const struct schema_type type_path = {
	.parse = type_parse_path,
	.print = type_print_string,
	.fini = type_fini_string,
};

/* A network interface; it need not be there yet. */
static int
type_parse_device(struct type_context *ctx, const char *text, void *object)
{
	if (type_is_none(ctx->key, text))
		return 0;
	/* As dev_valid_name() of the kernel has it. */
	if (strlen(text) >= IFNAMSIZ || strcmp(text, ".") == 0 ||
	    strcmp(text, "..") == 0 || strpbrk(text, "/: \t") != NULL)
		return value_fail(&ctx->err, 0,
		    "\"%.80s\" is not the name of an interface", text);
	return type_copy_string(ctx, text, object);
}

const struct schema_type type_device = {
	.parse = type_parse_device,
	.print = type_print_string,
	.fini = type_fini_string,
};

static void
type_fini_strings(const struct schema_key *key, void *object)
{
	strings_fini(type_field(key, object));
}

static void
type_print_item(const char *item, FILE *out)
{
	fputs(item, out);
}

static void
type_print_strings(const struct schema_key *key, const void *object, FILE *out)
{
	type_print_items(type_field_const(key, object), out, type_print_item);
}

static int
type_take_item_cb(struct type_context *ctx, char *item, void *arg)
{
	return strings_take(arg, item);
}

static int
type_parse_include(struct type_context *ctx, const char *text, void *object)
{
	return type_each_item(
	    ctx, text, type_take_item_cb, type_field(ctx->key, object));
}

const struct schema_type type_include = {
	.multiline = true,
	.parse = type_parse_include,
	.print = type_print_strings,
	.fini = type_fini_strings,
};

/* A path that a list could not be written with would be lost in --dump. */
static int
type_take_path_cb(struct type_context *ctx, char *item, void *arg)
{
	char *path;
	int error = type_make_absolute(ctx, item, &path);

	free(item);
	if (error != 0)
		return error;
	if (strpbrk(path, " \t\n,") == NULL)
		return strings_take(arg, path);
	error = value_fail(&ctx->err, 0,
	    "there is a blank or a comma in the path \"%.200s\", and these "
	    "separate the items of a list; put the file elsewhere",
	    path);
	free(path);
	return error;
}

static int
type_parse_paths(struct type_context *ctx, const char *text, void *object)
{
	return type_each_item(
	    ctx, text, type_take_path_cb, type_field(ctx->key, object));
}

const struct schema_type type_paths = {
	.multiline = true,
	.parse = type_parse_paths,
	.print = type_print_strings,
	.fini = type_fini_strings,
};

/* The bytes of a variable's name (POSIX, XBD 8.1) that text begins with. */
static size_t
type_match_variable(const char *text)
{
	static const char allowed[] = "0123456789"
				      "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	return *text >= '0' && *text <= '9' ? 0 : strspn(text, allowed);
}

static bool
type_has_variable(const struct config_strings *s, const char *item, size_t len)
{
	for (size_t i = 0; i < s->count; i++) {
		const char *other = s->items[i];

		if (strncmp(other, item, len) == 0 &&
		    (other[len] == '=' || other[len] == '\0'))
			return true;
	}
	return false;
}

static int
type_take_name_cb(struct type_context *ctx, char *item, void *arg)
{
	const size_t len = type_match_variable(item);
	int error;

	if (len == 0 || item[len] != '\0')
		error = value_fail(&ctx->err, 0,
		    "\"%.80s\" is not the name of a variable", item);
	else if (type_has_variable(arg, item, len))
		error =
		    value_fail(&ctx->err, 0, "\"%.80s\" is there twice", item);
	else
		return strings_take(arg, item);
	free(item);
	return error;
}

static int
type_parse_names(struct type_context *ctx, const char *text, void *object)
{
	return type_each_item(
	    ctx, text, type_take_name_cb, type_field(ctx->key, object));
}

const struct schema_type type_names = {
	.multiline = true,
	.parse = type_parse_names,
	.print = type_print_strings,
	.fini = type_fini_strings,
};

static int
type_take_variable(
    struct type_context *ctx, char *word, struct config_strings *ret)
{
	const size_t len = type_match_variable(word);
	int error;

	if (len == 0 || word[len] != '=')
		error = value_fail(
		    &ctx->err, 0, "\"%.80s\" is not NAME=VALUE", word);
	else if (type_has_variable(ret, word, len))
		error = value_fail(
		    &ctx->err, 0, "%.*s is set twice", (int)len, word);
	else
		return strings_take(ret, word);
	free(word);
	return error;
}

static int
type_parse_environment(struct type_context *ctx, const char *text, void *object)
{
	size_t at = 0, start;
	int result = 0;

	if (type_is_none(ctx->key, text))
		return 0;
	for (;;) {
		char *word;
		int error;

		ctx->base = 0;
		error = words_next(text, &at, &word, &start, &ctx->err);
		if (error != 0)
			return error;
		if (word == NULL)
			return result;
		ctx->base = start;
		error =
		    type_take_variable(ctx, word, type_field(ctx->key, object));
		if (error == -EINVAL) {
			type_report(ctx);
			result = error;
		} else if (error != 0)
			return error;
	}
}

static void
type_print_environment(
    const struct schema_key *key, const void *object, FILE *out)
{
	type_print_items(type_field_const(key, object), out, words_print);
}

const struct schema_type type_environment = {
	.multiline = true,
	.parse = type_parse_environment,
	.print = type_print_environment,
	.fini = type_fini_strings,
};
