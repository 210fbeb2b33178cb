/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Counting who is connected, by source.
 */
#include "../cm.h"

#include <evinetd/admit/sources.h>

#include <string.h>

static const struct config_prefixes prefixes = { .ipv4 = 32, .ipv6 = 64 };
static const struct bucket_rate unlimited = { .count = 0 };

static struct sources *
table_of(const struct bucket_rate *rate)
{
	struct sources *t;

	assert_int_equal(sources_new(rate, &t), 0);
	return t;
}

static struct source
source_of(const char *ip)
{
	struct client c = { .fd = -1 };
	struct source s;

	assert_int_equal(addr_parse_ip(ip, 1234, &c.peer), 0);
	addr_unmap(&c.peer);
	source_from_client(&c, &prefixes, &s);
	return s;
}

static bool
same(const char *a, const char *b)
{
	const struct source x = source_of(a), y = source_of(b);

	return memcmp(&x, &y, sizeof(x)) == 0;
}

static void
source_from_client__addresses__are_cut_to_their_prefix(void **state)
{
	assert_true(same("192.0.2.7", "192.0.2.7"));
	assert_false(same("192.0.2.7", "192.0.2.8"));
	assert_true(same("2001:db8:0:1::1", "2001:db8:0:1:ffff::2"));
	assert_false(same("2001:db8:0:1::1", "2001:db8:0:2::1"));
	assert_true(same("::ffff:192.0.2.7", "192.0.2.7"));
}

static void
source_from_client__unix_peer__is_its_uid(void **state)
{
	struct client c = { .fd = -1,
		.peer = { .len = 2, .u.sa.sa_family = AF_UNIX },
		.cred = { .uid = 1000 } };
	struct source a, b;

	source_from_client(&c, &prefixes, &a);
	c.cred.pid = 77;
	source_from_client(&c, &prefixes, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	c.cred.uid = 1001;
	source_from_client(&c, &prefixes, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

static void
sources_enter__again_and_after_leaving__counts_the_living(void **state)
{
	struct sources *t = table_of(&unlimited);
	const struct source a = source_of("192.0.2.1");
	const struct source b = source_of("192.0.2.2");
	unsigned count = 0;

	assert_int_equal(sources_enter(t, &a, 0, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(sources_enter(t, &a, 0, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(sources_enter(t, &b, 0, &count), 0);
	assert_int_equal(count, 1);
	sources_leave(t, &a, 0);
	sources_leave(t, &a, 0);
	assert_int_equal(sources_enter(t, &a, 0, &count), 0);
	assert_int_equal(count, 1);
	sources_free(t);
}

static void
sources__a_hundred_thousand__come_and_go(void **state)
{
	struct sources *t = table_of(&unlimited);
	struct source s = source_of("192.0.2.1");
	unsigned count;

	for (uint32_t i = 0; i < 100000; i++) {
		memcpy(s.bytes, &i, sizeof(i));
		assert_int_equal(sources_enter(t, &s, 0, &count), 0);
		assert_int_equal(count, 1);
	}
	for (uint32_t i = 0; i < 100000; i++) {
		memcpy(s.bytes, &i, sizeof(i));
		sources_leave(t, &s, 0);
	}
	sources_free(t);
	sources_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    source_from_client__addresses__are_cut_to_their_prefix),
		cmocka_unit_test(source_from_client__unix_peer__is_its_uid),
		cmocka_unit_test(
		    sources_enter__again_and_after_leaving__counts_the_living),
		cmocka_unit_test(sources__a_hundred_thousand__come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
