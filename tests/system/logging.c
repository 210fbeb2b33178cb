/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log itself: its forms, its files, and readers who do not read.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOGGING_CONNECTIONS 900

static const char logging_config[] = "[echo]\n"
				     "listen = unix:@DIR@/socket\n"
				     "handler = builtin:echo\n";

static void
logging_ask(struct harness *h)
{
	char buf[8];
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);

	peer_send_text(fd, "x");
	peer_finish(fd);
	assert_int_equal(peer_read_to_end(fd, buf, sizeof(buf)), 1);
	peer_close(fd);
}

/* Without a log there is no `ready` to wait for. */
static void
logging_wait_socket(struct harness *h)
{
	HARNESS_WAIT_UNTIL(peer_try_unix(harness_path(h, "socket")) == 0);
}

/* Appends what is in the pipe to the file that journal.h reads. */
static void
logging_read_pipe(struct harness *h, int fd)
{
	static char buf[65536];
	FILE *out = fopen(h->log_path, "ae");
	ssize_t n;

	assert_non_null(out);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		assert_int_equal(fwrite(buf, 1, (size_t)n, out), n);
	assert_int_equal(fclose(out), 0);
}

static size_t
logging_count_lines(const char *text)
{
	size_t lines = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++)
		lines++;
	return lines;
}

/* listen, ready, two lines a connection and one to see: all are there or
 * counted as lost, none is torn. */
static void
log__reader_has_stopped__daemon_goes_on_and_counts(void **state)
{
	struct harness *h = *state;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	harness_spawn(h, &(struct harness_options){
			     .config = logging_config, .log_fd = fds[1] });
	peer_close(fds[1]);
	logging_wait_socket(h);
	for (int i = 0; i < LOGGING_CONNECTIONS; i++)
		logging_ask(h);
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	logging_read_pipe(h, fds[0]);
	/* There is room again: this says what was lost meanwhile. */
	assert_int_equal(kill(h->pid, SIGHUP), 0);
	HARNESS_WAIT_UNTIL((logging_read_pipe(h, fds[0]),
	    journal_count(h, JOURNAL("reload")) == 1));
	char *text = harness_read_file(h->log_path, NULL);
	const size_t lines = logging_count_lines(text);
	free(text);
	const size_t connections = (size_t)journal_count(h, JOURNAL("start"));
	assert_true(connections < LOGGING_CONNECTIONS);
	const size_t lost = (size_t)journal_number(
	    journal_wait(h, JOURNAL("log_lost")), "lines");
	/* One more connection: the one that found the socket. */
	assert_int_equal(
	    lines - 1 + lost, 2 + 2 * (LOGGING_CONNECTIONS + 1) + 1);
	harness_finish(h);
}

static void
log__reader_is_gone__daemon_goes_on(void **state)
{
	struct harness *h = *state;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	harness_spawn(h, &(struct harness_options){
			     .config = logging_config, .log_fd = fds[1] });
	peer_close(fds[0]);
	peer_close(fds[1]);
	logging_wait_socket(h);
	for (int i = 0; i < 10; i++)
		logging_ask(h);
	harness_finish(h);
}

static void
log__path__is_written_and_reopened_on_sigusr1(void **state)
{
	struct harness *h = *state;
	char *text;

	snprintf(h->log_path, sizeof(h->log_path), "%s/evinetd.log", h->dir);
	harness_start_with(h,
	    &(struct harness_options){ .config = "[evinetd]\n"
						 "log = @DIR@/evinetd.log\n"
						 "[echo]\n"
						 "listen = unix:@DIR@/socket\n"
						 "handler = builtin:echo\n",
		.log_fd = open("/dev/null", O_WRONLY | O_CLOEXEC) });
	logging_ask(h);
	journal_wait(h, JOURNAL("end", "conn=1"));
	assert_int_equal(
	    rename(h->log_path, harness_path(h, "evinetd.log.1")), 0);
	assert_int_equal(kill(h->pid, SIGUSR1), 0);
	journal_wait(h, JOURNAL("log_reopen"));
	logging_ask(h);
	journal_wait(h, JOURNAL("end", "conn=2"));
	assert_int_equal(journal_count(h, JOURNAL("end", "conn=1")), 0);
	text = harness_read_file(harness_path(h, "evinetd.log.1"), NULL);
	assert_null(strstr(text, "conn=2"));
	free(text);
	harness_finish(h);
}

static void
logging_check_json(const char *text, size_t *ret_ends)
{
	*ret_ends = 0;
	for (const char *end; (end = strchr(text, '\n')) != NULL;
	     text = end + 1) {
		json_error_t error;
		json_t *line =
		    json_loadb(text, (size_t)(end - text), 0, &error);

		if (line == NULL)
			fail_msg(
			    "%s: %.*s", error.text, (int)(end - text), text);
		assert_true(json_is_string(json_object_get(line, "time")));
		assert_true(json_is_string(json_object_get(line, "level")));
		const char *event =
		    json_string_value(json_object_get(line, "event"));
		assert_non_null(event);
		if (strcmp(event, "end") == 0) {
			(*ret_ends)++;
			assert_string_equal(
			    json_string_value(json_object_get(line, "service")),
			    "json");
			assert_in_range(
			    json_integer_value(json_object_get(line, "conn")),
			    1, 6);
			assert_true(
			    json_is_real(json_object_get(line, "duration")));
		}
		json_decref(line);
	}
}

static void
log__json__each_line_is_an_object_with_the_same_fields(void **state)
{
	struct harness *h = *state;
	size_t ends = 0;

	harness_write_file(h, "noise",
	    "#!/bin/sh\nprintf 'a \"quoted\" \\\\ \\001\\377 line\\n' >&2\n",
	    0755);
	harness_spawn(h,
	    &(struct harness_options){ .config = "[evinetd]\n"
						 "log_format = json\n"
						 "[json]\n"
						 "listen = unix:@DIR@/socket\n"
						 "handler = @DIR@/noise\n" });
	/* Conn 1 is the one that finds the socket. */
	logging_wait_socket(h);
	for (int i = 0; i < 5; i++) {
		const int fd =
		    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);
		assert_int_equal(peer_wait_end(fd, NULL), 0);
		peer_close(fd);
	}
	harness_finish(h);
	char *text = harness_read_file(h->log_path, NULL);
	logging_check_json(text, &ends);
	assert_int_equal(ends, 6);
	assert_non_null(strstr(text, "\"event\":\"stderr\""));
	assert_non_null(strstr(text, "\"event\":\"ready\""));
	free(text);
}

static void
logging_run_statuses(struct harness *h, const char *which)
{
	char config[512];

	snprintf(config, sizeof(config),
	    "[evinetd]\n"
	    "log_connections = %s\n"
	    "[good]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = /bin/true\n"
	    "[bad]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = /bin/false\n",
	    which);
	harness_start(h, config);
	peer_ask(h, "good", "");
	peer_ask(h, "bad", "");
	/* Records are written before this one. */
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	harness_stop(h);
	journal_wait(h, JOURNAL("stopped"));
}

static void
log_connections__all__has_starts_and_ends(void **state)
{
	struct harness *h = *state;

	logging_run_statuses(h, "all");
	assert_int_equal(journal_count(h, JOURNAL("start")), 2);
	assert_int_equal(journal_count(h, JOURNAL("end")), 2);
	harness_finish(h);
}

static void
log_connections__failures__has_ends_of_the_bad_ones(void **state)
{
	struct harness *h = *state;

	logging_run_statuses(h, "failures");
	assert_int_equal(journal_count(h, JOURNAL("start")), 0);
	assert_int_equal(journal_count(h, JOURNAL("end")), 1);
	assert_int_equal(
	    journal_count(h, JOURNAL("end", "service=bad", "status=1")), 1);
	harness_finish(h);
}

static void
log_connections__none__has_none(void **state)
{
	struct harness *h = *state;

	logging_run_statuses(h, "none");
	assert_int_equal(journal_count(h, JOURNAL("start")), 0);
	assert_int_equal(journal_count(h, JOURNAL("end")), 0);
	assert_int_equal(journal_count(h, JOURNAL("listen")), 2);
	harness_finish(h);
}

static void
log_level__warning__leaves_out_what_is_less(void **state)
{
	struct harness *h = *state;

	harness_spawn(h, &(struct harness_options){ .config = logging_config,
			     .words = JOURNAL("-c", "@DIR@/evinetd.ini",
				 "--log-level", "warning") });
	logging_wait_socket(h);
	logging_ask(h);
	harness_finish(h);
	char *text = harness_read_file(h->log_path, NULL);
	assert_string_equal(text, "");
	free(text);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    log__reader_has_stopped__daemon_goes_on_and_counts),
		HARNESS_TEST(log__reader_is_gone__daemon_goes_on),
		HARNESS_TEST(log__path__is_written_and_reopened_on_sigusr1),
		HARNESS_TEST(
		    log__json__each_line_is_an_object_with_the_same_fields),
		HARNESS_TEST(log_connections__all__has_starts_and_ends),
		HARNESS_TEST(
		    log_connections__failures__has_ends_of_the_bad_ones),
		HARNESS_TEST(log_connections__none__has_none),
		HARNESS_TEST(log_level__warning__leaves_out_what_is_less),
	};

	return harness_main(argc, argv, "logging", tests, HARNESS_COUNT(tests));
}
