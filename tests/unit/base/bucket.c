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

static void
bucket_wait_ns__each_moment__tells_when_the_next_succeeds(void **state)
{
	const struct bucket_rate rate = { 10, 4, SECOND };
	struct bucket b;
	uint64_t now = SECOND;

	bucket_init(&b);
	assert_int_equal(bucket_wait_ns(&b, &rate, now), 0);
	take_all(&b, &rate, now);
	for (unsigned i = 0; i < 20; i++) {
		const uint64_t wait = bucket_wait_ns(&b, &rate, now);

		assert_int_equal(wait, SECOND / 10);
		assert_false(bucket_take(&b, &rate, now + wait - 1));
		assert_int_equal(bucket_wait_ns(&b, &rate, now + wait - 1), 1);
		now += wait;
		assert_true(bucket_take(&b, &rate, now));
	}
}

static void
bucket_wait_ns__no_limit__is_nil(void **state)
{
	const struct bucket_rate rate = { 0, 0, 0 };
	struct bucket b;

	bucket_init(&b);
	bucket_charge(&b, &rate, SECOND);
	assert_int_equal(bucket_wait_ns(&b, &rate, SECOND), 0);
	bucket_return(&b, &rate);
	assert_true(bucket_is_full(&b, 0));
}

static void
bucket_charge__empty__is_owed(void **state)
{
	const struct bucket_rate rate = { 10, 2, SECOND };
	struct bucket b;

	bucket_init(&b);
	for (int i = 0; i < 5; i++)
		bucket_charge(&b, &rate, SECOND);
	/* Three too many, and then the wait for one's own. */
	assert_int_equal(bucket_wait_ns(&b, &rate, SECOND), 4 * SECOND / 10);
}

static void
bucket_return__after_each_take__is_as_if_none_was_taken(void **state)
{
	const struct bucket_rate rate = { 10, 4, SECOND };
	struct bucket b;

	bucket_init(&b);
	bucket_return(&b, &rate);
	assert_true(bucket_is_full(&b, 0));
	for (int i = 0; i < 100; i++) {
		assert_true(bucket_take(&b, &rate, SECOND));
		bucket_return(&b, &rate);
	}
	assert_int_equal(take_all(&b, &rate, SECOND), 4);
	bucket_return(&b, &rate);
	assert_int_equal(take_all(&b, &rate, SECOND), 1);
}

static void
bucket_return__into_a_full_one__gives_no_more_than_the_burst(void **state)
{
	const struct bucket_rate rate = { 10, 4, SECOND };
	struct bucket b;

	bucket_init(&b);
	assert_true(bucket_take(&b, &rate, SECOND));
	bucket_return(&b, &rate);
	bucket_return(&b, &rate);
	assert_int_equal(take_all(&b, &rate, 2 * SECOND), 4);
}

static void
bucket_is_full__time_goes_by__when_all_tokens_are_back(void **state)
{
	const struct bucket_rate rate = { 10, 4, SECOND };
	struct bucket b;

	bucket_init(&b);
	assert_true(bucket_is_full(&b, 0));
	assert_true(bucket_take(&b, &rate, SECOND));
	assert_true(bucket_take(&b, &rate, SECOND));
	assert_false(bucket_is_full(&b, SECOND));
	assert_false(bucket_is_full(&b, SECOND + SECOND / 5 - 1));
	assert_true(bucket_is_full(&b, SECOND + SECOND / 5));
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
		cmocka_unit_test(
		    bucket_wait_ns__each_moment__tells_when_the_next_succeeds),
		cmocka_unit_test(bucket_wait_ns__no_limit__is_nil),
		cmocka_unit_test(bucket_charge__empty__is_owed),
		cmocka_unit_test(
		    bucket_return__after_each_take__is_as_if_none_was_taken),
		cmocka_unit_test(
		    bucket_return__into_a_full_one__gives_no_more_than_the_burst),
		cmocka_unit_test(
		    bucket_is_full__time_goes_by__when_all_tokens_are_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
