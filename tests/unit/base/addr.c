/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Addresses as text and back.
 */
#include "../cm.h"

#include <evinetd/base/addr.h>

#include <errno.h>
#include <string.h>

static void
check_round_trip(const char *ip, uint16_t port, const char *expected)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	assert_int_equal(addr_parse_ip(ip, port, &a), 0);
	assert_string_equal(addr_format(&a, text, sizeof(text)), expected);
}

static void
addr_parse_ip__numeric__gives_the_shortest_text(void **state)
{
	check_round_trip("192.0.2.7", 80, "192.0.2.7:80");
	check_round_trip("2001:0db8::0001", 443, "[2001:db8::1]:443");
	check_round_trip("::", 0, "[::]:0");
	check_round_trip("fe80::1%lo", 1, "[fe80::1%1]:1");
	check_round_trip("fe80::1%1", 1, "[fe80::1%1]:1");
}

static void
addr_parse_ip__other_text__is_refused(void **state)
{
	static const char *const texts[] = { "", "localhost", "192.0.2",
		"192.0.2.256", "0x7f.1", "::1]", "1::2::3", "fe80::1%",
		"fe80::1%nosuchif",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111" };
	struct addr a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(addr_parse_ip(texts[i], 1, &a), -EINVAL);
}

static void
addr_unmap__mapped__becomes_ipv4_with_its_port(void **state)
{
	char text[ADDR_TEXT_MAX];
	struct addr a, b;

	assert_int_equal(addr_parse_ip("::ffff:192.0.2.7", 99, &a), 0);
	addr_unmap(&a);
	assert_int_equal(addr_family(&a), AF_INET);
	assert_string_equal(
	    addr_format(&a, text, sizeof(text)), "192.0.2.7:99");
	assert_int_equal(addr_parse_ip("192.0.2.7", 99, &b), 0);
	assert_true(addr_equal(&a, &b));
}

static void
addr_unmap__plain_ipv6__stays(void **state)
{
	struct addr a;

	assert_int_equal(addr_parse_ip("2001:db8::1", 99, &a), 0);
	addr_unmap(&a);
	assert_int_equal(addr_family(&a), AF_INET6);
	assert_int_equal(addr_port(&a), 99);
}

static void
addr_format__unix_path_of_full_length__is_whole(void **state)
{
	struct addr a = { 0 };
	char text[ADDR_TEXT_MAX];

	a.u.un.sun_family = AF_UNIX;
	memset(a.u.un.sun_path, 'x', sizeof(a.u.un.sun_path));
	a.len = sizeof(a.u.un);
	addr_format(&a, text, sizeof(text));
	assert_int_equal(strlen(text), 5 + sizeof(a.u.un.sun_path));
}

static void
addr_format__abstract_name__begins_with_an_at(void **state)
{
	struct addr a = { 0 }, b;
	char text[ADDR_TEXT_MAX];

	a.u.un.sun_family = AF_UNIX;
	memcpy(a.u.un.sun_path, "\0a\0b", 4);
	a.len = offsetof(struct sockaddr_un, sun_path) + 4;
	assert_string_equal(addr_format(&a, text, sizeof(text)), "unix:@a@b");
	assert_string_equal(addr_format_host(&a, text, sizeof(text)), "@a@b");
	assert_string_equal(addr_format_host(&a, text, 3), "@a");
	b = a;
	assert_true(addr_equal(&a, &b));
	b.u.un.sun_path[3] = 'c';
	assert_false(addr_equal(&a, &b));
	b = a;
	b.len--;
	assert_false(addr_equal(&a, &b));
	memset(a.u.un.sun_path + 1, 'x', sizeof(a.u.un.sun_path) - 1);
	a.len = sizeof(a.u.un);
	addr_format(&a, text, sizeof(text));
	assert_int_equal(strlen(text), 5 + sizeof(a.u.un.sun_path));
}

static void
addr_format__unnamed_and_none__are_empty(void **state)
{
	struct addr none = { 0 };
	struct addr unnamed = { .len = sizeof(sa_family_t),
		.u.sa.sa_family = AF_UNIX };
	char text[ADDR_TEXT_MAX];

	assert_string_equal(addr_format(&none, text, sizeof(text)), "");
	assert_string_equal(addr_format_host(&unnamed, text, sizeof(text)), "");
}

static void
addr_format__vsock__has_cid_and_port(void **state)
{
	struct addr a = { .len = sizeof(struct sockaddr_vm),
		.u.vm = {
		    .svm_family = AF_VSOCK, .svm_cid = 3, .svm_port = 70000 } };
	char text[ADDR_TEXT_MAX];

	assert_string_equal(
	    addr_format(&a, text, sizeof(text)), "vsock:3:70000");
	a.u.vm.svm_cid = VMADDR_CID_ANY;
	assert_string_equal(addr_format(&a, text, sizeof(text)), "vsock:70000");
	assert_true(addr_is_any(&a));
}

static void
addr_equal__differs_in_port_or_host__is_false(void **state)
{
	struct addr a, b;

	assert_int_equal(addr_parse_ip("127.0.0.1", 1, &a), 0);
	assert_int_equal(addr_parse_ip("127.0.0.1", 2, &b), 0);
	assert_false(addr_equal(&a, &b));
	assert_int_equal(addr_parse_ip("127.0.0.2", 1, &b), 0);
	assert_false(addr_equal(&a, &b));
	assert_int_equal(addr_parse_ip("::1", 1, &b), 0);
	assert_false(addr_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    addr_parse_ip__numeric__gives_the_shortest_text),
		cmocka_unit_test(addr_parse_ip__other_text__is_refused),
		cmocka_unit_test(
		    addr_unmap__mapped__becomes_ipv4_with_its_port),
		cmocka_unit_test(addr_unmap__plain_ipv6__stays),
		cmocka_unit_test(
		    addr_format__unix_path_of_full_length__is_whole),
		cmocka_unit_test(addr_format__abstract_name__begins_with_an_at),
		cmocka_unit_test(addr_format__unnamed_and_none__are_empty),
		cmocka_unit_test(addr_format__vsock__has_cid_and_port),
		cmocka_unit_test(addr_equal__differs_in_port_or_host__is_false),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
