/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A machine without memory: each single allocation fails once, and each time
 * -ENOMEM is all that comes of it. What leaks is valgrind's and ASan's to see.
 */
#include "../cm.h"

#include "list.h"

#include <evinetd/admit/admit.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SECOND UINT64_C(1000000000)

static long countdown = -1; /* allocations until one fails; -1: never */
static int random_errno;

static bool
fails_now(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
ssize_t __real_getrandom(void *buf, size_t size, unsigned flags);
ssize_t __wrap_getrandom(void *buf, size_t size, unsigned flags);

void *
__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

ssize_t
__wrap_getrandom(void *buf, size_t size, unsigned flags)
{
	if (random_errno == 0)
		return __real_getrandom(buf, size, flags);
	errno = random_errno;
	return -1;
}

static void
admit_new__each_allocation_fails_once__is_enomem(void **state)
{
	struct config_admission config = { .max_connections = 1 };
	struct admit *a = NULL;
	struct list l;
	long failures = 0;
	int error;

	list_make(&l, "192.0.2.0/24 2001:db8::/32 2001:db8::1 uid:7 gid:7",
	    "192.0.2.7");
	config.access = l.list;
	do {
		countdown = failures;
		error = admit_new(&config, &a);
		if (countdown >= 0)
			break;
		assert_int_equal(error, -ENOMEM);
		assert_null(a);
	} while (++failures < 100);
	countdown = -1;
	assert_int_equal(error, 0);
	/* The lists, six tables with their prefixes, the sources, and so on. */
	assert_true(failures >= 10);
	admit_free(a);
	list_fini(&l);
}

static void
admit_new__no_random_numbers__is_an_error(void **state)
{
	const struct config_admission config = { .max_connections = 1 };
	struct admit *a = NULL;

	random_errno = ENOSYS;
	assert_int_equal(admit_new(&config, &a), -ENOSYS);
	random_errno = 0;
	assert_null(a);
}

static void
admit_enter__each_allocation_fails_once__takes_nothing(void **state)
{
	const struct config_admission config = { .max_connections = 1,
		.rate = { 1, 1, SECOND },
		.rate_per_source = { 1, 1, SECOND } };
	const struct source source = { .family = AF_INET };
	unsigned concurrency = 77;
	struct admit *a;
	uint64_t wait_ns;
	long failures = 0;
	int error;

	assert_int_equal(admit_new(&config, &a), 0);
	do {
		countdown = failures;
		error = admit_enter(a, &source, SECOND, &concurrency);
		if (countdown >= 0)
			break;
		assert_int_equal(error, -ENOMEM);
		assert_int_equal(concurrency, 77);
		assert_int_equal(admit_active(a), 0);
		assert_int_equal(admit_room(a, SECOND, &wait_ns), ADMIT_YES);
	} while (++failures < 100);
	countdown = -1;
	assert_int_equal(error, 0);
	assert_int_equal(concurrency, 1);
	/* An entry, a table, its buckets. */
	assert_int_equal(failures, 3);
	admit_free(a);
}

/* The table has to grow at some time, too. */
static void
sources_enter__no_memory_to_grow__goes_on_with_those_it_has(void **state)
{
	const struct bucket_rate rate = { 0 };
	struct source s = { .family = AF_INET };
	struct sources *t;
	unsigned count, entered = 0, refused = 0;

	assert_int_equal(sources_new(&rate, &t), 0);
	for (uint32_t i = 0; i < 2000; i++) {
		memcpy(s.bytes, &i, sizeof(i));
		countdown = 1; /* behind the entry's own */
		if (sources_enter(t, &s, 0, &count) == 0)
			entered++;
		else
			refused++;
		assert_int_equal(sources_count(t), entered);
		if (i == 0) {
			countdown = -1;
			assert_int_equal(refused, 1);
			assert_int_equal(sources_enter(t, &s, 0, &count), 0);
			entered++;
		}
	}
	countdown = -1;
	assert_true(refused > 1);
	assert_true(entered > 32);
	for (uint32_t i = 0; i < 2000; i++) {
		memcpy(s.bytes, &i, sizeof(i));
		assert_int_equal(sources_enter(t, &s, 0, &count), 0);
	}
	assert_int_equal(sources_count(t), 2000);
	sources_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    admit_new__each_allocation_fails_once__is_enomem),
		cmocka_unit_test(admit_new__no_random_numbers__is_an_error),
		cmocka_unit_test(
		    admit_enter__each_allocation_fails_once__takes_nothing),
		cmocka_unit_test(
		    sources_enter__no_memory_to_grow__goes_on_with_those_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
