/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The contract: what a handler inherits as a process, however odd the state
 * is in which evinetd itself was started.
 */
#include "contract.h"
#include "peer.h"
#include "proc.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct contract_row process_default[] = { { "", "fds", "0 1 2" } };

/* The report of a handler with defaults, whose evinetd was started so. */
static const char *
process_report(struct harness *h, void (*prepare)(void *arg))
{
	contract_start(h, process_default, 1, prepare);
	return peer_ask(h, "row0", "");
}

static void
process_open_extra(void *arg)
{
	const int fd = open("/dev/null", O_RDWR);

	dup2(fd, 7);
	dup2(fd, 10);
	dup2(fd, 251);
}

static void
descriptors__evinetd_has_more__handler_has_three(void **state)
{
	struct harness *h = *state;

	contract_start(h, process_default, 1, process_open_extra);
	assert_in_range(proc_count_fds(h->pid), 3 + 4, 100);
	contract_check(h, process_default, 1);
	harness_finish(h);
}

static void
descriptors__zero_and_one__are_one_blocking_socket(void **state)
{
	static const struct contract_row rows[] = {
		{ "", "fd01_same", "1" },
		{ "", "fd.0.type", "stream" },
		{ "", "fd.0.access", "rdwr" },
		{ "", "fd.0.nonblock", "0" },
		{ "", "fd.0.cloexec", "0" },
		{ "", "fd.1.cloexec", "0" },
		{ "", "fd.2.access", "wronly" },
		{ "", "fd.2.nonblock", "0" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

static void
process_close_standard(void *arg)
{
	close(0);
	close(1);
}

static void
descriptors__evinetd_has_no_stdin__handler_has_its_socket(void **state)
{
	struct harness *h = *state;

	contract_start(h, process_default, 1, process_close_standard);
	const char *report = peer_ask(h, "row0", "");
	assert_string_equal(peer_value(report, "fds"), "0 1 2");
	assert_string_equal(peer_value(report, "fd01_same"), "1");
	assert_string_equal(peer_value(report, "fd.0.family"), "inet");
	harness_finish(h);
}

static void
process_spoil_signals(void *arg)
{
	sigset_t set;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGALRM);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
signals__evinetd_was_started_with_some_spoilt__handler_has_defaults(
    void **state)
{
	struct harness *h = *state;
	const char *report = process_report(h, process_spoil_signals);

	assert_string_equal(contract_lines(report, "signal."), "");
	assert_string_equal(peer_value(report, "signals_blocked"), "");
	harness_finish(h);
}

/* A terminal as the session's own; opening it is what makes it so. */
static void
process_take_terminal(void *arg)
{
	const int master = posix_openpt(O_RDWR | O_NOCTTY);

	setsid();
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    open(ptsname(master), O_RDWR) == -1 ||
	    open("/dev/tty", O_RDWR) == -1)
		_exit(125);
}

static void
session__evinetd_has_a_terminal__handler_leads_its_own_without(void **state)
{
	struct harness *h = *state;
	const char *report = process_report(h, process_take_terminal);
	const char *pid = peer_value(report, "pid");

	assert_string_equal(peer_value(report, "sid"), pid);
	assert_string_equal(peer_value(report, "pgid"), pid);
	assert_int_equal(atoi(peer_value(report, "ppid")), h->pid);
	assert_string_equal(peer_value(report, "tty"), "0");
	harness_finish(h);
}

static void
process_spoil_surroundings(void *arg)
{
	struct harness *h = arg;

	umask(077);
	if (chdir(h->dir) == -1)
		_exit(125);
}

static void
surroundings__evinetd_has_others__handler_has_defaults(void **state)
{
	struct harness *h = *state;
	const char *report = process_report(h, process_spoil_surroundings);

	assert_string_equal(peer_value(report, "cwd"), "/");
	assert_string_equal(peer_value(report, "umask"), "022");
	harness_finish(h);
}

static void
surroundings__configured__are_as_configured(void **state)
{
	struct harness *h = *state;
	const struct contract_row rows[] = {
		{ "working_directory = @DIR@", "cwd", h->dir },
		{ "umask = 0077", "umask", "077" },
		{ "umask = 0", "umask", "000" },
		{ "nice = 7", "nice", "7" },
		{ "oom_score_adj = 500", "oom_score_adj", "500" },
		{ "", "no_new_privs", "1" },
		{ "no_new_privileges = no", "no_new_privs", "0" },
	};

	contract_test(h, rows, HARNESS_COUNT(rows));
}

static void
process_spoil_priorities(void *arg)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	if (setpriority(PRIO_PROCESS, 0, 5) == -1 || write(fd, "300", 3) != 3)
		_exit(125);
	close(fd);
}

/* Memory is shared between the two until exec; the score must not be. */
static void
priorities__evinetd_has_others__handler_has_its_own(void **state)
{
	static const struct contract_row rows[] = {
		{ "", "nice", "0" },
		{ "", "oom_score_adj", "0" },
		{ "nice = -3", "nice", "-3" },
		{ "oom_score_adj = 700", "oom_score_adj", "700" },
	};
	struct harness *h = *state;

	contract_need_root();
	contract_start(h, rows, HARNESS_COUNT(rows), process_spoil_priorities);
	contract_check(h, rows, HARNESS_COUNT(rows));
	assert_int_equal(proc_read_number(h->pid, "oom_score_adj"), 300);
	assert_int_equal(getpriority(PRIO_PROCESS, (id_t)h->pid), 5);
	harness_finish(h);
}

static void
process_set_nofile(rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = { soft, hard };

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(125);
}

static void
process_set_high_nofile(void *arg)
{
	process_set_nofile(300, 4000);
}

static void
limits__ours_on_files_is_raised__handler_has_1024(void **state)
{
	static const struct contract_row rows[] = {
		{ "", "rlimit.nofile", "1024:4000" },
		{ "limit_nofile = 2000", "rlimit.nofile", "2000:4000" },
	};
	struct harness *h = *state;
	struct rlimit limit;

	contract_start(h, rows, HARNESS_COUNT(rows), process_set_high_nofile);
	contract_check(h, rows, HARNESS_COUNT(rows));
	assert_int_equal(prlimit(h->pid, RLIMIT_NOFILE, NULL, &limit), 0);
	assert_int_equal(limit.rlim_cur, 4000);
	harness_finish(h);
}

static void
process_set_low_nofile(void *arg)
{
	process_set_nofile(200, 512);
}

static void
limits__hard_limit_on_files_is_below_1024__handler_has_that(void **state)
{
	static const struct contract_row rows[] = {
		{ "", "rlimit.nofile", "512:512" },
	};
	struct harness *h = *state;

	contract_start(h, rows, HARNESS_COUNT(rows), process_set_low_nofile);
	contract_check(h, rows, HARNESS_COUNT(rows));
	harness_finish(h);
}

static void
limits__each_key__is_in_force(void **state)
{
	static const struct contract_row rows[] = {
		{ "limit_nofile = 256:512", "rlimit.nofile", "256:512" },
		{ "limit_cpu = 10s:20s", "rlimit.cpu", "10:20" },
		{ "limit_as = 1G:2G", "rlimit.as", "1073741824:2147483648" },
		{ "limit_fsize = 1M:2M", "rlimit.fsize", "1048576:2097152" },
		{ "limit_nproc = 100:200", "rlimit.nproc", "100:200" },
		{ "limit_core = 4K:8K", "rlimit.core", "4096:8192" },
		{ "limit_data = 512M:1G", "rlimit.data",
		    "536870912:1073741824" },
		{ "limit_stack = 1M:4M", "rlimit.stack", "1048576:4194304" },
		{ "limit_core = 0", "rlimit.core", "0:unlimited" },
		{ "limit_as = unlimited", "rlimit.as", "unlimited:unlimited" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(descriptors__evinetd_has_more__handler_has_three),
		HARNESS_TEST(
		    descriptors__zero_and_one__are_one_blocking_socket),
		HARNESS_TEST(
		    descriptors__evinetd_has_no_stdin__handler_has_its_socket),
		HARNESS_TEST(
		    signals__evinetd_was_started_with_some_spoilt__handler_has_defaults),
		HARNESS_TEST(
		    session__evinetd_has_a_terminal__handler_leads_its_own_without),
		HARNESS_TEST(
		    surroundings__evinetd_has_others__handler_has_defaults),
		HARNESS_TEST(surroundings__configured__are_as_configured),
		HARNESS_TEST(
		    priorities__evinetd_has_others__handler_has_its_own),
		HARNESS_TEST(limits__ours_on_files_is_raised__handler_has_1024),
		HARNESS_TEST(
		    limits__hard_limit_on_files_is_below_1024__handler_has_that),
		HARNESS_TEST(limits__each_key__is_in_force),
	};

	return harness_main(
	    argc, argv, "contract_process", tests, HARNESS_COUNT(tests));
}
