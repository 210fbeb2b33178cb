/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The limits of a service: who waits, who is sent away and how, and that all
 * of it is over when the reason is.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMITS_ECHO "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"

/* A client that has its echo, and stays. */
static int
limits_enter(struct harness *h, const char *service, const char *from)
{
	const int fd = peer_connect_from(h, service, from);
	char byte;

	peer_send_text(fd, "x");
	peer_read(fd, &byte, 1);
	return fd;
}

/* Processor time of the daemon in a second of standing still. */
static double
limits_measure_cpu(pid_t pid)
{
	const uint64_t until = harness_now_ms() + 1000;
	const double before = proc_cpu_seconds(pid);

	while (harness_now_ms() < until)
		harness_nap();
	return proc_cpu_seconds(pid) - before;
}

static void
max_connections__reached__clients_wait_for_their_place(void **state)
{
	struct harness *h = *state;
	int fds[6];
	char byte;

	harness_start(h, LIMITS_ECHO
	    "max_connections = 3\n"
	    "[other]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n");
	for (int i = 0; i < 3; i++)
		fds[i] = limits_enter(h, "echo", NULL);
	journal_wait(h, JOURNAL("start", "service=echo", "active=3/3"));
	journal_wait(h, JOURNAL("pause", "service=echo", "reason=service_limit",
			    "active=3/3"));
	for (int i = 3; i < 6; i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "y");
	}
	/* The other service does not notice. */
	assert_string_equal(peer_ask(h, "other", "hello"), "hello");
	assert_true(limits_measure_cpu(h->pid) < 0.1);
	for (size_t i = 3; i < 6; i++) {
		journal_wait_nth(h, JOURNAL("start", "service=echo"), i);
		assert_int_equal(
		    journal_count(h, JOURNAL("start", "service=echo")), i);
		peer_close(fds[i - 3]);
		peer_read(fds[i], &byte, 1);
		assert_int_equal(byte, 'y');
	}
	for (int i = 3; i < 6; i++)
		peer_close(fds[i]);
	journal_wait(
	    h, JOURNAL("resume", "service=echo", "reason=service_limit"));
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	assert_int_equal(journal_count(h, JOURNAL("pause")), 1);
	assert_string_equal(peer_ask(h, "echo", "again"), "again");
	harness_finish(h);
	journal_wait(h, JOURNAL("total", "service=echo", "accepted=7",
			    "started=7", "pauses="));
}

/* One place, two listeners under siege: each gets its share. */
static void
max_connections__two_listeners__take_turns(void **state)
{
	struct harness *h = *state;
	enum {
		EACH = 20
	};
	int fds[2 * EACH];

	harness_start(h, "[slow]\nlisten = 127.0.0.1:0 unix:@DIR@/s\n"
			 "handler = sleep 0.05\nmax_connections = 1\n"
			 "linger = 0\n");
	for (int i = 0; i < EACH; i++) {
		fds[i] = peer_connect(h, "slow");
		fds[EACH + i] =
		    peer_connect_unix(harness_path(h, "s"), SOCK_STREAM);
	}
	journal_wait_nth(h, JOURNAL("end", "service=slow"), EACH);
	assert_in_range(
	    journal_count(h, JOURNAL("end", "service=slow", "peer=uid:0")),
	    EACH / 2 - 3, EACH / 2 + 3);
	journal_wait_nth(h, JOURNAL("end", "service=slow"), 2 * EACH);
	for (int i = 0; i < 2 * EACH; i++)
		peer_close(fds[i]);
	harness_finish(h);
}

static void
max_connections__when_full_is_refuse__sends_away(void **state)
{
	struct harness *h = *state;

	harness_start(
	    h, LIMITS_ECHO "max_connections = 1\nwhen_full = refuse\n");
	const int fd = limits_enter(h, "echo", NULL);
	assert_string_equal(peer_fate(h, "echo", NULL), "reset");
	journal_wait(h, JOURNAL("refuse", "service=echo",
			    "reason=service_limit", "active=1/1"));
	peer_close(fd);
	journal_wait(h, JOURNAL("end", "service=echo"));
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	harness_finish(h);
}

static void
source_limit__reached__counts_who_is_alive(void **state)
{
	struct harness *h = *state;

	harness_start(h, LIMITS_ECHO "max_connections_per_source = 2\n");
	const int a = limits_enter(h, "echo", "127.0.0.2");
	const int b = limits_enter(h, "echo", "127.0.0.2");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.2"), "reset");
	journal_wait(h, JOURNAL("refuse", "reason=source_limit", "active=2/2"));
	const int c = limits_enter(h, "echo", "127.0.0.3");
	peer_close(a);
	journal_wait(h, JOURNAL("end", "service=echo"));
	assert_string_equal(peer_fate(h, "echo", "127.0.0.2"), "served");
	peer_close(b);
	peer_close(c);
	harness_finish(h);
}

static void
source_prefix__of_eight_bits__makes_one_source(void **state)
{
	struct harness *h = *state;

	harness_start(h, LIMITS_ECHO "max_connections_per_source = 1\n"
				     "source_prefix = 8 64\n");
	const int a = limits_enter(h, "echo", "127.0.0.2");
	assert_string_equal(peer_fate(h, "echo", "127.9.9.9"), "reset");
	peer_close(a);
	journal_wait(h, JOURNAL("end", "service=echo"));
	assert_string_equal(peer_fate(h, "echo", "127.9.9.9"), "served");
	harness_finish(h);
}

/* Five at once, then ten a second: fifteen clients take about a second. */
static void
rate__exceeded__clients_wait_for_a_token(void **state)
{
	struct harness *h = *state;
	int fds[15];
	char byte;

	harness_start(h, LIMITS_ECHO "rate = 10/s burst 5\n");
	const uint64_t before = harness_now_ms();
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "x");
	}
	journal_wait(h,
	    JOURNAL("pause", "reason=service_rate", "rate=\"10/s burst 5\""));
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++) {
		peer_read(fds[i], &byte, 1);
		peer_close(fds[i]);
	}
	/* Never earlier than the tokens come. */
	assert_true(harness_now_ms() - before >= 900);
	journal_wait(h, JOURNAL("resume", "reason=service_rate"));
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	assert_int_equal(journal_count(h, JOURNAL("pause")), 1);
	assert_true(limits_measure_cpu(h->pid) < 0.1);
	harness_finish(h);
}

static void
rate__when_full_is_refuse__sends_away_and_recovers(void **state)
{
	struct harness *h = *state;

	harness_start(h, LIMITS_ECHO "rate = 2/s\nwhen_full = refuse\n");
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	assert_string_equal(peer_fate(h, "echo", NULL), "reset");
	journal_wait(h, JOURNAL("refuse", "reason=service_rate", "rate=2/s"));
	HARNESS_WAIT_UNTIL(strcmp(peer_fate(h, "echo", NULL), "served") == 0);
	harness_finish(h);
}

static void
source_rate__exceeded__is_that_sources_affair(void **state)
{
	struct harness *h = *state;

	harness_start(h, LIMITS_ECHO "rate_per_source = 1/h burst 3\n");
	for (int i = 0; i < 3; i++)
		assert_string_equal(
		    peer_fate(h, "echo", "127.0.0.2"), "served");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.2"), "reset");
	journal_wait(
	    h, JOURNAL("refuse", "reason=source_rate", "rate=\"1/h burst 3\""));
	assert_string_equal(peer_fate(h, "echo", "127.0.0.3"), "served");
	harness_finish(h);
}

/* HH:MM that is so many minutes from now, in local time. */
static const char *
limits_clock(int minutes)
{
	static char texts[2][8];
	static int next;
	const time_t when = time(NULL) + minutes * 60;
	struct tm tm;
	char *text = texts[next++ % 2];

	localtime_r(&when, &tm);
	strftime(text, sizeof(texts[0]), "%H:%M", &tm);
	return text;
}

static void
hours__outside__refused_by_name(void **state)
{
	struct harness *h = *state;
	char config[512];

	snprintf(config, sizeof(config),
	    "[open]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
	    "active_hours = %s-%s\n",
	    limits_clock(-60), limits_clock(60));
	snprintf(config + strlen(config), sizeof(config) - strlen(config),
	    "[shut]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
	    "active_hours = %s-%s\n",
	    limits_clock(60), limits_clock(120));
	harness_start(h, config);
	assert_string_equal(peer_fate(h, "open", NULL), "served");
	assert_string_equal(peer_fate(h, "shut", NULL), "reset");
	journal_wait(h, JOURNAL("refuse", "service=shut", "reason=hours"));
	harness_finish(h);
}

/* ---- how clients are sent away ---- */

static void
refuse_message__client_has_sent_something__gets_all_of_it(void **state)
{
	struct harness *h = *state;
	static char noise[100000];
	char answer[64];

	harness_start(h, LIMITS_ECHO "deny = 127.0.0.0/8\n"
				     "when_refused = message\n"
				     "refuse_message = 421 not you\n");
	memset(noise, 'n', sizeof(noise));
	for (int i = 0; i < 20; i++) {
		const int fd = peer_connect(h, "echo");

		peer_send(fd, noise, sizeof(noise));
		peer_finish(fd);
		peer_read_to_end(fd, answer, sizeof(answer));
		assert_string_equal(answer, "421 not you\r\n");
		peer_close(fd);
	}
	harness_finish(h);
}

/* It is told, and then it has `linger`, and no longer. */
static void
refuse_message__client_does_not_hang_up__is_let_go(void **state)
{
	struct harness *h = *state;
	char answer[64];
	int fds[300];

	harness_start(h, LIMITS_ECHO "deny = 127.0.0.0/8\nlinger = 100ms\n"
				     "when_refused = message\n"
				     "refuse_message = no\n");
	const size_t before = proc_count_fds(h->pid);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		fds[i] = peer_connect(h, "echo");
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++) {
		peer_read_to_end(fds[i], answer, sizeof(answer));
		assert_string_equal(answer, "no\r\n");
	}
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == before);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		peer_close(fds[i]);
	harness_finish(h);
}

static void
when_refused__close__is_an_end_without_a_reset(void **state)
{
	struct harness *h = *state;
	char answer[8];

	harness_start(
	    h, LIMITS_ECHO "deny = 127.0.0.0/8\nwhen_refused = close\n");
	const int fd = peer_connect(h, "echo");
	assert_int_equal(peer_read_to_end(fd, answer, sizeof(answer)), 0);
	peer_close(fd);
	harness_finish(h);
}

/* ---- what remains in the log and in memory ---- */

static void
refusals__a_thousand__are_summed_up_and_none_is_lost(void **state)
{
	struct harness *h = *state;
	double summed = 0;

	harness_start(h, LIMITS_ECHO "deny = 127.0.0.0/8\n");
	for (int i = 0; i < 1000; i++)
		assert_string_equal(peer_fate(h, "echo", NULL), "reset");
	harness_stop(h);
	journal_wait(h, JOURNAL("total", "service=echo", "accepted=1000",
			    "started=0", "denied=1000"));
	const size_t lines = journal_count(h, JOURNAL("refuse", "peer="));
	const size_t sums = journal_count(h, JOURNAL("refuse", "suppressed="));
	for (size_t i = 1; i <= sums; i++)
		summed += journal_number(
		    journal_wait_nth(h, JOURNAL("refuse", "suppressed="), i),
		    "suppressed");
	assert_int_equal(lines + (size_t)summed, 1000);
	/* Five at once, and one in ten seconds. */
	assert_in_range(lines, 5, 5 + HARNESS_DEADLINE_MS / 10000);
	harness_finish(h);
}

static void
sources__many_came_and_went__leave_nothing(void **state)
{
	struct harness *h = *state;
	const int count = harness_is_long() ? 20000 : 2000;
	char from[32];

	harness_start(h, "[evinetd]\nlog_connections = none\n" LIMITS_ECHO
			 "rate_per_source = 1000/s\n"
			 "max_connections_per_source = 3\n");
	for (int i = 0; i < 200; i++)
		peer_ask(h, "echo", "warm");
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	const size_t fds = proc_count_fds(h->pid);
	const long rss = proc_status_number(h->pid, "VmRSS");
	for (int i = 0; i < count; i++) {
		snprintf(
		    from, sizeof(from), "127.1.%d.%d", i / 250, 1 + i % 250);
		assert_string_equal(peer_fate(h, "echo", from), "served");
	}
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) <= fds);
	if (!TEST_SANITIZED) /* which keeps what was freed for a while */
		assert_in_range(
		    proc_status_number(h->pid, "VmRSS"), 0, rss + 512);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    max_connections__reached__clients_wait_for_their_place),
		HARNESS_TEST(max_connections__two_listeners__take_turns),
		HARNESS_TEST(max_connections__when_full_is_refuse__sends_away),
		HARNESS_TEST(source_limit__reached__counts_who_is_alive),
		HARNESS_TEST(source_prefix__of_eight_bits__makes_one_source),
		HARNESS_TEST(rate__exceeded__clients_wait_for_a_token),
		HARNESS_TEST(
		    rate__when_full_is_refuse__sends_away_and_recovers),
		HARNESS_TEST(source_rate__exceeded__is_that_sources_affair),
		HARNESS_TEST(hours__outside__refused_by_name),
		HARNESS_TEST(
		    refuse_message__client_has_sent_something__gets_all_of_it),
		HARNESS_TEST(
		    refuse_message__client_does_not_hang_up__is_let_go),
		HARNESS_TEST(when_refused__close__is_an_end_without_a_reset),
		HARNESS_TEST(
		    refusals__a_thousand__are_summed_up_and_none_is_lost),
		HARNESS_TEST(sources__many_came_and_went__leave_nothing),
	};

	return harness_main(argc, argv, "limits", tests, HARNESS_COUNT(tests));
}
