/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The decision: which limit refuses, that a refusal takes nothing, and that
 * what was taken is given back.
 */
#include "../cm.h"

#include "list.h"

#include <evinetd/admit/admit.h>

#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static const struct addr anyone = { .len = sizeof(struct sockaddr_in),
	.u.in4 = { .sin_family = AF_INET } };

static struct admit *
admit_of(const struct config_admission *config)
{
	struct admit *a;

	assert_int_equal(admit_new(config, &a), 0);
	return a;
}

static struct source
nth(uint32_t i)
{
	struct source s = { .family = AF_INET };

	memcpy(s.bytes, &i, sizeof(i));
	return s;
}

static struct admit_verdict
decide_at(struct admit *a, uint32_t source, const struct admit_now *now)
{
	const struct admit_peer peer = {
		.access = { .addr = &anyone },
		.source = nth(source),
	};
	struct admit_verdict v;

	admit_decide(a, &peer, now, &v);
	return v;
}

static enum admit_reason
decide(struct admit *a, uint32_t source, uint64_t now_ns)
{
	return decide_at(
	    a, source, &(struct admit_now){ .monotonic_ns = now_ns })
	    .reason;
}

static unsigned
enter(struct admit *a, uint32_t source, uint64_t now_ns)
{
	const struct source s = nth(source);
	unsigned concurrency = 0;

	assert_int_equal(admit_enter(a, &s, now_ns, &concurrency), 0);
	return concurrency;
}

static void
leave(struct admit *a, uint32_t source, uint64_t now_ns)
{
	const struct source s = nth(source);

	admit_leave(a, &s, now_ns);
}

static void
cancel(struct admit *a, uint32_t source, uint64_t now_ns)
{
	const struct source s = nth(source);

	admit_cancel(a, &s, now_ns);
}

/* As core does it: asks, and enters if it may. */
static enum admit_reason
try(struct admit *a, uint32_t source, uint64_t now_ns)
{
	const enum admit_reason reason = decide(a, source, now_ns);

	if (reason == ADMIT_YES)
		enter(a, source, now_ns);
	return reason;
}

static void
admit_reason_name__each__is_that_of_the_log(void **state)
{
	static const char *const names[] = { "yes", "denied", "hours", "load",
		"source_limit", "source_rate", "service_limit", "service_rate",
		"global_limit", "resources", "draining", "disabled",
		"launch_failed" };

	assert_int_equal(sizeof(names) / sizeof(names[0]), ADMIT_NREASONS);
	for (unsigned i = 0; i < ADMIT_NREASONS; i++)
		assert_string_equal(admit_reason_name(i), names[i]);
}

static void
admit_decide__denied__tells_the_entry(void **state)
{
	struct config_admission config = { .max_connections = 1 };
	struct list l;

	list_make(&l, NULL, "0.0.0.0/8");
	config.access = l.list;

	struct admit *a = admit_of(&config);
	const struct admit_verdict v =
	    decide_at(a, 1, &(struct admit_now){ .monotonic_ns = SECOND });

	assert_int_equal(v.reason, ADMIT_DENIED);
	assert_ptr_equal(v.access.entry, &l.sets[1].items[0]);
	assert_string_equal(v.access.file, l.sets[1].file);
	admit_free(a);
	list_fini(&l);
}

static void
admit_decide__load_is_reached__says_so(void **state)
{
	const struct config_admission config = { .max_connections = 1,
		.max_load = 250 };
	struct admit *a = admit_of(&config);
	struct admit_now now = { .load = 249 };

	assert_true(admit_needs_load(a));
	assert_int_equal(decide_at(a, 1, &now).reason, ADMIT_YES);
	now.load = 250;

	const struct admit_verdict v = decide_at(a, 1, &now);

	assert_int_equal(v.reason, ADMIT_LOAD);
	assert_int_equal(v.active, 250);
	assert_int_equal(v.limit, 250);
	admit_free(a);
}

static void
admit_decide__source_is_at_its_limit__others_may_enter(void **state)
{
	const struct config_admission config = { .max_connections = 100,
		.max_connections_per_source = 3 };
	struct admit *a = admit_of(&config);

	for (int i = 0; i < 3; i++)
		assert_int_equal(try(a, 1, 0), ADMIT_YES);

	const struct admit_verdict v =
	    decide_at(a, 1, &(struct admit_now){ .load = 0 });

	assert_int_equal(v.reason, ADMIT_SOURCE_LIMIT);
	assert_int_equal(v.active, 3);
	assert_int_equal(v.limit, 3);
	assert_int_equal(try(a, 2, 0), ADMIT_YES);
	leave(a, 1, 0);
	assert_int_equal(try(a, 1, 0), ADMIT_YES);
	assert_int_equal(admit_active(a), 4);
	admit_free(a);
}

static void
admit_decide__service_is_full__until_somebody_leaves(void **state)
{
	const struct config_admission config = { .max_connections = 3 };
	struct admit *a = admit_of(&config);
	uint64_t wait_ns;

	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(admit_room(a, 0, &wait_ns), ADMIT_YES);
		assert_int_equal(try(a, i, 0), ADMIT_YES);
	}

	const struct admit_verdict v =
	    decide_at(a, 9, &(struct admit_now){ .load = 0 });

	assert_int_equal(v.reason, ADMIT_SERVICE_LIMIT);
	assert_int_equal(v.active, 3);
	assert_int_equal(v.limit, 3);
	assert_int_equal(admit_room(a, 0, &wait_ns), ADMIT_SERVICE_LIMIT);
	leave(a, 1, 0);
	assert_int_equal(admit_room(a, 0, &wait_ns), ADMIT_YES);
	assert_int_equal(decide(a, 9, 0), ADMIT_YES);
	admit_free(a);
}

static void
admit_decide__rate__is_exact_and_has_its_burst(void **state)
{
	const struct config_admission config = { .max_connections = 1000,
		.rate = { 10, 4, SECOND } };
	struct admit *a = admit_of(&config);
	unsigned entered = 0;
	uint64_t wait_ns;

	for (uint64_t ms = 1000; ms < 11000; ms++)
		entered += try(a, 1, ms * 1000000) == ADMIT_YES;
	/* The burst, and then one each tenth of a second. */
	assert_int_equal(entered, 4 + 99);

	const struct admit_verdict v = decide_at(
	    a, 1, &(struct admit_now){ .monotonic_ns = 10999 * 1000000UL });

	assert_int_equal(v.reason, ADMIT_SERVICE_RATE);
	assert_int_equal(v.rate.count, 10);
	assert_int_equal(v.rate.burst, 4);
	assert_int_equal(
	    admit_room(a, 10999 * 1000000UL, &wait_ns), ADMIT_SERVICE_RATE);
	assert_int_equal(wait_ns, 1000000);
	assert_int_equal(
	    admit_room(a, 10999 * 1000000UL + wait_ns, &wait_ns), ADMIT_YES);
	admit_free(a);
}

static void
admit_decide__rate_per_source__is_each_ones_own(void **state)
{
	const struct config_admission config = { .max_connections = 1000,
		.rate_per_source = { 1, 2, SECOND } };
	struct admit *a = admit_of(&config);

	for (uint32_t source = 0; source < 10; source++) {
		assert_int_equal(try(a, source, SECOND), ADMIT_YES);
		assert_int_equal(try(a, source, SECOND), ADMIT_YES);

		const struct admit_verdict v = decide_at(
		    a, source, &(struct admit_now){ .monotonic_ns = SECOND });

		assert_int_equal(v.reason, ADMIT_SOURCE_RATE);
		assert_int_equal(v.rate.burst, 2);
	}
	/* That they have left does not help them. */
	leave(a, 3, SECOND);
	leave(a, 3, SECOND);
	assert_int_equal(try(a, 3, SECOND), ADMIT_SOURCE_RATE);
	assert_int_equal(try(a, 3, 2 * SECOND - 1), ADMIT_SOURCE_RATE);
	assert_int_equal(try(a, 3, 2 * SECOND), ADMIT_YES);
	assert_int_equal(try(a, 3, 2 * SECOND), ADMIT_SOURCE_RATE);
	admit_free(a);
}

/* Whoever is refused for one reason has not used up another. */
static void
admit_decide__refused__takes_no_token(void **state)
{
	const struct config_admission config = { .max_connections = 1000,
		.max_connections_per_source = 1,
		.rate = { 1, 3, SECOND },
		.rate_per_source = { 1, 3, SECOND } };
	struct admit *a = admit_of(&config);

	assert_int_equal(try(a, 1, SECOND), ADMIT_YES);
	for (int i = 0; i < 100; i++)
		assert_int_equal(try(a, 1, SECOND), ADMIT_SOURCE_LIMIT);
	assert_int_equal(try(a, 2, SECOND), ADMIT_YES);
	assert_int_equal(try(a, 3, SECOND), ADMIT_YES);
	for (int i = 0; i < 100; i++)
		assert_int_equal(try(a, 4, SECOND), ADMIT_SERVICE_RATE);
	/* Source 4 still has its three. */
	for (uint64_t at = 2; at < 5; at++) {
		assert_int_equal(try(a, 4, at * SECOND), ADMIT_YES);
		leave(a, 4, at * SECOND);
	}
	admit_free(a);
}

static void
admit_decide__several_reasons__the_first_in_the_order(void **state)
{
	const struct config_hours never = { .from = 0, .to = 1, .days = 0 };
	struct config_admission config = { .max_connections = 1,
		.max_connections_per_source = 1,
		.rate = { 1, 1, SECOND },
		.rate_per_source = { 1, 1, SECOND },
		.max_load = 1,
		.hours = (struct config_hours *)&never,
		.nhours = 1 };
	const struct admit_now now = { .monotonic_ns = SECOND, .load = 1 };
	struct list l;

	list_make(&l, "10.0.0.0/8", NULL);
	config.access = l.list;

	struct admit *a = admit_of(&config);

	enter(a, 1, SECOND);
	assert_int_equal(decide_at(a, 1, &now).reason, ADMIT_DENIED);
	l.sets[0].items[0].bits = 0;
	l.sets[0].items[0].u.bytes[0] = 0;
	admit_free(a);

	a = admit_of(&config);
	enter(a, 1, SECOND);
	assert_int_equal(decide_at(a, 1, &now).reason, ADMIT_HOURS);
	config.nhours = 0;
	assert_int_equal(decide_at(a, 1, &now).reason, ADMIT_LOAD);
	config.max_load = 0;
	assert_int_equal(decide_at(a, 1, &now).reason, ADMIT_SOURCE_LIMIT);
	config.max_connections_per_source = 2;
	assert_int_equal(decide_at(a, 1, &now).reason, ADMIT_SOURCE_RATE);
	assert_int_equal(decide_at(a, 2, &now).reason, ADMIT_SERVICE_LIMIT);
	config.max_connections = 2;
	assert_int_equal(decide_at(a, 2, &now).reason, ADMIT_SERVICE_RATE);
	config.rate.count = 0;
	assert_int_equal(decide_at(a, 2, &now).reason, ADMIT_YES);
	admit_free(a);
	list_fini(&l);
}

static void
admit_cancel__a_launch_has_failed__gives_all_back(void **state)
{
	const struct config_admission config = { .max_connections = 1,
		.max_connections_per_source = 1,
		.rate = { 1, 1, SECOND },
		.rate_per_source = { 1, 1, SECOND } };
	struct admit *a = admit_of(&config);

	for (int i = 0; i < 10; i++) {
		assert_int_equal(try(a, 1, SECOND), ADMIT_YES);
		assert_int_equal(decide(a, 1, SECOND), ADMIT_SOURCE_LIMIT);
		cancel(a, 1, SECOND);
		assert_int_equal(admit_active(a), 0);
	}
	assert_int_equal(try(a, 1, SECOND), ADMIT_YES);
	leave(a, 1, SECOND);
	assert_int_equal(decide(a, 1, SECOND), ADMIT_SOURCE_RATE);
	assert_int_equal(decide(a, 2, SECOND), ADMIT_SERVICE_RATE);
	admit_free(a);
}

static void
admit_enter__whatever_the_limits__counts(void **state)
{
	const struct config_admission config = { .max_connections = 1 };
	struct admit *a = admit_of(&config);

	assert_int_equal(enter(a, 1, 0), 1);
	assert_int_equal(enter(a, 1, 0), 2);
	assert_int_equal(enter(a, 2, 0), 1);
	assert_int_equal(admit_active(a), 3);
	admit_free(a);
}

static void
admit_needs__only_what_is_configured__is_asked_for(void **state)
{
	struct config_admission config = { .max_connections = 1,
		.source_prefix = { 24, 48 } };
	struct admit *a = admit_of(&config);
	struct list l;

	assert_false(admit_needs_groups(a));
	assert_false(admit_needs_load(a));
	assert_int_equal(admit_prefixes(a)->ipv4, 24);
	assert_int_equal(admit_prefixes(a)->ipv6, 48);
	admit_free(a);
	list_make(&l, "gid:7", NULL);
	config.access = l.list;
	a = admit_of(&config);
	assert_true(admit_needs_groups(a));
	admit_free(a);
	admit_free(NULL);
	list_fini(&l);
}

/* ---- active_hours ---- */

/* Whether that hour is open, in the week from Sunday, 4 January 2026. The zone
 * is three hours east of Greenwich. */
static bool
is_open(const struct config_hours *hours, size_t count, int day, int hour,
    int minute)
{
	const struct config_admission config = { .max_connections = 1,
		.hours = (struct config_hours *)hours,
		.nhours = count };
	const time_t sunday = 1767484800 - 3 * 3600;
	const struct admit_now now = { .wall = sunday + day * 86400 +
					       hour * 3600 + minute * 60 };
	struct admit *a = admit_of(&config);
	const enum admit_reason reason = decide_at(a, 1, &now).reason;

	admit_free(a);
	assert_true(reason == ADMIT_YES || reason == ADMIT_HOURS);
	return reason == ADMIT_YES;
}

static void
hours__a_window_within_a_day__has_its_first_minute_only(void **state)
{
	static const struct config_hours weekdays = { 8 * 60, 18 * 60, 0x3e };

	assert_false(is_open(&weekdays, 1, 1, 7, 59));
	assert_true(is_open(&weekdays, 1, 1, 8, 0));
	assert_true(is_open(&weekdays, 1, 5, 17, 59));
	assert_false(is_open(&weekdays, 1, 5, 18, 0));
	assert_false(is_open(&weekdays, 1, 0, 12, 0));
	assert_false(is_open(&weekdays, 1, 6, 12, 0));
}

static void
hours__a_window_over_midnight__belongs_to_the_day_it_begins_on(void **state)
{
	/* Friday and Saturday, 22:30 to 4:15. */
	static const struct config_hours nights = { 22 * 60 + 30, 4 * 60 + 15,
		0x60 };

	assert_false(is_open(&nights, 1, 5, 3, 0));
	assert_false(is_open(&nights, 1, 5, 22, 29));
	assert_true(is_open(&nights, 1, 5, 22, 30));
	assert_true(is_open(&nights, 1, 6, 4, 14));
	assert_false(is_open(&nights, 1, 6, 4, 15));
	assert_true(is_open(&nights, 1, 6, 23, 59));
	assert_true(is_open(&nights, 1, 7, 0, 0));
	assert_true(is_open(&nights, 1, 0, 4, 14));
	assert_false(is_open(&nights, 1, 0, 22, 30));
}

static void
hours__several_windows__one_is_enough(void **state)
{
	static const struct config_hours two[] = {
		{ 0, 60, 0x7f },
		{ 23 * 60, 1440, 0x7f },
	};

	assert_true(is_open(two, 2, 3, 0, 59));
	assert_false(is_open(two, 2, 3, 1, 0));
	assert_true(is_open(two, 2, 3, 23, 59));
	assert_true(is_open(NULL, 0, 3, 12, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admit_reason_name__each__is_that_of_the_log),
		cmocka_unit_test(admit_decide__denied__tells_the_entry),
		cmocka_unit_test(admit_decide__load_is_reached__says_so),
		cmocka_unit_test(
		    admit_decide__source_is_at_its_limit__others_may_enter),
		cmocka_unit_test(
		    admit_decide__service_is_full__until_somebody_leaves),
		cmocka_unit_test(
		    admit_decide__rate__is_exact_and_has_its_burst),
		cmocka_unit_test(
		    admit_decide__rate_per_source__is_each_ones_own),
		cmocka_unit_test(admit_decide__refused__takes_no_token),
		cmocka_unit_test(
		    admit_decide__several_reasons__the_first_in_the_order),
		cmocka_unit_test(
		    admit_cancel__a_launch_has_failed__gives_all_back),
		cmocka_unit_test(admit_enter__whatever_the_limits__counts),
		cmocka_unit_test(
		    admit_needs__only_what_is_configured__is_asked_for),
		cmocka_unit_test(
		    hours__a_window_within_a_day__has_its_first_minute_only),
		cmocka_unit_test(
		    hours__a_window_over_midnight__belongs_to_the_day_it_begins_on),
		cmocka_unit_test(hours__several_windows__one_is_enough),
	};

	/* Without daylight saving time. */
	setenv("TZ", "TST-3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
