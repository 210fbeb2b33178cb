/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What clients do to a connection, and what they get: built-in handlers with
 * half-closes, resets, silence and slow readers.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIFE_MB (1024 * 1024)

/* RFC 864: 72 of the 95 printable characters a line, starting one later on
 * each line. */
#define LIFE_CHARGEN_LINE 74

static const char life_builtins[] = "[echo]\n"
				    "listen = 127.0.0.1:0\n"
				    "handler = builtin:echo\n"
				    "[discard]\n"
				    "listen = 127.0.0.1:0\n"
				    "handler = builtin:discard\n"
				    "[chargen]\n"
				    "listen = 127.0.0.1:0\n"
				    "handler = builtin:chargen\n";

static void
echo__megabytes_in_both_directions__every_byte_comes_back(void **state)
{
	struct harness *h = *state;
	char rest[8];

	harness_start(h, life_builtins);
	const int fd = peer_connect(h, "echo");
	peer_exchange_pattern(fd, 64 * LIFE_MB, false);
	peer_finish(fd);
	assert_int_equal(peer_read_to_end(fd, rest, sizeof(rest)), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
echo__client_half_closes_first__rest_comes_back(void **state)
{
	struct harness *h = *state;
	char rest[8];

	harness_start(h, life_builtins);
	const int fd = peer_connect(h, "echo");
	peer_exchange_pattern(fd, 3 * LIFE_MB, true);
	assert_int_equal(peer_read_to_end(fd, rest, sizeof(rest)), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
client__half_closes_and_reads_later__whole_answer(void **state)
{
	struct harness *h = *state;

	harness_start(h, life_builtins);
	assert_string_equal(peer_ask(h, "echo", "sent before the end\n"),
	    "sent before the end\n");
	assert_string_equal(peer_ask(h, "echo", ""), "");
	harness_finish(h);
}

static void
client__resets_at_once_a_thousand_times__service_goes_on(void **state)
{
	struct harness *h = *state;

	harness_start(h, life_builtins);
	const size_t fds = proc_count_fds(h->pid);
	const uint16_t port = journal_port(h, "echo");
	for (int i = 0; i < 1000; i++)
		peer_reset(peer_connect_ip("127.0.0.1", port));
	assert_string_equal(peer_ask(h, "echo", "still here"), "still here");
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	/* Each that was started has ended, and is said to have. */
	const size_t started = journal_count(h, JOURNAL("start"));
	HARNESS_WAIT_UNTIL(journal_count(h, JOURNAL("end")) == started);
	harness_finish(h);
}

static void
client__never_sends__others_are_served(void **state)
{
	struct harness *h = *state;
	int fds[20];

	harness_start(h, life_builtins);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		fds[i] = peer_connect(h, "echo");
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		peer_close(fds[i]);
	harness_finish(h);
}

static void
discard__megabytes__all_are_taken_and_nothing_is_answered(void **state)
{
	static char block[LIFE_MB];
	struct harness *h = *state;
	char answer[8];

	harness_start(h, life_builtins);
	const int fd = peer_connect(h, "discard");
	for (int i = 0; i < 64; i++)
		peer_send(fd, block, sizeof(block));
	peer_finish(fd);
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 0);
	peer_close(fd);
	const char *end = journal_wait(h, JOURNAL("end", "service=discard"));
	assert_int_equal(journal_number(end, "in"), 64 * LIFE_MB);
	assert_int_equal(journal_number(end, "out"), 0);
	harness_finish(h);
}

/* Line number i of the pattern. */
static void
life_fill_chargen(char *line, size_t i)
{
	for (size_t column = 0; column < 72; column++)
		line[column] = (char)(' ' + (i + column) % 95);
	memcpy(line + 72, "\r\n", 2);
}

static void
chargen__slow_reader__pattern_is_whole_and_nothing_grows(void **state)
{
	static char buf[LIFE_CHARGEN_LINE * 1000];
	struct harness *h = *state;
	const size_t blocks =
	    (harness_is_long() ? 1024 : 64) * LIFE_MB / sizeof(buf);
	char expected[LIFE_CHARGEN_LINE];

	harness_start(h, life_builtins);
	const int fd = peer_connect(h, "chargen");
	const long before = proc_status_number(h->pid, "VmRSS");
	for (size_t i = 0; i < blocks; i++) {
		peer_read(fd, buf, sizeof(buf));
		for (size_t line = 0; line < 1000; line++) {
			life_fill_chargen(expected, i * 1000 + line);
			assert_memory_equal(buf + line * LIFE_CHARGEN_LINE,
			    expected, LIFE_CHARGEN_LINE);
		}
		if (i % 8 == 0)
			harness_nap(); /* slow */
	}
	assert_in_range(proc_status_number(h->pid, "VmRSS"), 0, before + 4096);
	peer_close(fd);
	const char *end = journal_wait(h, JOURNAL("end", "service=chargen"));
	assert_true(
	    journal_number(end, "out") >= (double)(blocks * sizeof(buf)));
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    echo__megabytes_in_both_directions__every_byte_comes_back),
		HARNESS_TEST(echo__client_half_closes_first__rest_comes_back),
		HARNESS_TEST(client__half_closes_and_reads_later__whole_answer),
		HARNESS_TEST(
		    client__resets_at_once_a_thousand_times__service_goes_on),
		HARNESS_TEST(client__never_sends__others_are_served),
		HARNESS_TEST(
		    discard__megabytes__all_are_taken_and_nothing_is_answered),
		HARNESS_TEST(
		    chargen__slow_reader__pattern_is_whole_and_nothing_grows),
	};

	return harness_main(argc, argv, "life", tests, HARNESS_COUNT(tests));
}
