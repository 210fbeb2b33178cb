/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Many connections: all ending at one moment, at the limit, one after the
 * other. Nothing may be left of them.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CROWD_SIZE 1000

static void
crowd_raise_limit(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	/* Two of the daemon's for each. */
	if (limit.rlim_max < 2 * CROWD_SIZE + 100)
		harness_skip("the hard limit on open files is %ju",
		    (uintmax_t)limit.rlim_max);
}

/* A thousand handlers that all wait for one FIFO's end, which is ended. */
static void
crowd_run(struct harness *h, size_t round)
{
	static int fds[CROWD_SIZE];
	char text[16];
	const uint16_t port = journal_port(h, "wait");
	const int gate = open(harness_path(h, "gate"), O_RDWR | O_CLOEXEC);

	assert_int_not_equal(gate, -1);
	for (size_t i = 0; i < CROWD_SIZE; i++)
		fds[i] = peer_connect_ip("127.0.0.1", port);
	for (size_t i = 0; i < CROWD_SIZE; i++)
		peer_read(fds[i], text, 1);
	peer_close(gate);
	for (size_t i = 0; i < CROWD_SIZE; i++) {
		assert_int_equal(
		    peer_read_to_end(fds[i], text, sizeof(text)), 0);
		peer_close(fds[i]);
	}
	HARNESS_WAIT_UNTIL(
	    journal_count(h, JOURNAL("end", "status=1")) == round * CROWD_SIZE);
}

/* The limit is so close that a slot which stays taken stops the second
 * round. */
static void
handlers__a_thousand_end_at_the_same_moment__nothing_is_left(void **state)
{
	struct harness *h = *state;

	crowd_raise_limit();
	assert_int_equal(mkfifo(harness_path(h, "gate"), 0600), 0);
	/* read finds the end of the file: status 1. */
	harness_start(h,
	    "[evinetd]\n"
	    "max_connections = 1002\n"
	    "[wait]\n"
	    "max_connections = 1001\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = /bin/sh -c 'exec 3<@DIR@/gate; printf x; read x <&3'\n");
	const size_t fds = proc_count_fds(h->pid);
	for (size_t round = 1; round <= 2; round++) {
		crowd_run(h, round);
		HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
		HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	}
	journal_wait(h, JOURNAL("start", "active=1000/1001"));
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	harness_finish(h);
}

static void
max_connections__reached__clients_wait_and_are_served(void **state)
{
	struct harness *h = *state;
	int fds[8];
	char byte;

	harness_start(h, "[evinetd]\n"
			 "max_connections = 5\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n"
			 "[other]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	for (size_t i = 0; i < 5; i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "x");
		peer_read(fds[i], &byte, 1);
	}
	journal_wait(h, JOURNAL("pause", "reason=global_limit", "active=5/5"));
	for (size_t i = 5; i < 8; i++) {
		fds[i] = peer_connect(h, i == 6 ? "other" : "echo");
		peer_send_text(fds[i], "y");
	}
	/* Each end lets one in, and no more. */
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(journal_count(h, JOURNAL("start")), 5 + i);
		peer_close(fds[i]);
		journal_wait_nth(h, JOURNAL("start"), 6 + i);
	}
	for (size_t i = 5; i < 8; i++) {
		peer_read(fds[i], &byte, 1);
		assert_int_equal(byte, 'y');
	}
	for (size_t i = 3; i < 8; i++)
		peer_close(fds[i]);
	assert_int_equal(journal_count(h, JOURNAL("pause")), 1);
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	harness_finish(h);
}

static void
supervisor__two_thousand_connections__has_as_many_descriptors(void **state)
{
	struct harness *h = *state;
	const int count = harness_is_long() ? 20000 : 2000;

	harness_start(h, "[evinetd]\n"
			 "log_connections = none\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	for (int i = 0; i < 100; i++)
		peer_ask(h, "echo", "warm");
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	const size_t fds = proc_count_fds(h->pid);
	const long rss = proc_status_number(h->pid, "VmRSS");
	for (int i = 0; i < count; i++)
		assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) <= fds);
	/* The sanitizer keeps what was freed for a while. */
	if (!TEST_SANITIZED)
		assert_in_range(
		    proc_status_number(h->pid, "VmRSS"), 0, rss + 256);
	assert_int_equal(journal_count(h, JOURNAL("start")), 0);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    handlers__a_thousand_end_at_the_same_moment__nothing_is_left),
		HARNESS_TEST(
		    max_connections__reached__clients_wait_and_are_served),
		HARNESS_TEST(
		    supervisor__two_thousand_connections__has_as_many_descriptors),
	};

	return harness_main(argc, argv, "crowd", tests, HARNESS_COUNT(tests));
}
