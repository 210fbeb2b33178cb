/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* When a handler ends: by age, by silence, by the client's departure, and the
 * signals that it gets.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void
max_lifetime__handler_sleeps__ends_and_says_why(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[old]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 100ms\n"
			 "max_lifetime = 200ms\n"
			 "handler = sleep 600\n");
	const int fd = peer_connect(h, "old");
	assert_int_equal(peer_wait_end(fd, NULL), 0);
	const char *end = journal_wait(h, JOURNAL("end", "service=old"));
	assert_string_equal(journal_field(end, "reason"), "lifetime");
	assert_string_equal(journal_field(end, "signal"), "TERM");
	assert_true(journal_number(end, "duration") >= 0.2);
	peer_close(fd);
	harness_finish(h);
}

static void
max_lifetime__handler_ignores_the_signal__is_killed(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[old]\n"
			 "listen = 127.0.0.1:0\n"
			 "linger = 100ms\n"
			 "max_lifetime = 200ms\n"
			 "kill_grace = 300ms\n"
			 "handler = sh -c 'trap \"\" TERM; exec sleep 600'\n");
	const int fd = peer_connect(h, "old");
	const char *end = journal_wait(h, JOURNAL("end", "service=old"));
	assert_string_equal(journal_field(end, "reason"), "lifetime");
	assert_string_equal(journal_field(end, "signal"), "KILL");
	assert_true(journal_number(end, "duration") >= 0.5);
	peer_close(fd);
	harness_finish(h);
}

static void
max_lifetime__without_a_hold__ends_too(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[old]\n"
			 "listen = 127.0.0.1:0\n"
			 "hold = no\n"
			 "max_lifetime = 200ms\n"
			 "handler = sleep 600\n");
	const int fd = peer_connect(h, "old");
	journal_wait(h, JOURNAL("end", "service=old", "reason=lifetime"));
	peer_close(fd);
	harness_finish(h);
}

static void
kill_signal__int__is_what_the_handler_gets(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[old]\n"
	    "listen = 127.0.0.1:0\n"
	    "max_lifetime = 300ms\n"
	    "kill_signal = INT\n"
	    "handler = sh -c 'trap \"exit 3\" INT; while :; do sleep 0.05; "
	    "done'\n");
	const int fd = peer_connect(h, "old");
	const char *end = journal_wait(h, JOURNAL("end", "service=old"));
	assert_string_equal(journal_field(end, "reason"), "lifetime");
	assert_string_equal(journal_field(end, "status"), "3");
	peer_close(fd);
	harness_finish(h);
}

#define IDLE                     \
	"[idle]\n"               \
	"listen = 127.0.0.1:0\n" \
	"idle_timeout = 1s\n"    \
	"handler = builtin:echo\n"

static void
idle_timeout__both_are_silent__ends(void **state)
{
	struct harness *h = *state;

	harness_start(h, IDLE);
	const int fd = peer_connect(h, "idle");
	assert_int_equal(peer_wait_end(fd, NULL), 0);
	const char *end = journal_wait(h, JOURNAL("end", "service=idle"));
	assert_string_equal(journal_field(end, "reason"), "idle");
	assert_true(journal_number(end, "duration") >= 1.);
	peer_close(fd);
	harness_finish(h);
}

/* A byte now and then keeps it; the silence counts from the last one. */
static void
idle_timeout__a_byte_now_and_then__goes_on(void **state)
{
	struct harness *h = *state;
	char byte[1];

	harness_start(h, IDLE);
	const int fd = peer_connect(h, "idle");
	const uint64_t begin = harness_now_ms();
	uint64_t last = begin;
	while (harness_now_ms() - begin < 2500) {
		if (harness_now_ms() - last < 300) {
			harness_nap();
			continue;
		}
		last = harness_now_ms();
		peer_send(fd, "x", 1);
		peer_read(fd, byte, 1);
	}
	assert_int_equal(peer_wait_end(fd, NULL), 0);
	const char *end = journal_wait(h, JOURNAL("end", "service=idle"));
	assert_string_equal(journal_field(end, "reason"), "idle");
	assert_true(journal_number(end, "duration") >= 3.2);
	peer_close(fd);
	harness_finish(h);
}

#define DISCONNECT(action, handler)    \
	"[disc]\n"                     \
	"listen = 127.0.0.1:0\n"       \
	"  unix:@DIR@/socket\n"        \
	"on_disconnect = " action "\n" \
	"disconnect_grace = 100ms\n"   \
	"handler = " handler "\n"

static void
check_disconnect(struct harness *h, int fd, void (*leave)(int), size_t nth)
{
	journal_wait_nth(h, JOURNAL("start", "service=disc"), nth);
	leave(fd);
	const char *end =
	    journal_wait_nth(h, JOURNAL("end", "service=disc"), nth);
	assert_string_equal(journal_field(end, "reason"), "disconnect");
}

static void
on_disconnect__client_closes_or_resets__handler_ends(void **state)
{
	struct harness *h = *state;

	harness_start(h, DISCONNECT("term", "sleep 600"));
	check_disconnect(h, peer_connect(h, "disc"), peer_close, 1);
	check_disconnect(h, peer_connect(h, "disc"), peer_reset, 2);
	check_disconnect(h,
	    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM),
	    peer_close, 3);
	harness_finish(h);
}

static void
on_disconnect__each_action__is_its_signal(void **state)
{
	static const char *const actions[][2] = { { "hup", "HUP" },
		{ "term", "TERM" }, { "kill", "KILL" } };
	struct harness *h = *state;
	char config[512], name[32];

	config[0] = '\0';
	for (size_t i = 0; i < HARNESS_COUNT(actions); i++)
		snprintf(config + strlen(config),
		    sizeof(config) - strlen(config),
		    "[%s]\nlisten = 127.0.0.1:0\non_disconnect = %s\n"
		    "disconnect_grace = 0\nhandler = sleep 600\n",
		    actions[i][0], actions[i][0]);
	harness_start(h, config);
	for (size_t i = 0; i < HARNESS_COUNT(actions); i++) {
		snprintf(name, sizeof(name), "service=%s", actions[i][0]);
		peer_close(peer_connect(h, actions[i][0]));
		const char *end = journal_wait(h, JOURNAL("end", name));
		assert_string_equal(
		    journal_field(end, "signal"), actions[i][1]);
	}
	harness_finish(h);
}

/* git, rsync and `nc -N` finish sending long before they finish reading. */
static void
on_disconnect__half_close_within_the_grace__is_left_alone(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[sort]\n"
			 "listen = 127.0.0.1:0\n"
			 "on_disconnect = term\n"
			 "disconnect_grace = 20s\n"
			 "handler = sort\n");
	assert_string_equal(peer_ask(h, "sort", "b\na\n"), "a\nb\n");
	journal_wait(h, JOURNAL("end", "reason=exit", "status=0"));
	harness_finish(h);
}

/* Both look like a hangup to poll(2). */
static void
on_disconnect__handler_causes_the_event__is_left_alone(void **state)
{
	static const char *const services[] = { "shuts", "zerocopy" };
	struct harness *h = *state;
	char answer[4];

	harness_start(h,
	    "[defaults]\nlisten = 127.0.0.1:0\non_disconnect = kill\n"
	    "disconnect_grace = 0\n"
	    "[shuts]\nhandler = python3 -c '\n"
	    "  import socket, time; s = socket.socket(fileno=0);\n"
	    "  s.shutdown(socket.SHUT_RD); time.sleep(0.5); s.send(b\"end\");"
	    "\n  time.sleep(600)'\n"
	    "[zerocopy]\nhandler = python3 -c '\n"
	    "  import socket, time; s = socket.socket(fileno=0);\n"
	    "  s.setsockopt(1, 60, 1); s.send(b\"e\", 0x4000000);\n"
	    "  time.sleep(0.5); s.send(b\"nd\"); time.sleep(600)'\n");
	for (size_t i = 0; i < HARNESS_COUNT(services); i++) {
		const int fd = peer_connect(h, services[i]);

		peer_read(fd, answer, 3);
		assert_memory_equal(answer, "end", 3);
		assert_int_equal(journal_count(h, JOURNAL("end")), i);
		peer_close(fd);
		journal_wait_nth(h, JOURNAL("end", "reason=disconnect"), i + 1);
	}
	harness_finish(h);
}

static void
on_disconnect__ignore__handler_goes_on(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[disc]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = sh -c 'sleep 0.7; exit 5'\n");
	const int fd = peer_connect(h, "disc");
	journal_wait(h, JOURNAL("start", "service=disc"));
	peer_reset(fd);
	const char *end = journal_wait(h, JOURNAL("end", "service=disc"));
	assert_string_equal(journal_field(end, "reason"), "exit");
	assert_string_equal(journal_field(end, "status"), "5");
	harness_finish(h);
}

/* Two rules at once: the first one is the reason, and it ends once. */
static void
rules__both_fire__the_first_is_the_reason(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[both]\n"
			 "listen = 127.0.0.1:0\n"
			 "on_disconnect = term\n"
			 "disconnect_grace = 0\n"
			 "max_lifetime = 400ms\n"
			 "kill_grace = 600ms\n"
			 "handler = sh -c 'trap \"\" TERM; exec sleep 600'\n");
	peer_close(peer_connect(h, "both"));
	const char *end = journal_wait(h, JOURNAL("end", "service=both"));
	assert_string_equal(journal_field(end, "reason"), "disconnect");
	assert_int_equal(journal_count(h, JOURNAL("end")), 1);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		HARNESS_TEST(max_lifetime__handler_sleeps__ends_and_says_why),
		HARNESS_TEST(
		    max_lifetime__handler_ignores_the_signal__is_killed),
		HARNESS_TEST(max_lifetime__without_a_hold__ends_too),
		HARNESS_TEST(kill_signal__int__is_what_the_handler_gets),
		HARNESS_TEST(idle_timeout__both_are_silent__ends),
		HARNESS_TEST(idle_timeout__a_byte_now_and_then__goes_on),
		HARNESS_TEST(
		    on_disconnect__client_closes_or_resets__handler_ends),
		HARNESS_TEST(on_disconnect__each_action__is_its_signal),
		HARNESS_TEST(
		    on_disconnect__half_close_within_the_grace__is_left_alone),
		HARNESS_TEST(
		    on_disconnect__handler_causes_the_event__is_left_alone),
		HARNESS_TEST(on_disconnect__ignore__handler_goes_on),
		HARNESS_TEST(rules__both_fire__the_first_is_the_reason),
	};

	return harness_main(
	    argc, argv, "lifetime", tests, HARNESS_COUNT(tests));
}
