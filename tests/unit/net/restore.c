/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What a handler leaves behind on a socket that it shared, and how much of it
 * can be put back.
 */
#include "fixture.h"

#include <errno.h>
#include <netinet/tcp.h>

int __real_bind(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len);

static bool bind_denied; /* as ports below 1024 are without privileges */

static char folder[] = "/tmp/evinetd-restore-XXXXXX";
static char path[64];
static struct listener_failure f;

int
__wrap_bind(int fd, const struct sockaddr *a, socklen_t len)
{
	if (!bind_denied)
		return __real_bind(fd, a, len);
	errno = EACCES;
	return -1;
}

static int
setup(void **state)
{
	bind_denied = false;
	return 0;
}

static void
check_flags(bool shared, int expected)
{
	struct listener l =
	    fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", shared);

	assert_int_equal(fcntl(l.fd, F_GETFL) & O_NONBLOCK, expected);
	assert_int_equal(
	    fcntl(l.fd, F_SETFL, O_ASYNC | (O_NONBLOCK & ~expected)), 0);
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(
	    fcntl(l.fd, F_GETFL) & (O_NONBLOCK | O_ASYNC), expected);
	listener_close(&l);
}

static void
listener_restore__flags__are_as_opened(void **state)
{
	check_flags(true, 0);
	check_flags(false, O_NONBLOCK);
}

/* Connected to somebody, it hears nobody else; afterwards it does, at the
 * address that it had. */
static void
check_dissolved(struct listener *l, const char *sender, const struct addr *to)
{
	struct addr peer, other;
	const int peer_fd = fixture_bind(SOCK_DGRAM, sender, &peer);
	const int fd = socket(addr_family(to), SOCK_DGRAM, 0);
	struct listener_datagram d;

	assert_int_equal(connect(l->fd, &peer.u.sa, peer.len), 0);
	assert_int_equal(listener_restore(l, &options), 0);
	other.len = sizeof(other.u.storage);
	assert_int_equal(getpeername(l->fd, &other.u.sa, &other.len), -1);
	assert_int_equal(getsockname(l->fd, &other.u.sa, &other.len), 0);
	assert_true(addr_equal(&other, &l->addr));
	fixture_send(fd, to, "x");
	assert_int_equal(listener_peek(l, &d), 0);
	close(fd);
	close(peer_fd);
	listener_close(l);
}

static void
listener_restore__connected_udp__hears_all_at_its_port(void **state)
{
	static const char *const texts[][2] = { { "127.0.0.1", "127.0.0.1" },
		{ "::1", "::1" }, { "0.0.0.0", "127.0.0.1" }, { "::", "::1" } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct listener l =
		    fixture_open(CONFIG_LISTEN_UDP, texts[i][0], true);
		struct addr to = fixture_addr(texts[i][1]);

		addr_set_port(&to, addr_port(&l.addr));
		check_dissolved(&l, texts[i][1], &to);
	}
}

/* The kernel keeps a port that was asked for. */
static void
listener_restore__connected_udp_with_a_fixed_port__keeps_it(void **state)
{
	struct addr a;
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_UDP, .addrs = &a, .naddrs = 1
	};
	struct listener l;

	close(fixture_bind(SOCK_DGRAM, "127.0.0.1", &a));
	assert_int_equal(listener_open(&spec, &options, true, &l, &f), 0);
	check_dissolved(&l, "127.0.0.1", &a);
}

/* The kernel looks at privileges first, and then whether it is bound. */
static void
listener_restore__bind_is_denied__kept_port_is_fine(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);

	bind_denied = true;
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(connect(l.fd, &l.addr.u.sa, l.addr.len), 0);
	assert_int_equal(listener_restore(&l, &options), -EADDRNOTAVAIL);
	listener_close(&l);

	bind_denied = false;
	l = fixture_open(CONFIG_LISTEN_TCP, "127.0.0.1", true);
	assert_int_equal(shutdown(l.fd, SHUT_RD), 0);
	bind_denied = true;
	assert_int_equal(listener_restore(&l, &options), -EADDRNOTAVAIL);
	listener_close(&l);
}

static void
listener_restore__connected_unix_datagram__hears_all(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UNIX_DGRAM, path, true);
	const struct addr to = l.addr;

	check_dissolved(&l, "@evinetd-unit-restore", &to);
}

static void
listener_restore__port_taken_meanwhile__is_in_use(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);
	const struct sockaddr none = { .sa_family = AF_UNSPEC };

	/* A handler that dissolves it itself loses the port, too. */
	assert_int_equal(connect(l.fd, &l.addr.u.sa, l.addr.len), 0);
	assert_int_equal(connect(l.fd, &none, sizeof(none)), 0);
	const int thief = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(thief, &l.addr.u.sa, l.addr.len), 0);
	assert_int_equal(listener_restore(&l, &options), -EADDRINUSE);
	close(thief);
	assert_int_equal(listener_restore(&l, &options), 0);
	listener_close(&l);
}

/* IP_RECVERR queues errors, and poll(2) reports them until they are read with
 * MSG_ERRQUEUE. */
static void
check_error_queue(const char *text, int level, int name)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, text, true);
	const int on = 1;
	struct listener_datagram d;
	struct addr dead;

	close(fixture_bind(SOCK_DGRAM, text, &dead));
	assert_int_equal(setsockopt(l.fd, level, name, &on, sizeof(on)), 0);
	fixture_send(l.fd, &dead, "x");
	assert_int_equal(listener_peek(&l, &d), LISTENER_E_DONE);
	assert_int_not_equal(fixture_events(l.fd) & POLLERR, 0);
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(fixture_events(l.fd), 0);
	assert_int_equal(fixture_option(l.fd, level, name), 0);
	listener_close(&l);
}

static void
listener_restore__pending_error__is_gone(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);
	struct addr dead;

	close(fixture_bind(SOCK_DGRAM, "127.0.0.1", &dead));
	assert_int_equal(connect(l.fd, &dead.u.sa, dead.len), 0);
	assert_int_equal(send(l.fd, "x", 1, 0), 1);
	assert_int_not_equal(fixture_events(l.fd) & POLLERR, 0);
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(fixture_events(l.fd), 0);
	listener_close(&l);
}

static void
listener_restore__queued_errors__are_gone(void **state)
{
	check_error_queue("127.0.0.1", IPPROTO_IP, IP_RECVERR);
	check_error_queue("::1", IPPROTO_IPV6, IPV6_RECVERR);
}

static void
check_reopened(struct listener *l)
{
	char before[LISTENER_TEXT_MAX], after[LISTENER_TEXT_MAX];

	listener_format(l, before, sizeof(before));
	assert_int_equal(listener_restore(l, &options), -ESHUTDOWN);
	assert_int_equal(listener_reopen(l, &options, &f), 0);
	assert_string_equal(listener_format(l, after, sizeof(after)), before);
	assert_int_equal(fcntl(l->fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(listener_restore(l, &options), 0);
	assert_int_equal(fixture_events(l->fd), 0);
}

static void
listener_reopen__shut_down_datagram_sockets__are_as_new(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);
	struct listener u = fixture_open(CONFIG_LISTEN_UNIX_DGRAM, path, true);

	/* Linux says ENOTCONN, and does it. */
	assert_int_equal(shutdown(l.fd, SHUT_RD), -1);
	check_reopened(&l);
	assert_int_equal(shutdown(u.fd, SHUT_RDWR), 0);
	check_reopened(&u);
	listener_close(&u);
	assert_int_equal(access(path, F_OK), -1);
	listener_close(&l);
}

static void
listener_reopen__shut_down_unix_listener__is_as_new(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UNIX, path, true);
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(shutdown(l.fd, SHUT_RD), 0);
	check_reopened(&l);
	assert_int_equal(connect(fd, &l.addr.u.sa, l.addr.len), 0);
	close(fd);
	listener_close(&l);
}

static void
listener_reopen__address_taken__leaves_it_closed(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);
	const int child = dup(l.fd); /* a handler's that has not ended */

	assert_int_equal(listener_reopen(&l, &options, &f), -EADDRINUSE);
	assert_string_equal(f.step, "bind");
	assert_non_null(strstr(f.hint, "ss -lunp"));
	assert_int_equal(l.fd, -1);
	close(child);
}

static void
check_accepts(const struct listener *l)
{
	const int fd = socket(addr_family(&l->addr), SOCK_STREAM, 0);

	assert_int_equal(connect(fd, &l->addr.u.sa, l->addr.len), 0);
	assert_int_equal(listener_waiting(l), 1);
	close(fd);
}

static void
listener_restore__shut_down_tcp__listens_at_its_port(void **state)
{
	struct addr fixed;
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_TCP, .addrs = &fixed, .naddrs = 1
	};
	struct listener l[3];

	close(fixture_bind(SOCK_STREAM, "127.0.0.1", &fixed));
	assert_int_equal(listener_open(&spec, &options, true, &l[0], &f), 0);
	l[1] = fixture_open(CONFIG_LISTEN_TCP, "127.0.0.1", true);
	l[2] = fixture_open(CONFIG_LISTEN_TCP, "::1", true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(shutdown(l[i].fd, SHUT_RDWR), 0);
		assert_int_equal(listener_restore(&l[i], &options), 0);
		check_accepts(&l[i]);
		listener_close(&l[i]);
	}
}

/* Of a listening socket tcpi_sacked is the backlog. */
static unsigned
backlog_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len), 0);
	return info.tcpi_sacked;
}

static void
listener_restore__backlog__is_as_configured(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_TCP, "127.0.0.1", true);

	assert_int_equal(backlog_of(l.fd), 16);
	assert_int_equal(listen(l.fd, 1), 0);
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(backlog_of(l.fd), 16);
	listener_close(&l);
}

static void
listener_restore__adopted__keeps_the_managers_backlog(void **state)
{
	static char text[] = "fd:x";
	const struct config_listen spec = { .kind = CONFIG_LISTEN_FD,
		.text = text };
	struct listener l;
	struct addr a;

	fixture_forget(state);
	fixture_pass(fixture_bind(SOCK_STREAM, "127.0.0.1", &a), 3);
	assert_int_equal(listen(3, 5), 0);
	assert_int_equal(fixture_announce("1", "x"), 0);
	assert_int_equal(listener_open(&spec, &options, true, &l, &f), 0);
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(backlog_of(l.fd), 5);
	assert_int_equal(shutdown(l.fd, SHUT_RDWR), 0);
	assert_int_equal(listener_restore(&l, &options), 0);
	assert_int_equal(backlog_of(l.fd), 16);
	check_accepts(&l);

	assert_int_equal(listener_reopen(&l, &options, &f), -ENOTSUP);
	assert_int_equal(l.fd, 3);
	listener_close(&l);
	fixture_forget(state);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(listener_restore__flags__are_as_opened),
		TEST(listener_restore__connected_udp__hears_all_at_its_port),
		TEST(
		    listener_restore__connected_udp_with_a_fixed_port__keeps_it),
		TEST(listener_restore__bind_is_denied__kept_port_is_fine),
		TEST(listener_restore__pending_error__is_gone),
		TEST(listener_restore__connected_unix_datagram__hears_all),
		TEST(listener_restore__port_taken_meanwhile__is_in_use),
		TEST(listener_restore__queued_errors__are_gone),
		TEST(listener_reopen__shut_down_datagram_sockets__are_as_new),
		TEST(listener_reopen__shut_down_unix_listener__is_as_new),
		TEST(listener_reopen__address_taken__leaves_it_closed),
		TEST(listener_restore__shut_down_tcp__listens_at_its_port),
		TEST(listener_restore__backlog__is_as_configured),
		TEST(listener_restore__adopted__keeps_the_managers_backlog),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
