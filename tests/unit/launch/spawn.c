/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Starting handlers: failures come back as values, and nothing of ours is
 * touched. What a handler finds is looked at from inside one in
 * tests/system.
 */
#include "../cm.h"

#include <evinetd/launch/spawn.h>

#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int __real_clone(int (*fn)(void *), void *stack, int flags, void *arg);
int __wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg);

static int clone_error;

int
__wrap_clone(int (*fn)(void *), void *stack, int flags, void *arg)
{
	if (clone_error == 0)
		return __real_clone(fn, stack, flags, arg);
	errno = clone_error;
	return -1;
}

static struct spawner *spawner;
static struct spawn_result result;
static int calls;

static void
spawned_cb(void *arg, const struct spawn_result *r)
{
	(void)arg;
	result = *r;
	calls++;
}

/* Launches with one end of a socket pair; returns the other. */
static int
launch(const struct config_service *service)
{
	struct launch_plan *plan;
	struct client client = { .peer = {
				     .len = 2, .u.sa.sa_family = AF_UNIX } };
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	client.fd = pair[0];
	assert_int_equal(launch_plan_new(service, &plan), 0);
	const struct spawn_request request = { .plan = plan,
		.client = &client,
		.connection = 5,
		.concurrency = 1,
		.stderr_fd = -1,
		.cgroup_fd = -1 };
	calls = 0;
	spawn_submit(spawner, &request, spawned_cb, NULL);
	assert_int_equal(calls, 1);
	close(pair[0]);
	launch_plan_free(plan);
	return pair[1];
}

static void
check_failure(
    const struct config_service *service, enum launch_step step, int error)
{
	int status;

	close(launch(service));
	assert_int_equal(result.pid, -1);
	assert_int_equal(result.step, step);
	assert_int_equal(result.error, error);
	/* The child that failed has been reaped. */
	assert_int_equal(waitpid(-1, &status, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void
spawn__good_handler__talks_over_the_connection(void **state)
{
	char *words[] = { (char *)"-c",
		(char *)"read x; echo got $x %c; exit 7" };
	struct config_service service = SERVICE_SH(words);
	char buf[64] = "";
	int status;
	const int fd = launch(&service);

	assert_true(result.pid > 0);
	assert_int_equal(result.step, LAUNCH_STEP_NONE);
	assert_int_equal(write(fd, "it\n", 3), 3);
	assert_int_equal(read(fd, buf, sizeof(buf) - 1), 9);
	assert_string_equal(buf, "got it 5\n");
	assert_int_equal(waitpid(result.pid, &status, 0), result.pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	close(fd);
}

static void
spawn__program_cannot_be_executed__says_so(void **state)
{
	char *words[] = { (char *)"x" };
	struct config_service service = SERVICE_SH(words);

	service.path = (char *)"/nonexistent/program";
	check_failure(&service, LAUNCH_STEP_EXEC, ENOENT);
	service.path = (char *)"/etc/passwd";
	check_failure(&service, LAUNCH_STEP_EXEC, EACCES);
	service.path = (char *)"/etc";
	check_failure(&service, LAUNCH_STEP_EXEC, EACCES);
}

static void
spawn__each_failing_step__is_named(void **state)
{
	char *words[] = { (char *)"-c", (char *)"true" };
	struct config_service service = SERVICE_SH(words);

	service.working_directory = (char *)"/nonexistent";
	check_failure(&service, LAUNCH_STEP_DIRECTORY, ENOENT);

	/* More than the kernel allows even root: see fs.nr_open. */
	service.working_directory = (char *)"/";
	service.limits[CONFIG_LIMIT_NOFILE] = (struct config_rlimit){
		.set = true,
		.hard_set = true,
		.soft = 1024,
		.hard = RLIM_INFINITY,
	};
	check_failure(&service, LAUNCH_STEP_LIMITS, EPERM);
}

static void
spawn__no_process__says_clone(void **state)
{
	char *words[] = { (char *)"-c", (char *)"true" };
	struct config_service service = SERVICE_SH(words);

	clone_error = EAGAIN;
	check_failure(&service, LAUNCH_STEP_CLONE, EAGAIN);
	clone_error = 0;
}

/* The child shares our memory: what it changes must be its own. */
static void
spawn__whatever_the_child_sets__leaves_the_parent_alone(void **state)
{
	char *words[] = { (char *)"-c", (char *)"sleep 0" };
	struct config_service service = SERVICE_SH(words);
	struct sigaction before, after;
	sigset_t mask_before, mask_after;
	char cwd_before[4096], cwd_after[4096];

	service.umask = 077;
	service.nice = 5;
	service.working_directory = (char *)"/tmp";
	assert_int_equal(sigaction(SIGPIPE, NULL, &before), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &mask_before), 0);
	assert_non_null(getcwd(cwd_before, sizeof(cwd_before)));
	const mode_t mask = umask(022);
	const int nice_before = getpriority(PRIO_PROCESS, 0);
	close(launch(&service));
	assert_true(result.pid > 0);
	assert_int_equal(umask(mask), 022);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice_before);
	assert_non_null(getcwd(cwd_after, sizeof(cwd_after)));
	assert_string_equal(cwd_before, cwd_after);
	assert_int_equal(sigaction(SIGPIPE, NULL, &after), 0);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &mask_after), 0);
	for (int i = 1; i < NSIG; i++)
		assert_int_equal(
		    sigismember(&mask_before, i), sigismember(&mask_after, i));
	assert_int_equal(waitpid(result.pid, NULL, 0), result.pid);
}

/* As systemd's AmbientCapabilities= would give them to us. */
static bool
raise_ambient(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) == -1)
		return false;
	data[0].inheritable |= 1u << CAP_NET_BIND_SERVICE;
	return syscall(SYS_capset, &header, data) == 0 &&
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE,
		   0, 0) == 0;
}

static void
spawn__ambient_capabilities_of_ours__are_not_inherited(void **state)
{
	char *words[] = { (char *)"-c",
		(char *)"grep CapAmb /proc/self/status" };
	struct config_service service = SERVICE_SH(words);
	char buf[64] = "";

	if (!raise_ambient())
		skip(); /* not root */
	const int fd = launch(&service);
	assert_true(result.pid > 0);
	assert_true(read(fd, buf, sizeof(buf) - 1) > 0);
	assert_string_equal(buf, "CapAmb:\t0000000000000000\n");
	assert_int_equal(waitpid(result.pid, NULL, 0), result.pid);
	close(fd);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static void
launch_step_name__each__has_one(void **state)
{
	for (int i = 0; i <= LAUNCH_STEP_EXEC; i++)
		assert_true(strlen(launch_step_name(i)) > 0);
	assert_string_equal(launch_step_name(LAUNCH_STEP_EXEC), "exec");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    spawn__good_handler__talks_over_the_connection),
		cmocka_unit_test(spawn__program_cannot_be_executed__says_so),
		cmocka_unit_test(spawn__each_failing_step__is_named),
		cmocka_unit_test(spawn__no_process__says_clone),
		cmocka_unit_test(
		    spawn__whatever_the_child_sets__leaves_the_parent_alone),
		cmocka_unit_test(
		    spawn__ambient_capabilities_of_ours__are_not_inherited),
		cmocka_unit_test(launch_step_name__each__has_one),
	};

	signal(SIGPIPE, SIG_IGN);
	if (spawner_new(&spawner) < 0)
		return 1;
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	spawner_free(spawner);
	return failed;
}
