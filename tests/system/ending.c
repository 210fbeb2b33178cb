/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* How a connection ends: the polite close, children that keep the socket, and
 * clients that never stop.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ENDING_REQUEST (64 * 1024)
#define ENDING_ANSWER  200000
#define ENDING_TRIES   20

/* Takes one byte of the request, so that the rest is there for certain. */
#define ENDING_HANDLER                                                \
	"handler = /bin/sh -c 'head -c 1 >/dev/null; head -c 200000 " \
	"/dev/zero'\n"

/* Tries of which the whole answer came and the end was clean. */
static int
ending_count_clean(struct harness *h)
{
	static char request[ENDING_REQUEST];
	int clean = 0;

	for (int i = 0; i < ENDING_TRIES; i++) {
		const int fd = peer_connect(h, "answer");
		size_t len;

		peer_send(fd, request, sizeof(request));
		if (peer_wait_end(fd, &len) == 0 && len == ENDING_ANSWER)
			clean++;
		peer_close(fd);
	}
	return clean;
}

static void
hold__handler_does_not_read_the_request__clean_end_twenty_times(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[answer]\n"
			 "listen = 127.0.0.1:0\n" ENDING_HANDLER);
	assert_int_equal(ending_count_clean(h), ENDING_TRIES);
	harness_finish(h);
}

/* The classic behaviour, and the proof that the test above can fail. */
static void
no_hold__handler_does_not_read_the_request__client_sees_resets(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[answer]\n"
			 "listen = 127.0.0.1:0\n"
			 "hold = no\n" ENDING_HANDLER);
	assert_in_range(ending_count_clean(h), 0, ENDING_TRIES - 1);
	harness_finish(h);
}

static void
background_child__keeps_the_socket__client_sees_the_end(void **state)
{
	struct harness *h = *state;
	char answer[16];

	harness_start(h, "[leaves]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 5s\n"
			 "handler = /bin/sh -c 'sleep 600 & echo done'\n");
	const int fd = peer_connect(h, "leaves");
	peer_read(fd, answer, 5);
	const uint64_t before = harness_now_ms();
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 0);
	assert_in_range(harness_now_ms() - before, 0, 5000);
	peer_close(fd);
	journal_wait(h, JOURNAL("end", "service=leaves", "status=0"));
	harness_finish(h);
}

/* Half of the end is there at once; the rest comes when `linger` is over. */
static void
background_child__client_stays__connection_is_ended_after_linger(void **state)
{
	struct harness *h = *state;
	char byte = 'x';

	harness_start(h, "[leaves]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 500ms\n"
			 "handler = /bin/sh -c 'sleep 600 & exit 0'\n");
	const size_t fds = proc_count_fds(h->pid);
	const int fd = peer_connect(h, "leaves");
	assert_int_equal(peer_wait_end(fd, NULL), 0);
	const uint64_t before = harness_now_ms();
	journal_wait(h, JOURNAL("end", "service=leaves"));
	assert_in_range(harness_now_ms() - before, 300, 10000);
	/* The child still has the socket, and yet it is dead for us. */
	HARNESS_WAIT_UNTIL(send(fd, &byte, 1, MSG_NOSIGNAL) == -1);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	peer_close(fd);
	harness_finish(h);
}

static void
linger__client_sends_for_ever__is_bounded(void **state)
{
	static char block[ENDING_REQUEST];
	struct harness *h = *state;

	harness_start(h, "[deaf]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 500ms\n"
			 "handler = /bin/true\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	const int fd = peer_connect(h, "deaf");
	const uint64_t before = harness_now_ms();
	while (send(fd, block, sizeof(block), MSG_NOSIGNAL) != -1)
		assert_in_range(harness_now_ms() - before, 0, 20000);
	assert_true(errno == EPIPE || errno == ECONNRESET);
	assert_in_range(harness_now_ms() - before, 300, 20000);
	peer_close(fd);
	/* What was discarded was counted, and others were not kept waiting. */
	const char *end = journal_wait(h, JOURNAL("end", "service=deaf"));
	assert_true(journal_number(end, "in") > 0);
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	harness_finish(h);
}

static void
linger__client_that_sends_for_ever_is_served__others_are_too(void **state)
{
	static char block[ENDING_REQUEST];
	struct harness *h = *state;

	harness_start(h, "[deaf]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 600s\n"
			 "handler = /bin/true\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	const pid_t flood = fork();
	if (flood == 0) {
		const int fd = peer_connect(h, "deaf");

		while (send(fd, block, sizeof(block), MSG_NOSIGNAL) != -1)
			;
		_exit(0);
	}
	journal_wait(h, JOURNAL("start", "service=deaf"));
	for (int i = 0; i < 20; i++)
		assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	assert_int_equal(journal_count(h, JOURNAL("end", "service=deaf")), 0);
	assert_int_equal(kill(flood, SIGKILL), 0);
	journal_wait(h, JOURNAL("end", "service=deaf"));
	harness_finish(h);
}

static void
unix_socket__handler_does_not_read_the_request__clean_end(void **state)
{
	static char request[1000];
	struct harness *h = *state;
	size_t len;

	harness_start(h, "[answer]\n"
			 "listen = unix:@DIR@/socket\n" ENDING_HANDLER);
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);
	peer_send(fd, request, sizeof(request));
	assert_int_equal(peer_wait_end(fd, &len), 0);
	assert_int_equal(len, ENDING_ANSWER);
	peer_close(fd);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    hold__handler_does_not_read_the_request__clean_end_twenty_times),
		HARNESS_TEST(
		    no_hold__handler_does_not_read_the_request__client_sees_resets),
		HARNESS_TEST(
		    background_child__keeps_the_socket__client_sees_the_end),
		HARNESS_TEST(
		    background_child__client_stays__connection_is_ended_after_linger),
		HARNESS_TEST(linger__client_sends_for_ever__is_bounded),
		HARNESS_TEST(
		    linger__client_that_sends_for_ever_is_served__others_are_too),
		HARNESS_TEST(
		    unix_socket__handler_does_not_read_the_request__clean_end),
	};

	return harness_main(argc, argv, "ending", tests, HARNESS_COUNT(tests));
}
