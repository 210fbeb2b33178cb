/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The language of the files: what the reader tells of it, as one line of text
 * an event, and what it complains about.
 */
#include "../cm.h"

#include "reader.h"
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct heard {
	FILE *out;
	int fail_after; /* callbacks until one returns -EIO */
};

static int
heard_next(struct heard *h)
{
	return h->fail_after-- == 0 ? -EIO : 0;
}

static int
section_cb(void *arg, const char *name, struct config_origin at)
{
	struct heard *h = arg;

	fprintf(h->out, "%u [%s]\n", at.line, name);
	return heard_next(h);
}

/* Newlines of a value are written as "|". */
static int
value_cb(void *arg, const char *key, const char *text, struct config_origin at)
{
	struct heard *h = arg;

	fprintf(h->out, "%u %s=", at.line, key);
	for (; *text != '\0'; text++)
		fputc(*text == '\n' ? '|' : *text, h->out);
	fputc('\n', h->out);
	return heard_next(h);
}

static int
broken_cb(void *arg)
{
	struct heard *h = arg;

	fprintf(h->out, "broken\n");
	return heard_next(h);
}

/* Reads the bytes; what was heard and complained about goes to *ret_events and
 * *ret_complaints, to be freed. */
static int
read_bytes(const void *bytes, size_t size, int fail_after, char **ret_events,
    char **ret_complaints)
{
	size_t unused;
	struct heard heard = { .fail_after = fail_after };
	const struct reader_handler handler = { section_cb, value_cb, broken_cb,
		&heard };
	struct diag *diag = diag_new();
	FILE *complaints = open_memstream(ret_complaints, &unused);
	FILE *in = fmemopen((void *)bytes, size, "r");
	int error;

	assert_non_null(in);
	heard.out = open_memstream(ret_events, &unused);
	error = reader_read(in, "f", &handler, diag);
	diag_print(diag, complaints);
	diag_free(diag);
	fclose(complaints);
	fclose(heard.out);
	fclose(in);
	return error;
}

static void
assert_reads_bytes(
    const void *bytes, size_t size, const char *events, const char *complaints)
{
	char *heard, *said;

	assert_int_equal(read_bytes(bytes, size, -1, &heard, &said), 0);
	assert_string_equal(said, complaints);
	assert_string_equal(heard, events);
	free(heard);
	free(said);
}

static void
assert_reads(const char *text, const char *events, const char *complaints)
{
	assert_reads_bytes(text, strlen(text), events, complaints);
}

static void
read__plain_file__tells_sections_and_values_with_lines(void **state)
{
	assert_reads("; c\n# d\n\n[a]\nk = v\n[b]\nl=w x\nm   =   y  \n",
	    "4 [a]\n5 k=v\n6 [b]\n7 l=w x\n8 m=y\n", "");
}

static void
read__last_line_without_end__counts(void **state)
{
	assert_reads("[a]\nk=v", "1 [a]\n2 k=v\n", "");
	assert_reads("[a]", "1 [a]\n", "");
	assert_reads("[a]\nk=v\n l", "1 [a]\n2 k=v|l\n", "");
}

static void
read__carriage_returns_and_byte_order_mark__are_taken_off(void **state)
{
	assert_reads(
	    "\xef\xbb\xbf[a]\r\nk = v\r\n  w\r\n\r\n", "1 [a]\n2 k=v|w\n", "");
	assert_reads("\xef\xbb\xbf[a]\nk=v", "1 [a]\n2 k=v\n", "");
	assert_reads("[a]\nk=v\r", "1 [a]\n2 k=v\n", "");
	assert_reads("[a]\n\xef\xbb\xbfk=v", "1 [a]\nbroken\n",
	    "f:2: \"\xef\xbb\xbfk\" is not a key\n");
}

static void
read__empty_file__tells_nothing(void **state)
{
	assert_reads("", "", "");
	assert_reads("\n\n", "", "");
	assert_reads("\xef\xbb\xbf", "", "");
}

static void
read__lines_that_begin_with_a_blank__continue_the_value(void **state)
{
	assert_reads("[a]\nk = v\n  w\n\tx = y\nl = z\n",
	    "1 [a]\n2 k=v|w|x = y\n5 l=z\n", "");
	assert_reads("[a]\nk =\n v\n", "1 [a]\n2 k=|v\n", "");
}

static void
read__comments_in_a_value__keep_the_line_numbers(void **state)
{
	assert_reads(
	    "[a]\nk = v\n; c\n\n  # d\n  w\n", "1 [a]\n2 k=v||||w\n", "");
}

static void
read__semicolons_and_colons_in_a_value__are_text(void **state)
{
	assert_reads("[a]\nk = sh -c 'a ; b # c'\nl = unix:/x = y\n",
	    "1 [a]\n2 k=sh -c 'a ; b # c'\n3 l=unix:/x = y\n", "");
}

static void
read__colon_for_equals__is_refused(void **state)
{
	static const char say[] = "f:2: write \"=\", not \":\", between a key "
				  "and its value\n";

	assert_reads("[a]\nk: v\n", "1 [a]\nbroken\n", say);
	assert_reads("[a]\nk : v = w\n x\n", "1 [a]\nbroken\n", say);
}

static void
read__section_without_keys__is_told(void **state)
{
	assert_reads("[a]\n[b]\n\n[c]", "1 [a]\n2 [b]\n4 [c]\n", "");
}

static void
read__bad_headings__are_refused_with_what_is_below(void **state)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{ "[a", "the section heading has no \"]\"" },
		{ "[", "the section heading has no \"]\"" },
		{ "[]", "the section has no name" },
		{ "[a b]", "the section name \"a b\" may have letters, digits, "
			   "\".\", \"_\" and \"-\" only" },
		{ "[a/b]", "the section name \"a/b\" may have letters, digits, "
			   "\".\", \"_\" and \"-\" only" },
		{ "[a] ; c", "text after the section heading" },
		{ "[a]]", "text after the section heading" },
		{ "[a]k=v", "text after the section heading" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[100], complaint[200];

		snprintf(text, sizeof(text), "[x]\n%s\nk = v\n w\n[y]\nl = z\n",
		    cases[i].text);
		snprintf(complaint, sizeof(complaint), "f:2: %s\n",
		    cases[i].complaint);
		assert_reads(text, "1 [x]\n5 [y]\n6 l=z\n", complaint);
	}
}

static void
read__section_name_of_64_bytes__is_not_cut(void **state)
{
	char text[100], events[100];

	snprintf(text, sizeof(text), "[%064d]\nk=v\n", 7);
	snprintf(events, sizeof(events), "1 [%064d]\n2 k=v\n", 7);
	assert_reads(text, events, "");
	snprintf(text, sizeof(text), "[%065d]\nk=v\n", 7);
	assert_reads(
	    text, "", "f:1: the section name is longer than 64 bytes\n");
}

static void
read__key_of_49_bytes__is_not_cut(void **state)
{
	char text[100], events[100];

	snprintf(text, sizeof(text), "[a]\nk%048d=v\n w\n", 7);
	snprintf(events, sizeof(events), "1 [a]\n2 k%048d=v|w\n", 7);
	assert_reads(text, events, "");
	snprintf(text, sizeof(text), "[a]\nk%049d=v\n w\n", 7);
	assert_reads(
	    text, "1 [a]\nbroken\n", "f:2: the key is longer than 49 bytes\n");
}

static void
read__text_before_a_section__is_refused_once(void **state)
{
	assert_reads("k = v\nl = w\n x\n[a]\nm = y\n", "4 [a]\n5 m=y\n",
	    "f:1: text before the first [section]\n");
}

static void
read__broken_lines__do_not_hide_the_others(void **state)
{
	assert_reads("[a]\nk\n = v\nk = v\n= w\nb c = d\nl = x\n",
	    "1 [a]\nbroken\n4 k=v\nbroken\nbroken\n7 l=x\n",
	    "f:2: neither a [section] nor a \"key = value\" line\n"
	    "f:5: there is no key before the \"=\"\n"
	    "f:6: \"b c\" is not a key\n");
}

static void
read__continuation_of_nothing__is_refused_once(void **state)
{
	assert_reads("[a]\n  k = v\n  l = w\nm = x\n", "1 [a]\nbroken\n4 m=x\n",
	    "f:2: a line that begins with a blank continues the value above, "
	    "but there is none\n");
	assert_reads("  k = v\n", "",
	    "f:1: a line that begins with a blank continues the value above, "
	    "but there is none\n");
}

static void
read__indented_heading__is_refused(void **state)
{
	assert_reads("[a]\nk = v\n [b]\n l = w\nm = x\n[c]\nn = y\n",
	    "1 [a]\n2 k=v\nbroken\n6 [c]\n7 n=y\n",
	    "f:3: a section heading begins in the first column\n");
	assert_reads("[a]\nk = v\n [::1]:80\n [ -f x ]\n",
	    "1 [a]\n2 k=v|[::1]:80|[ -f x ]\n", "");
}

static void
read__nul_byte__ends_the_reading(void **state)
{
	static const char bytes[] = "[a]\nk = v\nl = \0w\nm = x\n";

	assert_reads_bytes(bytes, sizeof(bytes) - 1, "1 [a]\n2 k=v\nbroken\n",
	    "f:3: a NUL byte: this is not a text file\n");
}

static void
read__control_characters__are_refused_with_their_column(void **state)
{
	assert_reads("[a]\nk = \x1b[1m\n w\nl = x\n[b\x7f]\nm = y\n",
	    "1 [a]\nbroken\n4 l=x\nbroken\n",
	    "f:2: control character 0x1b in column 5\n"
	    "f:5: control character 0x7f in column 3\n");
	assert_reads("[a]\nk = v\rw\n", "1 [a]\nbroken\n",
	    "f:2: control character 0x0d in column 6\n");
}

static void
read__longest_line__is_whole(void **state)
{
	const size_t size = 4 + SOURCE_LINE_MAX;
	char *text = malloc(size + 3), *events = malloc(size + 20);

	memset(text, 'x', size + 3);
	memcpy(text, "[a]\nk=", 6);
	strcpy(events, "1 [a]\n2 k=");
	memcpy(events + 10, text + 6, size - 6);
	strcpy(events + 10 + size - 6, "\n");
	assert_reads_bytes(text, size, events, "");
	memcpy(text + size, "\r\n", 2);
	assert_reads_bytes(text, size + 2, events, "");
	memcpy(text + size, "x\n", 2);
	assert_reads_bytes(text, size + 2, "1 [a]\nbroken\n",
	    "f:2: the line is longer than 65536 bytes\n");
	free(text);
	free(events);
}

static void
read__line_of_a_megabyte__ends_the_reading(void **state)
{
	const size_t size = 1 << 20;
	char *text = malloc(size);

	memset(text, 'x', size);
	memcpy(text, "[a]\nk = ", 8);
	assert_reads_bytes(text, size, "1 [a]\nbroken\n",
	    "f:2: the line is longer than 65536 bytes\n");
	free(text);
}

static void
read__endless_file__ends_at_64_mebibytes(void **state)
{
	const size_t size = (64 << 20) + 100;
	char *text = malloc(size);
	char *heard, *said;

	memset(text, '\n', size);
	assert_int_equal(read_bytes(text, size, -1, &heard, &said), 0);
	assert_non_null(strstr(said, "the file is larger than 64 MiB"));
	free(heard);
	free(said);
	free(text);
}

static void
read__failing_callback__stops_with_its_error(void **state)
{
	static const char text[] = "[a]\nk = v\nl\n[b]\nm = w\n";
	static const char *const events[] = { "1 [a]\n", "1 [a]\n2 k=v\n",
		"1 [a]\n2 k=v\nbroken\n", "1 [a]\n2 k=v\nbroken\n4 [b]\n",
		"1 [a]\n2 k=v\nbroken\n4 [b]\n5 m=w\n" };

	for (int i = 0; i < (int)COUNT(events); i++) {
		char *heard, *said;

		assert_int_equal(
		    read_bytes(text, strlen(text), i, &heard, &said), -EIO);
		assert_string_equal(heard, events[i]);
		free(heard);
		free(said);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    read__plain_file__tells_sections_and_values_with_lines),
		cmocka_unit_test(read__last_line_without_end__counts),
		cmocka_unit_test(
		    read__carriage_returns_and_byte_order_mark__are_taken_off),
		cmocka_unit_test(read__empty_file__tells_nothing),
		cmocka_unit_test(
		    read__lines_that_begin_with_a_blank__continue_the_value),
		cmocka_unit_test(
		    read__comments_in_a_value__keep_the_line_numbers),
		cmocka_unit_test(
		    read__semicolons_and_colons_in_a_value__are_text),
		cmocka_unit_test(read__colon_for_equals__is_refused),
		cmocka_unit_test(read__section_without_keys__is_told),
		cmocka_unit_test(
		    read__bad_headings__are_refused_with_what_is_below),
		cmocka_unit_test(read__section_name_of_64_bytes__is_not_cut),
		cmocka_unit_test(read__key_of_49_bytes__is_not_cut),
		cmocka_unit_test(read__text_before_a_section__is_refused_once),
		cmocka_unit_test(read__broken_lines__do_not_hide_the_others),
		cmocka_unit_test(
		    read__continuation_of_nothing__is_refused_once),
		cmocka_unit_test(read__indented_heading__is_refused),
		cmocka_unit_test(read__nul_byte__ends_the_reading),
		cmocka_unit_test(
		    read__control_characters__are_refused_with_their_column),
		cmocka_unit_test(read__longest_line__is_whole),
		cmocka_unit_test(read__line_of_a_megabyte__ends_the_reading),
		cmocka_unit_test(read__endless_file__ends_at_64_mebibytes),
		cmocka_unit_test(read__failing_callback__stops_with_its_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
