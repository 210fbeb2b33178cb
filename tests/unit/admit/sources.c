/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Counting who is connected, by source.
 */
#include "../cm.h"

#include <evinetd/admit/sources.h>

#include <string.h>

#define SECOND UINT64_C(1000000000)

static const struct config_prefixes prefixes = { .ipv4 = 32, .ipv6 = 64 };
static const struct bucket_rate unlimited = { .count = 0 };
static const struct bucket_rate hourly = { 1, 1, 3600 * SECOND };

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
source_from_client__other_prefixes__cut_elsewhere(void **state)
{
	static const struct {
		const char *a, *b;
		struct config_prefixes prefixes;
		bool same;
	} cases[] = {
		{ "192.0.2.7", "192.0.2.200", { 24, 64 }, true },
		{ "192.0.2.7", "192.0.3.7", { 24, 64 }, false },
		{ "192.0.2.7", "192.0.3.7", { 23, 64 }, true },
		{ "1.2.3.4", "200.2.3.4", { 0, 64 }, true },
		{ "2001:db8::", "2001:db8:ffff::", { 32, 32 }, true },
		{ "2001:db8::", "2001:db9::", { 32, 32 }, false },
		{ "2001:db8::", "2001:db9::", { 32, 31 }, true },
		{ "2001:db8::1", "2001:db8::2", { 32, 128 }, false },
		/* An IPv4 address is never one of IPv6. */
		{ "0.0.0.0", "::", { 0, 0 }, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client a = { .fd = -1 }, b = { .fd = -1 };
		struct source x, y;

		assert_int_equal(addr_parse_ip(cases[i].a, 1, &a.peer), 0);
		assert_int_equal(addr_parse_ip(cases[i].b, 2, &b.peer), 0);
		source_from_client(&a, &cases[i].prefixes, &x);
		source_from_client(&b, &cases[i].prefixes, &y);
		assert_int_equal(memcmp(&x, &y, sizeof(x)) == 0, cases[i].same);
	}
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

/* The source number i, which is as good as any. */
static struct source
nth(uint32_t i)
{
	struct source s = source_of("2001:db8::");

	memcpy(s.bytes, &i, sizeof(i));
	return s;
}

static void
come_and_go(struct sources *t, uint32_t i, uint64_t now)
{
	const struct source s = nth(i);
	unsigned count;

	assert_int_equal(sources_enter(t, &s, now, &count), 0);
	assert_int_equal(count, 1);
	sources_leave(t, &s, now);
}

static uint64_t
wait_of(struct sources *t, uint32_t i, uint64_t now)
{
	const struct source s = nth(i);
	uint64_t wait_ns;

	assert_int_equal(sources_look(t, &s, now, &wait_ns), 0);
	return wait_ns;
}

static void
sources__a_hundred_thousand__come_and_go(void **state)
{
	struct sources *t = table_of(&unlimited);
	struct source s;
	unsigned count;

	for (uint32_t i = 0; i < 100000; i++) {
		s = nth(i);
		assert_int_equal(sources_enter(t, &s, 0, &count), 0);
		assert_int_equal(count, 1);
	}
	assert_int_equal(sources_count(t), 100000);
	for (uint32_t i = 0; i < 100000; i++) {
		s = nth(i);
		sources_leave(t, &s, 0);
	}
	assert_int_equal(sources_count(t), 0);
	sources_free(t);
	sources_free(NULL);
}

static void
sources_look__of_each_source__its_own_count_and_bucket(void **state)
{
	const struct bucket_rate rate = { 2, 2, SECOND };
	struct sources *t = table_of(&rate);
	const struct source a = nth(1), b = nth(2);
	uint64_t wait_ns = 77;
	unsigned count;

	assert_int_equal(sources_look(t, &a, SECOND, &wait_ns), 0);
	assert_int_equal(wait_ns, 0);
	for (unsigned i = 1; i <= 3; i++)
		assert_int_equal(sources_enter(t, &a, SECOND, &count), 0);
	assert_int_equal(sources_look(t, &a, SECOND, &wait_ns), 3);
	/* The third token was owed. */
	assert_int_equal(wait_ns, SECOND);
	assert_int_equal(sources_look(t, &b, SECOND, &wait_ns), 0);
	assert_int_equal(wait_ns, 0);
	assert_int_equal(sources_count(t), 1);
	sources_free(t);
}

static void
sources_leave__bucket_not_full__is_kept_until_it_is(void **state)
{
	struct sources *t = table_of(&hourly);

	come_and_go(t, 1, SECOND);
	assert_int_equal(sources_count_idle(t), 1);
	assert_int_equal(wait_of(t, 1, 2 * SECOND), 3599 * SECOND);
	/* Whoever comes next finds that it is full. */
	come_and_go(t, 2, 3601 * SECOND);
	assert_int_equal(sources_count_idle(t), 1);
	assert_int_equal(sources_count(t), 1);
	assert_int_equal(wait_of(t, 1, 3601 * SECOND), 0);
	assert_int_equal(wait_of(t, 2, 3601 * SECOND), 3600 * SECOND);
	sources_free(t);
}

static void
sources_enter__idle_source_comes_back__with_its_bucket(void **state)
{
	struct sources *t = table_of(&hourly);
	const struct source s = nth(1);
	uint64_t wait_ns;
	unsigned count;

	come_and_go(t, 1, SECOND);
	assert_int_equal(sources_enter(t, &s, SECOND, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(sources_count_idle(t), 0);
	assert_int_equal(sources_look(t, &s, SECOND, &wait_ns), 1);
	assert_int_equal(wait_ns, 7200 * SECOND);
	sources_leave(t, &s, SECOND);
	assert_int_equal(sources_count_idle(t), 1);
	sources_free(t);
}

static void
sources_cancel__token_comes_back__leaves_nothing(void **state)
{
	struct sources *t = table_of(&hourly);
	const struct source s = nth(1);
	uint64_t wait_ns;
	unsigned count;

	assert_int_equal(sources_enter(t, &s, SECOND, &count), 0);
	sources_cancel(t, &s, 2 * SECOND);
	assert_int_equal(sources_count(t), 0);
	come_and_go(t, 1, SECOND);
	assert_int_equal(sources_enter(t, &s, 3 * SECOND, &count), 0);
	sources_cancel(t, &s, 4 * SECOND);
	assert_int_equal(sources_look(t, &s, 4 * SECOND, &wait_ns), 0);
	assert_int_equal(wait_ns, 3597 * SECOND);
	sources_free(t);
}

/* A flood of addresses, as somebody who has a whole /32 can make it. */
static void
sources__a_flood_of_them__is_bounded_and_then_forgotten(void **state)
{
	struct sources *t = table_of(&hourly);
	uint64_t now = SECOND;

	for (uint32_t i = 0; i < 100000; i++) {
		come_and_go(t, i, now);
		assert_true(sources_count_idle(t) <= SOURCES_IDLE_MAX);
	}
	assert_int_equal(sources_count_idle(t), SOURCES_IDLE_MAX);
	assert_int_equal(sources_count(t), SOURCES_IDLE_MAX);
	/* An hour later half as many others come, and it is all gone. */
	now += 3600 * SECOND;
	for (uint32_t i = 0; i < SOURCES_IDLE_MAX / 2; i++)
		come_and_go(t, 200000, now);
	assert_int_equal(sources_count(t), 1);
	sources_free(t);
}

static void
sources__more_than_may_be_idle__the_longest_idle_is_forgotten(void **state)
{
	struct sources *t = table_of(&hourly);

	for (uint32_t i = 0; i < SOURCES_IDLE_MAX; i++)
		come_and_go(t, i, SECOND);
	/* The first one again: now the second has been idle longest. */
	come_and_go(t, 0, SECOND);
	come_and_go(t, 100000, SECOND);
	assert_int_not_equal(wait_of(t, 0, SECOND), 0);
	assert_int_equal(wait_of(t, 1, SECOND), 0);
	assert_int_not_equal(wait_of(t, 2, SECOND), 0);
	sources_free(t);
}

static void
sources__a_flood__never_pushes_out_who_is_connected(void **state)
{
	struct sources *t = table_of(&hourly);
	const struct source s = nth(0);
	uint64_t wait_ns;
	unsigned count;

	assert_int_equal(sources_enter(t, &s, SECOND, &count), 0);
	for (uint32_t i = 1; i < 100000; i++)
		come_and_go(t, i, SECOND);
	assert_int_equal(sources_look(t, &s, SECOND, &wait_ns), 1);
	assert_int_equal(sources_count(t), SOURCES_IDLE_MAX + 1);
	sources_leave(t, &s, SECOND);
	assert_int_equal(sources_count(t), SOURCES_IDLE_MAX);
	sources_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    source_from_client__addresses__are_cut_to_their_prefix),
		cmocka_unit_test(
		    source_from_client__other_prefixes__cut_elsewhere),
		cmocka_unit_test(source_from_client__unix_peer__is_its_uid),
		cmocka_unit_test(
		    sources_enter__again_and_after_leaving__counts_the_living),
		cmocka_unit_test(sources__a_hundred_thousand__come_and_go),
		cmocka_unit_test(
		    sources_look__of_each_source__its_own_count_and_bucket),
		cmocka_unit_test(
		    sources_leave__bucket_not_full__is_kept_until_it_is),
		cmocka_unit_test(
		    sources_enter__idle_source_comes_back__with_its_bucket),
		cmocka_unit_test(
		    sources_cancel__token_comes_back__leaves_nothing),
		cmocka_unit_test(
		    sources__a_flood_of_them__is_bounded_and_then_forgotten),
		cmocka_unit_test(
		    sources__more_than_may_be_idle__the_longest_idle_is_forgotten),
		cmocka_unit_test(
		    sources__a_flood__never_pushes_out_who_is_connected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
