/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Holds evinetd.ini(5) against the schema table: the same keys in the same
 * order, with the same defaults. The page's source is read: a key is a line
 * ".It Ic KEY ..." below ".Sh DAEMON KEYS" or ".Sh SERVICE KEYS", and the line
 * behind it is ".Pq default: Cm VALUE" or ".Pq required".
 */
#include "../cm.h"

#include <evinetd/builtin.h>
#include <evinetd/config/schema.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The whole page, so that tests can search it. */
static char *page;

static int
read_page(void **state)
{
	FILE *in = fopen(EVINETD_MANUAL, "r");
	size_t len;

	page = calloc(1, 1 << 20);
	if (in == NULL || page == NULL)
		return -1;
	len = fread(page, 1, (1 << 20) - 1, in);
	fclose(in);
	return len > 0 ? 0 : -1;
}

static int
free_page(void **state)
{
	free(page);
	return 0;
}

/* What is between two headings. */
static char *
copy_section(const char *heading, const char *next)
{
	const char *start = strstr(page, heading);
	const char *end = start == NULL ? NULL : strstr(start, next);

	assert_non_null(start);
	assert_non_null(end);
	return strndup(start, (size_t)(end - start));
}

/* The keys below the heading are those of the scope. */
static void
assert_keys(enum schema_scope scope, const char *heading, const char *next)
{
	char *section = copy_section(heading, next);
	const char *at = section;
	size_t count;
	const struct schema_key *keys = schema_keys(scope, &count);

	for (size_t i = 0; i < count; i++) {
		char key[60] = "", second[60] = "", expected[60];

		at = strstr(at, "\n.It Ic ");
		if (at == NULL)
			assert_string_equal("(no more)", keys[i].name);
		sscanf(at, "\n.It Ic %59s%*[^\n]\n%59[^\n]", key, second);
		assert_string_equal(key, keys[i].name);
		if (keys[i].default_text != NULL)
			snprintf(expected, sizeof(expected),
			    ".Pq default: Cm %s", keys[i].default_text);
		else
			strcpy(expected, ".Pq required");
		assert_string_equal(second, expected);
		at++;
	}
	at = strstr(at, "\n.It Ic ");
	assert_null(at);
	free(section);
}

static void
manual__daemon_keys__are_those_of_the_schema(void **state)
{
	assert_keys(
	    SCHEMA_DAEMON, "\n.Sh DAEMON KEYS\n", "\n.Sh SERVICE KEYS\n");
}

static void
manual__service_keys__are_those_of_the_schema(void **state)
{
	assert_keys(SCHEMA_SERVICE, "\n.Sh SERVICE KEYS\n", "\n.Sh FILES\n");
}

/* The entry of a key, up to the next one. */
static char *
copy_entry(const char *key)
{
	char item[80];
	const char *start, *end;

	snprintf(item, sizeof(item), "\n.It Ic %s ", key);
	start = strstr(page, item);
	assert_non_null(start);
	end = strstr(start + 1, "\n.It Ic ");
	return end == NULL ? strdup(start)
			   : strndup(start, (size_t)(end - start));
}

static void
assert_names(enum schema_scope scope)
{
	size_t count;
	const struct schema_key *keys = schema_keys(scope, &count);

	for (size_t i = 0; i < count; i++) {
		const char *const *name = keys[i].names;
		char *entry = copy_entry(keys[i].name);

		for (; name != NULL && *name != NULL; name++)
			assert_non_null(strstr(entry, *name));
		free(entry);
	}
}

static void
manual__words_that_a_key_takes__are_in_its_entry(void **state)
{
	assert_names(SCHEMA_DAEMON);
	assert_names(SCHEMA_SERVICE);
}

#define ASSERT_BUILTIN(name, help) assert_non_null(strstr(entry, #name));

static void
manual__names_of_builtins__are_there(void **state)
{
	char *entry = copy_entry("handler");

	EVINETD_BUILTINS(ASSERT_BUILTIN)
	free(entry);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual__daemon_keys__are_those_of_the_schema),
		cmocka_unit_test(manual__service_keys__are_those_of_the_schema),
		cmocka_unit_test(
		    manual__words_that_a_key_takes__are_in_its_entry),
		cmocka_unit_test(manual__names_of_builtins__are_there),
	};

	return cmocka_run_group_tests(tests, read_page, free_page);
}
