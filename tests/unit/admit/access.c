/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Access lists: examples that can be read, and then many lists at random
 * against a matcher that looks at every entry.
 */
#include "../cm.h"

#include "list.h"

#include <stdio.h>
#include <string.h>

/* Which entry decides about an address: "+ 192.0.2.0/24", "- none". */
static const char *
ask(const char *allow, const char *deny, const char *address)
{
	static char buf[ACCESS_TEXT_MAX + 8];
	char text[ACCESS_TEXT_MAX];
	const struct addr addr = list_address(address);
	struct access *a;
	struct list l;

	list_make(&l, allow, deny);
	assert_int_equal(access_new(&l.list, &a), 0);

	const struct access_verdict v =
	    access_decide(a, &(struct access_peer){ .addr = &addr });

	snprintf(buf, sizeof(buf), "%c %s", v.allowed ? '+' : '-',
	    v.entry == NULL ? "none"
			    : access_format(v.entry, text, sizeof(text)));
	access_free(a);
	list_fini(&l);
	return buf;
}

static void
access_decide__no_list__allows_everybody(void **state)
{
	const struct config_access_list none = { 0 };
	const struct addr addr = list_address("192.0.2.7");
	struct access *a;

	assert_int_equal(access_new(&none, &a), 0);
	assert_null(a);
	assert_true(
	    access_decide(a, &(struct access_peer){ .addr = &addr }).allowed);
	assert_int_equal(access_size(a), 0);
	assert_false(access_has_groups(a));
	access_free(a);
}

static void
access_decide__nothing_matches__depends_on_whether_any_is_allowed(void **state)
{
	assert_string_equal(ask(NULL, "192.0.2.0/24", "192.0.3.1"), "+ none");
	assert_string_equal(ask("192.0.2.0/24", NULL, "192.0.3.1"), "- none");
	assert_string_equal(ask("192.0.2.0/24", NULL, "::1"), "- none");
	assert_string_equal(
	    ask("192.0.2.0/24", "10.0.0.0/8", "192.0.3.1"), "- none");
}

/* Such as an allow_file with comments only: not an open door. */
static void
access_decide__a_rule_allows_nothing__refuses_everybody(void **state)
{
	assert_string_equal(ask("", NULL, "192.0.2.1"), "- none");
	assert_string_equal(ask("", "10.0.0.0/8", "192.0.2.1"), "- none");
	assert_string_equal(ask(NULL, "", "192.0.2.1"), "+ none");
}

static void
access_decide__several_match__the_longest_prefix_decides(void **state)
{
	const char *allow = "10.0.0.0/8 10.1.2.0/24 10.1.2.9";
	const char *deny = "10.1.0.0/16 10.1.2.128/25";

	assert_string_equal(ask(allow, deny, "10.0.0.1"), "+ 10.0.0.0/8");
	assert_string_equal(ask(allow, deny, "10.1.0.0"), "- 10.1.0.0/16");
	assert_string_equal(ask(allow, deny, "10.1.1.255"), "- 10.1.0.0/16");
	assert_string_equal(ask(allow, deny, "10.1.2.0"), "+ 10.1.2.0/24");
	assert_string_equal(ask(allow, deny, "10.1.2.9"), "+ 10.1.2.9");
	assert_string_equal(ask(allow, deny, "10.1.2.10"), "+ 10.1.2.0/24");
	assert_string_equal(ask(allow, deny, "10.1.2.127"), "+ 10.1.2.0/24");
	assert_string_equal(ask(allow, deny, "10.1.2.128"), "- 10.1.2.128/25");
	assert_string_equal(ask(allow, deny, "10.1.3.0"), "- 10.1.0.0/16");
	assert_string_equal(ask(allow, deny, "10.2.0.0"), "+ 10.0.0.0/8");
	assert_string_equal(ask(allow, deny, "11.0.0.0"), "- none");
}

static void
access_decide__equal_prefixes__deny_wins(void **state)
{
	assert_string_equal(
	    ask("192.0.2.0/24", "192.0.2.0/24", "192.0.2.1"), "- 192.0.2.0/24");
	assert_string_equal(ask("::/0", "::/0", "2001:db8::1"), "- ::/0");
}

static void
access_decide__first_and_last_addresses__belong_to_it(void **state)
{
	assert_string_equal(ask("0.0.0.0/0", NULL, "0.0.0.0"), "+ 0.0.0.0/0");
	assert_string_equal(
	    ask("0.0.0.0/0", NULL, "255.255.255.255"), "+ 0.0.0.0/0");
	assert_string_equal(ask("255.255.255.255", NULL, "255.255.255.255"),
	    "+ 255.255.255.255");
	assert_string_equal(
	    ask("255.255.255.255", NULL, "255.255.255.254"), "- none");
	assert_string_equal(ask("0.0.0.0", NULL, "0.0.0.0"), "+ 0.0.0.0");
	assert_string_equal(ask("0.0.0.0", NULL, "0.0.0.1"), "- none");
	assert_string_equal(ask("ffff:ffff:ffff:ffff::/64", NULL,
				"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	    "+ ffff:ffff:ffff:ffff::/64");
	assert_string_equal(ask("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
				"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	    "+ ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_string_equal(ask("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
				"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"),
	    "- none");
}

static void
access_decide__mapped_address__is_ipv4(void **state)
{
	assert_string_equal(
	    ask(NULL, "192.0.2.0/24", "::ffff:192.0.2.7"), "- 192.0.2.0/24");
	assert_string_equal(ask("::/0", NULL, "::ffff:192.0.2.7"), "- none");
}

static void
access_decide__unix_peer__by_uid_then_by_groups(void **state)
{
	const struct addr addr = { .len = 2, .u.sa.sa_family = AF_UNIX };
	const gid_t gids[] = { 100, 200, 300 };
	struct access_peer peer = {
		.addr = &addr, .uid = 7, .gids = gids, .ngids = 3
	};
	char text[ACCESS_TEXT_MAX];
	static const struct {
		const char *allow, *deny, *decides;
		bool allowed;
	} cases[] = {
		{ "uid:7", NULL, "uid:7", true },
		{ "uid:8", NULL, NULL, false },
		{ NULL, "uid:8", NULL, true },
		{ "gid:200", NULL, "gid:200", true },
		{ "gid:201", NULL, NULL, false },
		{ "uid:7", "gid:100", "uid:7", true },
		{ "gid:100 gid:200", "uid:7", "uid:7", false },
		{ "gid:100 gid:200", "gid:300", "gid:300", false },
		{ "gid:300 gid:200", NULL, "gid:200", true },
		{ "uid:7", "uid:7", "uid:7", false },
		{ "gid:7", "0.0.0.0/0 ::/0", NULL, false },
		{ "uid:4294967294 uid:0 uid:7 uid:3 uid:9", NULL, "uid:7",
		    true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access *a;
		struct list l;

		list_make(&l, cases[i].allow, cases[i].deny);
		assert_int_equal(access_new(&l.list, &a), 0);

		const struct access_verdict v = access_decide(a, &peer);

		assert_int_equal(v.allowed, cases[i].allowed);
		if (cases[i].decides == NULL)
			assert_null(v.entry);
		else
			assert_string_equal(
			    access_format(v.entry, text, sizeof(text)),
			    cases[i].decides);
		access_free(a);
		list_fini(&l);
	}
}

static void
access_has_groups__a_list_with_them__is_told(void **state)
{
	static const struct {
		const char *allow, *deny;
		bool groups;
	} cases[] = {
		{ "192.0.2.1 uid:7", "::1", false },
		{ "gid:7", NULL, true },
		{ "192.0.2.1", "uid:1 gid:7", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct access *a;
		struct list l;

		list_make(&l, cases[i].allow, cases[i].deny);
		assert_int_equal(access_new(&l.list, &a), 0);
		assert_int_equal(access_has_groups(a), cases[i].groups);
		access_free(a);
		list_fini(&l);
	}
}

static void
access_decide__vsock_peer__gets_what_no_entry_says(void **state)
{
	const struct addr addr = { .len = sizeof(addr.u.vm),
		.u.vm = { .svm_family = AF_VSOCK, .svm_cid = 3 } };
	struct access *a;
	struct list l;

	for (int allow = 0; allow < 2; allow++) {
		list_make(&l, allow ? "::/0" : NULL, "0.0.0.0/0");
		assert_int_equal(access_new(&l.list, &a), 0);
		assert_int_equal(
		    access_decide(a, &(struct access_peer){ .addr = &addr })
			.allowed,
		    !allow);
		access_free(a);
		list_fini(&l);
	}
}

/* ---- at random ---- */

/* Few different values, so that prefixes lie in each other, touch each other
 * and are equal; the ends of the address space among them. */
static void
fill(uint8_t *bytes, size_t size)
{
	static const uint8_t values[] = { 0, 0, 0, 255, 255, 1, 127, 128 };

	for (size_t i = 0; i < size; i++)
		bytes[i] = list_random() % 16 == 0 ? (uint8_t)list_random()
						   : values[list_random() % 8];
}

static struct config_access
make_entry(bool ipv6)
{
	static const uint8_t usual[] = { 0, 8, 16, 24, 32, 48, 64, 128 };
	const unsigned size = ipv6 ? 16 : 4;
	struct config_access e = { .kind = ipv6 ? CONFIG_ACCESS_IPV6
						: CONFIG_ACCESS_IPV4 };
	unsigned bits = list_random() % (8 * size + 1);

	if (list_random() % 2 == 0)
		bits = usual[list_random() % 8];
	e.bits = (uint8_t)(bits > 8 * size ? 8 * size : bits);
	fill(e.u.bytes, size);
	for (unsigned i = e.bits; i < 8 * size; i++)
		e.u.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return e;
}

static void
set_address(struct addr *a, bool ipv6, const uint8_t *bytes)
{
	memset(a, 0, sizeof(*a));
	if (ipv6) {
		a->len = sizeof(a->u.in6);
		a->u.in6.sin6_family = AF_INET6;
		memcpy(&a->u.in6.sin6_addr, bytes, 16);
	} else {
		a->len = sizeof(a->u.in4);
		a->u.in4.sin_family = AF_INET;
		memcpy(&a->u.in4.sin_addr, bytes, 4);
	}
}

static void
check(const struct list *l, const struct access *a, bool ipv6,
    const uint8_t *bytes)
{
	struct addr addr;
	const struct access_peer peer = { .addr = &addr };

	set_address(&addr, ipv6, bytes);

	const struct access_verdict is = access_decide(a, &peer);
	const struct access_verdict should = list_decide(l, &peer);

	assert_ptr_equal(is.entry, should.entry);
	assert_int_equal(is.allowed, should.allowed);
	assert_ptr_equal(is.file, should.file);
}

/* An address, the one before and the one after it. */
static void
check_around(const struct list *l, const struct access *a, bool ipv6,
    const uint8_t *bytes)
{
	const size_t size = ipv6 ? 16 : 4;
	uint8_t near[16];
	size_t i;

	check(l, a, ipv6, bytes);
	memcpy(near, bytes, size);
	for (i = size; i-- > 0 && ++near[i] == 0;)
		;
	check(l, a, ipv6, near);
	memcpy(near, bytes, size);
	for (i = size; i-- > 0 && near[i]-- == 0;)
		;
	check(l, a, ipv6, near);
}

static void
check_entry(
    const struct list *l, const struct access *a, const struct config_access *e)
{
	const bool ipv6 = e->kind == CONFIG_ACCESS_IPV6;
	uint8_t last[16];

	memcpy(last, e->u.bytes, 16);
	for (unsigned i = e->bits; i < (ipv6 ? 128U : 32U); i++)
		last[i / 8] |= (uint8_t)(0x80 >> i % 8);
	check_around(l, a, ipv6, e->u.bytes);
	check_around(l, a, ipv6, last);
}

static void
check_list(const struct list *l)
{
	uint8_t bytes[16];
	struct access *a;

	assert_int_equal(access_new(&l->list, &a), 0);
	for (size_t r = 0; r < l->list.count; r++)
		for (size_t i = 0; i < l->sets[r].count; i++)
			check_entry(l, a, &l->sets[r].items[i]);
	for (int i = 0; i < 50; i++) {
		fill(bytes, 16);
		check(l, a, false, bytes);
		check(l, a, true, bytes);
	}
	access_free(a);
}

static void
access_decide__lists_at_random__is_what_looking_at_each_entry_gives(
    void **state)
{
	static const unsigned sizes[] = { 1, 2, 3, 5, 10, 30, 100 };

	list_random_reset();
	for (int turn = 0; turn < 400; turn++) {
		struct list l;
		const unsigned size = sizes[list_random() % 7];

		list_init(&l, 1 + list_random() % LIST_RULES);
		for (unsigned i = 0; i < size; i++)
			list_add(&l, list_random() % l.list.count,
			    make_entry(list_random() % 2 == 0));
		check_list(&l);
		list_fini(&l);
	}
}

/* Each length from /0 on, all around one address: as deep as it gets. */
static void
access_decide__as_deep_as_it_gets__the_longest_decides(void **state)
{
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		const unsigned most = ipv6 ? 128 : 32;
		struct list l;

		list_random_reset();
		list_init(&l, 2);
		for (unsigned bits = 0; bits <= most; bits++) {
			struct config_access e =
			    list_parse(ipv6 ? "a5a5:c3c3:0f0f:ffff:1:2:3:4"
					    : "165.195.0.255");

			e.bits = (uint8_t)bits;
			for (unsigned i = bits; i < most; i++)
				e.u.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
			list_add(&l, list_random() % 2, e);
		}
		check_list(&l);
		list_fini(&l);
	}
}

/* Many ranges within one /64, so that its first half says nothing. */
static void
access_decide__many_within_one_64__is_exact(void **state)
{
	struct list l;

	list_random_reset();
	list_init(&l, 2);
	for (unsigned i = 0; i < 300; i++) {
		struct config_access e = list_parse("2001:db8::/128");

		e.u.bytes[14] = (uint8_t)(list_random() % 4);
		e.u.bytes[15] = (uint8_t)list_random();
		list_add(&l, i % 2, e);
	}
	list_add(&l, 0, list_parse("2001:db8:0:1::/64"));
	list_add(&l, 1, list_parse("2001:db7:ffff:ffff::/64"));
	check_list(&l);
	list_fini(&l);
}

static void
access_format__each_kind__is_as_it_would_be_written(void **state)
{
	static const char *const texts[] = { "192.0.2.0/24", "192.0.2.7",
		"0.0.0.0/0", "2001:db8::/32", "::1", "::/0", "uid:0",
		"gid:4294967295" };
	char buf[ACCESS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct config_access e = list_parse(texts[i]);

		assert_string_equal(
		    access_format(&e, buf, sizeof(buf)), texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_decide__no_list__allows_everybody),
		cmocka_unit_test(
		    access_decide__nothing_matches__depends_on_whether_any_is_allowed),
		cmocka_unit_test(
		    access_decide__a_rule_allows_nothing__refuses_everybody),
		cmocka_unit_test(
		    access_decide__several_match__the_longest_prefix_decides),
		cmocka_unit_test(access_decide__equal_prefixes__deny_wins),
		cmocka_unit_test(
		    access_decide__first_and_last_addresses__belong_to_it),
		cmocka_unit_test(access_decide__mapped_address__is_ipv4),
		cmocka_unit_test(
		    access_decide__unix_peer__by_uid_then_by_groups),
		cmocka_unit_test(access_has_groups__a_list_with_them__is_told),
		cmocka_unit_test(
		    access_decide__vsock_peer__gets_what_no_entry_says),
		cmocka_unit_test(
		    access_decide__lists_at_random__is_what_looking_at_each_entry_gives),
		cmocka_unit_test(
		    access_decide__as_deep_as_it_gets__the_longest_decides),
		cmocka_unit_test(access_decide__many_within_one_64__is_exact),
		cmocka_unit_test(
		    access_format__each_kind__is_as_it_would_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
