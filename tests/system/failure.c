/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Handlers that cannot be started: the client is refused, the log says at
 * which step and why, and the service goes on when the cause is gone.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char failure_config[] = "[script]\n"
				     "listen = 127.0.0.1:0\n"
				     "working_directory = @DIR@/home\n"
				     "handler = @DIR@/script\n"
				     "[echo]\n"
				     "listen = 127.0.0.1:0\n"
				     "handler = builtin:echo\n";

static void
failure_repair(struct harness *h)
{
	mkdir(harness_path(h, "home"), 0755);
	harness_write_file(h, "script", "#!/bin/sh\necho ok\n", 0755);
}

/* True when it is served, false when it is refused. */
static bool
failure_ask(struct harness *h, const char *service)
{
	size_t len = 0;
	int fd;
	int error = peer_try_connect(h, service, &fd);

	assert_true(error == 0 || error == ECONNRESET);
	if (error == 0)
		error = peer_wait_end(fd, &len);
	peer_close(fd);
	assert_true(len == 0 || (error == 0 && len == strlen("ok\n")));
	return len > 0;
}

static bool
failure_try(struct harness *h)
{
	return failure_ask(h, "script");
}

/* From broken, with this step and errno in the log, to served again. */
static void
failure_check(struct harness *h, const char *step, const char *error)
{
	char step_field[64], error_field[64];

	snprintf(step_field, sizeof(step_field), "step=%s", step);
	snprintf(error_field, sizeof(error_field), "errno=%s", error);
	assert_false(failure_try(h));
	journal_wait(
	    h, JOURNAL("refuse", "service=script", "level=warning", "conn=2",
		   "peer=", "reason=launch_failed", step_field, error_field));
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	failure_repair(h);
	HARNESS_WAIT_UNTIL(failure_try(h));
	harness_finish(h);
}

static void
failure_start(struct harness *h)
{
	failure_repair(h);
	harness_start(h, failure_config);
	assert_true(failure_try(h));
}

static void
handler__is_removed__client_is_refused_until_it_is_back(void **state)
{
	struct harness *h = *state;
	char path[256];

	failure_start(h);
	assert_int_equal(unlink(harness_path(h, "script")), 0);
	assert_false(failure_try(h));
	snprintf(path, sizeof(path), "path=%s", harness_path(h, "script"));
	journal_wait(h, JOURNAL("refuse", path));
	failure_repair(h);
	HARNESS_WAIT_UNTIL(failure_try(h));
	harness_finish(h);
}

static void
handler__does_not_exist_any_more__log_says_enoent(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	assert_int_equal(unlink(harness_path(h, "script")), 0);
	failure_check(h, "exec", "ENOENT");
}

static void
handler__is_not_executable__log_says_eacces(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	assert_int_equal(chmod(harness_path(h, "script"), 0644), 0);
	failure_check(h, "exec", "EACCES");
}

static void
handler__has_a_bad_interpreter__log_says_enoent(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	harness_write_file(h, "script", "#!/nonexistent/sh\necho ok\n", 0755);
	failure_check(h, "exec", "ENOENT");
}

static void
handler__has_no_interpreter_line__log_says_enoexec(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	harness_write_file(h, "script", "echo ok\n", 0755);
	failure_check(h, "exec", "ENOEXEC");
}

static void
handler__is_a_folder_now__log_says_eacces(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	assert_int_equal(unlink(harness_path(h, "script")), 0);
	assert_int_equal(mkdir(harness_path(h, "script"), 0755), 0);
	assert_false(failure_try(h));
	journal_wait(h, JOURNAL("refuse", "step=exec", "errno=EACCES"));
	assert_int_equal(rmdir(harness_path(h, "script")), 0);
	failure_repair(h);
	HARNESS_WAIT_UNTIL(failure_try(h));
	harness_finish(h);
}

static void
working_directory__is_removed__log_says_so(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	assert_int_equal(rmdir(harness_path(h, "home")), 0);
	failure_check(h, "working_directory", "ENOENT");
}

/* Still root, but without the right to become somebody else. */
static void
failure_drop_setuid(void *arg)
{
	if (prctl(PR_CAPBSET_DROP, CAP_SETUID, 0, 0, 0) == -1)
		_exit(125);
}

static void
failure_drop_setgid(void *arg)
{
	if (prctl(PR_CAPBSET_DROP, CAP_SETGID, 0, 0, 0) == -1)
		_exit(125);
}

static void
failure_check_user(struct harness *h, void (*prepare)(void *), const char *step)
{
	const struct harness_options options = { .config =
						     "[user]\n"
						     "listen = 127.0.0.1:0\n"
						     "user = nobody\n"
						     "handler = /bin/echo ok\n"
						     "[echo]\n"
						     "listen = 127.0.0.1:0\n"
						     "handler = builtin:echo\n",
		.prepare = prepare };

	contract_need_root();
	harness_start_with(h, &options);
	assert_false(failure_ask(h, "user"));
	journal_wait(h, JOURNAL("refuse", "service=user", step, "errno=EPERM"));
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	harness_finish(h);
}

static void
user__cannot_be_set__client_is_refused(void **state)
{
	failure_check_user(*state, failure_drop_setuid, "step=user");
}

static void
groups__cannot_be_set__client_is_refused(void **state)
{
	failure_check_user(
	    *state, failure_drop_setgid, "step=supplementary_groups");
}

static void
stderr_file__cannot_be_opened__client_is_refused(void **state)
{
	struct harness *h = *state;

	failure_repair(h);
	harness_start(h, "[script]\n"
			 "listen = 127.0.0.1:0\n"
			 "stderr = @DIR@/home/errors\n"
			 "handler = @DIR@/script\n");
	assert_true(failure_try(h));
	assert_int_equal(unlink(harness_path(h, "home/errors")), 0);
	assert_int_equal(rmdir(harness_path(h, "home")), 0);
	assert_false(failure_try(h));
	journal_wait(h, JOURNAL("refuse", "reason=launch_failed", "step=stderr",
			    "errno=ENOENT"));
	failure_repair(h);
	HARNESS_WAIT_UNTIL(failure_try(h));
	harness_finish(h);
}

/* A hundred clients in a row must not be a hundred attempts, and when the
 * cause is gone nobody has to tell. */
static void
handler__fails_again_and_again__attempts_are_spaced_out(void **state)
{
	struct harness *h = *state;

	failure_start(h);
	assert_int_equal(unlink(harness_path(h, "script")), 0);
	const uint64_t before = harness_now_ms();
	for (int i = 0; i < 300; i++)
		assert_false(failure_try(h));
	/* Five for nothing, then 100 ms, 200 ms, ... apart. */
	const uint64_t took = harness_now_ms() - before;
	const size_t attempts = journal_count(h, JOURNAL("refuse"));
	assert_in_range(attempts, 6, 8 + took / 100);
	assert_int_equal(journal_count(h, JOURNAL("start")), 1);
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	/* The next attempt tells how many were refused without one. */
	HARNESS_WAIT_UNTIL((failure_try(h),
	    journal_count(h, JOURNAL("refuse", "suppressed=")) > 0));
	failure_repair(h);
	HARNESS_WAIT_UNTIL(failure_try(h));
	assert_true(failure_try(h));
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    handler__is_removed__client_is_refused_until_it_is_back),
		HARNESS_TEST(handler__does_not_exist_any_more__log_says_enoent),
		HARNESS_TEST(handler__is_not_executable__log_says_eacces),
		HARNESS_TEST(handler__has_a_bad_interpreter__log_says_enoent),
		HARNESS_TEST(
		    handler__has_no_interpreter_line__log_says_enoexec),
		HARNESS_TEST(handler__is_a_folder_now__log_says_eacces),
		HARNESS_TEST(working_directory__is_removed__log_says_so),
		HARNESS_TEST(user__cannot_be_set__client_is_refused),
		HARNESS_TEST(groups__cannot_be_set__client_is_refused),
		HARNESS_TEST(stderr_file__cannot_be_opened__client_is_refused),
		HARNESS_TEST(
		    handler__fails_again_and_again__attempts_are_spaced_out),
	};

	return harness_main(argc, argv, "failure", tests, HARNESS_COUNT(tests));
}
