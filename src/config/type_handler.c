/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The type of `handler`: a command as words, or builtin:NAME. It checks the
 * language only; whether the program is there is asked later, by program.c,
 * since that does not matter while the service is disabled.
 */
#include "strings.h"
#include "type.h"
#include "words.h"

#include <evinetd/builtin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HANDLER_BUILTIN "builtin:"

#define HANDLER_BUILTIN_NAME(name, help) #name,
static const char *const handler_builtins[] = { EVINETD_BUILTINS(
    HANDLER_BUILTIN_NAME) NULL };

static int
handler_take_builtin(
    struct type_context *ctx, const char *word, struct config_service *s)
{
	const char *name = word + strlen(HANDLER_BUILTIN);
	unsigned index;
	int error = value_parse_enum(name, handler_builtins, &index, &ctx->err);

	if (error != 0)
		return error;
	s->builtin = true;
	return strings_take(&s->words, strdup(name));
}

/* The first word; it is taken as it is, without % sequences. */
static int
handler_take_program(
    struct type_context *ctx, const char *word, struct config_service *s)
{
	if (strncmp(word, HANDLER_BUILTIN, strlen(HANDLER_BUILTIN)) == 0)
		return handler_take_builtin(ctx, word, s);
	if (*word == '\0')
		return value_fail(
		    &ctx->err, 0, "the name of the program is empty");
	if (strchr(word, '/') != NULL)
		return type_make_absolute(ctx, word, &s->path);
	s->path = strdup(word);
	return s->path == NULL ? -ENOMEM : 0;
}

static int
handler_take_word(
    struct type_context *ctx, char *word, struct config_service *s)
{
	int error;

	if (s->builtin)
		error = value_fail(
		    &ctx->err, 0, "a built-in handler takes no arguments");
	else
		error = words_check_percent(word, &ctx->err);
	if (error == 0)
		return strings_take(&s->words, word);
	free(word);
	return error;
}

static int
type_parse_handler(struct type_context *ctx, const char *text, void *object)
{
	struct config_service *s = object;
	size_t at = 0, start;
	bool first = true;

	for (;; first = false) {
		char *word;
		int error;

		ctx->base = 0;
		error = words_next(text, &at, &word, &start, &ctx->err);
		if (error != 0 || word == NULL)
			return error;
		ctx->base = start;
		if (first) {
			error = handler_take_program(ctx, word, s);
			free(word);
		} else
			error = handler_take_word(ctx, word, s);
		if (error != 0)
			return error;
	}
}

static void
type_print_handler(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_service *s = object;

	if (s->builtin) {
		fprintf(out, HANDLER_BUILTIN "%s", s->words.items[0]);
		return;
	}
	words_print(s->path, out);
	if (s->words.count == 0)
		return;
	fputc(' ', out);
	type_print_items(&s->words, out, words_print);
}

static void
type_fini_handler(const struct schema_key *key, void *object)
{
	struct config_service *s = object;

	free(s->path);
	s->path = NULL;
	strings_fini(&s->words);
	s->builtin = false;
}

const struct schema_type type_handler = {
	.multiline = true,
	.parse = type_parse_handler,
	.print = type_print_handler,
	.fini = type_fini_handler,
};
