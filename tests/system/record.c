/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What is said about a connection: one start and one end record, with bytes
 * that are exact in whatever order the two sides end.
 */
#include "journal.h"
#include "peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char record_config[] =
    "[echo]\n"
    "listen = 127.0.0.1:0\n"
    "handler = builtin:echo\n"
    "[speak]\n"
    "listen = 127.0.0.1:0\n"
    "handler = /bin/sh -c 'printf 1234567890'\n"
    "[taken]\n"
    "listen = 127.0.0.1:0\n"
    "handler = /bin/sh -c 'head -c 5 >/dev/null; printf 123'\n"
    "[status]\n"
    "listen = 127.0.0.1:0\n"
    "handler = /bin/sh -c 'exit 3'\n"
    "[signal]\n"
    "listen = 127.0.0.1:0\n"
    "handler = /bin/sh -c 'kill -SEGV $$'\n"
    "[busy]\n"
    "listen = 127.0.0.1:0\n"
    "handler = /bin/sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); "
    "done'\n"
    "[silent]\n"
    "listen = unix:@DIR@/silent\n"
    "handler = /bin/true\n"
    "[loose]\n"
    "listen = 127.0.0.1:0\n"
    "hold = no\n"
    "handler = /bin/true\n";

static void
record_check_bytes(struct harness *h, const char *service, int in, int out)
{
	char field[64];

	snprintf(field, sizeof(field), "service=%s", service);
	const char *end = journal_wait(h, JOURNAL("end", field));
	assert_int_equal(journal_number(end, "in"), in);
	assert_int_equal(journal_number(end, "out"), out);
}

static void
bytes__client_half_closes_first__are_exact(void **state)
{
	struct harness *h = *state;

	harness_start(h, record_config);
	assert_string_equal(peer_ask(h, "echo", "1234567"), "1234567");
	record_check_bytes(h, "echo", 7, 7);
	harness_finish(h);
}

static void
bytes__nothing_is_sent__are_zero(void **state)
{
	struct harness *h = *state;

	harness_start(h, record_config);
	assert_string_equal(peer_ask(h, "echo", ""), "");
	record_check_bytes(h, "echo", 0, 0);
	harness_finish(h);
}

static void
bytes__server_closes_first__are_exact(void **state)
{
	struct harness *h = *state;
	char answer[32];

	harness_start(h, record_config);
	const int fd = peer_connect(h, "speak");
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 10);
	peer_close(fd);
	record_check_bytes(h, "speak", 0, 10);
	harness_finish(h);
}

static void
bytes__client_sends_after_the_server_has_closed__are_exact(void **state)
{
	struct harness *h = *state;
	char answer[32];

	harness_start(h, record_config);
	const int fd = peer_connect(h, "speak");
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 10);
	peer_send_text(fd, "late");
	peer_close(fd);
	record_check_bytes(h, "speak", 4, 10);
	harness_finish(h);
}

/* The FIN is there before the handler has ended. */
static void
bytes__client_closes_before_the_handler_ends__are_exact(void **state)
{
	struct harness *h = *state;
	char answer[8];

	assert_int_equal(mkfifo(harness_path(h, "gate"), 0600), 0);
	harness_start(h,
	    "[gate]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = /bin/sh -c 'read x <@DIR@/gate; printf 123'\n");
	const int fd = peer_connect(h, "gate");
	peer_send_text(fd, "12345678");
	peer_finish(fd);
	const int gate = open(harness_path(h, "gate"), O_WRONLY | O_CLOEXEC);
	peer_close(gate);
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 3);
	peer_close(fd);
	record_check_bytes(h, "gate", 8, 3);
	harness_finish(h);
}

static void
bytes__handler_leaves_some_unread__are_counted_too(void **state)
{
	struct harness *h = *state;
	char answer[8];

	harness_start(h, record_config);
	const int fd = peer_connect(h, "taken");
	peer_send_text(fd, "1234567890");
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 3);
	peer_close(fd);
	record_check_bytes(h, "taken", 10, 3);
	harness_finish(h);
}

static void
bytes__client_closes_without_reading_the_end__are_exact(void **state)
{
	struct harness *h = *state;
	char answer[8];

	harness_start(h, record_config);
	const int fd = peer_connect(h, "echo");
	peer_send_text(fd, "123456");
	peer_read(fd, answer, 6);
	peer_close(fd);
	record_check_bytes(h, "echo", 6, 6);
	harness_finish(h);
}

static void
bytes__client_resets__are_exact(void **state)
{
	struct harness *h = *state;
	char answer[8];

	harness_start(h, record_config);
	const int fd = peer_connect(h, "echo");
	peer_send_text(fd, "123456");
	peer_read(fd, answer, 6);
	peer_reset(fd);
	record_check_bytes(h, "echo", 6, 6);
	harness_finish(h);
}

/* First its FIN, and then a reset for what comes too late. */
static void
bytes__client_closes_and_answer_is_reset__are_exact(void **state)
{
	struct harness *h = *state;

	assert_int_equal(mkfifo(harness_path(h, "gate"), 0600), 0);
	harness_start(h,
	    "[gate]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = /bin/sh -c 'read x <@DIR@/gate; echo 1; echo 2'\n");
	const int fd = peer_connect(h, "gate");
	peer_send_text(fd, "12345678");
	journal_wait(h, JOURNAL("start"));
	peer_close(fd);
	peer_close(open(harness_path(h, "gate"), O_WRONLY | O_CLOEXEC));
	const char *end = journal_wait(h, JOURNAL("end"));
	assert_int_equal(journal_number(end, "in"), 8);
	harness_finish(h);
}

static void
bytes__handler_half_closes_itself__are_exact(void **state)
{
	struct harness *h = *state;
	char answer[8];

	harness_start(h,
	    "[half]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = perl -e 'open(S, \"+<&=0\"); syswrite(S, \"123\"); "
	    "shutdown(S, 1); 1 while sysread(S, $b, 100)'\n");
	const int fd = peer_connect(h, "half");
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 3);
	peer_send_text(fd, "12345");
	peer_close(fd);
	record_check_bytes(h, "half", 5, 3);
	harness_finish(h);
}

static void
bytes__three_megabytes_of_echo__are_exact(void **state)
{
	struct harness *h = *state;
	const size_t len = 3 * 1024 * 1024 + 17;

	harness_start(h, record_config);
	const int fd = peer_connect(h, "echo");
	peer_exchange_pattern(fd, len, true);
	peer_close(fd);
	record_check_bytes(h, "echo", (int)len, (int)len);
	harness_finish(h);
}

static void
bytes__unix_socket_or_no_hold__are_left_out(void **state)
{
	struct harness *h = *state;

	harness_start(h, record_config);
	peer_close(peer_connect_unix(harness_path(h, "silent"), SOCK_STREAM));
	const char *end = journal_wait(h, JOURNAL("end", "service=silent"));
	assert_null(strstr(end, " in="));
	assert_null(strstr(end, " rtt="));
	peer_close(peer_connect(h, "loose"));
	end = journal_wait(h, JOURNAL("end", "service=loose"));
	assert_null(strstr(end, " out="));
	harness_finish(h);
}

static void
record_own_port(int fd, char *buf, size_t size)
{
	struct sockaddr_in in4;
	socklen_t len = sizeof(in4);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
	snprintf(buf, size, "peer=127.0.0.1:%u", ntohs(in4.sin_port));
}

static void
start_and_end__one_connection__say_the_same(void **state)
{
	struct harness *h = *state;
	char peer[64], pid[32], conn[32];

	harness_start(h, record_config);
	peer_ask(h, "speak", "");
	const int fd = peer_connect(h, "echo");
	record_own_port(fd, peer, sizeof(peer));
	const char *line = journal_wait(
	    h, JOURNAL("start", "service=echo", peer, "active=1/256"));
	snprintf(pid, sizeof(pid), "pid=%s", journal_field(line, "pid"));
	snprintf(conn, sizeof(conn), "conn=%s", journal_field(line, "conn"));
	assert_int_equal(journal_number(line, "conn"), 2);
	peer_close(fd);
	line = journal_wait(
	    h, JOURNAL("end", "service=echo", conn, peer, pid, "reason=exit",
		   "status=0", "duration=", "rtt=", "utime=", "stime="));
	assert_int_equal(journal_count(h, JOURNAL("end", conn)), 1);
	assert_int_equal(journal_count(h, JOURNAL("start", conn)), 1);
	harness_finish(h);
}

static void
end__handler_exits_with_three__says_status_three(void **state)
{
	struct harness *h = *state;

	harness_start(h, record_config);
	peer_ask(h, "status", "");
	journal_wait(
	    h, JOURNAL("end", "service=status", "reason=exit", "status=3"));
	harness_finish(h);
}

static void
end__handler_dies_of_a_signal__names_it(void **state)
{
	struct harness *h = *state;

	harness_start(h, record_config);
	peer_ask(h, "signal", "");
	journal_wait(h,
	    JOURNAL("end", "service=signal", "reason=signal", "signal=SEGV"));
	harness_finish(h);
}

static void
end__handler_takes_time__says_how_much(void **state)
{
	struct harness *h = *state;

	harness_start(h, record_config);
	peer_ask(h, "busy", "");
	const char *end = journal_wait(h, JOURNAL("end", "service=busy"));
	const double used =
	    journal_number(end, "utime") + journal_number(end, "stime");
	assert_true(used > 0.);
	assert_true(journal_number(end, "duration") >= used * 0.9);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(bytes__client_half_closes_first__are_exact),
		HARNESS_TEST(bytes__nothing_is_sent__are_zero),
		HARNESS_TEST(bytes__server_closes_first__are_exact),
		HARNESS_TEST(
		    bytes__client_sends_after_the_server_has_closed__are_exact),
		HARNESS_TEST(
		    bytes__client_closes_before_the_handler_ends__are_exact),
		HARNESS_TEST(
		    bytes__handler_leaves_some_unread__are_counted_too),
		HARNESS_TEST(
		    bytes__client_closes_without_reading_the_end__are_exact),
		HARNESS_TEST(bytes__client_resets__are_exact),
		HARNESS_TEST(
		    bytes__client_closes_and_answer_is_reset__are_exact),
		HARNESS_TEST(bytes__handler_half_closes_itself__are_exact),
		HARNESS_TEST(bytes__three_megabytes_of_echo__are_exact),
		HARNESS_TEST(bytes__unix_socket_or_no_hold__are_left_out),
		HARNESS_TEST(start_and_end__one_connection__say_the_same),
		HARNESS_TEST(end__handler_exits_with_three__says_status_three),
		HARNESS_TEST(end__handler_dies_of_a_signal__names_it),
		HARNESS_TEST(end__handler_takes_time__says_how_much),
	};

	return harness_main(argc, argv, "record", tests, HARNESS_COUNT(tests));
}
