/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Lines from a byte stream, however it is cut.
 */
#include "../cm.h"

#include <evinetd/base/lines.h>

#include <stdio.h>
#include <string.h>

static char got[16384];
static size_t got_used;

static void
collect_cb(void *arg, const char *line, size_t len)
{
	got_used += (size_t)snprintf(
	    got + got_used, sizeof(got) - got_used, "[%.*s]", (int)len, line);
}

static void
feed(struct lines *l, const char *text)
{
	lines_feed(l, text, strlen(text), collect_cb, NULL);
}

static int
reset(void **state)
{
	got_used = 0;
	got[0] = '\0';
	return 0;
}

static void
lines_feed__any_cut__gives_the_same_lines(void **state)
{
	static const char text[] = "one\ntwo\r\n\nfour\n";
	struct lines l;

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		reset(NULL);
		lines_init(&l);
		lines_feed(&l, text, cut, collect_cb, NULL);
		lines_feed(
		    &l, text + cut, strlen(text) - cut, collect_cb, NULL);
		assert_string_equal(got, "[one][two][][four]");
	}
}

static void
lines_flush__unfinished_line__is_given(void **state)
{
	struct lines l;

	lines_init(&l);
	feed(&l, "a\nb");
	assert_string_equal(got, "[a]");
	lines_flush(&l, collect_cb, NULL);
	lines_flush(&l, collect_cb, NULL);
	assert_string_equal(got, "[a][b]");
}

static void
check_long_line(size_t len, size_t pieces)
{
	char text[5000];
	struct lines l;
	size_t count = 0;

	assert_true(len + 2 < sizeof(text));
	memset(text, 'x', len);
	strcpy(text + len, "\n");
	for (size_t cut = 0; cut <= len + 1; cut += 7) {
		reset(NULL);
		lines_init(&l);
		lines_feed(&l, text, cut, collect_cb, NULL);
		lines_feed(&l, text + cut, len + 1 - cut, collect_cb, NULL);
		count = 0;
		for (size_t i = 0; i < got_used; i++)
			count += got[i] == '[';
		assert_int_equal(count, pieces);
		assert_int_equal(got_used, len + 2 * pieces);
	}
}

static void
lines_feed__long_line__comes_in_pieces(void **state)
{
	check_long_line(LINES_MAX - 1, 1);
	check_long_line(LINES_MAX, 1);
	check_long_line(LINES_MAX + 1, 2);
	check_long_line(2 * LINES_MAX, 2);
	check_long_line(4 * LINES_MAX + 5, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    lines_feed__any_cut__gives_the_same_lines, reset),
		cmocka_unit_test_setup(
		    lines_flush__unfinished_line__is_given, reset),
		cmocka_unit_test_setup(
		    lines_feed__long_line__comes_in_pieces, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
