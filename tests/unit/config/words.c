/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Splitting commands into words as a shell does, and quoting words again.
 */
#include "../cm.h"

#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct value_error err;

/* The words with a "|" behind each, or the error. */
static int
split(const char *text, char ret[200])
{
	size_t at = 0, start;

	ret[0] = '\0';
	for (;;) {
		char *word;
		int error = words_next(text, &at, &word, &start, &err);

		if (error != 0 || word == NULL)
			return error;
		strcat(strcat(ret, word), "|");
		free(word);
	}
}

static void
words_next__quotes_and_backslashes__are_as_in_a_shell(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "" },
		{ " \t\n ", "" },
		{ "a", "a|" },
		{ " a  b\tc\nd ", "a|b|c|d|" },
		{ "'a b' c", "a b|c|" },
		{ "\"a b\" c", "a b|c|" },
		{ "a'b'\"c\"d", "abcd|" },
		{ "''", "|" },
		{ "'' \"\"", "||" },
		{ "a\\ b", "a b|" },
		{ "\\'", "'|" },
		{ "'a\\b'", "a\\b|" },
		{ "\"a\\b\"", "a\\b|" },
		{ "\"a\\\\b\\\"c\\$d\\`e\"", "a\\b\"c$d`e|" },
		{ "'it'\\''s'", "it's|" },
		{ "sh -c 'a; b | c'", "sh|-c|a; b | c|" },
		{ "a # b", "a|#|b|" },
		{ "$HOME ${x} *", "$HOME|${x}|*|" },
		{ "'a\nb'", "a\nb|" },
		{ "\"a\\\nb\"", "ab|" },
		{ "a\\\nb", "ab|" },
		{ "$'a\\nb\\t\\r\\\\\\'\\\"\\x41'", "a\nb\t\r\\'\"A|" },
		{ "x$'y'z", "xyz|" },
		{ "a$", "a$|" },
		{ "\"$'\"", "$'|" },
	};
	char words[200];

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(split(cases[i].text, words), 0);
		assert_string_equal(words, cases[i].words);
	}
}

static void
words_next__open_quotes__are_refused_where_they_begin(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{ "a 'b", 2 },
		{ "a b\"c d", 3 },
		{ "'", 0 },
		{ "\"", 0 },
		{ "\"\\", 0 },
		{ "\"a\\\"", 0 },
		{ "a $'", 2 },
		{ "$'\\'", 0 },
	};
	char words[200];

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(split(cases[i].text, words), -EINVAL);
		assert_non_null(strstr(err.message, "has no end"));
		assert_int_equal(err.at, cases[i].at);
	}
}

static void
words_next__bad_escapes__are_refused(void **state)
{
	static const char *const texts[] = { "a\\", "$'\\", "$'\\q'", "$'\\x'",
		"$'\\x4'", "$'\\xg0'", "$'\\x00'" };
	char words[200];

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(split(texts[i], words), -EINVAL);
}

static void
words_next__word_of_the_greatest_length__is_taken(void **state)
{
	char *text = malloc(WORDS_MAX + 2), *word;
	size_t at = 0, start;

	memset(text, 'x', WORDS_MAX + 1);
	text[WORDS_MAX] = '\0';
	assert_int_equal(words_next(text, &at, &word, &start, &err), 0);
	assert_string_equal(word, text);
	free(word);
	text[WORDS_MAX] = 'x';
	text[WORDS_MAX + 1] = '\0';
	at = 0;
	assert_int_equal(words_next(text, &at, &word, &start, &err), -EINVAL);
	free(text);
}

static char *
quote(const char *word)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	words_print(word, out);
	fclose(out);
	return text;
}

static void
words_print__any_bytes__are_read_back(void **state)
{
	char all[256];

	for (int first = 1; first < 256; first++) {
		size_t at = 0, start;
		char *text, *word;

		for (int i = 0; i < 40; i++)
			all[i] = (char)(1 + (first + i * 7) % 255);
		all[40] = '\0';
		text = quote(all);
		assert_null(strchr(text, '\n'));
		assert_int_equal(words_next(text, &at, &word, &start, &err), 0);
		assert_string_equal(word, all);
		assert_int_equal(text[at], '\0');
		free(word);
		free(text);
	}
}

static void
words_print__simple_words__stay_as_they_are(void **state)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{ "/usr/bin/git", "/usr/bin/git" },
		{ "--base-path=/srv", "--base-path=/srv" },
		{ "%r", "%r" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ ";x", "';x'" },
		{ "it's", "$'it\\'s'" },
		{ "a\nb", "$'a\\nb'" },
		{ "[x]", "'[x]'" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = quote(cases[i].word);

		assert_string_equal(text, cases[i].text);
		free(text);
	}
}

static void
check_percent__known_sequences__are_right(void **state)
{
	assert_int_equal(words_check_percent("", &err), 0);
	assert_int_equal(words_check_percent("no", &err), 0);
	assert_int_equal(words_check_percent("%r:%p%l-%s%c%%", &err), 0);
	assert_int_equal(words_check_percent("100%%r", &err), 0);
}

static void
check_percent__unknown_sequence__says_how_to_write_it(void **state)
{
	assert_int_equal(words_check_percent("+%H:%M", &err), -EINVAL);
	assert_non_null(strstr(err.message, "%H in \"+%H:%M\" is not known"));
	assert_non_null(strstr(err.message, "write %% for a percent sign"));
	assert_int_equal(words_check_percent("50%", &err), -EINVAL);
	assert_int_equal(words_check_percent("%%%", &err), -EINVAL);
}

static void
find_percent__letters_behind_a_percent__are_found(void **state)
{
	static const char word[] = "a%%r%s%p%r";

	assert_ptr_equal(words_find_percent(word, "rp"), word + 6);
	assert_ptr_equal(words_find_percent(word, "r"), word + 8);
	assert_null(words_find_percent(word, "l"));
	assert_null(words_find_percent("rp", "rp"));
	assert_null(words_find_percent("r%", "rp"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    words_next__quotes_and_backslashes__are_as_in_a_shell),
		cmocka_unit_test(
		    words_next__open_quotes__are_refused_where_they_begin),
		cmocka_unit_test(words_next__bad_escapes__are_refused),
		cmocka_unit_test(
		    words_next__word_of_the_greatest_length__is_taken),
		cmocka_unit_test(words_print__any_bytes__are_read_back),
		cmocka_unit_test(words_print__simple_words__stay_as_they_are),
		cmocka_unit_test(check_percent__known_sequences__are_right),
		cmocka_unit_test(
		    check_percent__unknown_sequence__says_how_to_write_it),
		cmocka_unit_test(
		    find_percent__letters_behind_a_percent__are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
