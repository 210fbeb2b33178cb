/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* mode = wait: a listener is the handler's own while it runs, nothing that was
 * queued is lost, and what fails is started again, later each time.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_LINE 16 /* of the taker's record */

/* Sends it and reads it back. */
static void
wait_echo(int fd, const char *text)
{
	char buf[256] = "";

	peer_send_text(fd, text);
	peer_read(fd, buf, strlen(text));
	assert_string_equal(buf, text);
}

/* A client of a stream listener; the taker's report, to be freed. */
static char *
wait_report(struct harness *h, const char *service)
{
	char *report = calloc(1, 65536);
	const int fd = peer_connect(h, service);

	peer_read_to_end(fd, report, 65536);
	peer_close(fd);
	assert_non_null(strstr(report, "end=report\n"));
	return report;
}

static void
datagrams__after_idle_end__next_one_starts_it_again(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\nlisten = udp:127.0.0.1:0\n"
			 "handler = @TAKER@ --idle 50\n");
	const int a = peer_connect_udp(h, "echo");
	wait_echo(a, "one");
	wait_echo(a, "two");
	journal_wait(h, JOURNAL("end", "service=echo", "status=0"));
	wait_echo(a, "three");
	const char *start =
	    journal_wait_nth(h, JOURNAL("start", "service=echo"), 2);
	/* Whom it is for, and by whom it was woken. */
	assert_memory_equal(
	    journal_field(start, "address"), "udp:127.0.0.1:", 14);
	assert_memory_equal(journal_field(start, "peer"), "127.0.0.1:", 10);
	journal_wait_nth(h, JOURNAL("end", "service=echo", "status=0"), 2);
	peer_close(a);
	harness_finish(h);
}

/* Else one forged datagram would have two of them talk to each other for ever.
 * A client that has the other one's port, at another address, is told from it
 * by nothing. */
static void
builtin__datagram_from_port_of_another__is_not_answered(void **state)
{
	struct harness *h = *state;
	char text[4];

	harness_start(h,
	    "[one]\nlisten = udp:127.0.0.1:0\nhandler = builtin:echo\n"
	    "[two]\nlisten = udp:127.0.0.1:0\nhandler = builtin:chargen\n"
	    "[not]\nlisten = udp:127.0.0.1:0\nhandler = @TAKER@\n");
	const int forged =
	    peer_connect_udp_at(h, "one", "127.0.0.2", journal_port(h, "two"));
	const int client =
	    peer_connect_udp_at(h, "one", "127.0.0.2", journal_port(h, "not"));
	peer_send_text(forged, "bad");
	peer_send_text(client, "good");
	/* In the order in which they came. */
	peer_read(client, text, 4);
	assert_memory_equal(text, "good", 4);
	assert_int_equal(recv(forged, text, 4, MSG_DONTWAIT), -1);
	peer_close(forged);
	peer_close(client);
	harness_finish(h);
}

static void
builtin__on_udp_and_unix__answers(void **state)
{
	struct harness *h = *state;
	char bytes[4];

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\nhandler = builtin:echo\n"
	    "[time]\nlisten = udp:127.0.0.1:0\nhandler = builtin:time\n"
	    "[sink]\nlisten = unix-dgram:@DIR@/sink\n"
	    "handler = builtin:discard\n");
	const int echo = peer_connect_udp(h, "echo");
	const int time = peer_connect_udp(h, "time");
	const int sink = peer_connect_unix(harness_path(h, "sink"), SOCK_DGRAM);
	wait_echo(echo, "x");
	peer_send_text(time, "?");
	peer_read(time, bytes, sizeof(bytes));
	peer_send_text(sink, "x");
	journal_wait(h, JOURNAL("start", "service=sink"));
	peer_close(echo);
	peer_close(time);
	peer_close(sink);
	harness_stop(h);
	h->finished = true;
}

static void
stream__contract__is_that_of_a_listener(void **state)
{
	struct harness *h = *state;
	char port[8];

	harness_start(h, "[web]\nlisten = 127.0.0.1:0\nmode = wait\n"
			 "handler = @TAKER@ --take 1 %s %l %c\n");
	char *report = wait_report(h, "web");
	snprintf(port, sizeof(port), "%u", journal_port(h, "web"));
	assert_string_equal(peer_value(report, "fds"), "0 1 2");
	assert_string_equal(peer_value(report, "fd01_same"), "1");
	assert_string_equal(peer_value(report, "fd.0.nonblock"), "0");
	assert_string_equal(peer_value(report, "fd.0.peer"), "none");
	assert_string_equal(peer_value(report, "argv.3"), "web");
	assert_string_equal(peer_value(report, "argv.4"), port);
	assert_string_equal(peer_value(report, "argv.5"), "1");
	assert_string_equal(peer_value(report, "env.PROTO"), "TCP");
	assert_string_equal(peer_value(report, "env.TCPLOCALIP"), "127.0.0.1");
	assert_string_equal(peer_value(report, "env.TCPLOCALPORT"), port);
	assert_string_equal(peer_value(report, "env.EVINETD_CONNECTION"), "1");
	assert_null(peer_find_value(report, "env.TCPREMOTEIP"));
	assert_null(peer_find_value(report, "env.LISTEN_FDS"));
	assert_string_equal(peer_value(report, "no_new_privs"), "1");
	assert_string_equal(
	    peer_value(report, "pid"), peer_value(report, "sid"));
	free(report);
	harness_finish(h);
}

static void
stream__handler_leaves_flags__next_finds_none(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[web]\nlisten = 127.0.0.1:0\nmode = wait\n"
			 "handler = @TAKER@ --take 1 --nonblock\n");
	for (int i = 0; i < 3; i++) {
		char *report = wait_report(h, "web");

		assert_string_equal(peer_value(report, "fd.0.nonblock"), "0");
		free(report);
	}
	harness_finish(h);
}

static void
stream__handler_shuts_it_down__next_client_is_served(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[web]\nlisten = 127.0.0.1:0\nmode = wait\n"
			 "handler = @TAKER@ --take 1 --shutdown\n"
			 "[local]\nlisten = unix:@DIR@/s\nmode = wait\n"
			 "handler = @TAKER@ --take 1 --shutdown\n");
	for (size_t i = 1; i <= 3; i++) {
		free(wait_report(h, "web"));
		journal_wait_nth(h, JOURNAL("end", "service=web"), i);
	}
	harness_finish(h);
}

static void
datagrams__handler_connects_it__others_are_served(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\nlisten = udp:127.0.0.1:0\n"
			 "handler = @TAKER@ --take 1 --connect\n");
	for (size_t i = 1; i <= 3; i++) {
		const int fd = peer_connect_udp(h, "echo");

		wait_echo(fd, "x");
		peer_close(fd);
		journal_wait_nth(
		    h, JOURNAL("end", "service=echo", "status=0"), i);
	}
	harness_finish(h);
}

static void
service__two_listeners__has_a_handler_for_each(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\nlisten = udp:127.0.0.1:0 unix-dgram:@DIR@/s\n"
			 "handler = @TAKER@ --idle 20000\n");
	const int a = peer_connect_udp(h, "echo");
	const int b = peer_connect_unix(harness_path(h, "s"), SOCK_DGRAM);
	wait_echo(a, "x");
	peer_send_text(b, "x");
	journal_wait_nth(h, JOURNAL("start", "service=echo"), 2);
	peer_close(a);
	peer_close(b);
	harness_stop(h);
	h->finished = true;
}

/* ---- what fails ---- */

static void
datagrams__left_in_the_queue__backs_off_and_is_named(void **state)
{
	struct harness *h = *state;

	harness_start(
	    h, "[echo]\nlisten = udp:127.0.0.1:0\nhandler = @TAKER@ --leave\n");
	const int fd = peer_connect_udp(h, "echo");
	peer_send_text(fd, "x");
	/* 0.1 + 0.2 + 0.4 s: said at the first, second and fourth. */
	journal_wait(h, JOURNAL("pause", "service=echo", "reason=untaken",
			    "failures=1", "delay=0.1"));
	journal_wait(h, JOURNAL("pause", "service=echo", "reason=untaken",
			    "failures=4", "delay=0.8"));
	assert_in_range(
	    journal_count(h, JOURNAL("start", "service=echo")), 4, 5);
	peer_close(fd);
	harness_stop(h);
	h->finished = true;
}

/* A handler that takes one and goes, and is asked the same thing again: what
 * waits then looks like what it took. */
static void
datagrams__all_alike_and_all_taken__nothing_rests(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\nhandler = @TAKER@ --take 1\n");
	const int fd = peer_connect_udp(h, "echo");
	for (int i = 0; i < 60; i++)
		peer_send_text(fd, "same");
	for (int i = 0; i < 60; i++) {
		char buf[4];

		peer_read(fd, buf, sizeof(buf));
	}
	assert_int_equal(journal_count(h, JOURNAL("pause", "service=echo")), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
streams__left_in_the_queue__do_not_spin(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[web]\nlisten = 127.0.0.1:0\nmode = wait\n"
			 "handler = @TAKER@ --leave\n");
	const uint64_t from = harness_now_ms();
	const int fd = peer_connect(h, "web");
	journal_wait(h, JOURNAL("pause", "service=web", "reason=untaken"));
	journal_wait_nth(h, JOURNAL("start", "service=web"), 25);
	const size_t count = journal_count(h, JOURNAL("start", "service=web"));
	const uint64_t ms = harness_now_ms() - from;
	/* 20 at once, then 10 a second and one after each rest. */
	assert_in_range(count, 25, 22 + ms / 45);
	peer_close(fd);
	harness_stop(h);
	h->finished = true;
}

static void
crashes__in_a_row__back_off_and_recover(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\n"
	    "handler = @TAKER@ --record @DIR@/r --take 1 --crash-every 1\n");
	const int fd = peer_connect_udp(h, "echo");
	for (int i = 0; i < 8; i++)
		peer_send_text(fd, "x");
	/* Three are free. */
	journal_wait(h, JOURNAL("pause", "service=echo", "reason=crash",
			    "failures=4", "delay=0.1"));
	journal_wait_nth(h, JOURNAL("end", "service=echo", "signal=ABRT"), 8);
	journal_wait(
	    h, JOURNAL("pause", "service=echo", "reason=crash", "failures=8"));
	/* Not given up: one that does not crash is the end of it. */
	harness_write_file(h, "r", "a line of 15 ..\n", 0644);
	harness_finish(h);
	peer_close(fd);
}

/* How many lines the taker has recorded. */
static long
wait_recorded(struct harness *h)
{
	struct stat st;

	return stat(harness_path(h, "r"), &st) == 0 ? st.st_size / WAIT_LINE
						    : 0;
}

/* Each number is there, once. */
static void
wait_check_record(struct harness *h, long count)
{
	char *text = harness_read_file(harness_path(h, "r"), NULL);
	char *seen = calloc(1, (size_t)count);

	for (long i = 0; i < count; i++) {
		const long number = atol(text + i * WAIT_LINE);

		assert_in_range(number, 0, count - 1);
		assert_int_equal(seen[number]++, 0);
	}
	free(seen);
	free(text);
}

/* The receive buffer must not overflow: that would be the kernel's doing. */
static void
wait_send_paced(struct harness *h, const int *fds, size_t nfds, long count)
{
	for (long i = 0; i < count; i++) {
		char text[24];

		snprintf(text, sizeof(text), "%ld", i);
		HARNESS_WAIT_UNTIL(i - wait_recorded(h) < 64);
		peer_send_text(fds[(size_t)i % nfds], text);
	}
	HARNESS_WAIT_UNTIL(wait_recorded(h) == count);
}

static void
datagrams__handler_crashes_every_tenth_time__none_is_lost(void **state)
{
	struct harness *h = *state;
	const long count = harness_is_long() ? 5000 : 500;
	int fds[20];

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\n"
	    "handler = @TAKER@ --record @DIR@/r --take 1 --crash-every 10\n");
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		fds[i] = peer_connect_udp(h, "echo");
	wait_send_paced(h, fds, HARNESS_COUNT(fds), count);
	wait_check_record(h, count);
	journal_wait_nth(h, JOURNAL("end", "service=echo", "signal=ABRT"),
	    (size_t)count / 10);
	/* One in ten is no row. */
	assert_int_equal(journal_count(h, JOURNAL("pause", "service=echo")), 0);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		peer_close(fds[i]);
	harness_finish(h);
}

static void
datagrams__handler_is_killed_again_and_again__none_is_lost(void **state)
{
	struct harness *h = *state;
	const long count = 300;
	int fd;

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\n"
	    "handler = @TAKER@ --record @DIR@/r --crash-every 60\n");
	fd = peer_connect_udp(h, "echo");
	wait_send_paced(h, &fd, 1, count);
	wait_check_record(h, count);
	peer_close(fd);
	harness_stop(h);
	h->finished = true;
}

static void
launch__fails__takes_one_datagram_a_time(void **state)
{
	struct harness *h = *state;

	harness_copy_program(h, TEST_TAKER, "taker");
	harness_start(h, "[echo]\nlisten = udp:127.0.0.1:0\n"
			 "handler = @DIR@/taker --record @DIR@/r --idle 50\n");
	const int fd = peer_connect_udp(h, "echo");
	assert_int_equal(chmod(harness_path(h, "taker"), 0644), 0);
	for (int i = 0; i < 3; i++)
		peer_send_text(fd, "lost");
	const char *refuse = journal_wait_nth(h,
	    JOURNAL("refuse", "service=echo", "reason=launch_failed",
		"step=exec", "errno=EACCES"),
	    3);
	assert_memory_equal(journal_field(refuse, "peer"), "127.0.0.1:", 10);
	journal_wait(
	    h, JOURNAL("pause", "service=echo", "reason=launch_failed"));
	assert_int_equal(chmod(harness_path(h, "taker"), 0755), 0);
	wait_echo(fd, "kept");
	journal_wait(
	    h, JOURNAL("resume", "service=echo", "reason=launch_failed"));
	assert_int_equal(wait_recorded(h), 1);
	assert_int_equal(
	    journal_count(h, JOURNAL("refuse", "service=echo")), 3);
	peer_close(fd);
	harness_finish(h);
}

/* ---- rules ---- */

static void
lifetime__is_over__next_client_gets_a_new_handler(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\nmax_lifetime = 200ms\n"
	    "handler = @TAKER@\n");
	const int fd = peer_connect_udp(h, "echo");
	for (size_t i = 1; i <= 2; i++) {
		wait_echo(fd, "x");
		journal_wait_nth(
		    h, JOURNAL("end", "service=echo", "reason=lifetime"), i);
	}
	assert_int_equal(journal_count(h, JOURNAL("pause", "service=echo")), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
limit__is_reached__listener_waits_for_its_place(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[evinetd]\nmax_connections = 1\n"
	    "[one]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
	    "[two]\nlisten = udp:127.0.0.1:0\nhandler = @TAKER@ --take 1\n");
	const int one = peer_connect(h, "one");
	const int two = peer_connect_udp(h, "two");
	wait_echo(one, "x");
	journal_wait(h, JOURNAL("pause", "reason=global_limit"));
	peer_send_text(two, "y");
	assert_int_equal(journal_count(h, JOURNAL("start", "service=two")), 0);
	peer_close(one);
	char buf[1];
	peer_read(two, buf, 1);
	journal_wait(h, JOURNAL("end", "service=two"));
	peer_close(two);
	harness_finish(h);
}

static void
shutdown__handler_runs__it_is_told_at_once(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[evinetd]\ndrain_timeout = 1h\n"
	    "[echo]\nlisten = udp:127.0.0.1:0\nhandler = @TAKER@\n");
	const int fd = peer_connect_udp(h, "echo");
	wait_echo(fd, "x");
	harness_stop(h);
	journal_wait(h,
	    JOURNAL("end", "service=echo", "reason=shutdown", "signal=TERM"));
	peer_close(fd);
	h->finished = true;
}

static void
tree__of_a_run__ends_with_it(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0\nkill_mode = tree\n"
	    "handler = /bin/sh -c 'setsid -f sleep 1000 >/dev/null 2>&1; "
	    "exec @TAKER@ --take 1'\n");
	const int fd = peer_connect_udp(h, "echo");
	wait_echo(fd, "x");
	journal_wait(h, JOURNAL("end", "service=echo", "status=0"));
	peer_close(fd);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    datagrams__after_idle_end__next_one_starts_it_again),
		HARNESS_TEST(
		    builtin__datagram_from_port_of_another__is_not_answered),
		HARNESS_TEST(builtin__on_udp_and_unix__answers),
		HARNESS_TEST(stream__contract__is_that_of_a_listener),
		HARNESS_TEST(stream__handler_leaves_flags__next_finds_none),
		HARNESS_TEST(
		    stream__handler_shuts_it_down__next_client_is_served),
		HARNESS_TEST(datagrams__handler_connects_it__others_are_served),
		HARNESS_TEST(service__two_listeners__has_a_handler_for_each),
		HARNESS_TEST(
		    datagrams__left_in_the_queue__backs_off_and_is_named),
		HARNESS_TEST(datagrams__all_alike_and_all_taken__nothing_rests),
		HARNESS_TEST(streams__left_in_the_queue__do_not_spin),
		HARNESS_TEST(crashes__in_a_row__back_off_and_recover),
		HARNESS_TEST(
		    datagrams__handler_crashes_every_tenth_time__none_is_lost),
		HARNESS_TEST(
		    datagrams__handler_is_killed_again_and_again__none_is_lost),
		HARNESS_TEST(launch__fails__takes_one_datagram_a_time),
		HARNESS_TEST(lifetime__is_over__next_client_gets_a_new_handler),
		HARNESS_TEST(limit__is_reached__listener_waits_for_its_place),
		HARNESS_TEST(shutdown__handler_runs__it_is_told_at_once),
		HARNESS_TEST(tree__of_a_run__ends_with_it),
	};

	return harness_main(argc, argv, "wait", tests, HARNESS_COUNT(tests));
}
