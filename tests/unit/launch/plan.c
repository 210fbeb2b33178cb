/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The launch plan: words, environment and groups as data, without launching.
 */
#include "../cm.h"

#include "plan.h"
#include "service.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct client
client_of(const char *peer, const char *local)
{
	struct client c = { .fd = -1 };

	assert_int_equal(addr_parse_ip(peer, 5022, &c.peer), 0);
	assert_int_equal(addr_parse_ip(local, 80, &c.local), 0);
	return c;
}

static const char *
find(char *const *envp, const char *name)
{
	const size_t len = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
			return *envp + len + 1;
	return NULL;
}

static unsigned
count_names(char *const *envp, const char *name)
{
	const size_t len = strlen(name);
	unsigned count = 0;

	for (; *envp != NULL; envp++)
		count += strncmp(*envp, name, len) == 0 && (*envp)[len] == '=';
	return count;
}

static struct launch_frame *
fill(struct launch_plan *plan, const struct client *c)
{
	const struct spawn_request r = {
		.plan = plan, .client = c, .connection = 17, .concurrency = 3
	};

	launch_frame_fill(&plan->frame, &r);
	return &plan->frame;
}

static void
launch_frame__sequences__are_expanded(void **state)
{
	char *words[] = { (char *)"%r", (char *)"a%pb", (char *)"%l-%s-%c",
		(char *)"100%%", (char *)"", (char *)"plain" };
	struct config_service service = SERVICE_SH(words);
	const struct client c = client_of("2001:db8::7", "::1");
	struct launch_plan *plan;

	service.argv0 = (char *)"-%s";
	assert_int_equal(launch_plan_new(&service, &plan), 0);
	const struct launch_frame *f = fill(plan, &c);
	static const char *const expected[] = { "-test", "2001:db8::7",
		"a5022b", "80-test-17", "100%", "", "plain" };
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(f->argv[i], expected[i]);
	assert_null(f->argv[7]);
	launch_plan_free(plan);
}

static void
launch_frame__tcp__speaks_every_tradition(void **state)
{
	struct config_service service = SERVICE_SH(((char *[]){ NULL }));
	const struct client c = client_of("192.0.2.7", "192.0.2.1");
	struct launch_plan *plan;

	service.words.count = 0;
	assert_int_equal(launch_plan_new(&service, &plan), 0);
	char *const *env = fill(plan, &c)->envp;
	static const char *const expected[][2] = { { "PROTO", "TCP" },
		{ "TCPREMOTEIP", "192.0.2.7" }, { "TCPREMOTEPORT", "5022" },
		{ "TCPLOCALIP", "192.0.2.1" }, { "TCPLOCALPORT", "80" },
		{ "TCPCONNNUM", "3" }, { "REMOTE_ADDR", "192.0.2.7" },
		{ "REMOTE_HOST", "192.0.2.7" }, { "REMOTE_PORT", "5022" },
		{ "EVINETD_SERVICE", "test" }, { "EVINETD_CONNECTION", "17" },
		{ "PATH", CONFIG_HANDLER_PATH } };
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_string_equal(find(env, expected[i][0]), expected[i][1]);
	size_t count = 0;
	while (env[count] != NULL)
		count++;
	assert_int_equal(count, sizeof(expected) / sizeof(expected[0]));
	launch_plan_free(plan);
}

static void
launch_frame__unix__longest_paths_fit(void **state)
{
	char *words[] = { (char *)"%r%r%r%r%p%l%s%c" };
	struct config_service service = SERVICE_SH(words);
	struct client c = { .fd = -1,
		.cred = { .uid = UINT32_MAX - 1, .gid = 7, .pid = 99 } };
	struct launch_plan *plan;

	c.peer.u.un.sun_family = AF_UNIX;
	memset(c.peer.u.un.sun_path, 'p', sizeof(c.peer.u.un.sun_path));
	c.peer.len = sizeof(c.peer.u.un);
	c.local = c.peer;
	assert_int_equal(launch_plan_new(&service, &plan), 0);
	char *const *env = fill(plan, &c)->envp;
	assert_int_equal(strlen(find(env, "IPCREMOTEPATH")), 108);
	assert_int_equal(strlen(find(env, "IPCLOCALPATH")), 108);
	assert_string_equal(find(env, "IPCREMOTEEUID"), "4294967294");
	assert_string_equal(find(env, "IPCREMOTEEGID"), "7");
	assert_string_equal(find(env, "PROTO"), "IPC");
	assert_null(find(env, "REMOTE_ADDR"));
	launch_plan_free(plan);
}

static void
launch_environment__later_ones__replace_earlier_ones(void **state)
{
	char *words[] = { (char *)"x" };
	char *env[] = { (char *)"PATH=/bin", (char *)"A=2",
		(char *)"TCPREMOTEIP=forged", (char *)"EMPTY=" };
	char *pass[] = { (char *)"A", (char *)"B", (char *)"UNSET_HERE" };
	struct config_service service = SERVICE_SH(words);
	const struct client c = client_of("192.0.2.7", "192.0.2.1");
	struct launch_plan *plan;

	assert_int_equal(setenv("A", "1", 1), 0);
	assert_int_equal(setenv("B", "b", 1), 0);
	assert_int_equal(setenv("SECRET", "s", 1), 0);
	service.environment = (struct config_strings){ env, 4 };
	service.pass_environment = (struct config_strings){ pass, 3 };
	assert_int_equal(launch_plan_new(&service, &plan), 0);
	char *const *envp = fill(plan, &c)->envp;
	assert_string_equal(find(envp, "PATH"), "/bin");
	assert_string_equal(find(envp, "A"), "2");
	assert_string_equal(find(envp, "B"), "b");
	assert_string_equal(find(envp, "EMPTY"), "");
	assert_string_equal(find(envp, "TCPREMOTEIP"), "192.0.2.7");
	assert_int_equal(count_names(envp, "TCPREMOTEIP"), 1);
	assert_null(find(envp, "SECRET"));
	assert_null(find(envp, "UNSET_HERE"));
	launch_plan_free(plan);
}

static void
launch_plan__user__brings_its_groups_and_variables(void **state)
{
	char *words[] = { (char *)"x" };
	struct config_service service = SERVICE_SH(words);
	struct launch_plan *plan;
	const struct passwd *pw = getpwnam("nobody");

	assert_non_null(pw);
	service.user = (struct config_user){ .set = true,
		.uid = pw->pw_uid,
		.gid = pw->pw_gid,
		.name = (char *)"nobody",
		.home = (char *)"/nonexistent",
		.shell = (char *)"/bin/false" };
	assert_int_equal(launch_plan_new(&service, &plan), 0);
	assert_int_equal(plan->setup.uid, pw->pw_uid);
	assert_int_equal(plan->setup.gid, pw->pw_gid);
	assert_true(plan->setup.set_groups);
	assert_int_equal(plan->setup.ngroups, 1);
	assert_int_equal(plan->setup.groups[0], pw->pw_gid);
	assert_string_equal(find(plan->environment.items, "USER"), "nobody");
	assert_string_equal(find(plan->environment.items, "LOGNAME"), "nobody");
	assert_string_equal(
	    find(plan->environment.items, "HOME"), "/nonexistent");
	launch_plan_free(plan);
}

static void
launch_plan__nofile__is_soft_1024_by_default(void **state)
{
	char *words[] = { (char *)"x" };
	struct config_service service = SERVICE_SH(words);
	struct launch_plan *plan;
	struct rlimit ours;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &ours), 0);
	assert_int_equal(launch_plan_new(&service, &plan), 0);
	assert_int_equal(plan->setup.nlimits, 1);
	assert_int_equal(plan->limits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(plan->limits[0].value.rlim_cur,
	    ours.rlim_max < 1024 ? ours.rlim_max : 1024);
	assert_int_equal(plan->limits[0].value.rlim_max, ours.rlim_max);
	launch_plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(launch_frame__sequences__are_expanded),
		cmocka_unit_test(launch_frame__tcp__speaks_every_tradition),
		cmocka_unit_test(launch_frame__unix__longest_paths_fit),
		cmocka_unit_test(
		    launch_environment__later_ones__replace_earlier_ones),
		cmocka_unit_test(
		    launch_plan__user__brings_its_groups_and_variables),
		cmocka_unit_test(launch_plan__nofile__is_soft_1024_by_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
