/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The schema table against itself, the hints for misspelt keys, and the order
 * of messages.
 */
#include "../cm.h"

#include "nearest.h"
#include "type.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Calls check for every key of both scopes. */
static void
for_each_key(
    void (*check)(enum schema_scope scope, const struct schema_key *key))
{
	static const enum schema_scope scopes[] = { SCHEMA_DAEMON,
		SCHEMA_SERVICE };

	for (size_t i = 0; i < 2; i++) {
		size_t count;
		const struct schema_key *keys = schema_keys(scopes[i], &count);

		for (size_t j = 0; j < count; j++)
			check(scopes[i], &keys[j]);
	}
}

static void
check_found(enum schema_scope scope, const struct schema_key *key)
{
	assert_ptr_equal(schema_find(scope, key->name), key);
	assert_true(strlen(key->name) < 50);
	assert_non_null(key->help);
	/* --set sets a key of both scopes in both. It has to be taken there. */
	if (strcmp(key->name, "max_connections") != 0)
		assert_null(schema_find(
		    scope == SCHEMA_DAEMON ? SCHEMA_SERVICE : SCHEMA_DAEMON,
		    key->name));
}

static void
table__every_key__is_found_by_its_name(void **state)
{
	for_each_key(check_found);
}

/* Printing the default and parsing that gives the same text again. */
static void
check_default(enum schema_scope scope, const struct schema_key *key)
{
	static union {
		struct config config;
		struct config_service service;
	} object;
	char text[2][200] = { "", "" };

	if (key->default_text == NULL)
		return;
	for (int i = 0; i < 2; i++) {
		struct diag *diag = diag_new();
		struct type_context ctx = {
			.key = key,
			.text = i == 0 ? key->default_text : text[0],
			.diag = diag,
		};
		FILE *out = fmemopen(text[i], sizeof(text[i]), "w");

		memset(&object, 0, sizeof(object));
		assert_int_equal(type_parse(&ctx, &object), 0);
		assert_int_equal(diag_count(diag), 0);
		key->type->print(key, &object, out);
		fclose(out);
		if (key->type->fini != NULL)
			key->type->fini(key, &object);
		diag_free(diag);
	}
	/* argv0's default is not known before the handler is. */
	if (key->type != &type_argv0)
		assert_string_equal(text[0], text[1]);
}

static void
table__every_default__is_a_value_that_prints_and_parses(void **state)
{
	for_each_key(check_default);
}

static void
table__required_keys__are_listen_and_handler(void **state)
{
	size_t count, required = 0;
	const struct schema_key *keys = schema_keys(SCHEMA_SERVICE, &count);

	for (size_t i = 0; i < count; i++)
		required += keys[i].default_text == NULL;
	assert_int_equal(required, 2);
	assert_null(schema_find(SCHEMA_SERVICE, "listen")->default_text);
	assert_null(schema_find(SCHEMA_SERVICE, "handler")->default_text);
}

static void
nearest_distance__single_changes__are_one(void **state)
{
	assert_int_equal(nearest_distance("listen", "listen"), 0);
	assert_int_equal(nearest_distance("lissten", "listen"), 1);
	assert_int_equal(nearest_distance("lisen", "listen"), 1);
	assert_int_equal(nearest_distance("lixten", "listen"), 1);
	assert_int_equal(nearest_distance("litsen", "listen"), 1);
	assert_int_equal(nearest_distance("Log-Level", "log_level"), 0);
	assert_int_equal(nearest_distance("", "abc"), 3);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
}

static void
nearest_distance__long_words__are_near_to_nothing(void **state)
{
	char word[66];

	memset(word, 'x', sizeof(word));
	word[65] = '\0';
	assert_true(nearest_distance(word, word) > 1000);
	word[64] = '\0';
	assert_int_equal(nearest_distance(word, word), 0);
}

static void
schema_nearest__misspelt_keys__are_recognised(void **state)
{
	static const struct {
		const char *word, *key;
	} cases[] = {
		{ "lissten", "listen" },
		{ "Listen", "listen" },
		{ "hndlaer", "handler" },
		{ "usr", "user" },
		{ "environmnt", "environment" },
		{ "supplementry_group", "supplementary_groups" },
		{ "no-new-privileges", "no_new_privileges" },
		{ "alow", "allow" },
		{ "denied", NULL },
		{ "deny_files", "deny_file" },
		{ "only_from", NULL },
		{ "mod", "mode" },
		{ "process", "processes" },
		{ "rates", "rate" },
		{ "max_connections_source", "max_connections_per_source" },
		{ "x", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *key = schema_nearest(SCHEMA_SERVICE, cases[i].word);

		if (cases[i].key == NULL)
			assert_null(key);
		else
			assert_string_equal(key, cases[i].key);
	}
}

static char *
print(const struct diag *diag)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	diag_print(diag, out);
	fclose(out);
	return text;
}

static void
diag__messages__are_in_the_order_of_files_and_lines(void **state)
{
	const struct config_origin a7 = { .file = "a", .line = 7 };
	const struct config_origin a3 = { .file = "a", .line = 3 };
	const struct config_origin a = { .file = "a" };
	const struct config_origin b = { .file = "b", .line = 1 };
	struct diag *diag = diag_new();
	char *text;

	assert_int_equal(diag_add_file(diag, "a"), 0);
	diag_add(diag, b, "five");
	diag_add(diag, a7, "three");
	diag_add(diag, a3, "two");
	diag_add(diag, a7, "four");
	diag_add(diag, a, "one %d", 1);
	assert_int_equal(diag_count(diag), 5);
	text = print(diag);
	assert_string_equal(
	    text, "a: one 1\na:3: two\na:7: three\na:7: four\nb:1: five\n");
	free(text);
	diag_free(diag);
}

static void
diag__the_same_message__is_there_once(void **state)
{
	const struct config_origin at = { .file = "a", .line = 1 };
	const struct config_origin below = { .file = "a", .line = 2 };
	struct diag *diag = diag_new();
	char *text;

	diag_add(diag, at, "x");
	diag_add(diag, at, "x");
	diag_add(diag, below, "x");
	assert_int_equal(diag_count(diag), 2);
	text = print(diag);
	assert_string_equal(text, "a:1: x\na:2: x\n");
	free(text);
	diag_free(diag);
}

static void
diag__control_characters__are_question_marks(void **state)
{
	const struct config_origin at = { .file = "a", .line = 1 };
	struct diag *diag = diag_new();
	char *text;

	diag_add(diag, at, "\x1b[31m\n\x7f\xc3\xa9");
	text = print(diag);
	assert_string_equal(text, "a:1: ?[31m??\xc3\xa9\n");
	free(text);
	diag_free(diag);
}

static void
diag__more_than_a_thousand__are_counted(void **state)
{
	struct diag *diag = diag_new();
	char *text;

	for (unsigned i = 1; i <= 1003; i++)
		diag_add(diag, (struct config_origin){ .file = "a", .line = i },
		    "x");
	assert_int_equal(diag_count(diag), 1003);
	text = print(diag);
	assert_non_null(strstr(text, "\na:1000: x\n3 more errors\n"));
	free(text);
	diag_free(diag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table__every_key__is_found_by_its_name),
		cmocka_unit_test(
		    table__every_default__is_a_value_that_prints_and_parses),
		cmocka_unit_test(table__required_keys__are_listen_and_handler),
		cmocka_unit_test(nearest_distance__single_changes__are_one),
		cmocka_unit_test(
		    nearest_distance__long_words__are_near_to_nothing),
		cmocka_unit_test(schema_nearest__misspelt_keys__are_recognised),
		cmocka_unit_test(
		    diag__messages__are_in_the_order_of_files_and_lines),
		cmocka_unit_test(diag__the_same_message__is_there_once),
		cmocka_unit_test(diag__control_characters__are_question_marks),
		cmocka_unit_test(diag__more_than_a_thousand__are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
