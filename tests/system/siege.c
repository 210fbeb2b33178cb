/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Clients who mean no good: resets at every moment, and floods of one service
 * that another one must not feel.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIEGE_STOPPED 40
#define SIEGE_RESETS  500
#define SIEGE_QUEUE   400
#define SIEGE_BATCH   16 /* of the acceptor */
#define SIEGE_ASKS    100
#define SIEGE_FLOODS  3
#define SIEGE_SECONDS 20 /* a flood's end, whatever happens */

static const char siege_config[] =
    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
    "[any]\nlisten = 0.0.0.0:0\nhandler = builtin:echo\n"
    "[denied]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
    "deny = 127.0.0.0/8\n";

static void
siege_check_nothing_left(struct harness *h, size_t fds)
{
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	assert_string_equal(peer_ask(h, "echo", "again"), "again");
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	harness_finish(h);
}

/* The daemon is stopped while they come and go, so that it finds them ready,
 * and reset. Linux hands them out all the same: who they were is known. */
static void
reset__between_poll_and_accept__next_client_is_served(void **state)
{
	static const char *const services[] = { "echo", "any", "denied" };
	struct harness *h = *state;

	harness_start(h, siege_config);
	const size_t fds = proc_count_fds(h->pid);
	for (size_t i = 0; i < HARNESS_COUNT(services); i++) {
		assert_int_equal(kill(h->pid, SIGSTOP), 0);
		for (int j = 0; j < SIEGE_STOPPED; j++)
			peer_reset(peer_connect(h, services[i]));
		const int fd = peer_connect(h, services[i]);
		assert_int_equal(kill(h->pid, SIGCONT), 0);
		assert_string_equal(peer_fate_of(fd),
		    strcmp(services[i], "denied") == 0 ? "reset" : "served");
		peer_close(fd);
	}
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	const size_t starts = journal_count(h, JOURNAL("start"));
	for (size_t i = 1; i <= starts; i++) {
		const char *line = journal_wait_nth(h, JOURNAL("start"), i);

		assert_int_equal(
		    strncmp(journal_field(line, "peer"), "127.0.0.1:", 10), 0);
	}
	HARNESS_WAIT_UNTIL(journal_count(h, JOURNAL("end")) == starts);
	assert_int_equal(starts, 2 * (SIEGE_STOPPED + 1));
	siege_check_nothing_left(h, fds);
}

/* At every other moment: while it is accepted, judged, launched, closed. */
static void
reset__at_any_moment__leaves_nothing(void **state)
{
	static const char *const services[] = { "echo", "any", "denied" };
	struct harness *h = *state;

	harness_start(h, siege_config);
	const size_t fds = proc_count_fds(h->pid);
	for (int i = 0; i < SIEGE_RESETS; i++) {
		int fd;

		/* A refusal may come before connect(2) has returned. */
		const int error = peer_try_connect(
		    h, services[i % (int)HARNESS_COUNT(services)], &fd);
		assert_true(error == 0 || error == ECONNRESET);
		for (volatile int wait = 0; wait < i * 100; wait++)
			;
		peer_reset(fd);
	}
	siege_check_nothing_left(h, fds);
}

/* A full queue of one service, and one client of another behind it: the turn
 * of that comes after a batch. */
static void
queue__of_one_service_is_full__other_has_its_turn(void **state)
{
	struct harness *h = *state;
	int fds[SIEGE_QUEUE];

	harness_start(h,
	    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
	    "max_connections = 1000\n"
	    "[other]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n");
	assert_string_equal(peer_ask(h, "echo", "x"), "x");
	const uint16_t port = journal_port(h, "echo");
	assert_int_equal(kill(h->pid, SIGSTOP), 0);
	for (int i = 0; i < SIEGE_QUEUE; i++)
		fds[i] = peer_connect_ip("127.0.0.1", port);
	const int other = peer_connect(h, "other");
	assert_int_equal(kill(h->pid, SIGCONT), 0);
	const char *line = journal_wait(h, JOURNAL("start", "service=other"));
	assert_in_range(journal_number(line, "conn"), 2, 2 + 2 * SIEGE_BATCH);
	peer_close(other);
	for (int i = 0; i < SIEGE_QUEUE; i++)
		peer_close(fds[i]);
	harness_finish(h);
}

/* Connects as fast as it can, until it is killed. */
static pid_t
siege_flood(uint16_t port)
{
	const uint64_t until = harness_now_ms() + SIEGE_SECONDS * 1000;
	const pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid != 0)
		return pid;
	while (harness_now_ms() < until)
		(void)peer_try_ip("127.0.0.1", port);
	_exit(0);
}

/* All on one processor, where they are in each other's way the most. */
static void
siege_share_processor(void)
{
	cpu_set_t one, all;

	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&one);
	for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
}

static void
siege_check_flood(struct harness *h)
{
	pid_t floods[SIEGE_FLOODS];
	uint64_t worst = 0;

	harness_start(h, siege_config);
	const size_t fds = proc_count_fds(h->pid);
	const uint16_t port = journal_port(h, "denied");
	for (size_t i = 0; i < SIEGE_FLOODS; i++)
		floods[i] = siege_flood(port);
	journal_wait(h, JOURNAL("refuse", "service=denied", "reason=denied"));
	for (int i = 0; i < SIEGE_ASKS; i++) {
		const uint64_t before = harness_now_ms();

		assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
		const uint64_t took = harness_now_ms() - before;
		worst = took > worst ? took : worst;
	}
	for (size_t i = 0; i < SIEGE_FLOODS; i++) {
		assert_int_equal(kill(floods[i], SIGKILL), 0);
		assert_int_equal(waitpid(floods[i], NULL, 0), floods[i]);
	}
	print_message("the worst of %d answers took %ju ms\n", SIEGE_ASKS,
	    (uintmax_t)worst);
	assert_in_range(worst, 0, 1000);
	siege_check_nothing_left(h, fds);
	const char *line = journal_wait(h, JOURNAL("total", "service=denied"));
	assert_true(journal_number(line, "denied") > 1000);
	assert_in_range(journal_count(h, JOURNAL("refuse")), 1, 10);
}

static void
flood__of_refused_clients__other_service_answers(void **state)
{
	siege_check_flood(*state);
}

static void
flood__on_one_processor__other_service_answers(void **state)
{
	cpu_set_t before;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	siege_share_processor();
	siege_check_flood(*state);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    reset__between_poll_and_accept__next_client_is_served),
		HARNESS_TEST(reset__at_any_moment__leaves_nothing),
		HARNESS_TEST(queue__of_one_service_is_full__other_has_its_turn),
		HARNESS_TEST(flood__of_refused_clients__other_service_answers),
		HARNESS_TEST(flood__on_one_processor__other_service_answers),
	};

	return harness_main(argc, argv, "siege", tests, HARNESS_COUNT(tests));
}
