/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Every type of the schema, as KEY=VALUE. What is written of a value is read
 * back as the same.
 */
#include "fuzz.h"

#include "type.h"

#include <stdlib.h>
#include <string.h>

union object {
	struct config config;
	struct config_service service;
};

/* The key by the name that ends in '=', or NULL. */
static const struct schema_key *
find_key(const char *text)
{
	const size_t len = strcspn(text, "=");
	const struct schema_key *key;
	char *name = strndup(text, len);

	FUZZ_CHECK(name != NULL);
	key = schema_find(SCHEMA_SERVICE, name);
	if (key == NULL)
		key = schema_find(SCHEMA_DAEMON, name);
	free(name);
	return text[len] == '=' ? key : NULL;
}

/* The value as it is written again, or NULL when it is not right. */
static char *
parse_and_print(const struct schema_key *key, const char *text)
{
	union object object;
	struct diag *diag = diag_new();
	struct type_context ctx = {
		.key = key,
		.at = { .file = "fuzz", .line = 1 },
		.text = text,
		.diag = diag,
	};
	size_t length;
	char *ret = NULL;
	FILE *out;

	memset(&object, 0, sizeof(object));
	FUZZ_CHECK(diag != NULL);
	if (type_parse(&ctx, &object) == 0) {
		FUZZ_CHECK(diag_count(diag) == 0);
		out = open_memstream(&ret, &length);
		FUZZ_CHECK(out != NULL);
		key->type->print(key, &object, out);
		FUZZ_CHECK(fclose(out) == 0);
	} else
		FUZZ_CHECK(diag_count(diag) > 0);
	if (key->type->fini != NULL)
		key->type->fini(key, &object);
	diag_free(diag);
	return ret;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size), *first = NULL, *second;
	const struct schema_key *key = find_key(text);

	if (key != NULL)
		first = parse_and_print(key, strchr(text, '=') + 1);
	/* argv0's default is known only beside its handler. */
	if (first != NULL && key->type != &type_argv0) {
		second = parse_and_print(key, first);
		FUZZ_CHECK(second != NULL && strcmp(first, second) == 0);
		free(second);
	}
	free(first);
	free(text);
	return 0;
}
