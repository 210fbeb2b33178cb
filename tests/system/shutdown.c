/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The way out: handlers finish, are asked to end, are ended; each step has
 * its time, and a second signal skips it.
 */
#include "journal.h"
#include "peer.h"
#include "pidns.h"
#include "proc.h"
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SHUTDOWN_STUBBORN        \
	"[stubborn]\n"           \
	"listen = 127.0.0.1:0\n" \
	"handler = @PROBE@ --ignore-term --sleep 600000\n"

/* A client of the service whose handler is up and has set its signals. */
static int
shutdown_connect(struct harness *h, const char *service)
{
	const int fd = peer_connect(h, service);
	char byte;

	peer_read(fd, &byte, 1);
	return fd;
}

static void
shutdown_signal(struct harness *h, int signal, const char *phase)
{
	assert_int_equal(kill(h->pid, signal), 0);
	journal_wait(h, JOURNAL("stop", phase));
}

static void
sigterm__handler_ends_in_time__is_waited_for(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[evinetd]\n"
			 "drain_timeout = 20s\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	const uint16_t port = journal_port(h, "echo");
	const int fd = peer_connect_ip("127.0.0.1", port);
	journal_wait(h, JOURNAL("start"));
	shutdown_signal(h, SIGTERM, "phase=drain");
	/* No new ones, but this one is served as long as it likes. */
	HARNESS_WAIT_UNTIL(peer_try_ip("127.0.0.1", port) == ECONNREFUSED);
	peer_exchange_pattern(fd, 1024 * 1024, true);
	peer_close(fd);
	assert_int_equal(harness_wait_exit(h), 0);
	assert_int_equal(
	    journal_count(h, JOURNAL("end", "reason=exit", "status=0")), 1);
	assert_int_equal(
	    journal_count(h, JOURNAL("stop", "phase=terminate")), 0);
	journal_wait(h, JOURNAL("stopped", "connections=1"));
	harness_finish(h);
}

static void
sigint__nothing_runs__ends_at_once(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\n"
			 "listen = unix:@DIR@/socket\n"
			 "handler = builtin:echo\n");
	shutdown_signal(h, SIGINT, "phase=drain");
	assert_int_equal(harness_wait_exit(h), 0);
	assert_int_equal(access(harness_path(h, "socket"), F_OK), -1);
	harness_finish(h);
}

static void
drain_timeout__is_over__handler_gets_term(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[evinetd]\n"
			 "drain_timeout = 200ms\n"
			 "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	const int fd = peer_connect(h, "echo");
	journal_wait(h, JOURNAL("start"));
	const uint64_t before = harness_now_ms();
	shutdown_signal(h, SIGTERM, "phase=drain");
	shutdown_signal(h, 0, "phase=terminate");
	assert_in_range(harness_now_ms() - before, 150, 20000);
	journal_wait(h, JOURNAL("end", "reason=shutdown", "signal=TERM"));
	assert_int_equal(peer_wait_end(fd, NULL), 0);
	peer_close(fd);
	assert_int_equal(harness_wait_exit(h), 0);
	assert_int_equal(journal_count(h, JOURNAL("stop", "phase=kill")), 0);
	harness_finish(h);
}

/* Five seconds between the two. */
static void
handler__ignores_term__is_killed(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[evinetd]\n"
			 "drain_timeout = 0\n" SHUTDOWN_STUBBORN);
	const int fd = shutdown_connect(h, "stubborn");
	shutdown_signal(h, SIGTERM, "phase=terminate");
	const uint64_t before = harness_now_ms();
	/* Its own kill_grace, the default of five seconds. */
	journal_wait(h, JOURNAL("end", "reason=shutdown", "signal=KILL"));
	assert_in_range(harness_now_ms() - before, 4000, 20000);
	peer_close(fd);
	assert_int_equal(harness_wait_exit(h), 0);
	harness_finish(h);
}

static void
second_signal__while_waiting__skips_the_wait(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[evinetd]\n"
			 "drain_timeout = 600s\n" SHUTDOWN_STUBBORN);
	const int fd = shutdown_connect(h, "stubborn");
	const uint64_t before = harness_now_ms();
	shutdown_signal(h, SIGTERM, "phase=drain");
	shutdown_signal(h, SIGTERM, "phase=terminate");
	shutdown_signal(h, SIGINT, "phase=kill");
	assert_int_equal(harness_wait_exit(h), 0);
	/* Without one it would have been ten minutes, and five seconds. Nor
	 * does it wait two for the client, who has not hung up; the record is
	 * written all the same. */
	assert_in_range(harness_now_ms() - before, 0, 1900);
	journal_wait(h, JOURNAL("end", "signal=KILL"));
	peer_close(fd);
	harness_finish(h);
}

/* The shell's child, which is no child of ours. */
static void
handler_with_children__is_ended__group_is_gone(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[evinetd]\n"
			 "drain_timeout = 0\n"
			 "[family]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = /bin/sh -c 'sleep 600 & echo $!; wait'\n");
	char text[16] = "";
	const int fd = peer_connect(h, "family");
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 1);
	const pid_t child = pidns_translate(h->pid, atoi(text));
	assert_int_not_equal(child, 0);
	watch_exit(h);
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	watch_wait_exiting(h);
	assert_true(proc_is_zombie(child) || kill(child, 0) == -1);
	assert_int_equal(harness_wait_exit(h), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
polite_close__is_still_on__is_not_cut_short(void **state)
{
	struct harness *h = *state;
	char text[16];

	harness_start(h, "[evinetd]\n"
			 "drain_timeout = 20s\n"
			 "[brief]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 20s\n"
			 "handler = /bin/echo hello\n");
	const int fd = peer_connect(h, "brief");
	peer_send_text(fd, "never read");
	HARNESS_WAIT_UNTIL(journal_count(h, JOURNAL("start")) == 1 &&
			   proc_find_children(h->pid, NULL, 0) == 0);
	shutdown_signal(h, SIGTERM, "phase=drain");
	assert_int_equal(peer_read_to_end(fd, text, sizeof(text)), 6);
	peer_close(fd);
	assert_int_equal(harness_wait_exit(h), 0);
	journal_wait(h, JOURNAL("end", "reason=exit", "in=10", "out=6"));
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(sigterm__handler_ends_in_time__is_waited_for),
		HARNESS_TEST(sigint__nothing_runs__ends_at_once),
		HARNESS_TEST(drain_timeout__is_over__handler_gets_term),
		HARNESS_TEST(handler__ignores_term__is_killed),
		HARNESS_TEST(second_signal__while_waiting__skips_the_wait),
		HARNESS_TEST(handler_with_children__is_ended__group_is_gone),
		HARNESS_TEST(polite_close__is_still_on__is_not_cut_short),
	};

	return harness_main(
	    argc, argv, "shutdown", tests, HARNESS_COUNT(tests));
}
