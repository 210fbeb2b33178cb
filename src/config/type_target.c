/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The types of `log` and `stderr`: one of a few words, or a path. They fill
 * two fields each, which they know by name. A path is told from a misspelt
 * word by its slash.
 */
#include "type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A word of names, whose index goes to the first field, or a path, which goes
 * to the second; *ret_index is then that of the end of names. */
static int
type_parse_target(struct type_context *ctx, const char *text,
    unsigned *ret_index, char **ret_path)
{
	const char *const *names = ctx->key->names;
	unsigned path = 0;

	if (strchr(text, '/') == NULL) {
		int error = value_parse_enum(text, names, ret_index, &ctx->err);
		size_t len = strlen(ctx->err.message);

		if (error == -EINVAL)
			snprintf(ctx->err.message + len,
			    sizeof(ctx->err.message) - len,
			    "; a path has a \"/\" in it");
		return error;
	}
	while (names[path] != NULL)
		path++;
	*ret_index = path;
	return type_make_absolute(ctx, text, ret_path);
}

static void
type_print_target(
    const struct schema_key *key, unsigned index, const char *path, FILE *out)
{
	fputs(path != NULL ? path : key->names[index], out);
}

static int
type_parse_stderr(struct type_context *ctx, const char *text, void *object)
{
	struct config_service *s = object;
	unsigned index;
	int error = type_parse_target(ctx, text, &index, &s->stderr_path);

	if (error == 0)
		s->stderr_to = (enum config_stderr)index;
	return error;
}

static void
type_print_stderr(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_service *s = object;

	type_print_target(key, s->stderr_to, s->stderr_path, out);
}

static void
type_fini_stderr(const struct schema_key *key, void *object)
{
	struct config_service *s = object;

	free(s->stderr_path);
	s->stderr_path = NULL;
}

const struct schema_type type_stderr = {
	.parse = type_parse_stderr,
	.print = type_print_stderr,
	.fini = type_fini_stderr,
};

/* In the order of the key's names; a path comes last. */
static const enum log_target type_log_targets[] = {
	LOG_TARGET_STDERR,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL,
	LOG_TARGET_FILE,
};

static int
type_parse_log(struct type_context *ctx, const char *text, void *object)
{
	struct config *c = object;
	unsigned index;
	int error = type_parse_target(ctx, text, &index, &c->log_path);

	if (error == 0)
		c->log = type_log_targets[index];
	return error;
}

static void
type_print_log(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config *c = object;
	unsigned index = 0;

	while (type_log_targets[index] != c->log)
		index++;
	type_print_target(key, index, c->log_path, out);
}

static void
type_fini_log(const struct schema_key *key, void *object)
{
	struct config *c = object;

	free(c->log_path);
	c->log_path = NULL;
}

const struct schema_type type_log = {
	.parse = type_parse_log,
	.print = type_print_log,
	.fini = type_fini_log,
};
