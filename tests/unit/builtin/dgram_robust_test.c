/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What peers, the network and an earlier handler on the same socket can do to
 * the built-in handlers: nothing of it ends the service or holds it up, and
 * nothing of theirs is left on the socket.
 */
#include <linux/net_tstamp.h>
#include <netinet/in.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool network;
static char big[65507];

static void
option_set(const struct service *s, int level, int option, int value)
{
	assert_int_equal(
	    setsockopt(s->fd, level, option, &value, sizeof(value)), 0);
}

static int
option_get(const struct service *s, int level, int option)
{
	socklen_t len = sizeof(int);
	int value;

	assert_int_equal(getsockopt(s->fd, level, option, &value, &len), 0);
	return value;
}

/* Asserts that it answers; and keeps the socket's queue from being full. */
static void
service_check(const struct service *s)
{
	int fd = client_open(s);

	client_echo(fd, "x", 1);
	close(fd);
}

/* Starts it and has something answered. */
static void
service_begin(struct service *s)
{
	service_start(s, "echo");
	service_check(s);
}

static void
service_finish(struct service *s)
{
	service_check(s);
	service_stop(s);
	service_close(s);
}

/* An answer to a port that nobody has any more: ICMP tells at once. */
static void
make_refusal(const struct service *s)
{
	int fd = client_open(s);

	client_send(fd, "x", 1);
	close(fd);
}

static void
dgram__with_nonblocking_socket__waits_and_leaves_it_so(void **state)
{
	for (int kind = 0; kind < SERVICE_KINDS; kind++) {
		struct service s;

		service_open(&s, kind);
		assert_int_equal(fcntl(s.fd, F_SETFL, O_NONBLOCK), 0);
		service_begin(&s);
		prog_await_sleep(&s.prog);
		assert_int_equal(fcntl(s.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
		service_finish(&s);
	}
}

static void
dgram__with_blocking_socket__leaves_it_so(void **state)
{
	for (int kind = 0; kind < SERVICE_KINDS; kind++) {
		struct service s;

		service_open(&s, kind);
		service_begin(&s);
		assert_int_equal(fcntl(s.fd, F_GETFL) & O_NONBLOCK, 0);
		service_finish(&s);
	}
}

struct left_option {
	int level;
	int name;
	int before;
	bool v6_only;
};

static const struct left_option left[] = {
	{ IPPROTO_IP, IP_PKTINFO, 0, false },
	{ IPPROTO_IP, IP_PKTINFO, 1, false },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 0, true },
	{ IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, true },
	{ SOL_SOCKET, SO_BROADCAST, 0, false },
	{ SOL_SOCKET, SO_BROADCAST, 1, false },
};

/* signal: what ends it, 0 for idleness. */
static void
check_option(enum service_kind kind, const struct left_option *o, int signal)
{
	struct service s;
	char c;
	int fd;

	service_open(&s, kind);
	option_set(&s, o->level, o->name, o->before);
	fd = client_open(&s);
	client_send(fd, "x", 1);
	service_start_idle(&s, "echo", signal != 0 ? "60000" : "50");
	assert_int_equal(client_recv(fd, &c, 1), 1);
	if (signal != 0) {
		assert_int_equal(option_get(&s, IPPROTO_IP, IP_PKTINFO), 1);
		assert_int_equal(option_get(&s, SOL_SOCKET, SO_BROADCAST), 0);
		kill(s.prog.pid, signal);
		assert_int_equal(prog_wait(&s.prog), 128 + signal);
	} else {
		service_wait(&s);
	}
	assert_int_equal(option_get(&s, o->level, o->name), o->before);
	close(fd);
	service_close(&s);
}

static void
dgram__when_it_ends__puts_options_back(void **state)
{
	const int signals[] = { 0, SIGTERM, SIGINT, SIGHUP };

	/* A shell without job control ignores SIGINT in what it runs in the
	 * background, nohup(1) SIGHUP; and the handlers respect that. */
	for (size_t j = 1; j < 4; j++)
		signal(signals[j], SIG_DFL);
	for (int kind = SERVICE_V4; kind <= SERVICE_MAPPED; kind++)
		for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
			for (size_t j = 0; j < 4; j++)
				if (kind != SERVICE_V4 || !left[i].v6_only)
					check_option(
					    kind, &left[i], signals[j]);
}

/* As by nohup(1). */
static void
dgram__with_ignored_signal__goes_on_ignoring_it(void **state)
{
	struct service s;

	service_open(&s, SERVICE_V4);
	signal(SIGHUP, SIG_IGN);
	service_begin(&s);
	signal(SIGHUP, SIG_DFL);
	kill(s.prog.pid, SIGHUP);
	service_finish(&s);
}

static void
udp__when_peers_are_gone__goes_on(void **state)
{
	for (int kind = SERVICE_V4; kind <= SERVICE_MAPPED; kind++) {
		struct service s;

		service_open(&s, kind);
		service_begin(&s);
		for (int i = 0; i < 2000; i++) {
			make_refusal(&s);
			if (i % 50 == 0)
				service_check(&s);
		}
		service_finish(&s);
	}
}

/* With this option the error of one peer is reported to whatever is done next
 * with the socket, and kept in a queue that never lets poll(2) wait. */
static void
udp__with_errors_reported__answers_all_and_sleeps(void **state)
{
	for (int kind = SERVICE_V4; kind <= SERVICE_MAPPED; kind++) {
		struct service s;
		int fd;

		service_open(&s, kind);
		option_set(&s, IPPROTO_IP, IP_RECVERR, 1);
		if (kind != SERVICE_V4)
			option_set(&s, IPPROTO_IPV6, IPV6_RECVERR, 1);
		/* In turn, so that each refusal is followed by an answer. */
		fd = client_open(&s);
		for (int i = 0; i < 20; i++) {
			make_refusal(&s);
			client_send(fd, "x", 1);
		}
		service_start(&s, "echo");
		for (int i = 0; i < 20; i++) {
			char c;

			assert_int_equal(client_recv(fd, &c, 1), 1);
		}
		close(fd);
		prog_await_sleep(&s.prog);
		make_refusal(&s);
		prog_await_sleep(&s.prog);
		service_finish(&s);
	}
}

/* Each answer leaves a report behind, which never lets poll(2) wait. */
static void
udp__with_transmit_timestamps__sleeps(void **state)
{
	struct service s;

	service_open(&s, SERVICE_V4);
	option_set(&s, SOL_SOCKET, SO_TIMESTAMPING,
	    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE |
		SOF_TIMESTAMPING_RX_SOFTWARE);
	service_begin(&s);
	prog_await_sleep(&s.prog);
	service_finish(&s);
}

static void
udp__when_answer_is_too_large_for_path__goes_on(void **state)
{
	struct service s;
	int fd;

	if (!network)
		skip();
	service_open(&s, SERVICE_V4);
	option_set(&s, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	netns_set_mtu(1500);
	fd = client_open(&s);
	service_begin(&s);
	client_send(fd, big, 3000);
	service_check_silent(&s, fd);
	netns_set_mtu(65536);
	close(fd);
	service_finish(&s);
}

static void
udp__without_route_to_peer__goes_on(void **state)
{
	struct service s;

	if (!network)
		skip();
	service_open(&s, SERVICE_V4);
	service_begin(&s);
	for (int i = 0; i < 2000; i++) {
		netns_send_forged("203.0.113.7", 5000, "127.0.0.1", s.port);
		if (i % 50 == 0)
			service_check(&s);
	}
	service_finish(&s);
}

static void
unix__when_answer_is_too_large__goes_on(void **state)
{
	struct service s;
	int fd;

	service_open(&s, SERVICE_UNIX);
	option_set(&s, SOL_SOCKET, SO_SNDBUF, 1);
	fd = client_open(&s);
	service_begin(&s);
	client_send(fd, big, sizeof(big));
	service_check_silent(&s, fd);
	close(fd);
	service_finish(&s);
}

/* A peer that asks and asks and never reads: its queue is full after
 * net.unix.max_dgram_qlen answers, and the others do not wait for it. */
static void
unix__when_peer_does_not_read__serves_others(void **state)
{
	const struct sockaddr any = { .sa_family = AF_UNIX };
	struct service s;
	int deaf;

	service_open(&s, SERVICE_UNIX);
	deaf = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(deaf, &any, sizeof(any.sa_family)), 0);
	service_begin(&s);
	for (int i = 0; i < 2000; i++)
		assert_int_equal(
		    sendto(deaf, "x", 1, 0, (struct sockaddr *)&s.addr, s.len),
		    1);
	service_finish(&s);
	close(deaf);
}

/* The queue of a peer that is connected to us has no such limit: it takes all
 * that our socket may send, until the peer reads or goes. */
static void
unix__when_connected_peer_does_not_read__outlives_it(void **state)
{
	struct service s;
	int deaf;

	service_open(&s, SERVICE_UNIX);
	deaf = client_open(&s);
	service_begin(&s);
	for (int i = 0; i < 2000; i++)
		client_send(deaf, "x", 1);
	close(deaf);
	service_finish(&s);
}

static void
unix__when_peers_are_gone__goes_on(void **state)
{
	struct service s;

	service_open(&s, SERVICE_UNIX);
	service_begin(&s);
	for (int i = 0; i < 2000; i++)
		make_refusal(&s);
	service_finish(&s);
}

/* An earlier handler did this; poll(2) will never wait again. It says so and
 * fails, after it has answered what is there. */
static void
udp__when_socket_is_shut_down__fails(void **state)
{
	struct service s;
	char c;
	int fd;

	service_open(&s, SERVICE_V4);
	fd = client_open(&s);
	client_send(fd, "x", 1);
	/* It works, though the result is ENOTCONN. */
	assert_int_equal(shutdown(s.fd, SHUT_RD), -1);
	service_start(&s, "echo");
	assert_int_equal(client_recv(fd, &c, 1), 1);
	assert_int_equal(prog_wait(&s.prog), 1);
	assert_non_null(strstr(prog_stderr(&s.prog), "shutdown"));
	close(fd);
	service_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(dgram__with_nonblocking_socket__waits_and_leaves_it_so),
		T(dgram__with_blocking_socket__leaves_it_so),
		T(dgram__when_it_ends__puts_options_back),
		T(dgram__with_ignored_signal__goes_on_ignoring_it),
		T(udp__when_peers_are_gone__goes_on),
		T(udp__with_errors_reported__answers_all_and_sleeps),
		T(udp__with_transmit_timestamps__sleeps),
		T(udp__when_answer_is_too_large_for_path__goes_on),
		T(udp__without_route_to_peer__goes_on),
		T(unix__when_answer_is_too_large__goes_on),
		T(unix__when_peer_does_not_read__serves_others),
		T(unix__when_connected_peer_does_not_read__outlives_it),
		T(unix__when_peers_are_gone__goes_on),
		T(udp__when_socket_is_shut_down__fails),
	};

	/* Under nohup(1) it is ignored, and the handlers would inherit that. */
	signal(SIGHUP, SIG_DFL);
	network = netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
