/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* No descriptors, no processes: the daemon pauses, does not spin, and goes on
 * by itself. And so many descriptors that nothing may be sized by them.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SHORTAGE_FDS	 40
#define SHORTAGE_CLIENTS 60

/* Docker's default. */
#define SHORTAGE_DOCKER_NOFILE 1073741816

static const char shortage_config[] = "[echo]\n"
				      "listen = 127.0.0.1:0\n"
				      "handler = builtin:echo\n";

static void
shortage_limit_fds(void *arg)
{
	const struct rlimit limit = { SHORTAGE_FDS, SHORTAGE_FDS };

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(125);
}

static void
shortage_limit_more_fds(void *arg)
{
	const struct rlimit limit = { 68, 68 };

	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(125);
}

/* Whether it has its echo; anything else than waiting for it is a failure. */
static bool
shortage_is_served(int fd)
{
	char byte;
	const ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK);

	assert_true(n == 1 || (n == -1 && errno == EAGAIN));
	return n == 1;
}

static size_t
shortage_count_served(const int *fds, size_t count)
{
	size_t served = 0;

	for (size_t i = 0; i < count; i++)
		served += fds[i] != -1 && shortage_is_served(fds[i]);
	return served;
}

/* Processor time of the daemon in half a second of standing still. */
static double
shortage_measure_cpu(pid_t pid)
{
	const uint64_t until = harness_now_ms() + 500;
	const double before = proc_cpu_seconds(pid);

	while (harness_now_ms() < until)
		harness_nap();
	return proc_cpu_seconds(pid) - before;
}

/* Whoever has been served makes room for the others. */
static void
shortage_serve_all(int *fds, size_t count)
{
	for (size_t left = count; left > 0;) {
		HARNESS_WAIT_UNTIL(shortage_count_served(fds, count) > 0);
		for (size_t i = 0; i < count; i++) {
			if (fds[i] == -1 || !shortage_is_served(fds[i]))
				continue;
			peer_close(fds[i]);
			fds[i] = -1;
			left--;
		}
	}
}

static void
descriptors__are_used_up__clients_wait_and_are_served(void **state)
{
	struct harness *h = *state;
	const struct harness_options options = { .config = shortage_config,
		.prepare = shortage_limit_fds };
	int fds[SHORTAGE_CLIENTS];

	harness_start_with(h, &options);
	const size_t before = proc_count_fds(h->pid);
	for (size_t i = 0; i < SHORTAGE_CLIENTS; i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "x");
	}
	journal_wait(h, JOURNAL("pause", "reason=resources", "errno=EMFILE"));
	HARNESS_WAIT_UNTIL(shortage_count_served(fds, SHORTAGE_CLIENTS) >=
			   (SHORTAGE_FDS - before) / 2 - 1);
	/* A descriptor is ready all the time, and nobody takes it. */
	assert_true(shortage_measure_cpu(h->pid) < 0.2);
	shortage_serve_all(fds, SHORTAGE_CLIENTS);
	journal_wait(h, JOURNAL("resume", "reason=resources"));
	assert_int_equal(journal_count(h, JOURNAL("start")), SHORTAGE_CLIENTS);
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == before);
	harness_finish(h);
}

/* By then the next attempt by itself is more than two seconds away. */
#define SHORTAGE_LONG_PAUSE_MS 3300

static void
descriptors__one_connection_ends__next_is_served_at_once(void **state)
{
	struct harness *h = *state;
	const struct harness_options options = { .config = shortage_config,
		.prepare = shortage_limit_fds };
	int fds[SHORTAGE_FDS];

	harness_start_with(h, &options);
	for (size_t i = 0; i < SHORTAGE_FDS; i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "x");
	}
	journal_wait(h, JOURNAL("pause", "errno=EMFILE"));
	const uint64_t before = harness_now_ms();
	HARNESS_WAIT_UNTIL(harness_now_ms() - before > SHORTAGE_LONG_PAUSE_MS);
	const size_t served = shortage_count_served(fds, SHORTAGE_FDS);
	peer_close(fds[0]);
	fds[0] = -1;
	HARNESS_WAIT_UNTIL(shortage_count_served(fds, SHORTAGE_FDS) == served);
	assert_in_range(
	    harness_now_ms() - before, 0, SHORTAGE_LONG_PAUSE_MS + 2000);
	for (size_t i = 1; i < SHORTAGE_FDS; i++)
		peer_close(fds[i]);
	assert_int_equal(journal_count(h, JOURNAL("pause")), 1);
	journal_wait(h, JOURNAL("resume"));
	harness_finish(h);
}

#define SHORTAGE_QUIET "[quiet]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
#define SHORTAGE_FLOODED \
	"[flooded]\nlisten = 127.0.0.1:0\nhandler = sleep 0.3\n"

/* Each descriptor that is freed goes to one service after the other, wherever
 * they stand in the file. */
static void
shortage_check_turns(struct harness *h, const char *config)
{
	const struct harness_options options = { .config = config,
		.prepare = shortage_limit_fds };
	int fds[SHORTAGE_CLIENTS];

	harness_start_with(h, &options);
	for (size_t i = 0; i < SHORTAGE_CLIENTS; i++)
		fds[i] = peer_connect(h, "flooded");
	journal_wait(h, JOURNAL("pause", "service=flooded", "errno=EMFILE"));
	assert_string_equal(peer_ask(h, "quiet", "hi"), "hi");
	assert_in_range(journal_count(h, JOURNAL("start", "service=flooded")),
	    2, SHORTAGE_CLIENTS * 2 / 3);
	for (size_t i = 0; i < SHORTAGE_CLIENTS; i++)
		peer_close(fds[i]);
	journal_wait_nth(
	    h, JOURNAL("end", "service=flooded"), SHORTAGE_CLIENTS);
	harness_finish(h);
}

static void
descriptors__are_used_up_by_the_last__first_has_its_turn(void **state)
{
	shortage_check_turns(
	    *state, "[defaults]\nlinger = 0\n" SHORTAGE_QUIET SHORTAGE_FLOODED);
}

static void
descriptors__are_used_up_by_the_first__last_has_its_turn(void **state)
{
	shortage_check_turns(
	    *state, "[defaults]\nlinger = 0\n" SHORTAGE_FLOODED SHORTAGE_QUIET);
}

#define SHORTAGE_LISTENERS 30

/* For each connection that ends two clients come, each to a listener where
 * nobody has been yet. If all of them were accepted, they would have all
 * descriptors in the end, and no handler ran that could give any back. */
static void
descriptors__clients_of_many_listeners_wait__handlers_still_run(void **state)
{
	struct harness *h = *state;
	char config[SHORTAGE_LISTENERS * 64] = "";
	int held[SHORTAGE_FDS], waiting[SHORTAGE_LISTENERS];
	char name[8];
	size_t count = 0, next = 1;

	for (int i = 0; i < SHORTAGE_LISTENERS; i++)
		snprintf(config + strlen(config),
		    sizeof(config) - strlen(config),
		    "[s%d]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n", i);
	harness_start_with(h, &(struct harness_options){ .config = config,
				  .prepare = shortage_limit_more_fds });
	while (journal_count(h, JOURNAL("pause")) == 0 && count < 20) {
		held[count] = peer_connect(h, "s0");
		peer_send_text(held[count++], "x");
		HARNESS_WAIT_UNTIL(
		    journal_count(h, JOURNAL("start")) == count ||
		    journal_count(h, JOURNAL("pause")) > 0);
	}
	for (size_t i = 0; i < count && next + 1 < SHORTAGE_LISTENERS; i++) {
		for (int k = 0; k < 2; k++, next++) {
			snprintf(name, sizeof(name), "s%zu", next);
			waiting[next] = peer_connect(h, name);
			peer_send_text(waiting[next], "y");
		}
		/* Each has found that there is nothing for it. */
		journal_wait_nth(h, JOURNAL("pause"), next);
		peer_close(held[i]);
		held[i] = -1;
		journal_wait_nth(h, JOURNAL("end"), i + 1);
	}
	/* All of them are served in the end, one after the other. */
	for (size_t left = next - 1; left > 0;) {
		HARNESS_WAIT_UNTIL(
		    shortage_count_served(waiting + 1, next - 1) > 0);
		for (size_t i = 1; i < next; i++) {
			if (waiting[i] == -1 || !shortage_is_served(waiting[i]))
				continue;
			peer_close(waiting[i]);
			waiting[i] = -1;
			left--;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (held[i] != -1)
			peer_close(held[i]);
	harness_finish(h);
}

/* A user of its own, since the limit counts all processes of a user. */
static void
shortage_limit_processes(void *arg)
{
	const uid_t uid = 1000000000U + (uid_t)(getpid() % 100000);
	const struct rlimit limit = { 3, 3 };

	if (setgroups(0, NULL) == -1 || setgid(uid) == -1 ||
	    setuid(uid) == -1 || setrlimit(RLIMIT_NPROC, &limit) == -1)
		_exit(125);
}

static void
processes__are_used_up__service_goes_on_when_one_ends(void **state)
{
	struct harness *h = *state;
	char program[256];
	int fds[5];
	char byte;

	contract_need_root();
	harness_copy_program(h, TEST_EVINETD, "evinetd");
	harness_copy_program(h, TEST_BUILTIN, "evinetd-builtin");
	snprintf(program, sizeof(program), "%s", harness_path(h, "evinetd"));
	harness_start_with(
	    h, &(struct harness_options){ .config = shortage_config,
		   .program = program,
		   .prepare = shortage_limit_processes });
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "x");
	}
	/* The daemon itself is the third. */
	peer_read(fds[0], &byte, 1);
	peer_read(fds[1], &byte, 1);
	journal_wait(h, JOURNAL("pause", "step=clone", "errno=EAGAIN"));
	/* The others are waiting, and come in as these leave. */
	for (size_t i = 2; i < HARNESS_COUNT(fds); i++) {
		journal_wait_nth(h, JOURNAL("start"), i);
		assert_int_equal(journal_count(h, JOURNAL("start")), i);
		peer_close(fds[i - 2]);
		peer_read(fds[i], &byte, 1);
	}
	peer_close(fds[3]);
	peer_close(fds[4]);
	journal_wait(h, JOURNAL("resume", "reason=resources"));
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	harness_finish(h);
}

/* How the daemon is started: with a real limit, or with one that is reported
 * to it by preload_nofile.c. */
struct shortage_start {
	rlim_t nofile;
	bool pretend;
};

static void
shortage_set_nofile(void *arg)
{
	const struct shortage_start *start = arg;
	const struct rlimit limit = { start->nofile, start->nofile };

	if (start->pretend)
		setenv("LD_PRELOAD", TEST_PRELOAD_NOFILE, 1);
	else if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(125);
}

/* From exec to the end of fifty connections, in milliseconds. */
static uint64_t
shortage_time(struct harness *h, struct shortage_start start)
{
	const uint64_t before = harness_now_ms();

	unlink(h->log_path);
	harness_start_with(
	    h, &(struct harness_options){ .config = shortage_config,
		   .prepare = shortage_set_nofile,
		   .arg = &start });
	for (int i = 0; i < 50; i++)
		peer_ask(h, "echo", "x");
	const uint64_t took = harness_now_ms() - before;
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	harness_stop(h);
	return took;
}

/* The best of three: a loop over all descriptors would cost a launch 50 ms
 * for a million, and a minute for Docker's thousand million. */
static void
shortage_compare(struct harness *h, struct shortage_start start)
{
	uint64_t small = UINT64_MAX, large = UINT64_MAX;

	for (int i = 0; i < 3; i++) {
		const uint64_t a =
		    shortage_time(h, (struct shortage_start){ .nofile = 1024 });
		const uint64_t b = shortage_time(h, start);

		small = a < small ? a : small;
		large = b < large ? b : large;
	}
	print_message("limit 1024: %ju ms; limit %ju: %ju ms\n",
	    (uintmax_t)small, (uintmax_t)start.nofile, (uintmax_t)large);
	assert_in_range(large, 0, 3 * small + 100);
	harness_finish(h);
}

/* Our own goes up where that is allowed: root with CAP_SYS_RESOURCE. */
static rlim_t
shortage_raise_nofile(void)
{
	char *text = harness_read_file("/proc/sys/fs/nr_open", NULL);
	struct rlimit limit = { strtoul(text, NULL, 10),
		strtoul(text, NULL, 10) };

	free(text);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	return limit.rlim_max;
}

static void
limit_on_files__highest_of_this_machine__costs_nothing(void **state)
{
	const rlim_t most = shortage_raise_nofile();

	if (most < 65536)
		harness_skip("no more than %ju can be had", (uintmax_t)most);
	shortage_compare(*state, (struct shortage_start){ .nofile = most });
}

static void
limit_on_files__as_docker_sets_it__costs_nothing(void **state)
{
	const rlim_t most = shortage_raise_nofile();

	if (most < SHORTAGE_DOCKER_NOFILE)
		harness_skip("needs CAP_SYS_RESOURCE and sysctl fs.nr_open=%d; "
			     "no more than %ju can be had",
		    SHORTAGE_DOCKER_NOFILE, (uintmax_t)most);
	shortage_compare(*state,
	    (struct shortage_start){ .nofile = SHORTAGE_DOCKER_NOFILE });
}

static void
limit_on_files__reported_as_docker_sets_it__costs_nothing(void **state)
{
	if (TEST_SANITIZED)
		harness_skip("the sanitizer does not go with LD_PRELOAD");
	shortage_compare(
	    *state, (struct shortage_start){
			.nofile = SHORTAGE_DOCKER_NOFILE, .pretend = true });
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    descriptors__are_used_up__clients_wait_and_are_served),
		HARNESS_TEST(
		    descriptors__one_connection_ends__next_is_served_at_once),
		HARNESS_TEST(
		    descriptors__are_used_up_by_the_last__first_has_its_turn),
		HARNESS_TEST(
		    descriptors__are_used_up_by_the_first__last_has_its_turn),
		HARNESS_TEST(
		    descriptors__clients_of_many_listeners_wait__handlers_still_run),
		HARNESS_TEST(
		    processes__are_used_up__service_goes_on_when_one_ends),
		HARNESS_TEST(
		    limit_on_files__highest_of_this_machine__costs_nothing),
		HARNESS_TEST(limit_on_files__as_docker_sets_it__costs_nothing),
		HARNESS_TEST(
		    limit_on_files__reported_as_docker_sets_it__costs_nothing),
	};

	return harness_main(
	    argc, argv, "shortage", tests, HARNESS_COUNT(tests));
}
