/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Services by name, and single values as they are printed.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char find_text[] = "[defaults]\n"
				"linger = 3s\n"
				"[echo]\n"
				"listen = 7007\n"
				"handler = builtin:echo\n"
				"rate = 20/m burst 40\n"
				"[echo-too]\n"
				"listen = 7008\n"
				"handler = builtin:echo\n";

static void
config_find_service__each_name__is_that_one(void **state)
{
	struct config *c = support_load(find_text);

	assert_string_equal(config_find_service(c, "echo")->name, "echo");
	assert_string_equal(
	    config_find_service(c, "echo-too")->name, "echo-too");
	assert_null(config_find_service(c, "ech"));
	assert_null(config_find_service(c, "defaults"));
	config_free(c);
}

static void
config_nearest_service__misspelt__is_the_one_that_was_meant(void **state)
{
	struct config *c = support_load(find_text);

	assert_string_equal(config_nearest_service(c, "ehco"), "echo");
	assert_string_equal(config_nearest_service(c, "echo-two"), "echo-too");
	assert_null(config_nearest_service(c, "something"));
	config_free(c);
}

static char *
printed(const struct config_service *s, const char *key,
    void (*print)(const struct config_service *, const char *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(s, key, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
config_print__a_key__its_value_and_its_origin(void **state)
{
	static const struct {
		const char *key, *value, *origin;
	} cases[] = {
		{ "rate", "20/m burst 40", "t.ini:6" },
		{ "linger", "3s", "[defaults] t.ini:2" },
		{ "max_load", "none", "default" },
	};
	struct config *c = support_load(find_text);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *value =
		    printed(c->services[0], cases[i].key, config_print_value);
		char *origin =
		    printed(c->services[0], cases[i].key, config_print_origin);

		assert_string_equal(value, cases[i].value);
		assert_string_equal(origin, cases[i].origin);
		free(value);
		free(origin);
	}
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_find_service__each_name__is_that_one),
		cmocka_unit_test(
		    config_nearest_service__misspelt__is_the_one_that_was_meant),
		cmocka_unit_test(config_print__a_key__its_value_and_its_origin),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
