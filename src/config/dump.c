/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Writes a configuration out again: every key with its effective value, and
 * above it where that was written. The types print what they parse, so the
 * result is a configuration itself. What came from included files stands in
 * it, therefore `include` does not; and keys that mean nothing to a service
 * are comments.
 */
#include "build.h"
#include "type.h"

#include <errno.h>

static void
dump_origin(const struct config_origin *at, FILE *out)
{
	if (at->file == NULL)
		fputs("default", out);
	else if (at->line == 0)
		fputs("command line", out);
	else
		fprintf(out, "%s%s:%u", at->from_defaults ? "[defaults] " : "",
		    at->file, at->line);
}

void
config_print_origin(const struct config_service *s, const char *key, FILE *out)
{
	const struct config_origin at = build_origin(s, key);

	dump_origin(&at, out);
}

void
config_print_value(const struct config_service *s, const char *key, FILE *out)
{
	const struct schema_key *k = schema_find(SCHEMA_SERVICE, key);

	k->type->print(k, s, out);
}

static void
dump_key(const struct schema_key *key, const void *object,
    const struct config_origin *origin, const char *void_since, FILE *out)
{
	if (key->type == &type_include)
		return;
	fputs("; ", out);
	dump_origin(origin, out);
	fputc('\n', out);
	if (void_since != NULL)
		fprintf(out, "; without effect, since %s: ", void_since);
	fprintf(out, "%s = ", key->name);
	key->type->print(key, object, out);
	fputc('\n', out);
}

static void
dump_daemon(const struct config *c, FILE *out)
{
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_DAEMON, &count);

	fputs("[evinetd]\n", out);
	for (size_t i = 0; i < count; i++)
		dump_key(&keys[i], c, &c->origins[i], NULL, out);
}

static void
dump_service(const struct config_service *s, FILE *out)
{
	size_t count;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);

	fprintf(out, "\n[%s]\n", s->name);
	for (size_t i = 0; i < count; i++)
		dump_key(&keys[i], s, &s->origins[i],
		    check_find_void(s, &keys[i]), out);
}

int
config_dump(const struct config *c, FILE *out)
{
	for (size_t i = 0; i < c->files.count; i++)
		fprintf(out, "; %s %s\n", i == 0 ? "read from" : "included",
		    c->files.items[i]);
	dump_daemon(c, out);
	for (size_t i = 0; i < c->nservices; i++)
		dump_service(c->services[i], out);
	errno = 0;
	if (fflush(out) == EOF || ferror(out))
		return errno != 0 ? -errno : -EIO;
	return 0;
}
