/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Records as lines: escapes, and what gives way when they are too long.
 */
#include "../cm.h"

#include <evinetd/base/log.h>

#include "log_format.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define T0 INT64_C(1700000000123)

static void
fill(struct log_record *r)
{
	log_begin(r, LOG_LEVEL_INFO, "end");
	log_str(r, "service", "echo");
	log_int(r, "conn", 17);
	log_real(r, "duration", 1.2041, 3, "");
	log_real(r, "rtt", 0.25, 1, "ms");
	log_str(r, "path", "/a b");
}

static void
log_format_text__fields__are_key_value(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX];

	fill(&r);
	const size_t len = log_format_text(&r, T0, line, sizeof(line));
	line[len] = '\0';
	assert_string_equal(line,
	    "2023-11-14T22:13:20.123Z end service=echo conn=17 "
	    "duration=1.204 rtt=0.2ms path=\"/a b\"\n");
}

static void
log_format_text__warning__names_its_level(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX];

	log_begin(&r, LOG_LEVEL_WARNING, "pause");
	const size_t len = log_format_text(&r, -1, line, sizeof(line));
	line[len] = '\0';
	assert_string_equal(line, "pause level=warning\n");
}

static void
log_format_json__fields__are_the_same_with_types(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX];
	json_error_t error;

	fill(&r);
	const size_t len = log_format_json(&r, T0, line, sizeof(line));
	assert_int_equal(line[len - 1], '\n');
	json_t *o = json_loadb(line, len, 0, &error);
	assert_non_null(o);
	assert_string_equal(
	    json_string_value(json_object_get(o, "event")), "end");
	assert_string_equal(
	    json_string_value(json_object_get(o, "level")), "info");
	assert_int_equal(json_integer_value(json_object_get(o, "conn")), 17);
	assert_true(json_is_real(json_object_get(o, "duration")));
	assert_true(json_is_real(json_object_get(o, "rtt")));
	assert_string_equal(
	    json_string_value(json_object_get(o, "path")), "/a b");
	json_decref(o);
}

/* Whatever a peer makes, a line is one line of printable ASCII, or JSON. */
static void
log_format__hostile_bytes__are_escaped(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX], all[256];
	json_error_t error;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	log_begin(&r, LOG_LEVEL_INFO, "stderr");
	log_mem(&r, "line", all, sizeof(all));
	size_t len = log_format_text(&r, T0, line, sizeof(line));
	for (size_t i = 0; i + 1 < len; i++)
		assert_in_range((unsigned char)line[i], 0x20, 0x7e);
	len = log_format_json(&r, T0, line, sizeof(line));
	json_t *o = json_loadb(line, len, 0, &error);
	assert_non_null(o);
	assert_non_null(strstr(
	    json_string_value(json_object_get(o, "line")), "\\x00\001\002"));
	json_decref(o);
}

static void
log_format__quote_in_value__cannot_end_it(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX];

	log_begin(&r, LOG_LEVEL_INFO, "x");
	log_str(&r, "a", "\" b=\"");
	const size_t len = log_format_text(&r, -1, line, sizeof(line));
	line[len] = '\0';
	assert_string_equal(line, "x a=\"\\\" b=\\\"\"\n");
}

static void
log_mem__too_long__is_cut_and_says_so(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX];
	char *big = malloc(100000);

	memset(big, '\n', 100000);
	log_begin(&r, LOG_LEVEL_INFO, "x");
	log_mem(&r, "line", big, 100000);
	log_str(&r, "after", "kept");
	const size_t len = log_format_text(&r, T0, line, sizeof(line));
	assert_in_range(len, sizeof(line) - 3, sizeof(line));
	assert_int_equal(line[len - 1], '\n');
	line[len - 1] = '\0';
	assert_non_null(strstr(line, "... after=kept"));
	free(big);
}

static void
log_format__every_field_full_of_quotes__fits_the_line(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX + 16];
	char quotes[3000];

	memset(quotes, '"', sizeof(quotes));
	log_begin(&r, LOG_LEVEL_ERROR, "x");
	for (int i = 0; i < 40; i++)
		log_mem(&r, "key", quotes, 90);
	memset(line, 'Z', sizeof(line));
	const size_t len = log_format_text(&r, T0, line, LOG_LINE_MAX);
	assert_true(len <= LOG_LINE_MAX);
	assert_int_equal(line[LOG_LINE_MAX], 'Z');
	assert_int_equal(line[len - 1], '\n');
	assert_true(
	    log_format_json(&r, T0, line, LOG_LINE_MAX) <= LOG_LINE_MAX);
	assert_int_equal(line[LOG_LINE_MAX], 'Z');
}

static const char *
json_text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
log_format_json__long_values_of_backslashes__are_cut_and_all_fields_stay(
    void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX], big[2900];
	json_error_t error;

	memset(big, '\\', sizeof(big));
	log_begin(&r, LOG_LEVEL_INFO, "stderr");
	log_str(&r, "service", "echo");
	log_mem(&r, "line", big, sizeof(big));
	log_int(&r, "conn", 17);
	log_str(&r, "after", "kept");
	const size_t len = log_format_json(&r, T0, line, sizeof(line));
	assert_in_range(len, sizeof(line) - 8, sizeof(line));
	json_t *o = json_loadb(line, len, 0, &error);
	assert_non_null(o);
	assert_string_equal(json_text(o, "service"), "echo");
	assert_string_equal(json_text(o, "after"), "kept");
	assert_int_equal(json_integer_value(json_object_get(o, "conn")), 17);
	const char *cut = json_text(o, "line");
	assert_int_equal(strspn(cut, "\\") + 3, strlen(cut));
	assert_string_equal(cut + strlen(cut) - 3, "...");
	json_decref(o);
}

static void
log_format_text__long_value__is_cut_and_all_fields_stay(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX + 1], big[2900];

	memset(big, 0xff, sizeof(big));
	log_begin(&r, LOG_LEVEL_INFO, "stderr");
	log_mem(&r, "line", big, sizeof(big));
	log_mem(&r, "other", big, 20);
	log_str(&r, "after", "kept");
	const size_t len = log_format_text(&r, T0, line, LOG_LINE_MAX);
	assert_in_range(len, LOG_LINE_MAX - 4, LOG_LINE_MAX);
	line[len] = '\0';
	assert_non_null(strstr(line, "\\xff... other=\\xff\\xff"));
	assert_non_null(strstr(line, "\\xff after=kept\n"));
}

static void
log_format_json__utf8__passes_and_the_rest_is_hex(void **state)
{
	static const char *const same[] = { "gr\303\274n", "\342\202\254",
		"\360\237\220\247", "\"\\\b\f\n\r\t\001\037\177",
		"\356\200\200\355\237\277", "\364\217\277\277" };
	static const char *const hex[][2] = {
		{ "\377a", "\\xffa" },
		{ "a\303", "a\\xc3" },
		{ "\300\200", "\\xc0\\x80" }, /* overlong */
		{ "\340\200\200", "\\xe0\\x80\\x80" },
		{ "\355\240\200", "\\xed\\xa0\\x80" }, /* surrogate */
		{ "\364\220\200\200", "\\xf4\\x90\\x80\\x80" },
		{ "\342\202x", "\\xe2\\x82x" },
	};
	char keys[] = "abcdefghijklm", line[LOG_LINE_MAX];
	const size_t nsame = sizeof(same) / sizeof(same[0]);
	const size_t nhex = sizeof(hex) / sizeof(hex[0]);
	struct log_record r;
	json_error_t error;

	log_begin(&r, LOG_LEVEL_INFO, "x");
	for (size_t i = 0; i < nsame + nhex; i++) {
		static char names[13][2];

		names[i][0] = keys[i];
		log_str(&r, names[i], i < nsame ? same[i] : hex[i - nsame][0]);
	}
	const size_t len = log_format_json(&r, T0, line, sizeof(line));
	json_t *o = json_loadb(line, len, 0, &error);
	assert_non_null(o);
	for (size_t i = 0; i < nsame + nhex; i++) {
		const char key[] = { keys[i], '\0' };

		assert_string_equal(
		    json_text(o, key), i < nsame ? same[i] : hex[i - nsame][1]);
	}
	json_decref(o);
}

/* What a unit costs is what jansson makes of it: lines come out full. */
static void
log_format_json__any_byte_repeated__fills_the_line(void **state)
{
	char line[LOG_LINE_MAX], big[3000];
	struct log_record r;
	json_error_t error;

	for (int byte = 0; byte < 256; byte++) {
		memset(big, byte, sizeof(big));
		log_begin(&r, LOG_LEVEL_INFO, "x");
		log_mem(&r, "a", big, sizeof(big));
		log_str(&r, "b", "kept");
		const size_t len = log_format_json(&r, T0, line, sizeof(line));
		json_t *o = json_loadb(line, len, 0, &error);
		assert_non_null(o);
		assert_string_equal(json_text(o, "b"), "kept");
		if (strlen(json_text(o, "a")) != sizeof(big))
			assert_in_range(len, LOG_LINE_MAX - 8, LOG_LINE_MAX);
		json_decref(o);
	}
}

static void
log_mem__cut_inside_a_character__leaves_it_out(void **state)
{
	struct log_record r;
	char line[LOG_LINE_MAX], big[4096];
	json_error_t error;

	for (size_t shift = 0; shift < 4; shift++) {
		memset(big, 'a', shift);
		for (size_t i = shift; i + 4 <= sizeof(big); i += 4)
			memcpy(big + i, "\360\237\220\247", 4);
		log_begin(&r, LOG_LEVEL_INFO, "x");
		log_mem(&r, "line", big, sizeof(big) - 4);
		const size_t len = log_format_json(&r, T0, line, sizeof(line));
		json_t *o = json_loadb(line, len, 0, &error);
		assert_non_null(o);
		assert_null(strstr(json_text(o, "line"), "\\x"));
		assert_non_null(strstr(json_text(o, "line"), "..."));
		json_decref(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_format_text__fields__are_key_value),
		cmocka_unit_test(log_format_text__warning__names_its_level),
		cmocka_unit_test(
		    log_format_json__fields__are_the_same_with_types),
		cmocka_unit_test(log_format__hostile_bytes__are_escaped),
		cmocka_unit_test(log_format__quote_in_value__cannot_end_it),
		cmocka_unit_test(log_mem__too_long__is_cut_and_says_so),
		cmocka_unit_test(
		    log_format__every_field_full_of_quotes__fits_the_line),
		cmocka_unit_test(
		    log_format_json__long_values_of_backslashes__are_cut_and_all_fields_stay),
		cmocka_unit_test(
		    log_format_text__long_value__is_cut_and_all_fields_stay),
		cmocka_unit_test(
		    log_format_json__utf8__passes_and_the_rest_is_hex),
		cmocka_unit_test(
		    log_format_json__any_byte_repeated__fills_the_line),
		cmocka_unit_test(
		    log_mem__cut_inside_a_character__leaves_it_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
