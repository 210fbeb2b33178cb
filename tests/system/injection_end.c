/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Calls that fail when a client is watched, closed or sent away, and memory
 * that the event loop lacks: the client may get less, and everybody else
 * notices nothing. What fails before its handler runs is in injection.c.
 */
#include "inject.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>

static const char injection_config[] =
    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n";

/* Out of the pause the listener has to be watched anew, for which there may be
 * no memory (ENOMEM), or too many watches of this user (ENOSPC). */
static void
watch__listener_cannot_be_watched_again__is_tried_until_it_is(void **state)
{
	static const int errors[] = { ENOMEM, ENOSPC };
	struct harness *h = *state;

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_ACCEPT4, EMFILE, 1);
		inject_fail(INJECT_EPOLL_ADD, errors[i], 1);
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
		inject_wait_failed(INJECT_EPOLL_ADD, 1);
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
		inject_wait_idle(h);
	}
	inject_end(h, 2 * HARNESS_COUNT(errors));
}

static void
watch__nothing_can_be_watched__does_not_spin(void **state)
{
	struct harness *h = *state;

	inject_begin(h, injection_config);
	inject_fail(INJECT_ACCEPT4, EMFILE, 1);
	inject_fail(INJECT_EPOLL_ADD, ENOMEM, INJECT_ALWAYS);
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	assert_true(proc_measure_cpu(h->pid, 1000) < 0.05);
	inject_stop(INJECT_EPOLL_ADD);
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	inject_end(h, 2);
}

/* More than a pipe holds: a handler would wait for ever. */
static void
watch__stderr_cannot_be_watched__is_read_all_the_same(void **state)
{
	struct harness *h = *state;
	char text[16];

	inject_begin(h,
	    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
	    "[chatty]\nlisten = 127.0.0.1:0\n"
	    "handler = /bin/sh -c 'head -c 200000 /dev/zero >&2; echo done'\n");
	for (int i = 0; i < 2; i++) {
		inject_fail(INJECT_EPOLL_ADD, ENOMEM, 1);
		const int fd = peer_connect(h, "chatty");
		inject_wait_failed(INJECT_EPOLL_ADD, 1);
		peer_read_to_end(fd, text, sizeof(text));
		assert_string_equal(text, "done\n");
		peer_close(fd);
	}
	inject_end(h, 2);
}

/* Then the handler's own end is all that ends it. Said once, not for each. */
static void
watch__connection_cannot_be_watched__is_said_once(void **state)
{
	struct harness *h = *state;

	inject_begin(h, "[echo]\nlisten = 127.0.0.1:0\n"
			"handler = builtin:echo\nstderr = null\n"
			"on_disconnect = term\n");
	inject_fail(INJECT_EPOLL_ADD, ENOSPC, INJECT_ALWAYS);
	for (int i = 0; i < 20; i++)
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
	inject_wait_failed(INJECT_EPOLL_ADD, 20);
	inject_stop(INJECT_EPOLL_ADD);
	assert_int_equal(
	    journal_count(h, JOURNAL("on_disconnect", "errno=ENOSPC")), 1);
	inject_end(h, 20);
}

/* A handler that takes the listener is not started for nobody. */
static void
watch__listener_of_a_handler__is_no_reason_to_start_one(void **state)
{
	struct harness *h = *state;
	const char *path = harness_path(h, "taken");

	inject_begin(h, "[echo]\nlisten = 127.0.0.1:0\n"
			"handler = builtin:echo\n"
			"[taken]\nlisten = unix:@DIR@/taken\n"
			"mode = wait\nhandler = @TAKER@ --take 1 --idle 100\n"
			"stderr = null\n");
	for (size_t i = 1; i <= 2; i++) {
		inject_fail(INJECT_EPOLL_ADD, ENOMEM, 1);
		const int fd = peer_connect_unix(path, SOCK_STREAM);
		assert_int_equal(peer_wait_end(fd, NULL), 0);
		peer_close(fd);
		inject_wait_idle(h);
		inject_wait_failed(INJECT_EPOLL_ADD, 1);
		assert_string_equal(peer_ask(h, "echo", "turn"), "turn");
		journal_wait_nth(
		    h, JOURNAL("pause", "service=taken", "errno=ENOMEM"), i);
	}
	inject_end(h, 4);
}

/* ---- the end of a connection ---- */

/* Whatever the kernel says while we close, it is closed, and nothing else. */
static void
close__any_call_fails__connection_is_gone(void **state)
{
	static const struct {
		enum inject_call call;
		int error;
	} cases[] = {
		{ INJECT_SHUTDOWN, ENOTCONN },
		{ INJECT_SETSOCKOPT, ENOMEM },
		{ INJECT_SETSOCKOPT, ENOBUFS },
		{ INJECT_GETSOCKOPT, ENOBUFS },
		{ INJECT_RECV, ECONNRESET },
		{ INJECT_RECV, ENOTCONN },
		{ INJECT_RECV, EINTR },
		{ INJECT_RECV, ENOMEM },
	};
	struct harness *h = *state;

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
		inject_fail(cases[i].call, cases[i].error, 1);
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
		inject_wait_idle(h);
		inject_wait_failed(cases[i].call, 1);
	}
	inject_end(h, HARNESS_COUNT(cases));
}

/* It gets less than it should, and is gone all the same. */
static void
refusal__any_call_fails__client_is_gone(void **state)
{
	static const struct {
		enum inject_call call;
		int error;
	} cases[] = {
		{ INJECT_CALLOC, ENOMEM },
		{ INJECT_EPOLL_ADD, ENOMEM },
		{ INJECT_EPOLL_ADD, ENOSPC },
		{ INJECT_SEND, EPIPE },
		{ INJECT_SEND, EAGAIN },
		{ INJECT_SEND, ENOBUFS },
		{ INJECT_SEND, ECONNRESET },
		{ INJECT_SETSOCKOPT, ENOBUFS },
		{ INJECT_SHUTDOWN, ENOTCONN },
		{ INJECT_RECV, ECONNRESET },
		{ INJECT_RECV, EINTR },
	};
	struct harness *h = *state;

	inject_begin(h, "[echo]\nlisten = 127.0.0.1:0\n"
			"handler = builtin:echo\n"
			"[none]\nlisten = 127.0.0.1:0\n"
			"handler = builtin:echo\ndeny = 127.0.0.0/8\n"
			"when_refused = message\nlinger = 200ms\n"
			"refuse_message = no\n");
	for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
		inject_fail(cases[i].call, cases[i].error, 1);
		/* It stays until it is let go. */
		const int fd = peer_connect(h, "none");
		inject_wait_failed(cases[i].call, 1);
		inject_wait_idle(h);
		peer_close(fd);
	}
	assert_string_equal(peer_ask(h, "echo", "again"), "again");
	harness_finish(h);
	journal_wait(h, JOURNAL("total", "service=none", "denied=11"));
}

/* ---- memory of the event loop ---- */

/* It has no way to say that it has none, and would end the process. */
static void
loop__has_no_memory_to_grow__daemon_goes_on(void **state)
{
	struct harness *h = *state;
	int fds[300];
	char byte;

	inject_begin(h, injection_config);
	inject_fail(INJECT_REALLOC, ENOMEM, 1);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++) {
		fds[i] = peer_connect(h, "echo");
		peer_send_text(fds[i], "x");
	}
	inject_wait_failed(INJECT_REALLOC, 1);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++) {
		peer_read(fds[i], &byte, 1);
		peer_close(fds[i]);
	}
	inject_end(h, HARNESS_COUNT(fds));
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    watch__listener_cannot_be_watched_again__is_tried_until_it_is),
		HARNESS_TEST(watch__nothing_can_be_watched__does_not_spin),
		HARNESS_TEST(
		    watch__stderr_cannot_be_watched__is_read_all_the_same),
		HARNESS_TEST(watch__connection_cannot_be_watched__is_said_once),
		HARNESS_TEST(
		    watch__listener_of_a_handler__is_no_reason_to_start_one),
		HARNESS_TEST(close__any_call_fails__connection_is_gone),
		HARNESS_TEST(refusal__any_call_fails__client_is_gone),
		HARNESS_TEST(loop__has_no_memory_to_grow__daemon_goes_on),
	};

	return harness_main(
	    argc, argv, "injection_end", tests, HARNESS_COUNT(tests));
}
