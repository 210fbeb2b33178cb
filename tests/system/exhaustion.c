/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Five hundred clients at once, and not enough of something: each is served in
 * the end, nothing spins meanwhile, the log says it once, other services go on,
 * and nothing is left. Calls that fail one by one are in injection.c.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXHAUSTION_CLIENTS 500

/* What may be more in memory afterwards, in KiB: heap that is not returned. */
#define EXHAUSTION_MEMORY 512

static const char exhaustion_config[] =
    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
    "max_connections = 1000\n"
    "[other]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n";

/* ---- clients ---- */

static int exhaustion_clients[EXHAUSTION_CLIENTS]; /* -1: gone */

static void
exhaustion_connect(struct harness *h)
{
	const uint16_t port = journal_port(h, "echo");

	for (size_t i = 0; i < EXHAUSTION_CLIENTS; i++) {
		exhaustion_clients[i] = peer_connect_ip("127.0.0.1", port);
		peer_send_text(exhaustion_clients[i], "x");
	}
}

/* Whether it has its echo; anything else than waiting for it is a failure. */
static bool
exhaustion_is_served(int fd)
{
	char byte;
	const ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	assert_true(n == 1 || (n == -1 && errno == EAGAIN));
	return n == 1;
}

static size_t
exhaustion_count_served(void)
{
	size_t served = 0;

	for (size_t i = 0; i < EXHAUSTION_CLIENTS; i++)
		served += exhaustion_clients[i] != -1 &&
			  exhaustion_is_served(exhaustion_clients[i]);
	return served;
}

/* Whoever has been served makes room for the others. */
static void
exhaustion_serve_all(void)
{
	for (size_t left = EXHAUSTION_CLIENTS; left > 0;) {
		HARNESS_WAIT_UNTIL(exhaustion_count_served() > 0);
		for (size_t i = 0; i < EXHAUSTION_CLIENTS; i++) {
			int *fd = &exhaustion_clients[i];

			if (*fd == -1 || !exhaustion_is_served(*fd))
				continue;
			peer_close(*fd);
			*fd = -1;
			left--;
		}
	}
}

/* ---- what all of them have in common ---- */

struct exhaustion_state {
	size_t fds;
	long rss;
};

static void
exhaustion_wait_idle(struct harness *h)
{
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
}

/* A first round of clients one by one makes the heap as large as it is. */
static struct exhaustion_state
exhaustion_warm(struct harness *h)
{
	const size_t fds = proc_count_fds(h->pid);

	for (int i = 0; i < 50; i++) {
		peer_ask(h, "echo", "warm");
		peer_ask(h, "other", "warm");
	}
	exhaustion_wait_idle(h);
	return (struct exhaustion_state){
		.fds = fds,
		.rss = proc_status_number(h->pid, "VmRSS"),
	};
}

static void
exhaustion_check_nothing_left(
    struct harness *h, const struct exhaustion_state *before)
{
	exhaustion_wait_idle(h);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == before->fds);
	if (!TEST_SANITIZED) /* which keeps what was freed for a while */
		assert_in_range(proc_status_number(h->pid, "VmRSS"), 0,
		    before->rss + EXHAUSTION_MEMORY);
}

/* The shortage is reached, and then over; cause is fields of its line. */
static void
exhaustion_run(struct harness *h, const char *step, const char *error)
{
	const struct exhaustion_state before = exhaustion_warm(h);
	const size_t warm = journal_count(h, JOURNAL("start", "service=echo"));

	exhaustion_connect(h);
	journal_wait(h,
	    JOURNAL("pause", "service=echo", "reason=resources", step, error));
	/* A listener is ready all the time, and is not looked at. */
	assert_true(proc_measure_cpu(h->pid, 1000) < 0.05);
	exhaustion_serve_all();
	journal_wait(h, JOURNAL("resume", "service=echo", "reason=resources"));
	assert_int_equal(journal_count(h, JOURNAL("start", "service=echo")),
	    warm + EXHAUSTION_CLIENTS);
	assert_int_equal(journal_count(h, JOURNAL("pause")), 1);
	assert_int_equal(journal_count(h, JOURNAL("resume")), 1);
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	assert_string_equal(peer_ask(h, "other", "hello"), "hello");
	exhaustion_check_nothing_left(h, &before);
	harness_finish(h);
}

/* ---- descriptors ---- */

static void
exhaustion_limit_fds(void *arg)
{
	const struct rlimit limit = { *(rlim_t *)arg, *(rlim_t *)arg };

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(125);
}

static void
exhaustion_start_with_fds(
    struct harness *h, const char *config, rlim_t descriptors)
{
	harness_start_with(h, &(struct harness_options){ .config = config,
				  .prepare = exhaustion_limit_fds,
				  .arg = &descriptors });
}

static void
descriptors__five_hundred_clients__are_all_served(void **state)
{
	struct harness *h = *state;

	exhaustion_start_with_fds(h, exhaustion_config, 64);
	exhaustion_run(h, "reason=resources", "errno=EMFILE");
}

/* One that holds no descriptor of ours has its place, as the first one that
 * was freed is not for the service under siege alone. */
static void
descriptors__used_up_by_one_service__other_has_its_turn(void **state)
{
	struct harness *h = *state;
	char byte;

	exhaustion_start_with_fds(h, exhaustion_config, 64);
	exhaustion_connect(h);
	journal_wait(h, JOURNAL("pause", "service=echo", "errno=EMFILE"));
	const int other = peer_connect(h, "other");
	peer_send_text(other, "y");
	/* A tenth of them go, and it is in. */
	for (size_t i = 0, left = EXHAUSTION_CLIENTS / 10; left > 0;
	     i = (i + 1) % EXHAUSTION_CLIENTS) {
		int *fd = &exhaustion_clients[i];

		if (i == 0)
			HARNESS_WAIT_UNTIL(exhaustion_count_served() > 0);
		if (*fd == -1 || !exhaustion_is_served(*fd))
			continue;
		peer_close(*fd);
		*fd = -1;
		left--;
	}
	peer_read(other, &byte, 1);
	peer_close(other);
	for (size_t i = 0; i < EXHAUSTION_CLIENTS; i++)
		if (exhaustion_clients[i] != -1)
			peer_close(exhaustion_clients[i]);
	harness_finish(h);
}

/* Descriptors are raised to the hard limit, and held against what the
 * configuration may need. */
static void
limits__too_few_descriptors__are_said_at_start(void **state)
{
	struct harness *h = *state;

	exhaustion_start_with_fds(h, exhaustion_config, 64);
	const char *line = journal_wait(h, JOURNAL("limits", "nofile=64"));
	const double possible = journal_number(line, "connections");
	assert_true(journal_number(line, "needed") > 64);
	assert_true(possible >= 10 && possible <= 32);
	harness_finish(h);
}

static void
limits__enough_descriptors__are_not_mentioned(void **state)
{
	struct harness *h = *state;

	/* Two each for ten of them, and what is open anyway. */
	exhaustion_start_with_fds(h,
	    "[evinetd]\nmax_connections = 10\n"
	    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n",
	    64);
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	assert_int_equal(journal_count(h, JOURNAL("limits")), 0);
	harness_finish(h);
}

/* Rotating the log must not need a descriptor that clients have. */
static void
log_reopen__descriptors_are_used_up__works(void **state)
{
	struct harness *h = *state;
	rlim_t descriptors = 64;
	char first[264];

	snprintf(first, sizeof(first), "%s.1", h->log_path);
	snprintf(h->log_path, sizeof(h->log_path), "%s/evinetd.log", h->dir);
	harness_start_with(
	    h, &(struct harness_options){ .config = "[evinetd]\n"
						    "log = @DIR@/evinetd.log\n"
						    "[echo]\n"
						    "listen = 127.0.0.1:0\n"
						    "handler = builtin:echo\n",
		   .log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
		   .prepare = exhaustion_limit_fds,
		   .arg = &descriptors });
	exhaustion_connect(h);
	journal_wait(h, JOURNAL("pause", "errno=EMFILE"));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rename(h->log_path, first), 0);
		assert_int_equal(kill(h->pid, SIGUSR1), 0);
		journal_wait(h, JOURNAL("log_reopen"));
		assert_int_equal(
		    journal_count(h, JOURNAL("log_reopen", "errno=")), 0);
	}
	exhaustion_serve_all();
	journal_wait(h, JOURNAL("resume", "reason=resources"));
	harness_finish(h);
}

/* ---- memory ---- */

/* Whatever asks first: clients, sources, the loop. */
static void
memory__five_hundred_clients__are_all_served(void **state)
{
	struct harness *h = *state;
	struct rlimit limit;

	if (TEST_SANITIZED)
		harness_skip("the sanitizer needs address space");
	harness_start(h, exhaustion_config);
	limit.rlim_cur =
	    (rlim_t)(proc_status_number(h->pid, "VmSize") + 64) * 1024;
	limit.rlim_max = RLIM_INFINITY;
	assert_int_equal(prlimit(h->pid, RLIMIT_AS, &limit, NULL), 0);
	exhaustion_run(h, "reason=resources", "errno=ENOMEM");
}

/* ---- processes ---- */

/* A user of its own, since the limit counts all processes of a user. */
static void
exhaustion_limit_processes(void *arg)
{
	const uid_t uid = 1100000000U + (uid_t)(getpid() % 100000);
	const struct rlimit limit = { 20, 20 };

	if (setgroups(0, NULL) == -1 || setgid(uid) == -1 ||
	    setuid(uid) == -1 || setrlimit(RLIMIT_NPROC, &limit) == -1)
		_exit(125);
}

static void
processes__of_the_user_five_hundred_clients__are_all_served(void **state)
{
	struct harness *h = *state;
	char program[256];

	contract_need_root();
	harness_copy_program(h, TEST_EVINETD, "evinetd");
	harness_copy_program(h, TEST_BUILTIN, "evinetd-builtin");
	snprintf(program, sizeof(program), "%s", harness_path(h, "evinetd"));
	harness_start_with(
	    h, &(struct harness_options){ .config = exhaustion_config,
		   .program = program,
		   .prepare = exhaustion_limit_processes });
	exhaustion_run(h, "step=clone", "errno=EAGAIN");
}

/* The folder of a new cgroup of the pids controller, of either version. */
static bool
exhaustion_make_cgroup(char *path, size_t size)
{
	static const char *const mounts[] = { "/sys/fs/cgroup/pids",
		"/sys/fs/cgroup" };
	char limit[192];

	for (size_t i = 0; i < HARNESS_COUNT(mounts); i++) {
		snprintf(
		    path, size, "%s/evinetd-test-%d", mounts[i], (int)getpid());
		if (mkdir(path, 0755) == -1)
			continue;
		snprintf(limit, sizeof(limit), "%s/pids.max", path);
		if (access(limit, W_OK) == 0)
			return true;
		rmdir(path);
	}
	return false;
}

static void
exhaustion_write(const char *folder, const char *name, long number)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%ld\n", number);
	assert_int_equal(fclose(file), 0);
}

/* As in a container: the process table is full for all users. */
static void
processes__of_the_container_five_hundred_clients__are_all_served(void **state)
{
	struct harness *h = *state;
	char folder[128];

	if (!exhaustion_make_cgroup(folder, sizeof(folder)))
		harness_skip("no cgroup with a pids.max can be made here");
	harness_start(h, exhaustion_config);
	exhaustion_write(folder, "cgroup.procs", h->pid);
	exhaustion_write(folder, "pids.max", 20);
	exhaustion_run(h, "step=clone", "errno=EAGAIN");
	HARNESS_WAIT_UNTIL(rmdir(folder) == 0);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(descriptors__five_hundred_clients__are_all_served),
		HARNESS_TEST(
		    descriptors__used_up_by_one_service__other_has_its_turn),
		HARNESS_TEST(limits__too_few_descriptors__are_said_at_start),
		HARNESS_TEST(limits__enough_descriptors__are_not_mentioned),
		HARNESS_TEST(log_reopen__descriptors_are_used_up__works),
		HARNESS_TEST(memory__five_hundred_clients__are_all_served),
		HARNESS_TEST(
		    processes__of_the_user_five_hundred_clients__are_all_served),
		HARNESS_TEST(
		    processes__of_the_container_five_hundred_clients__are_all_served),
	};

	return harness_main(
	    argc, argv, "exhaustion", tests, HARNESS_COUNT(tests));
}
