/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The types that are structures: listeners, users and groups, and limits.
 * Their parsers are in modules of their own; here they meet the table.
 */
#include "limit.h"
#include "listen.h"
#include "type.h"
#include "user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
type_take_listen_cb(struct type_context *ctx, char *item, void *arg)
{
	struct config_service *s = arg;
	struct config_listen l, *grown;
	int error = listen_parse(item, &l, &ctx->err);

	free(item);
	if (error != 0)
		return error;
	l.origin = type_origin(ctx, ctx->base);
	grown = realloc(s->listen, (s->nlisten + 1) * sizeof(*grown));
	if (grown == NULL) {
		listen_fini(&l);
		return -ENOMEM;
	}
	grown[s->nlisten++] = l;
	s->listen = grown;
	return 0;
}

static void
type_print_listen(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_service *s = object;

	for (size_t i = 0; i < s->nlisten; i++)
		fprintf(out, "%s%s", i > 0 ? "\n\t" : "", s->listen[i].text);
}

static void
type_fini_listen(const struct schema_key *key, void *object)
{
	struct config_service *s = object;

	for (size_t i = 0; i < s->nlisten; i++)
		listen_fini(&s->listen[i]);
	free(s->listen);
	s->listen = NULL;
	s->nlisten = 0;
}

/* Some of the addresses would be worse than none: what the service is, such
 * as its mode, would be told from them, and complaints be wrong. */
static int
type_parse_listen(struct type_context *ctx, const char *text, void *object)
{
	int error = type_each_item(ctx, text, type_take_listen_cb, object);

	if (error == -EINVAL)
		type_fini_listen(ctx->key, object);
	return error;
}

const struct schema_type type_listen = {
	.multiline = true,
	.parse = type_parse_listen,
	.print = type_print_listen,
	.fini = type_fini_listen,
};

static int
type_parse_user(struct type_context *ctx, const char *text, void *object)
{
	if (strcmp(text, "default") == 0)
		return 0;
	return user_parse(text, type_field(ctx->key, object), &ctx->err);
}

static void
type_print_user(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_user *u = type_field_const(key, object);

	fputs(u->set ? u->name : "default", out);
}

static void
type_fini_user(const struct schema_key *key, void *object)
{
	user_fini(type_field(key, object));
}

const struct schema_type type_user = {
	.parse = type_parse_user,
	.print = type_print_user,
	.fini = type_fini_user,
};

static int
type_parse_group(struct type_context *ctx, const char *text, void *object)
{
	if (strcmp(text, "default") == 0)
		return 0;
	return group_parse(text, type_field(ctx->key, object), &ctx->err);
}

static void
type_print_group(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_group *g = type_field_const(key, object);

	fputs(g->set ? g->name : "default", out);
}

static void
type_fini_group(const struct schema_key *key, void *object)
{
	group_fini(type_field(key, object));
}

const struct schema_type type_group = {
	.parse = type_parse_group,
	.print = type_print_group,
	.fini = type_fini_group,
};

static int
type_take_group_cb(struct type_context *ctx, char *item, void *arg)
{
	struct config_groups *groups = arg;
	struct config_group g;
	gid_t *grown;
	int error = group_parse(item, &g, &ctx->err);

	free(item);
	if (error != 0)
		return error;
	grown = realloc(groups->gids, (groups->count + 1) * sizeof(*grown));
	if (grown != NULL) {
		grown[groups->count++] = g.gid;
		groups->gids = grown;
	}
	group_fini(&g);
	return grown == NULL ? -ENOMEM : 0;
}

static int
type_parse_groups(struct type_context *ctx, const char *text, void *object)
{
	struct config_groups *groups = type_field(ctx->key, object);

	if (strcmp(text + strspn(text, "\n"), "default") == 0)
		return 0;
	groups->set = true;
	return type_each_item(ctx, text, type_take_group_cb, groups);
}

static void
type_print_groups(const struct schema_key *key, const void *object, FILE *out)
{
	const struct config_groups *groups = type_field_const(key, object);

	if (!groups->set || groups->count == 0)
		fputs(groups->set ? "none" : "default", out);
	for (size_t i = 0; i < groups->count; i++)
		fprintf(out, "%s%u", i > 0 ? " " : "", groups->gids[i]);
}

static void
type_fini_groups(const struct schema_key *key, void *object)
{
	struct config_groups *groups = type_field(key, object);

	free(groups->gids);
	*groups = (struct config_groups){ 0 };
}

const struct schema_type type_groups = {
	.multiline = true,
	.parse = type_parse_groups,
	.print = type_print_groups,
	.fini = type_fini_groups,
};

static int
type_parse_limit(struct type_context *ctx, const char *text, void *object,
    enum limit_unit unit)
{
	if (strcmp(text, "default") == 0)
		return 0;
	return limit_parse(text, unit, type_field(ctx->key, object), &ctx->err);
}

#define TYPE_LIMIT(name, unit)                                           \
	static int type_parse_limit_##name(                              \
	    struct type_context *ctx, const char *text, void *object)    \
	{                                                                \
		return type_parse_limit(ctx, text, object, unit);        \
	}                                                                \
	static void type_print_limit_##name(                             \
	    const struct schema_key *key, const void *object, FILE *out) \
	{                                                                \
		limit_print(type_field_const(key, object), unit, out);   \
	}                                                                \
	const struct schema_type type_limit_##name = {                   \
		.parse = type_parse_limit_##name,                        \
		.print = type_print_limit_##name,                        \
	}

TYPE_LIMIT(count, LIMIT_COUNT);
TYPE_LIMIT(size, LIMIT_SIZE);
TYPE_LIMIT(time, LIMIT_TIME);
