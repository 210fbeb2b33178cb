/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The back-off after launches that failed, with a clock of our own.
 */
#include "../cm.h"

#include "service.h"

#define MS UINT64_C(1000000)

uint64_t __wrap_clock_monotonic_ns(void);

static uint64_t now_ns;

uint64_t
__wrap_clock_monotonic_ns(void)
{
	return now_ns;
}

static void
fail_launches(struct service *s, unsigned times)
{
	while (times-- > 0) {
		assert_true(service_may_launch(s));
		service_launched(s, false);
		now_ns += 5000 * MS;
	}
}

static void
service_may_launch__a_few_failures__are_free(void **state)
{
	struct service s = { 0 };

	for (int i = 0; i < 5; i++) {
		assert_true(service_may_launch(&s));
		service_launched(&s, false);
	}
	assert_true(service_may_launch(&s));
}

static void
service_may_launch__many_in_a_row__are_spaced_and_capped(void **state)
{
	static const unsigned ms[] = { 100, 200, 400, 800, 1600, 3200, 5000,
		5000, 5000 };
	struct service s = { 0 };

	fail_launches(&s, 5);
	for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		assert_true(service_may_launch(&s));
		service_launched(&s, false);
		now_ns += ms[i] * MS - 1;
		assert_false(service_may_launch(&s));
		now_ns += 1;
	}
	for (int i = 0; i < 1000; i++) {
		service_launched(&s, false);
		now_ns += 5000 * MS;
		assert_true(service_may_launch(&s));
	}
}

static void
service_launched__success__ends_the_back_off(void **state)
{
	const struct config_service config = { .name = (char *)"test" };
	struct service s = { .config = &config };

	fail_launches(&s, 20);
	service_launched(&s, true);
	assert_true(service_may_launch(&s));
	service_launched(&s, false);
	assert_true(service_may_launch(&s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service_may_launch__a_few_failures__are_free),
		cmocka_unit_test(
		    service_may_launch__many_in_a_row__are_spaced_and_capped),
		cmocka_unit_test(service_launched__success__ends_the_back_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
