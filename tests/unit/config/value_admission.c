/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The values of admission: entries of access lists, what makes a source, loads,
 * messages, windows of time, and rates as they are written.
 */
#include "../cm.h"

#include "entry.h"
#include "hours.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct value_error err;

/* The last complaint has this text in it. */
static void
assert_said(const char *part)
{
	if (strstr(err.message, part) == NULL)
		assert_string_equal(err.message, part);
}

static void
entry__of_each_kind__is_written_as_it_was_read(void **state)
{
	static const struct {
		const char *text, *written;
		enum config_access_kind kind;
		unsigned bits;
	} cases[] = {
		{ "192.0.2.0/24", NULL, CONFIG_ACCESS_IPV4, 24 },
		{ "192.0.2.7", NULL, CONFIG_ACCESS_IPV4, 32 },
		{ "192.0.2.7/32", "192.0.2.7", CONFIG_ACCESS_IPV4, 32 },
		{ "0.0.0.0/0", NULL, CONFIG_ACCESS_IPV4, 0 },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24", CONFIG_ACCESS_IPV4,
		    24 },
		{ "2001:db8::/32", NULL, CONFIG_ACCESS_IPV6, 32 },
		{ "2001:DB8::1/128", "2001:db8::1", CONFIG_ACCESS_IPV6, 128 },
		{ "::/0", NULL, CONFIG_ACCESS_IPV6, 0 },
		{ "uid:0", NULL, CONFIG_ACCESS_UID, 0 },
		{ "uid:root", "uid:0", CONFIG_ACCESS_UID, 0 },
		{ "uid:4294967294", NULL, CONFIG_ACCESS_UID, 0 },
		{ "gid:root", "gid:0", CONFIG_ACCESS_GID, 0 },
		{ "gid:54321", NULL, CONFIG_ACCESS_GID, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[ENTRY_TEXT_MAX];
		struct config_access e;

		memset(&e, 0xff, sizeof(e));
		assert_int_equal(entry_parse(cases[i].text, &e, &err), 0);
		assert_int_equal(e.kind, cases[i].kind);
		assert_int_equal(e.bits, cases[i].bits);
		assert_int_equal(e.line, 0);
		assert_string_equal(entry_format(&e, text),
		    cases[i].written != NULL ? cases[i].written
					     : cases[i].text);
	}
}

static void
entry__of_ipv4__has_zeros_behind_it(void **state)
{
	static const uint8_t zeros[12];
	struct config_access e;

	assert_int_equal(entry_parse("::ffff:1.2.3.4", &e, &err), 0);
	assert_memory_equal(e.u.bytes, "\1\2\3\4", 4);
	assert_memory_equal(e.u.bytes + 4, zeros, sizeof(zeros));
}

static void
entry__that_is_none__is_refused(void **state)
{
	static const char *const texts[] = { "", "x", "192.0.2.1/24", "1.2.3",
		"192.0.2.0/33", "::/129", "uid:", "uid:no-such-one", "uid:-1",
		"uid:4294967295", "gid:", "gid:no-such-one", "Uid:0", "uid 0",
		"user:root", "192.0.2.0/", "[::1]", "localhost" };
	struct config_access e;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(entry_parse(texts[i], &e, &err), -EINVAL);
	assert_said("\"localhost\" is not an IPv4 or IPv6 address");
}

static void
entry_append__many__are_all_there(void **state)
{
	struct config_access_set set = { .file = "x" };
	struct config_access e;

	assert_int_equal(sizeof(e), 24);
	assert_int_equal(entry_parse("::1", &e, &err), 0);
	for (e.line = 0; e.line < 1000; e.line++)
		assert_int_equal(entry_append(&set, &e), 0);
	entry_trim(&set);
	assert_int_equal(set.count, 1000);
	for (size_t i = 0; i < set.count; i++)
		assert_int_equal(set.items[i].line, i);
	entry_free_all(&set);
	assert_int_equal(set.count, 0);
	entry_trim(&set);
	assert_null(set.items);
}

static void
parse_lengths__blank_or_slash__is_between_them(void **state)
{
	static const char *const texts[] = { "24 56", "24/56", "24\t56",
		"24   56" };
	unsigned ipv4, ipv6;

	for (size_t i = 0; i < COUNT(texts); i++) {
		ipv4 = ipv6 = 0;
		assert_int_equal(
		    value_parse_lengths(texts[i], &ipv4, &ipv6, &err), 0);
		assert_int_equal(ipv4, 24);
		assert_int_equal(ipv6, 56);
	}
	assert_int_equal(value_parse_lengths("1 128", &ipv4, &ipv6, &err), 0);
	assert_int_equal(value_parse_lengths("32 1", &ipv4, &ipv6, &err), 0);
}

static void
parse_lengths__anything_else__is_refused(void **state)
{
	static const char *const texts[] = { "", "24", "24 ", "24//56",
		"24 / 56", "24,56", "24 56 64", "/24 /56", "x 56", "24 x",
		"2456", "-1 64", "024 64", "100000 64" };
	unsigned ipv4 = 7, ipv6 = 7;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_lengths(texts[i], &ipv4, &ipv6, &err), -EINVAL);
	assert_said("write that of IPv4 and that of IPv6, such as 32 64");
	assert_int_equal(
	    value_parse_lengths("0 64", &ipv4, &ipv6, &err), -EINVAL);
	assert_said("0 is out of range for IPv4, 1 to 32");
	assert_int_equal(
	    value_parse_lengths("33 64", &ipv4, &ipv6, &err), -EINVAL);
	assert_int_equal(
	    value_parse_lengths("32 0", &ipv4, &ipv6, &err), -EINVAL);
	assert_int_equal(
	    value_parse_lengths("32 129", &ipv4, &ipv6, &err), -EINVAL);
	assert_said("129 is out of range for IPv6, 1 to 128");
	assert_int_equal(ipv4 + ipv6, 14);
}

static void
parse_load__decimals__are_hundredths(void **state)
{
	static const struct {
		const char *text;
		unsigned value;
		const char *written;
	} cases[] = {
		{ "4", 400, "4" },
		{ "2.5", 250, "2.5" },
		{ "2.50", 250, "2.5" },
		{ "2.05", 205, "2.05" },
		{ "0.01", 1, "0.01" },
		{ "10000", 1000000, "10000" },
		{ "9999.99", 999999, "9999.99" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[VALUE_TEXT_MAX];
		unsigned value = 0;

		assert_int_equal(
		    value_parse_load(cases[i].text, &value, &err), 0);
		assert_int_equal(value, cases[i].value);
		assert_string_equal(
		    value_format_load(value, text), cases[i].written);
	}
}

static void
parse_load__anything_else__is_refused(void **state)
{
	static const char *const texts[] = { "", "x", "-1", "+1", ".5", "4.",
		"2.505", "1,5", "04", "4%", "1e3", "4 ", "100000" };
	unsigned value = 7;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_load(texts[i], &value, &err), -EINVAL);
	assert_int_equal(value_parse_load("10000.01", &value, &err), -EINVAL);
	assert_int_equal(value_parse_load("0", &value, &err), -EINVAL);
	assert_said("0 is out of range, 0.01 to 10000, or none");
	assert_int_equal(value, 7);
}

static void
parse_message__escapes__are_what_they_stand_for(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "bye", "bye\r\n" },
		{ "bye\\n", "bye\n" },
		{ "bye\\r\\n", "bye\r\n" },
		{ "bye\\r", "bye\r\r\n" },
		{ "a\\tb\\\\n", "a\tb\\n\r\n" },
		{ "\\n", "\n" },
		{ "a ; b # c", "a ; b # c\r\n" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *message, *written, *again;
		size_t size;
		FILE *out = open_memstream(&written, &size);

		assert_int_equal(
		    value_parse_message(cases[i].text, &message, &err), 0);
		assert_string_equal(message, cases[i].message);
		value_print_message(message, out);
		fclose(out);
		assert_int_equal(value_parse_message(written, &again, &err), 0);
		assert_string_equal(message, again);
		free(message);
		free(written);
		free(again);
	}
}

static void
parse_message__unknown_escape__is_refused(void **state)
{
	char *message = NULL;

	assert_int_equal(value_parse_message("a \\x", &message, &err), -EINVAL);
	assert_string_equal(err.message,
	    "\"\\x\" stands for nothing; write \\\\ for a backslash, or one of "
	    "\\r, \\n and \\t");
	assert_int_equal(err.at, 2);
	assert_int_equal(value_parse_message("a\\", &message, &err), -EINVAL);
	assert_null(message);
}

static void
parse_message__of_a_thousand_bytes__is_the_longest(void **state)
{
	char text[VALUE_MESSAGE_MAX], *message;

	memset(text, 'x', sizeof(text));
	text[VALUE_MESSAGE_MAX - 2] = '\0';
	assert_int_equal(value_parse_message(text, &message, &err), 0);
	assert_int_equal(strlen(message), VALUE_MESSAGE_MAX);
	/* As it is written in a dump. */
	assert_int_equal(strcmp(message + VALUE_MESSAGE_MAX - 2, "\r\n"), 0);
	free(message);
	text[VALUE_MESSAGE_MAX - 2] = 'x';
	text[VALUE_MESSAGE_MAX - 1] = '\0';
	assert_int_equal(value_parse_message(text, &message, &err), -EINVAL);
	assert_said("longer than 1000 bytes");
}

static void
hours__of_each_form__are_written_as_they_were_read(void **state)
{
	static const struct {
		const char *text, *written;
		struct config_hours h;
	} cases[] = {
		{ "08:00-18:00", NULL, { 480, 1080, 0x7f } },
		{ "00:00-24:00", NULL, { 0, 1440, 0x7f } },
		{ "22:00-06:00", NULL, { 1320, 360, 0x7f } },
		{ "23:59-00:00", NULL, { 1439, 0, 0x7f } },
		{ "Mon-Fri/08:00-18:00", NULL, { 480, 1080, 0x3e } },
		{ "Sat/10:00-12:00", NULL, { 600, 720, 0x40 } },
		{ "Sun/10:00-12:00", NULL, { 600, 720, 0x01 } },
		{ "Sun-Sun/10:00-12:00", "Sun/10:00-12:00", { 600, 720, 1 } },
		{ "Sat-Sun/10:00-12:00", NULL, { 600, 720, 0x41 } },
		{ "Fri-Tue/10:00-12:00", NULL, { 600, 720, 0x67 } },
		{ "Sun-Fri/10:00-12:00", NULL, { 600, 720, 0x3f } },
		{ "Mon-Sat/10:00-12:00", NULL, { 600, 720, 0x7e } },
		{ "Mon-Sun/10:00-12:00", "10:00-12:00", { 600, 720, 0x7f } },
		{ "Thu-Wed/10:00-12:00", "10:00-12:00", { 600, 720, 0x7f } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[VALUE_TEXT_MAX];
		struct config_hours h;

		assert_int_equal(hours_parse(cases[i].text, &h, &err), 0);
		assert_int_equal(h.from, cases[i].h.from);
		assert_int_equal(h.to, cases[i].h.to);
		assert_int_equal(h.days, cases[i].h.days);
		assert_string_equal(hours_format(&h, text),
		    cases[i].written != NULL ? cases[i].written
					     : cases[i].text);
	}
}

static void
hours__anything_else__are_refused(void **state)
{
	static const char *const texts[] = { "", "Mon", "Mon-Fri", "Mon/",
		"08:00", "08:00-", "8:00-18:00", "08:00-18:0", "08:60-18:00",
		"08:00-24:01", "08:00-25:00", "mon/08:00-18:00",
		"Monday/08:00-18:00", "Mon-/08:00-18:00", "Mon-Fri08:00-18:00",
		"Mon-Fri/08:00-18:00x", "/08:00-18:00", "08:00-18:00 ",
		"0800-1800", "Mon Fri/08:00-18:00", "08.00-18.00" };
	struct config_hours h;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(hours_parse(texts[i], &h, &err), -EINVAL);
	assert_said("\"08.00-18.00\" is not a window of time; write it such "
		    "as 08:00-18:00, Mon-Fri/08:00-18:00 or Sat/22:00-06:00, "
		    "without a blank");
	assert_int_equal(hours_parse("08:00-08:00", &h, &err), -EINVAL);
	assert_said("ends when it begins; write 00:00-24:00 for a whole day");
	assert_int_equal(hours_parse("24:00-06:00", &h, &err), -EINVAL);
	assert_said("begins at 24:00");
}

static void
rates__of_each_period__are_written_as_they_were_read(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "100/s", "100/s" },
		{ "20/m burst 40", "20/m burst 40" },
		{ "20/m burst 20", "20/m" },
		{ "5/h", "5/h" },
		{ "4294967295/d  burst 4294967294",
		    "4294967295/d burst 4294967294" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[VALUE_TEXT_MAX];
		struct bucket_rate rate;

		assert_int_equal(
		    value_parse_rate(cases[i].text, &rate, &err), 0);
		assert_string_equal(
		    bucket_format_rate(&rate, text, sizeof(text)),
		    cases[i].written);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    entry__of_each_kind__is_written_as_it_was_read),
		cmocka_unit_test(entry__of_ipv4__has_zeros_behind_it),
		cmocka_unit_test(entry__that_is_none__is_refused),
		cmocka_unit_test(entry_append__many__are_all_there),
		cmocka_unit_test(
		    parse_lengths__blank_or_slash__is_between_them),
		cmocka_unit_test(parse_lengths__anything_else__is_refused),
		cmocka_unit_test(parse_load__decimals__are_hundredths),
		cmocka_unit_test(parse_load__anything_else__is_refused),
		cmocka_unit_test(
		    parse_message__escapes__are_what_they_stand_for),
		cmocka_unit_test(parse_message__unknown_escape__is_refused),
		cmocka_unit_test(
		    parse_message__of_a_thousand_bytes__is_the_longest),
		cmocka_unit_test(
		    hours__of_each_form__are_written_as_they_were_read),
		cmocka_unit_test(hours__anything_else__are_refused),
		cmocka_unit_test(
		    rates__of_each_period__are_written_as_they_were_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
