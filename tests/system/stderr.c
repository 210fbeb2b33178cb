/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What handlers write to their standard error: line by line in the log,
 * whatever it is made of and however much it is.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As many pieces as a long line is cut into. */
#define STDERR_LINE_MAX 1024

static void
stderr__lines__are_logged_with_service_connection_and_pid(void **state)
{
	struct harness *h = *state;
	char pid[32];

	harness_start(h, "[probe]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = @PROBE@ --stderr 'first line' "
			 "--stderr second --sleep 1\n");
	const char *report = peer_ask(h, "probe", "");
	snprintf(pid, sizeof(pid), "pid=%s", peer_value(report, "pid"));
	journal_wait(h, JOURNAL("stderr", "service=probe", "conn=1",
			    "peer=", pid, "line=\"first line\""));
	journal_wait(h,
	    JOURNAL("stderr", "service=probe", "conn=1", pid, "line=second"));
	journal_wait(h, JOURNAL("end", "conn=1"));
	assert_int_equal(journal_count(h, JOURNAL("stderr")), 2);
	harness_finish(h);
}

static void
stderr__last_line_has_no_newline__is_logged(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[raw]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = /bin/sh -c 'printf unfinished >&2'\n");
	peer_ask(h, "raw", "");
	journal_wait(h, JOURNAL("stderr", "line=unfinished"));
	journal_wait(h, JOURNAL("end"));
	harness_finish(h);
}

static void
stderr__binary__is_escaped(void **state)
{
	struct harness *h = *state;

	harness_write_file(h, "binary",
	    "#!/bin/sh\n"
	    "printf '\\001\\377\\033[31m\"a\\\\b\\r\\nnext\\0nul\\n' >&2\n",
	    0755);
	harness_start(h, "[binary]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = @DIR@/binary\n");
	peer_ask(h, "binary", "");
	journal_wait(h, JOURNAL("stderr", "line=next\\x00nul"));
	journal_wait(
	    h, JOURNAL("stderr", "line=\"\\x01\\xff\\x1b[31m\\\"a\\\\b\""));
	harness_finish(h);
}

static void
stderr__endless_line__comes_in_pieces(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[probe]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = @PROBE@ --stderr-raw 5000\n");
	peer_ask(h, "probe", "");
	journal_wait(h, JOURNAL("end"));
	assert_int_equal(journal_count(h, JOURNAL("stderr")), 5);
	size_t total = 0;
	for (size_t i = 1; i <= 5; i++) {
		const char *line = journal_wait_nth(h, JOURNAL("stderr"), i);
		const size_t len = strlen(journal_field(line, "line"));

		assert_in_range(len, 1, STDERR_LINE_MAX);
		total += len;
	}
	assert_int_equal(total, 5000);
	harness_finish(h);
}

/* Lines that were logged, and those that were counted instead. */
static size_t
stderr_sum(struct harness *h)
{
	const size_t reports = journal_count(h, JOURNAL("stderr", "dropped="));
	size_t sum = journal_count(h, JOURNAL("stderr", "line="));

	for (size_t i = 1; i <= reports; i++)
		sum += (size_t)journal_number(
		    journal_wait_nth(h, JOURNAL("stderr", "dropped="), i),
		    "dropped");
	return sum;
}

/* 64 bytes a line: about six megabytes. */
static void
stderr__flood__is_capped_and_counted_and_others_are_served(void **state)
{
	struct harness *h = *state;
	char report[65536];

	harness_start(h, "[flood]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = @PROBE@ --stderr-flood 100000\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	peer_ask(h, "echo", "warm");
	const long rss = proc_status_number(h->pid, "VmRSS");
	const double cpu = proc_cpu_seconds(h->pid);
	const uint64_t before = harness_now_ms();
	const int fd = peer_connect(h, "flood");
	journal_wait(h, JOURNAL("start", "service=flood"));
	while (journal_count(h, JOURNAL("end", "service=flood")) == 0) {
		assert_in_range(harness_now_ms() - before, 0, 60000);
		assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
		if (!TEST_SANITIZED)
			assert_in_range(
			    proc_status_number(h->pid, "VmRSS"), 0, rss + 1024);
		harness_nap();
	}
	/* It had to wait for us: a megabyte a second. */
	const double took = (double)(harness_now_ms() - before) / 1000.;
	assert_true(took > 3.);
	if (!TEST_SANITIZED)
		assert_true(proc_cpu_seconds(h->pid) - cpu < took * 0.8);
	peer_read_to_end(fd, report, sizeof(report));
	peer_close(fd);
	assert_in_range(
	    journal_count(h, JOURNAL("stderr", "line=")), 100, 3000);
	assert_int_equal(stderr_sum(h), 100000);
	harness_finish(h);
}

static void
stderr__client__goes_to_the_client_only(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[client]\n"
			 "listen = 127.0.0.1:0\n"
			 "stderr = client\n"
			 "handler = /bin/sh -c 'echo out; echo err >&2'\n");
	assert_string_equal(peer_ask(h, "client", ""), "out\nerr\n");
	journal_wait(h, JOURNAL("end"));
	assert_int_equal(journal_count(h, JOURNAL("stderr")), 0);
	harness_finish(h);
}

static void
stderr__null__goes_nowhere(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[null]\n"
			 "listen = 127.0.0.1:0\n"
			 "stderr = null\n"
			 "handler = /bin/sh -c 'echo out; echo err >&2'\n");
	assert_string_equal(peer_ask(h, "null", ""), "out\n");
	journal_wait(h, JOURNAL("end"));
	assert_int_equal(journal_count(h, JOURNAL("stderr")), 0);
	harness_finish(h);
}

static void
stderr__path__is_appended_and_made_anew_after_rotation(void **state)
{
	struct harness *h = *state;
	char *text;

	harness_start(h,
	    "[file]\n"
	    "listen = 127.0.0.1:0\n"
	    "stderr = @DIR@/errors\n"
	    "handler = /bin/sh -c 'echo out; echo $1 >&2' sh %c\n");
	peer_ask(h, "file", "");
	assert_string_equal(peer_ask(h, "file", ""), "out\n");
	text = harness_read_file(harness_path(h, "errors"), NULL);
	assert_string_equal(text, "1\n2\n");
	free(text);
	assert_int_equal(
	    rename(harness_path(h, "errors"), harness_path(h, "errors.1")), 0);
	peer_ask(h, "file", "");
	text = harness_read_file(harness_path(h, "errors"), NULL);
	assert_string_equal(text, "3\n");
	free(text);
	harness_finish(h);
}

/* The pipe outlives the main process; the record of it does not. */
static void
stderr__background_child_keeps_it__is_no_leak(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[leaves]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = /bin/sh -c 'sleep 600 & echo said >&2'\n");
	const size_t fds = proc_count_fds(h->pid);
	for (int i = 0; i < 10; i++)
		peer_ask(h, "leaves", "");
	journal_wait_nth(h, JOURNAL("end"), 10);
	assert_int_equal(journal_count(h, JOURNAL("stderr", "line=said")), 10);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    stderr__lines__are_logged_with_service_connection_and_pid),
		HARNESS_TEST(stderr__last_line_has_no_newline__is_logged),
		HARNESS_TEST(stderr__binary__is_escaped),
		HARNESS_TEST(stderr__endless_line__comes_in_pieces),
		HARNESS_TEST(
		    stderr__flood__is_capped_and_counted_and_others_are_served),
		HARNESS_TEST(stderr__client__goes_to_the_client_only),
		HARNESS_TEST(stderr__null__goes_nowhere),
		HARNESS_TEST(
		    stderr__path__is_appended_and_made_anew_after_rotation),
		HARNESS_TEST(stderr__background_child_keeps_it__is_no_leak),
	};

	return harness_main(argc, argv, "stderr", tests, HARNESS_COUNT(tests));
}
