/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What a service manager passes, and what is wrong with it at times.
 */
#include "fixture.h"

#include <errno.h>

/* Two descriptors, 3 and 4, that an exec would inherit. */
static int
setup(void **state)
{
	fixture_forget(state);
	for (int i = 3; i < 5; i++)
		fixture_pass(open("/dev/null", O_RDONLY), i);
	return 0;
}

static bool
variables_are_gone(void)
{
	return getenv("LISTEN_PID") == NULL && getenv("LISTEN_FDS") == NULL &&
	       getenv("LISTEN_FDNAMES") == NULL &&
	       getenv("LISTEN_PIDFDID") == NULL;
}

static size_t
passed_total(void)
{
	size_t count;

	passed_list(&count);
	return count;
}

static void
passed_init__variables_for_us__lists_all_in_order(void **state)
{
	size_t count;

	assert_int_equal(fixture_announce("2", "web:"), 0);
	const struct passed_fd *p = passed_list(&count);
	assert_int_equal(count, 2);
	assert_int_equal(p[0].fd, 3);
	assert_string_equal(p[0].name, "web");
	assert_int_equal(p[1].fd, 4);
	assert_string_equal(p[1].name, "");
	assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(4, F_GETFD), FD_CLOEXEC);
	assert_true(variables_are_gone());
}

static void
passed_init__without_names__all_are_unknown(void **state)
{
	assert_int_equal(fixture_announce("2", NULL), 0);
	assert_int_equal(passed_count("unknown"), 2);
}

static void
passed_init__for_another_process__touches_nothing(void **state)
{
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "2", 1);
	assert_int_equal(passed_init(), 0);
	assert_int_equal(passed_total(), 0);
	assert_int_equal(fcntl(3, F_GETFD), 0);
	assert_true(variables_are_gone());

	setenv("LISTEN_FDS", "2", 1);
	assert_int_equal(passed_init(), 0);
	assert_int_equal(passed_total(), 0);
	assert_true(variables_are_gone());
}

static void
passed_init__malformed__is_refused_as_a_whole(void **state)
{
	static const struct {
		const char *count, *names;
		int error;
	} cases[] = {
		{ "", NULL, -EINVAL },
		{ "two", NULL, -EINVAL },
		{ "-1", NULL, -EINVAL },
		{ "2 ", NULL, -EINVAL },
		{ "2147483647", NULL, -EINVAL },
		{ "99999999999999999999999", NULL, -EINVAL },
		{ "2", "one", -EINVAL },
		{ "2", "one:two:three", -EINVAL },
		/* More than are open, and without a loop over all of them. */
		{ "3", NULL, -EBADF },
		{ "2147483644", NULL, -EBADF },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(
		    fixture_announce(cases[i].count, cases[i].names),
		    cases[i].error);
		assert_int_equal(passed_total(), 0);
		assert_true(variables_are_gone());
	}
	assert_int_not_equal(fcntl(4, F_GETFD), -1);
	setenv("LISTEN_PID", "init", 1);
	assert_int_equal(passed_init(), -EINVAL);
	assert_true(variables_are_gone());
}

static void
passed_init__first_is_closed__is_refused(void **state)
{
	close(3);
	assert_int_equal(fixture_announce("2", NULL), -EBADF);
	assert_int_equal(passed_count("unknown"), 0);
}

static void
passed_init__none__is_fine(void **state)
{
	assert_int_equal(fixture_announce("0", NULL), 0);
	assert_int_equal(passed_total(), 0);
	assert_int_equal(passed_take("unknown"), -1);
}

static void
passed_init__pid_without_a_count__is_fine(void **state)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	assert_int_equal(passed_init(), 0);
	assert_int_equal(passed_total(), 0);
	assert_true(variables_are_gone());
}

static void
passed_take__by_name__gives_one_after_the_other(void **state)
{
	fixture_pass(open("/dev/null", O_RDONLY), 5);
	assert_int_equal(fixture_announce("3", "web:dns:web"), 0);
	assert_int_equal(passed_count("web"), 2);
	assert_int_equal(passed_take("web"), 3);
	assert_int_equal(passed_count("web"), 1);
	assert_int_equal(passed_take("web"), 5);
	assert_int_equal(passed_take("web"), -1);
	assert_int_equal(passed_take("we"), -1);

	passed_return(3);
	assert_int_equal(passed_count("web"), 1);
	assert_int_equal(passed_take("web"), 3);
}

static void
passed_close_unused__taken_one__stays_open(void **state)
{
	size_t count;

	assert_int_equal(fixture_announce("2", "web:dns"), 0);
	assert_int_equal(passed_take("web"), 3);
	passed_close_unused();
	assert_int_not_equal(fcntl(3, F_GETFD), -1);
	assert_int_equal(fcntl(4, F_GETFD), -1);
	assert_int_equal(passed_list(&count)[1].fd, -1);
	assert_int_equal(passed_count("dns"), 0);
	assert_int_equal(passed_take("dns"), -1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_forget)
	const struct CMUnitTest tests[] = {
		TEST(passed_init__variables_for_us__lists_all_in_order),
		TEST(passed_init__without_names__all_are_unknown),
		TEST(passed_init__for_another_process__touches_nothing),
		TEST(passed_init__malformed__is_refused_as_a_whole),
		TEST(passed_init__first_is_closed__is_refused),
		TEST(passed_init__none__is_fine),
		TEST(passed_init__pid_without_a_count__is_fine),
		TEST(passed_take__by_name__gives_one_after_the_other),
		TEST(passed_close_unused__taken_one__stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
