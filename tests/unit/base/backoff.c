/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

#include "../cm.h"

#include <evinetd/base/backoff.h>

#include <limits.h>

static void
backoff__first_failures__are_free(void **state)
{
	struct backoff b = { 0 };

	for (int i = 0; i < 3; i++)
		assert_float_equal(backoff_fail(&b, 3), 0., 0.);
	assert_float_equal(backoff_fail(&b, 3), 0.1, 1e-9);
}

static void
backoff__failing_on__doubles_up_to_the_cap(void **state)
{
	const double expected[] = { 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5., 5. };
	struct backoff b = { 0 };

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_float_equal(backoff_fail(&b, 0), expected[i], 1e-9);
	b.failures = UINT_MAX;
	assert_float_equal(backoff_fail(&b, 3), 5., 1e-9);
}

static void
backoff__after_a_success__starts_anew(void **state)
{
	struct backoff b = { .failures = 7 };

	backoff_reset(&b);
	assert_float_equal(backoff_fail(&b, 1), 0., 0.);
	assert_float_equal(backoff_fail(&b, 1), 0.1, 1e-9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff__first_failures__are_free),
		cmocka_unit_test(backoff__failing_on__doubles_up_to_the_cap),
		cmocka_unit_test(backoff__after_a_success__starts_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
