/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Calls that fail on the way of a client, one after the other, in the real
 * daemon: whoever can be served is served in the end, the log says it once, and
 * nothing is left. Real shortages are in exhaustion.c.
 */
#include "inject.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char injection_config[] =
    "[echo]\n"
    "listen = 127.0.0.1:0\n"
    "handler = builtin:echo\n"
    "[any]\n" /* has to ask for our address */
    "listen = 0.0.0.0:0\n"
    "handler = builtin:echo\n"
    "[unix]\n"
    "listen = unix:@DIR@/unix\n"
    "handler = builtin:echo\n"
    "[file]\n"
    "listen = 127.0.0.1:0\n"
    "handler = builtin:echo\n"
    "stderr = @DIR@/stderr\n";

static size_t injection_fds; /* of the daemon at the beginning */

static void
injection_wait_idle(struct harness *h)
{
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == injection_fds);
}

static void
injection_begin(struct harness *h, const char *config)
{
	inject_start(h, config);
	injection_fds = proc_count_fds(h->pid);
	/* The loop has turned once and watches what it has to. */
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	injection_wait_idle(h);
}

/* So many clients were there besides the first one, and none was refused. */
static void
injection_end(struct harness *h, unsigned clients)
{
	char connections[32];

	injection_wait_idle(h);
	assert_string_equal(peer_ask(h, "echo", "again"), "again");
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	harness_finish(h);
	snprintf(
	    connections, sizeof(connections), "connections=%u", clients + 2);
	journal_wait(h, JOURNAL("stopped", connections));
}

static const char *
injection_errno(const char *field, int error)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s%s", field, strerrorname_np(error));
	return text;
}

struct injection_case {
	const char *service;
	enum inject_call call;
	int error, skip;
	const char *step;
};

/* It fails, and once more when it is tried again; then the client has its
 * turn. The pause and its end are a line each. */
static void
injection_check_wait(struct harness *h, const struct injection_case *c)
{
	const size_t lines = journal_count(h, JOURNAL("pause"));
	char service[32], step[32];
	char byte;

	snprintf(service, sizeof(service), "service=%s", c->service);
	snprintf(step, sizeof(step), "step=%s", c->step);
	if (c->skip > 0)
		inject_fail_after(c->call, c->error, c->skip);
	else
		inject_fail(c->call, c->error, 2);
	const int fd = peer_connect(h, c->service);
	peer_send_text(fd, "x");
	peer_read(fd, &byte, 1);
	peer_close(fd);
	inject_wait_failed(c->call, c->skip > 0 ? 1 : 2);
	journal_wait_nth(h, JOURNAL("resume", "reason=resources"), lines + 1);
	assert_int_equal(journal_count(h, JOURNAL("pause")), lines + 1);
	assert_true(
	    journal_count(h, JOURNAL("pause", service, "reason=resources", step,
				 injection_errno("errno=", c->error))) > 0);
	injection_wait_idle(h);
}

static void
injection_check_waits(
    struct harness *h, const struct injection_case *cases, unsigned count)
{
	injection_begin(h, injection_config);
	for (unsigned i = 0; i < count; i++)
		injection_check_wait(h, &cases[i]);
	injection_end(h, count);
}

static void
accept__out_of_something__client_waits_and_is_served(void **state)
{
	static const struct injection_case cases[] = {
		{ "echo", INJECT_ACCEPT4, EMFILE, 0, "accept" },
		{ "echo", INJECT_ACCEPT4, ENFILE, 0, "accept" },
		{ "echo", INJECT_ACCEPT4, ENOBUFS, 0, "accept" },
		{ "echo", INJECT_ACCEPT4, ENOMEM, 0, "accept" },
	};

	injection_check_waits(*state, cases, HARNESS_COUNT(cases));
}

static void
launch__out_of_something__client_waits_and_is_served(void **state)
{
	static const struct injection_case cases[] = {
		{ "echo", INJECT_PIPE2, EMFILE, 0, "stderr" },
		{ "echo", INJECT_PIPE2, ENFILE, 0, "stderr" },
		{ "echo", INJECT_PIPE2, ENOMEM, 0, "stderr" },
		{ "echo", INJECT_SETFL, ENOMEM, 0, "stderr" },
		{ "file", INJECT_OPEN, EMFILE, 0, "stderr" },
		{ "file", INJECT_OPEN, ENFILE, 0, "stderr" },
		{ "file", INJECT_OPEN, ENOMEM, 0, "stderr" },
		{ "file", INJECT_SETFL, ENOMEM, 0, "stderr" },
		{ "echo", INJECT_CLONE, EAGAIN, 0, "clone" },
		{ "echo", INJECT_CLONE, ENOMEM, 0, "clone" },
	};

	injection_check_waits(*state, cases, HARNESS_COUNT(cases));
}

static void
memory__for_a_client_is_missing__it_waits_and_is_served(void **state)
{
	static const struct injection_case cases[] = {
		{ "echo", INJECT_CALLOC, ENOMEM, 0, "connection" },
		{ "echo", INJECT_CALLOC, ENOMEM, 1, "source" },
		{ "echo", INJECT_MALLOC, ENOMEM, 0, "source" },
		{ "echo", INJECT_MALLOC, ENOMEM, 1, "source" },
	};

	injection_check_waits(*state, cases, HARNESS_COUNT(cases));
}

/* The process was made already, and may have spoken: then there is no second
 * one for the same client. */
static void
memory__for_a_process_is_missing__nothing_stays(void **state)
{
	struct harness *h = *state;

	injection_begin(h, injection_config);
	for (int i = 0; i < 2; i++) {
		/* After the two pieces of the table of sources. */
		inject_fail_after(INJECT_MALLOC, ENOMEM, 2 + i);
		(void)peer_fate(h, "echo", NULL); /* it may have spoken */
		HARNESS_WAIT_UNTIL(inject_count_failed(INJECT_MALLOC) == 1);
		injection_wait_idle(h);
	}
	assert_int_equal(
	    journal_count(h, JOURNAL("refuse", "service=echo",
				 "reason=launch_failed", "errno=ENOMEM")),
	    2);
	assert_string_equal(peer_ask(h, "echo", "again"), "again");
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	harness_finish(h);
	journal_wait(h, JOURNAL("total", "service=echo", "accepted=4",
			    "started=2", "launch_failed=2"));
}

/* "Linux accept() passes already-pending network errors on the new socket as
 * an error code from accept()", and the client that was reset before it is
 * ECONNABORTED elsewhere. */
static void
accept__error_of_a_client__is_no_pause(void **state)
{
	static const int errors[] = { EINTR, ECONNABORTED, ENETDOWN, EPROTO,
		ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
		ENETUNREACH, EPERM };
	struct harness *h = *state;

	injection_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_ACCEPT4, errors[i], 3);
		assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
		assert_int_equal(inject_count_failed(INJECT_ACCEPT4), 3);
	}
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	injection_end(h, HARNESS_COUNT(errors));
}

/* A system call filter or a security module says EPERM for ever, and takes
 * nobody from the queue: it stays ready. */
static void
accept__error_of_a_client_for_ever__does_not_spin(void **state)
{
	static const int errors[] = { EPERM, EINTR, EINVAL, EACCES };
	struct harness *h = *state;
	char byte;

	injection_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_ACCEPT4, errors[i], INJECT_ALWAYS);
		const int fd = peer_connect(h, "echo");
		peer_send_text(fd, "x");
		journal_wait(h, JOURNAL("pause", "service=echo", "step=accept",
				    injection_errno("errno=", errors[i])));
		assert_true(proc_measure_cpu(h->pid, 1000) < 0.05);
		inject_stop(INJECT_ACCEPT4);
		peer_read(fd, &byte, 1);
		peer_close(fd);
		journal_wait_nth(h, JOURNAL("resume", "service=echo"), i + 1);
	}
	assert_int_equal(
	    journal_count(h, JOURNAL("pause")), HARNESS_COUNT(errors));
	injection_end(h, HARNESS_COUNT(errors));
}

/* What a client does that has gone before it is asked who it is. */
static void
getsockname__client_is_gone__next_one_is_served(void **state)
{
	static const int errors[] = { ENOTCONN, ECONNRESET, EINVAL, ENOBUFS };
	struct harness *h = *state;

	injection_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_GETSOCKNAME, errors[i], 1);
		assert_string_not_equal(peer_fate(h, "any", NULL), "served");
		assert_int_equal(inject_count_failed(INJECT_GETSOCKNAME), 1);
		assert_string_equal(peer_fate(h, "any", NULL), "served");
	}
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	injection_end(h, HARNESS_COUNT(errors));
}

static void
getsockopt__unix_client_is_gone__next_one_is_served(void **state)
{
	static const int errors[] = { ENOTCONN, ECONNRESET };
	struct harness *h = *state;
	const char *path = harness_path(h, "unix");

	injection_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_GETSOCKOPT, errors[i], 1);
		int fd = peer_connect_unix(path, SOCK_STREAM);
		assert_int_equal(peer_wait_end(fd, NULL), 0);
		peer_close(fd);
		fd = peer_connect_unix(path, SOCK_STREAM);
		assert_string_equal(peer_fate_of(fd), "served");
		peer_close(fd);
	}
	injection_end(h, HARNESS_COUNT(errors));
}

/* ---- watching ---- */

/* Out of the pause the listener has to be watched anew, for which there may be
 * no memory (ENOMEM), or too many watches of this user (ENOSPC). */
static void
watch__listener_cannot_be_watched_again__is_tried_until_it_is(void **state)
{
	static const int errors[] = { ENOMEM, ENOSPC };
	struct harness *h = *state;

	injection_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_ACCEPT4, EMFILE, 1);
		inject_fail(INJECT_EPOLL_ADD, errors[i], 1);
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
		assert_int_equal(inject_count_failed(INJECT_EPOLL_ADD), 1);
		/* Something happens, so that the loop turns. */
		assert_string_equal(peer_fate(h, "any", NULL), "served");
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
		injection_wait_idle(h);
	}
	injection_end(h, 3 * HARNESS_COUNT(errors));
}

/* More than a pipe holds: a handler would wait for ever. */
static void
watch__stderr_cannot_be_watched__is_read_all_the_same(void **state)
{
	struct harness *h = *state;
	char text[16];

	injection_begin(h,
	    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
	    "[chatty]\nlisten = 127.0.0.1:0\n"
	    "handler = /bin/sh -c 'head -c 200000 /dev/zero >&2; echo done'\n");
	for (int i = 0; i < 2; i++) {
		inject_fail(INJECT_EPOLL_ADD, ENOMEM, 1);
		const int fd = peer_connect(h, "chatty");
		inject_wait_failed(INJECT_EPOLL_ADD, 1);
		/* Something happens, so that the loop turns. */
		assert_string_equal(peer_ask(h, "echo", "x"), "x");
		peer_read_to_end(fd, text, sizeof(text));
		assert_string_equal(text, "done\n");
		peer_close(fd);
	}
	injection_end(h, 4);
}

/* Then the handler's own end is all that ends it. Said once, not for each. */
static void
watch__connection_cannot_be_watched__is_said_once(void **state)
{
	struct harness *h = *state;

	injection_begin(h, "[echo]\nlisten = 127.0.0.1:0\n"
			   "handler = builtin:echo\nstderr = null\n"
			   "on_disconnect = term\n");
	inject_fail(INJECT_EPOLL_ADD, ENOSPC, INJECT_ALWAYS);
	for (int i = 0; i < 20; i++)
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
	assert_in_range(inject_count_failed(INJECT_EPOLL_ADD), 20, 40);
	inject_stop(INJECT_EPOLL_ADD);
	assert_int_equal(
	    journal_count(h, JOURNAL("on_disconnect", "errno=ENOSPC")), 1);
	injection_end(h, 20);
}

/* A handler that takes the listener is not started for nobody. */
static void
watch__listener_of_a_handler__is_no_reason_to_start_one(void **state)
{
	struct harness *h = *state;
	const char *path = harness_path(h, "taken");

	injection_begin(h,
	    "[echo]\nlisten = 127.0.0.1:0\n"
	    "handler = builtin:echo\n"
	    "[taken]\nlisten = unix:@DIR@/taken\n"
	    "mode = wait\nhandler = @TAKER@ --take 1 --idle 100\n"
	    "stderr = null\n");
	for (size_t i = 1; i <= 2; i++) {
		inject_fail(INJECT_EPOLL_ADD, ENOMEM, 1);
		const int fd = peer_connect_unix(path, SOCK_STREAM);
		assert_int_equal(peer_wait_end(fd, NULL), 0);
		peer_close(fd);
		injection_wait_idle(h);
		assert_int_equal(inject_count_failed(INJECT_EPOLL_ADD), 1);
		assert_string_equal(peer_ask(h, "echo", "turn"), "turn");
		journal_wait_nth(
		    h, JOURNAL("pause", "service=taken", "errno=ENOMEM"), i);
	}
	injection_end(h, 4);
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

	injection_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
		inject_fail(cases[i].call, cases[i].error, 1);
		assert_string_equal(peer_fate(h, "echo", NULL), "served");
		injection_wait_idle(h);
		assert_int_equal(inject_count_failed(cases[i].call), 1);
	}
	injection_end(h, HARNESS_COUNT(cases));
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

	injection_begin(h, "[echo]\nlisten = 127.0.0.1:0\n"
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
		injection_wait_idle(h);
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

	injection_begin(h, injection_config);
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
	injection_end(h, HARNESS_COUNT(fds));
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    accept__out_of_something__client_waits_and_is_served),
		HARNESS_TEST(
		    launch__out_of_something__client_waits_and_is_served),
		HARNESS_TEST(
		    memory__for_a_client_is_missing__it_waits_and_is_served),
		HARNESS_TEST(memory__for_a_process_is_missing__nothing_stays),
		HARNESS_TEST(accept__error_of_a_client__is_no_pause),
		HARNESS_TEST(accept__error_of_a_client_for_ever__does_not_spin),
		HARNESS_TEST(getsockname__client_is_gone__next_one_is_served),
		HARNESS_TEST(
		    getsockopt__unix_client_is_gone__next_one_is_served),
		HARNESS_TEST(
		    watch__listener_cannot_be_watched_again__is_tried_until_it_is),
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
	    argc, argv, "injection", tests, HARNESS_COUNT(tests));
}
