/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Users, groups and resource limits. The user database is the machine's, of
 * which root and the absence of two odd names are expected; its failures are
 * injected.
 */
#include "../cm.h"

#include "limit.h"
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

static struct value_error err;

int __real_getpwnam_r(const char *name, struct passwd *entry, char *buffer,
    size_t size, struct passwd **ret);
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer,
    size_t size, struct passwd **ret);
int __real_getgrnam_r(const char *name, struct group *entry, char *buffer,
    size_t size, struct group **ret);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer,
    size_t size, struct group **ret);

static int inject;	    /* a positive errno to return */
static size_t inject_below; /* ERANGE for smaller buffers */

int
__wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer,
    size_t size, struct passwd **ret)
{
	*ret = NULL;
	if (inject != 0)
		return inject;
	if (size < inject_below)
		return ERANGE;
	return __real_getpwnam_r(name, entry, buffer, size, ret);
}

int
__wrap_getgrnam_r(const char *name, struct group *entry, char *buffer,
    size_t size, struct group **ret)
{
	*ret = NULL;
	if (inject != 0)
		return inject;
	if (size < inject_below)
		return ERANGE;
	return __real_getgrnam_r(name, entry, buffer, size, ret);
}

static int
reset(void **state)
{
	inject = 0;
	inject_below = 0;
	err.message[0] = '\0';
	return 0;
}

static void
assert_said(const char *part)
{
	if (strstr(err.message, part) == NULL)
		assert_string_equal(err.message, part);
}

static void
user__name__has_ids_home_and_shell(void **state)
{
	struct config_user u;

	assert_int_equal(user_parse("root", &u, &err), 0);
	assert_true(u.set);
	assert_int_equal(u.uid, 0);
	assert_int_equal(u.gid, 0);
	assert_string_equal(u.name, "root");
	assert_string_equal(u.home, "/root");
	assert_int_equal(u.shell[0], '/');
	user_fini(&u);
	assert_null(u.name);
}

static void
user__number__is_looked_up(void **state)
{
	struct config_user u;

	assert_int_equal(user_parse("0", &u, &err), 0);
	assert_string_equal(u.name, "root");
	user_fini(&u);
}

static void
user__number_without_entry__leaves_the_group_open(void **state)
{
	struct config_user u;

	assert_int_equal(user_parse("987654321", &u, &err), 0);
	assert_int_equal(u.uid, 987654321);
	assert_int_equal(u.gid, (gid_t)-1);
	assert_string_equal(u.name, "987654321");
	assert_string_equal(u.home, "/");
	assert_string_equal(u.shell, "/bin/sh");
	user_fini(&u);
}

static void
user__unknown__is_refused(void **state)
{
	struct config_user u;

	assert_int_equal(user_parse("no-such-one", &u, &err), -EINVAL);
	assert_string_equal(err.message, "no user \"no-such-one\"");
	/* -1 is "leave it as it is" to setresuid(2). */
	assert_int_equal(user_parse("4294967295", &u, &err), -EINVAL);
	assert_int_equal(user_parse("99999999999999999999", &u, &err), -EINVAL);
	assert_int_equal(user_parse("-1", &u, &err), -EINVAL);
}

static void
user__large_entry__grows_the_buffer(void **state)
{
	struct config_user u;
	struct config_group g;

	inject_below = 60000;
	assert_int_equal(user_parse("root", &u, &err), 0);
	user_fini(&u);
	assert_int_equal(group_parse("root", &g, &err), 0);
	group_fini(&g);
}

static void
user__endless_entry__is_given_up(void **state)
{
	struct config_user u;
	struct config_group g;

	inject = ERANGE;
	assert_int_equal(user_parse("root", &u, &err), -EINVAL);
	assert_said("cannot look up user \"root\": ");
	assert_int_equal(group_parse("root", &g, &err), -EINVAL);
	assert_said("cannot look up group \"root\": ");
}

static void
user__failing_database__is_not_an_unknown_user(void **state)
{
	struct config_user u;
	struct config_group g;

	inject = EIO;
	assert_int_equal(user_parse("root", &u, &err), -EINVAL);
	assert_said("cannot look up user \"root\": Input/output error");
	assert_int_equal(group_parse("0", &g, &err), -EINVAL);
	assert_said("cannot look up group \"0\": Input/output error");
}

static void
user__odd_ways_to_say_unknown__are_understood(void **state)
{
	struct config_user u;

	inject = ESRCH;
	assert_int_equal(user_parse("someone", &u, &err), -EINVAL);
	assert_string_equal(err.message, "no user \"someone\"");
}

static void
group__name_and_number__are_looked_up(void **state)
{
	struct config_group g;

	assert_int_equal(group_parse("root", &g, &err), 0);
	assert_true(g.set);
	assert_int_equal(g.gid, 0);
	group_fini(&g);
	assert_int_equal(group_parse("0", &g, &err), 0);
	assert_string_equal(g.name, "root");
	group_fini(&g);
	assert_int_equal(group_parse("987654321", &g, &err), 0);
	assert_int_equal(g.gid, 987654321);
	assert_string_equal(g.name, "987654321");
	group_fini(&g);
	assert_int_equal(group_parse("no-such-one", &g, &err), -EINVAL);
	assert_string_equal(err.message, "no group \"no-such-one\"");
}

static void
limit__soft_alone__leaves_hard(void **state)
{
	struct config_rlimit l;

	assert_int_equal(limit_parse("1024", LIMIT_COUNT, &l, &err), 0);
	assert_true(l.set);
	assert_false(l.hard_set);
	assert_int_equal(l.soft, 1024);
}

static void
limit__pairs__are_read_in_their_unit(void **state)
{
	struct config_rlimit l;

	assert_int_equal(limit_parse("10:20", LIMIT_COUNT, &l, &err), 0);
	assert_true(l.hard_set);
	assert_int_equal(l.soft, 10);
	assert_int_equal(l.hard, 20);
	assert_int_equal(limit_parse("64K:1M", LIMIT_SIZE, &l, &err), 0);
	assert_int_equal(l.soft, 65536);
	assert_int_equal(l.hard, 1048576);
	assert_int_equal(limit_parse("30s:1h", LIMIT_TIME, &l, &err), 0);
	assert_int_equal(l.soft, 30);
	assert_int_equal(l.hard, 3600);
	assert_int_equal(limit_parse("0:unlimited", LIMIT_TIME, &l, &err), 0);
	assert_int_equal(l.soft, 0);
	assert_true(l.hard == RLIM_INFINITY);
}

static void
limit__soft_above_hard__is_refused(void **state)
{
	struct config_rlimit l;

	assert_int_equal(limit_parse("20:10", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_string_equal(
	    err.message, "the soft limit 20 is above the hard limit 10");
	assert_int_equal(
	    limit_parse("unlimited:10", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("10:10", LIMIT_COUNT, &l, &err), 0);
}

static void
limit__other_text__is_refused(void **state)
{
	struct config_rlimit l;

	assert_int_equal(limit_parse("", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse(":", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("1:", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("-1", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("1:2:3", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("64K", LIMIT_COUNT, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("30", LIMIT_TIME, &l, &err), -EINVAL);
	assert_int_equal(limit_parse("1500ms", LIMIT_TIME, &l, &err), -EINVAL);
	assert_said("not a whole number of seconds");
	assert_int_equal(limit_parse("0000000000000000000000000000000000000000"
				     "0000000000000000000000000000001",
			     LIMIT_SIZE, &l, &err),
	    -EINVAL);
}

static void
limit__printed__is_read_back(void **state)
{
	static const struct {
		const char *text;
		enum limit_unit unit;
	} cases[] = {
		{ "1024:4096", LIMIT_COUNT },
		{ "64K:unlimited", LIMIT_SIZE },
		{ "90s:1h", LIMIT_TIME },
		{ "0", LIMIT_SIZE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config_rlimit l;
		char text[64] = "";
		FILE *out = fmemopen(text, sizeof(text), "w");

		assert_int_equal(
		    limit_parse(cases[i].text, cases[i].unit, &l, &err), 0);
		limit_print(&l, cases[i].unit, out);
		fclose(out);
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    user__name__has_ids_home_and_shell, reset),
		cmocka_unit_test_setup(user__number__is_looked_up, reset),
		cmocka_unit_test_setup(
		    user__number_without_entry__leaves_the_group_open, reset),
		cmocka_unit_test_setup(user__unknown__is_refused, reset),
		cmocka_unit_test_setup(
		    user__large_entry__grows_the_buffer, reset),
		cmocka_unit_test_setup(user__endless_entry__is_given_up, reset),
		cmocka_unit_test_setup(
		    user__failing_database__is_not_an_unknown_user, reset),
		cmocka_unit_test_setup(
		    user__odd_ways_to_say_unknown__are_understood, reset),
		cmocka_unit_test_setup(
		    group__name_and_number__are_looked_up, reset),
		cmocka_unit_test(limit__soft_alone__leaves_hard),
		cmocka_unit_test(limit__pairs__are_read_in_their_unit),
		cmocka_unit_test(limit__soft_above_hard__is_refused),
		cmocka_unit_test(limit__other_text__is_refused),
		cmocka_unit_test(limit__printed__is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
