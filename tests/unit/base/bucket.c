/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The token bucket, with a clock of our own.
 */
#include "../cm.h"

#include <evinetd/base/bucket.h>

#define SECOND UINT64_C(1000000000)

static unsigned
take_all(struct bucket *b, const struct bucket_rate *rate, uint64_t now)
{
	unsigned taken = 0;

	while (taken < 1000 && bucket_take(b, rate, now))
		taken++;
	return taken;
}

static void
bucket_take__full__gives_the_burst(void **state)
{
	const struct bucket_rate rate = { 10, 4, SECOND };
	struct bucket b;

	bucket_init(&b);
	assert_int_equal(take_all(&b, &rate, 5 * SECOND), 4);
}

static void
bucket_take__after_an_idle_hour__still_gives_just_the_burst(void **state)
{
	const struct bucket_rate rate = { 10, 4, SECOND };
	struct bucket b;

	bucket_init(&b);
	take_all(&b, &rate, SECOND);
	assert_int_equal(take_all(&b, &rate, 3600 * SECOND), 4);
}

static void
bucket_take__evenly_at_the_rate__never_trips(void **state)
{
	const struct bucket_rate rate = { 1000, 1, SECOND };
	struct bucket b;

	bucket_init(&b);
	for (uint64_t i = 0; i < 5000; i++)
		assert_true(bucket_take(&b, &rate, SECOND + i * SECOND / 1000));
}

static void
bucket_take__refused__takes_nothing(void **state)
{
	const struct bucket_rate rate = { 1, 1, SECOND };
	struct bucket b;

	bucket_init(&b);
	assert_true(bucket_take(&b, &rate, SECOND));
	for (int i = 0; i < 100; i++)
		assert_false(bucket_take(&b, &rate, SECOND + SECOND / 2));
	assert_true(bucket_take(&b, &rate, 2 * SECOND));
}

static void
bucket_take__slow_rate__is_exact(void **state)
{
	const struct bucket_rate rate = { 3, 1, 3600 * SECOND };
	struct bucket b;

	bucket_init(&b);
	assert_true(bucket_take(&b, &rate, SECOND));
	assert_false(bucket_take(&b, &rate, SECOND + 1199 * SECOND));
	assert_true(bucket_take(&b, &rate, SECOND + 1200 * SECOND));
}

static void
bucket_take__no_limit__always_gives(void **state)
{
	const struct bucket_rate rate = { 0, 0, 0 };
	struct bucket b;

	bucket_init(&b);
	assert_int_equal(take_all(&b, &rate, 0), 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bucket_take__full__gives_the_burst),
		cmocka_unit_test(
		    bucket_take__after_an_idle_hour__still_gives_just_the_burst),
		cmocka_unit_test(bucket_take__evenly_at_the_rate__never_trips),
		cmocka_unit_test(bucket_take__refused__takes_nothing),
		cmocka_unit_test(bucket_take__slow_rate__is_exact),
		cmocka_unit_test(bucket_take__no_limit__always_gives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
