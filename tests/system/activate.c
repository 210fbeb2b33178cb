/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* mode = activate: the protocol of sd_listen_fds(3), in both directions. Each
 * handler is looked at from inside, by the taker's report.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* The report of whoever accepts at that address, to be freed. */
static char *
activate_report(int fd)
{
	char *report = calloc(1, 65536);

	peer_read_to_end(fd, report, 65536);
	peer_close(fd);
	assert_non_null(strstr(report, "end=report\n"));
	return report;
}

static void
contract__two_sockets__are_as_sd_listen_fds_reads_them(void **state)
{
	struct harness *h = *state;
	char name[64];

	harness_start(h,
	    "[web]\nlisten = 127.0.0.1:0 unix:@DIR@/s\nmode = activate\n"
	    "environment = LISTEN_FDS=7 LISTEN_PID=1\n"
	    "handler = @TAKER@ %s %c\n");
	char *report = activate_report(
	    peer_connect_unix(harness_path(h, "s"), SOCK_STREAM));
	snprintf(name, sizeof(name), "127.0.0.1:%u", journal_port(h, "web"));
	const char *start = journal_wait(
	    h, JOURNAL("start", "service=web", "listeners=2", "conn=1"));
	assert_string_equal(peer_value(report, "fds"), "0 1 2 3 4");
	assert_string_equal(peer_value(report, "fd.0"), "/dev/null");
	assert_string_equal(
	    peer_value(report, "fd.1"), peer_value(report, "fd.2"));
	assert_string_equal(peer_value(report, "fd.3.name"), name);
	assert_string_equal(peer_value(report, "fd.3.nonblock"), "0");
	assert_string_equal(peer_value(report, "fd.3.cloexec"), "0");
	snprintf(name, sizeof(name), "unix:%s", harness_path(h, "s"));
	assert_string_equal(peer_value(report, "fd.4.name"), name);
	assert_string_equal(peer_value(report, "env.LISTEN_FDS"), "2");
	assert_string_equal(
	    peer_value(report, "env.LISTEN_FDNAMES"), "web:web");
	assert_string_equal(
	    peer_value(report, "env.LISTEN_PID"), peer_value(report, "pid"));
	assert_string_equal(
	    peer_value(report, "pid"), journal_field(start, "pid"));
	assert_null(peer_find_value(report, "env.PROTO"));
	assert_string_equal(peer_value(report, "argv.1"), "web");
	assert_string_equal(peer_value(report, "argv.2"), "1");
	free(report);
	harness_stop(h);
	h->finished = true;
}

/* So many that their places are where others of them were. */
static void
contract__twenty_sockets__are_in_their_order(void **state)
{
	struct harness *h = *state;
	char config[4096] = "[web]\nmode = activate\nhandler = @TAKER@\n"
			    "listen = ";
	char key[32], expected[200];

	for (int i = 0; i < 20; i++) {
		char item[40];

		snprintf(item, sizeof(item), "unix:@DIR@/s%d ", i);
		strcat(config, item);
	}
	strcat(config, "\n");
	harness_start(h, config);
	char *report = activate_report(
	    peer_connect_unix(harness_path(h, "s7"), SOCK_STREAM));
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof(key), "fd.%d.name", i + 3);
		snprintf(expected, sizeof(expected), "unix:%s/s%d", h->dir, i);
		assert_string_equal(peer_value(report, key), expected);
	}
	free(report);
	harness_stop(h);
	h->finished = true;
}

static void
output__of_a_handler__is_in_our_log(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[web]\nlisten = 127.0.0.1:0\nmode = activate\nstart = boot\n"
	    "handler = sh -c 'echo hello; exec sleep 100'\n");
	journal_wait(h, JOURNAL("stderr", "service=web", "line=hello"));
	harness_stop(h);
	h->finished = true;
}

static void
demand__nobody_came__nothing_runs(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[web]\nlisten = 127.0.0.1:0\nmode = activate\nprocesses = 3\n"
	    "handler = @TAKER@ --idle 50\n");
	assert_int_equal(proc_find_children(h->pid, NULL, 0), 0);
	free(activate_report(peer_connect(h, "web")));
	journal_wait_nth(h, JOURNAL("start", "service=web"), 3);
	/* All idle out, and are there again for the next one. */
	journal_wait_nth(h, JOURNAL("end", "service=web", "status=0"), 3);
	assert_int_equal(proc_find_children(h->pid, NULL, 0), 0);
	free(activate_report(peer_connect(h, "web")));
	journal_wait_nth(h, JOURNAL("end", "service=web", "status=0"), 6);
	harness_finish(h);
}

static void
processes__two__both_serve(void **state)
{
	struct harness *h = *state;
	char first[32];
	bool both = false;

	harness_start(h,
	    "[web]\nlisten = 127.0.0.1:0\nmode = activate\nprocesses = 2\n"
	    "handler = @TAKER@ --take 1\n");
	char *report = activate_report(peer_connect(h, "web"));
	snprintf(first, sizeof(first), "%s", peer_value(report, "pid"));
	free(report);
	for (int i = 0; i < 100 && !both; i++) {
		report = activate_report(peer_connect(h, "web"));
		both = strcmp(first, peer_value(report, "pid")) != 0;
		free(report);
	}
	assert_true(both);
	harness_stop(h);
	h->finished = true;
}

static void
boot__handler_is_killed__is_started_again_without_a_client(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[web]\nlisten = 127.0.0.1:0\nmode = activate\nprocesses = 2\n"
	    "start = boot\nhandler = @TAKER@\n");
	for (size_t i = 0; i < 3; i++) {
		pid_t pids[2];

		journal_wait_nth(h, JOURNAL("start", "service=web"), 2 + i);
		HARNESS_WAIT_UNTIL(proc_find_children(h->pid, pids, 2) == 2);
		assert_int_equal(kill(pids[0], SIGKILL), 0);
		journal_wait_nth(
		    h, JOURNAL("end", "service=web", "signal=KILL"), i + 1);
	}
	free(activate_report(peer_connect(h, "web")));
	harness_stop(h);
	h->finished = true;
}

static void
boot__handler_ends_at_once__backs_off(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[good]\nlisten = 127.0.0.1:0\nmode = activate\nstart = boot\n"
	    "handler = @TAKER@ --leave\n"
	    "[bad]\nlisten = 127.0.0.1:0\nmode = activate\nstart = boot\n"
	    "handler = @TAKER@ --leave --exit 3\n");
	journal_wait(
	    h, JOURNAL("pause", "service=good", "reason=short", "failures=4"));
	journal_wait(
	    h, JOURNAL("pause", "service=bad", "reason=crash", "failures=4"));
	journal_wait(
	    h, JOURNAL("pause", "service=bad", "reason=crash", "failures=8"));
	assert_in_range(
	    journal_count(h, JOURNAL("start", "service=bad")), 8, 9);
	harness_stop(h);
	h->finished = true;
}

static void
boot__limit_is_reached__comes_up_when_there_is_a_place(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[evinetd]\nmax_connections = 2\n"
	    "[web]\nlisten = 127.0.0.1:0\nmode = activate\nstart = boot\n"
	    "processes = 3\nhandler = @TAKER@ --sleep 300 --take 1\n");
	journal_wait_nth(h, JOURNAL("start", "service=web"), 2);
	journal_wait(h, JOURNAL("pause", "reason=global_limit"));
	assert_int_equal(proc_find_children(h->pid, NULL, 0), 2);
	for (int i = 0; i < 4; i++)
		free(activate_report(peer_connect(h, "web")));
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 2);
	harness_stop(h);
	h->finished = true;
}

static void
datagrams__through_activate__are_answered(void **state)
{
	struct harness *h = *state;
	char buf[4];

	harness_start(h,
	    "[echo]\nlisten = udp:127.0.0.1:0 127.0.0.1:0\nmode = activate\n"
	    "handler = @TAKER@ --idle 50\n");
	const int fd = peer_connect_udp(h, "echo");
	for (size_t i = 1; i <= 2; i++) {
		peer_send_text(fd, "ping");
		peer_read(fd, buf, sizeof(buf));
		journal_wait_nth(
		    h, JOURNAL("end", "service=echo", "status=0"), i);
	}
	peer_close(fd);
	harness_finish(h);
}

/* ---- sockets that were passed to us ---- */

struct passed {
	int fds[3];
	uint16_t port;
};

/* In the child, before exec: what a service manager does. */
static void
passed_prepare(void *arg)
{
	const struct passed *p = arg;
	char pid[16];

	/* Away first: the place of one may be where another is. */
	for (int i = 0; i < 3; i++)
		dup2(p->fds[i], 30 + i);
	for (int i = 0; i < 3; i++) {
		dup2(30 + i, 3 + i);
		close(30 + i);
	}
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "3", 1);
	setenv("LISTEN_FDNAMES", "web:dns:left", 1);
}

static int
passed_socket(int type, uint16_t *ret_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(sin);
	const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*ret_port = ntohs(sin.sin_port);
	return fd;
}

static void
passed_start(struct harness *h, struct passed *p, const char *config)
{
	uint16_t unused;

	p->fds[0] = passed_socket(SOCK_STREAM, &p->port);
	p->fds[1] = passed_socket(SOCK_DGRAM, &unused);
	p->fds[2] = passed_socket(SOCK_STREAM, &unused);
	const struct harness_options options = {
		.config = config, .prepare = passed_prepare, .arg = p
	};

	harness_start_with(h, &options);
}

static void
passed__by_name__are_served_in_every_mode(void **state)
{
	struct harness *h = *state;
	struct passed p;
	char buf[4];

	passed_start(h, &p,
	    "[web]\nlisten = fd:web\nhandler = @PROBE@\n"
	    "[dns]\nlisten = fd:dns\nmode = wait\nhandler = @TAKER@\n");
	assert_int_equal(journal_port(h, "web"), p.port);
	/* Neither the descriptors nor the variables get any further. */
	const char *report = peer_ask(h, "web", "");
	assert_string_equal(peer_value(report, "fds"), "0 1 2");
	assert_null(peer_find_value(report, "env.LISTEN_FDS"));
	const int fd = peer_connect_udp(h, "dns");
	peer_send_text(fd, "ping");
	peer_read(fd, buf, sizeof(buf));
	peer_close(fd);
	/* What nobody asked for is said. */
	journal_wait(h, JOURNAL("passed", "name=left"));
	harness_stop(h);
	h->finished = true;
}

static void
passed__on_to_activate__keeps_its_name(void **state)
{
	struct harness *h = *state;
	struct passed p;

	passed_start(h, &p,
	    "[all]\nlisten = fd:web fd:left 127.0.0.1:0\nmode = activate\n"
	    "handler = @TAKER@\n"
	    "[dns]\nlisten = fd:dns\nmode = wait\nhandler = @TAKER@\n");
	char *report = activate_report(peer_connect_ip("127.0.0.1", p.port));
	assert_string_equal(
	    peer_value(report, "env.LISTEN_FDNAMES"), "web:left:all");
	free(report);
	harness_stop(h);
	h->finished = true;
}

/* Of what kind it is the configuration cannot know. */
static void
passed__not_there__is_an_error_that_helps(void **state)
{
	struct harness *h = *state;

	harness_spawn(
	    h, &(struct harness_options){
		   .config = "[web]\nlisten = fd:web\nhandler = @PROBE@\n" });
	assert_int_equal(harness_wait_exit(h), 1);
	const char *line = journal_wait(
	    h, JOURNAL("listen_failed", "service=web", "address=fd:web"));
	assert_non_null(strstr(line, "FileDescriptorName=web"));
	h->finished = true;
}

static int
passed_unix_socket(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* An abstract name of the kernel's choice. */
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&un, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* Three sockets of that type do not start it; part of why. */
static void
passed_check_refused(
    struct harness *h, int type, const char *config, const char *why)
{
	struct passed p = { .port = 0 };
	uint16_t unused;

	for (int i = 0; i < 3; i++)
		p.fds[i] = type == -1 ? passed_unix_socket()
				      : passed_socket(type, &unused);
	harness_spawn(
	    h, &(struct harness_options){
		   .config = config, .prepare = passed_prepare, .arg = &p });
	assert_int_equal(harness_wait_exit(h), 1);
	const char *line =
	    journal_wait(h, JOURNAL("listen_failed", "service=web"));
	assert_non_null(strstr(line, why));
	for (int i = 0; i < 3; i++)
		close(p.fds[i]);
}

static void
passed__unix_with_idle_timeout__is_an_error_that_helps(void **state)
{
	struct harness *h = *state;

	passed_check_refused(h, -1,
	    "[web]\nlisten = fd:web\nhandler = @PROBE@\nidle_timeout = 1s\n",
	    "for TCP alone");
	h->finished = true;
}

static void
passed__stream_to_guarded_wait__is_an_error_that_helps(void **state)
{
	struct harness *h = *state;

	passed_check_refused(h, SOCK_STREAM,
	    "[web]\nlisten = fd:web\nmode = wait\nhandler = @TAKER@\n"
	    "deny = 192.0.2.0/24\n",
	    "it is no datagram socket");
	h->finished = true;
}

static void
passed__datagram_to_nowait__is_an_error_that_helps(void **state)
{
	struct harness *h = *state;

	passed_check_refused(h, SOCK_DGRAM,
	    "[web]\nlisten = fd:web\nhandler = @PROBE@\n", "mode = wait");
	h->finished = true;
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    contract__two_sockets__are_as_sd_listen_fds_reads_them),
		HARNESS_TEST(contract__twenty_sockets__are_in_their_order),
		HARNESS_TEST(output__of_a_handler__is_in_our_log),
		HARNESS_TEST(demand__nobody_came__nothing_runs),
		HARNESS_TEST(processes__two__both_serve),
		HARNESS_TEST(
		    boot__handler_is_killed__is_started_again_without_a_client),
		HARNESS_TEST(boot__handler_ends_at_once__backs_off),
		HARNESS_TEST(
		    boot__limit_is_reached__comes_up_when_there_is_a_place),
		HARNESS_TEST(datagrams__through_activate__are_answered),
		HARNESS_TEST(passed__by_name__are_served_in_every_mode),
		HARNESS_TEST(passed__on_to_activate__keeps_its_name),
		HARNESS_TEST(
		    passed__unix_with_idle_timeout__is_an_error_that_helps),
		HARNESS_TEST(passed__not_there__is_an_error_that_helps),
		HARNESS_TEST(
		    passed__stream_to_guarded_wait__is_an_error_that_helps),
		HARNESS_TEST(
		    passed__datagram_to_nowait__is_an_error_that_helps),
	};

	return harness_main(
	    argc, argv, "activate", tests, HARNESS_COUNT(tests));
}
