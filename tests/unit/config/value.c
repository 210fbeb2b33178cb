/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The plain value types: what each accepts, and how it refuses the rest.
 */
#include "../cm.h"

#include "value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

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
parse_bool__each_word__is_its_value(void **state)
{
	static const char *const yes[] = { "yes", "true", "on" };
	static const char *const no[] = { "no", "false", "off" };
	bool value;

	for (size_t i = 0; i < COUNT(yes); i++) {
		value = false;
		assert_int_equal(value_parse_bool(yes[i], &value, &err), 0);
		assert_true(value);
		assert_int_equal(value_parse_bool(no[i], &value, &err), 0);
		assert_false(value);
	}
}

static void
parse_bool__other_words__are_refused(void **state)
{
	static const char *const words[] = { "", "1", "0", "Yes", "y", "yes ",
		"nope" };
	bool value;

	for (size_t i = 0; i < COUNT(words); i++)
		assert_int_equal(
		    value_parse_bool(words[i], &value, &err), -EINVAL);
	assert_said("\"nope\" is neither yes nor no");
}

static void
parse_integer__decimal_and_hexadecimal__are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{ "0", 0 },
		{ "7", 7 },
		{ "-20", -20 },
		{ "+19", 19 },
		{ "0x10", 16 },
		{ "-0xfF", -255 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t value = 1;

		assert_int_equal(
		    value_parse_integer(cases[i].text, &value, &err), 0);
		assert_int_equal(value, cases[i].value);
	}
}

static void
parse_integer__anything_else__is_refused(void **state)
{
	static const char *const texts[] = { "", "-", "+-1", "1 ", " 1", "1k",
		"1.0", "0x", "0xg", "x10", "--1", "010", "-07", "1\n",
		"9223372036854775808", "99999999999999999999999999" };
	int64_t value = 5;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_integer(texts[i], &value, &err), -EINVAL);
	assert_int_equal(value, 5);
}

static void
parse_mode__octal_digits__are_read(void **state)
{
	mode_t mode;

	assert_int_equal(value_parse_mode("022", &mode, &err), 0);
	assert_int_equal(mode, 022);
	assert_int_equal(value_parse_mode("7", &mode, &err), 0);
	assert_int_equal(mode, 7);
	assert_int_equal(value_parse_mode("4755", &mode, &err), 0);
	assert_int_equal(mode, 04755);
}

static void
parse_mode__other_text__is_refused(void **state)
{
	static const char *const texts[] = { "", "8", "00022", "-1", "0x1",
		"rw", "22 " };
	mode_t mode;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_mode(texts[i], &mode, &err), -EINVAL);
}

static void
parse_enum__unknown_name__lists_the_known(void **state)
{
	static const char *const names[] = { "one", "two", "three", NULL };
	unsigned index;

	assert_int_equal(value_parse_enum("three", names, &index, &err), 0);
	assert_int_equal(index, 2);
	assert_int_equal(
	    value_parse_enum("four", names, &index, &err), -EINVAL);
	assert_string_equal(
	    err.message, "\"four\" is not one of one, two or three");
}

static void
parse_duration__every_unit__is_in_milliseconds(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "0s", 0 },
		{ "250ms", 250 },
		{ "30s", 30000 },
		{ "5m", 300000 },
		{ "1h", 3600000 },
		{ "7d", 604800000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = -1;

		assert_int_equal(
		    value_parse_duration(cases[i].text, &ms, &err), 0);
		assert_int_equal(ms, cases[i].ms);
	}
}

static void
parse_duration__without_unit__says_how_to_write_it(void **state)
{
	int64_t ms;

	assert_int_equal(value_parse_duration("30", &ms, &err), -EINVAL);
	assert_string_equal(
	    err.message, "\"30\" has no unit; write 30s for seconds");
}

static void
parse_duration__other_text__is_refused(void **state)
{
	static const char *const texts[] = { "", "s", "-1s", "1.5s", "1 s",
		"1S", "1w", "1hh", "1h30m", "106751991168d",
		"9999999999999999999s" };
	int64_t ms;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_duration(texts[i], &ms, &err), -EINVAL);
}

static void
parse_size__every_suffix__is_in_bytes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "64K", 65536 },
		{ "10M", 10485760 },
		{ "2G", 2147483648 },
		{ "3T", 3298534883328 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t bytes = -1;

		assert_int_equal(
		    value_parse_size(cases[i].text, &bytes, &err), 0);
		assert_int_equal(bytes, cases[i].bytes);
	}
}

static void
parse_size__other_text__is_refused(void **state)
{
	static const char *const texts[] = { "", "K", "-1", "1k", "1KB", "1.5M",
		"1 M", "8388608T", "9999999999999999999" };
	int64_t bytes;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_size(texts[i], &bytes, &err), -EINVAL);
}

static void
format__largest_exact_unit__is_taken(void **state)
{
	char text[VALUE_TEXT_MAX];

	assert_string_equal(value_format_duration(0, text), "0");
	assert_string_equal(value_format_duration(60000, text), "1m");
	assert_string_equal(value_format_duration(61000, text), "61s");
	assert_string_equal(value_format_duration(1, text), "1ms");
	assert_string_equal(value_format_size(0, text), "0");
	assert_string_equal(value_format_size(65536, text), "64K");
	assert_string_equal(value_format_size(65537, text), "65537");
	assert_string_equal(
	    value_format_size(INT64_MAX, text), "9223372036854775807");
}

static void
parse_rate__each_period__fills_the_bucket_rate(void **state)
{
	struct bucket_rate rate;

	assert_int_equal(value_parse_rate("100/s", &rate, &err), 0);
	assert_int_equal(rate.count, 100);
	assert_int_equal(rate.burst, 100);
	assert_int_equal(rate.period_ns, 1000000000);
	assert_int_equal(value_parse_rate("20/m burst 40", &rate, &err), 0);
	assert_int_equal(rate.count, 20);
	assert_int_equal(rate.burst, 40);
	assert_int_equal(rate.period_ns, 60000000000);
	assert_int_equal(value_parse_rate("3/h  burst\t1", &rate, &err), 0);
	assert_int_equal(rate.burst, 1);
	assert_int_equal(rate.period_ns, 3600000000000);
	assert_int_equal(value_parse_rate("1/d", &rate, &err), 0);
	assert_int_equal(rate.period_ns, 86400000000000);
}

static void
parse_rate__other_text__is_refused(void **state)
{
	static const char *const texts[] = { "", "100", "/s", "0/s", "1/ms",
		"1/", "1/w", "1 /s", "1/s 5", "1/s burst", "1/s burst 0",
		"1/s burst x", "1/s burst 5 6", "1/sburst 5", "1/s bursts 5",
		"4294967296/s", "1/s burst 4294967296" };
	struct bucket_rate rate;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_rate(texts[i], &rate, &err), -EINVAL);
}

static void
parse_rate__burst_of_ages__is_refused(void **state)
{
	struct bucket_rate rate;

	assert_int_equal(value_parse_rate("1/d burst 3650", &rate, &err), 0);
	assert_int_equal(
	    value_parse_rate("1/d burst 3651", &rate, &err), -EINVAL);
	assert_said("ten years");
}

static void
parse_prefix__ipv4__is_read(void **state)
{
	static const uint8_t net[4] = { 192, 0, 2, 0 };
	struct value_prefix p;

	assert_int_equal(value_parse_prefix("192.0.2.0/24", &p, &err), 0);
	assert_int_equal(p.family, AF_INET);
	assert_int_equal(p.bits, 24);
	assert_memory_equal(p.bytes, net, 4);
	assert_int_equal(value_parse_prefix("192.0.2.0", &p, &err), 0);
	assert_int_equal(p.bits, 32);
	assert_int_equal(value_parse_prefix("0.0.0.0/0", &p, &err), 0);
	assert_int_equal(p.bits, 0);
}

static void
parse_prefix__ipv6__is_read(void **state)
{
	struct value_prefix p;
	uint8_t bytes[16];

	assert_int_equal(value_parse_prefix("2001:db8::/32", &p, &err), 0);
	assert_int_equal(p.family, AF_INET6);
	assert_int_equal(p.bits, 32);
	inet_pton(AF_INET6, "2001:db8::", bytes);
	assert_memory_equal(p.bytes, bytes, 16);
	assert_int_equal(value_parse_prefix("::1", &p, &err), 0);
	assert_int_equal(p.bits, 128);
}

static void
parse_prefix__mapped__is_ipv4(void **state)
{
	static const uint8_t net[16] = { 192, 0, 2, 0 };
	struct value_prefix p;

	assert_int_equal(
	    value_parse_prefix("::ffff:192.0.2.0/120", &p, &err), 0);
	assert_int_equal(p.family, AF_INET);
	assert_int_equal(p.bits, 24);
	assert_memory_equal(p.bytes, net, 16);
	assert_int_equal(value_parse_prefix("::ffff:0:0/96", &p, &err), 0);
	assert_int_equal(p.family, AF_INET);
	assert_int_equal(p.bits, 0);
}

static void
parse_prefix__host_bits__names_the_network(void **state)
{
	struct value_prefix p;

	assert_int_equal(
	    value_parse_prefix("192.0.2.77/26", &p, &err), -EINVAL);
	assert_said("the network is 192.0.2.64/26");
	assert_int_equal(
	    value_parse_prefix("2001:db8::1/64", &p, &err), -EINVAL);
	assert_said("the network is 2001:db8::/64");
}

static void
parse_prefix__other_text__is_refused(void **state)
{
	static const char *const texts[] = { "", "/8", "1.2.3/8", "1.2.3.4/",
		"1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8/8", "::/129", "::/1000",
		"fe80::1%lo", "localhost", "1.2.3.4 ", "0/0",
		"2001:0db8:0000:0000:0000:0000:0000:00000001:0000000/128" };
	struct value_prefix p;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(
		    value_parse_prefix(texts[i], &p, &err), -EINVAL);
}

static void
next_item__all_separators__part_items(void **state)
{
	static const char text[] = " a,bb\tccc\n,\n dddd ,";
	static const char *const items[] = { "a", "bb", "ccc", "dddd" };
	const char *item;
	size_t at = 0, len;

	for (size_t i = 0; i < COUNT(items); i++) {
		assert_true(value_next_item(text, &at, &item, &len));
		assert_int_equal(len, strlen(items[i]));
		assert_memory_equal(item, items[i], len);
	}
	assert_false(value_next_item(text, &at, &item, &len));
	assert_false(value_next_item(text, &at, &item, &len));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_bool__each_word__is_its_value),
		cmocka_unit_test(parse_bool__other_words__are_refused),
		cmocka_unit_test(
		    parse_integer__decimal_and_hexadecimal__are_read),
		cmocka_unit_test(parse_integer__anything_else__is_refused),
		cmocka_unit_test(parse_mode__octal_digits__are_read),
		cmocka_unit_test(parse_mode__other_text__is_refused),
		cmocka_unit_test(parse_enum__unknown_name__lists_the_known),
		cmocka_unit_test(
		    parse_duration__every_unit__is_in_milliseconds),
		cmocka_unit_test(
		    parse_duration__without_unit__says_how_to_write_it),
		cmocka_unit_test(parse_duration__other_text__is_refused),
		cmocka_unit_test(parse_size__every_suffix__is_in_bytes),
		cmocka_unit_test(parse_size__other_text__is_refused),
		cmocka_unit_test(format__largest_exact_unit__is_taken),
		cmocka_unit_test(
		    parse_rate__each_period__fills_the_bucket_rate),
		cmocka_unit_test(parse_rate__other_text__is_refused),
		cmocka_unit_test(parse_rate__burst_of_ages__is_refused),
		cmocka_unit_test(parse_prefix__ipv4__is_read),
		cmocka_unit_test(parse_prefix__ipv6__is_read),
		cmocka_unit_test(parse_prefix__mapped__is_ipv4),
		cmocka_unit_test(parse_prefix__host_bits__names_the_network),
		cmocka_unit_test(parse_prefix__other_text__is_refused),
		cmocka_unit_test(next_item__all_separators__part_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
