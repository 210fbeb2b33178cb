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
    "stderr = @DIR@/stderr\n"
    "[tree]\n"
    "listen = 127.0.0.1:0\n"
    "handler = builtin:echo\n"
    "kill_mode = tree\n"
    "[taken]\n"
    "listen = udp:127.0.0.1:0\n"
    "handler = @TAKER@ --take 1 --idle 100\n";

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
				 inject_errno("errno=", c->error))) > 0);
	inject_wait_idle(h);
}

static void
injection_check_waits(
    struct harness *h, const struct injection_case *cases, unsigned count)
{
	inject_begin(h, injection_config);
	for (unsigned i = 0; i < count; i++)
		injection_check_wait(h, &cases[i]);
	inject_end(h, count);
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
		{ "echo", INJECT_EXECVE, EAGAIN, 0, "exec" },
		{ "echo", INJECT_EXECVE, ENOMEM, 0, "exec" },
		{ "echo", INJECT_EXECVE, ENFILE, 0, "exec" },
	};

	injection_check_waits(*state, cases, HARNESS_COUNT(cases));
}

static void
launch__no_cgroup_at_the_moment__client_waits_and_is_served(void **state)
{
	static const struct injection_case cases[] = {
		{ "tree", INJECT_MKDIRAT, EAGAIN, 0, "cgroup" },
		{ "tree", INJECT_MKDIRAT, ENOMEM, 0, "cgroup" },
		{ "tree", INJECT_MKDIRAT, ENOSPC, 0, "cgroup" },
		{ "tree", INJECT_OPENAT, EMFILE, 0, "cgroup" },
		{ "tree", INJECT_OPENAT, ENFILE, 0, "cgroup" },
		{ "tree", INJECT_OPENAT, ENOMEM, 0, "cgroup" },
	};
	struct harness *h = *state;

	inject_begin(h, injection_config);
	if (journal_count(h, JOURNAL("cgroup")) > 0)
		harness_skip("no cgroup can be made here");
	for (size_t i = 0; i < HARNESS_COUNT(cases); i++)
		injection_check_wait(h, &cases[i]);
	inject_end(h, HARNESS_COUNT(cases));
}

/* No pause helps against these. */
static void
launch__fails_for_another_reason__client_is_sent_away(void **state)
{
	static const int errors[] = { EPERM, ENOEXEC, EIO };
	struct harness *h = *state;

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_EXECVE, errors[i], 1);
		assert_string_equal(peer_fate(h, "echo", NULL), "reset");
		journal_wait(h, JOURNAL("refuse", "reason=launch_failed",
				    inject_errno("errno=", errors[i])));
	}
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	inject_wait_idle(h);
	harness_finish(h);
}

/* What has woken a handler that takes the socket is not thrown away. */
static void
launch__of_a_taker_out_of_something__datagram_waits(void **state)
{
	static const struct injection_case cases[] = {
		{ "taken", INJECT_CALLOC, ENOMEM, 0, NULL },
		{ "taken", INJECT_PIPE2, EMFILE, 0, NULL },
		{ "taken", INJECT_PIPE2, ENFILE, 0, NULL },
		{ "taken", INJECT_CLONE, EAGAIN, 0, NULL },
		{ "taken", INJECT_CLONE, ENOMEM, 0, NULL },
		{ "taken", INJECT_EXECVE, EAGAIN, 0, NULL },
	};
	struct harness *h = *state;
	char byte;

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(cases); i++) {
		inject_fail(cases[i].call, cases[i].error, 1);
		const int fd = peer_connect_udp(h, "taken");
		peer_send_text(fd, "x");
		peer_read(fd, &byte, 1);
		peer_close(fd);
		journal_wait_nth(h,
		    JOURNAL("pause", "service=taken", "reason=resources"),
		    i + 1);
		/* When that handler has done its work. */
		journal_wait_nth(h,
		    JOURNAL("resume", "service=taken", "reason=resources"),
		    i + 1);
		inject_wait_idle(h);
	}
	inject_end(h, HARNESS_COUNT(cases));
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

	inject_begin(h, injection_config);
	for (int i = 0; i < 2; i++) {
		/* After the two pieces of the table of sources. */
		inject_fail_after(INJECT_MALLOC, ENOMEM, 2 + i);
		(void)peer_fate(h, "echo", NULL); /* it may have spoken */
		inject_wait_failed(INJECT_MALLOC, 1);
		inject_wait_idle(h);
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

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_ACCEPT4, errors[i], 3);
		assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
		inject_wait_failed(INJECT_ACCEPT4, 3);
	}
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	inject_end(h, HARNESS_COUNT(errors));
}

/* A system call filter or a security module says EPERM for ever, and takes
 * nobody from the queue: it stays ready. */
static void
accept__error_of_a_client_for_ever__does_not_spin(void **state)
{
	static const int errors[] = { EPERM, EINTR, EINVAL, EACCES };
	struct harness *h = *state;
	char byte;

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_ACCEPT4, errors[i], INJECT_ALWAYS);
		const int fd = peer_connect(h, "echo");
		peer_send_text(fd, "x");
		journal_wait(h, JOURNAL("pause", "service=echo", "step=accept",
				    inject_errno("errno=", errors[i])));
		assert_true(proc_measure_cpu(h->pid, 1000) < 0.05);
		inject_stop(INJECT_ACCEPT4);
		peer_read(fd, &byte, 1);
		peer_close(fd);
		journal_wait_nth(h, JOURNAL("resume", "service=echo"), i + 1);
	}
	assert_int_equal(
	    journal_count(h, JOURNAL("pause")), HARNESS_COUNT(errors));
	inject_end(h, HARNESS_COUNT(errors));
}

/* What a client does that has gone before it is asked who it is. */
static void
getsockname__client_is_gone__next_one_is_served(void **state)
{
	static const int errors[] = { ENOTCONN, ECONNRESET, EINVAL, ENOBUFS };
	struct harness *h = *state;

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_GETSOCKNAME, errors[i], 1);
		assert_string_not_equal(peer_fate(h, "any", NULL), "served");
		inject_wait_failed(INJECT_GETSOCKNAME, 1);
		assert_string_equal(peer_fate(h, "any", NULL), "served");
	}
	assert_int_equal(journal_count(h, JOURNAL("pause")), 0);
	inject_end(h, HARNESS_COUNT(errors));
}

static void
getsockopt__unix_client_is_gone__next_one_is_served(void **state)
{
	static const int errors[] = { ENOTCONN, ECONNRESET };
	struct harness *h = *state;
	const char *path = harness_path(h, "unix");

	inject_begin(h, injection_config);
	for (size_t i = 0; i < HARNESS_COUNT(errors); i++) {
		inject_fail(INJECT_GETSOCKOPT, errors[i], 1);
		int fd = peer_connect_unix(path, SOCK_STREAM);
		assert_int_equal(peer_wait_end(fd, NULL), 0);
		peer_close(fd);
		fd = peer_connect_unix(path, SOCK_STREAM);
		assert_string_equal(peer_fate_of(fd), "served");
		peer_close(fd);
	}
	inject_end(h, HARNESS_COUNT(errors));
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
		    launch__no_cgroup_at_the_moment__client_waits_and_is_served),
		HARNESS_TEST(
		    launch__fails_for_another_reason__client_is_sent_away),
		HARNESS_TEST(
		    launch__of_a_taker_out_of_something__datagram_waits),
		HARNESS_TEST(
		    memory__for_a_client_is_missing__it_waits_and_is_served),
		HARNESS_TEST(memory__for_a_process_is_missing__nothing_stays),
		HARNESS_TEST(accept__error_of_a_client__is_no_pause),
		HARNESS_TEST(accept__error_of_a_client_for_ever__does_not_spin),
		HARNESS_TEST(getsockname__client_is_gone__next_one_is_served),
		HARNESS_TEST(
		    getsockopt__unix_client_is_gone__next_one_is_served),
	};

	return harness_main(
	    argc, argv, "injection", tests, HARNESS_COUNT(tests));
}
