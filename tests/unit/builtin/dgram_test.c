/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The built-in handlers on a datagram socket, from the clients' side: what
 * each of them answers, by UDP and by Unix sockets, and when they end.
 */
#include <sys/un.h>

#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char big[256 * 1024];
static char answer[256 * 1024];

static void
big_fill(void)
{
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)((i * 2654435761U) >> 13);
}

/* One request of len bytes to a running service. */
static size_t
ask(const struct service *s, size_t len)
{
	int fd = client_open(s);
	size_t n;

	client_send(fd, big, len);
	n = client_recv(fd, answer, sizeof(answer));
	close(fd);
	return n;
}

/* Calls check with each kind of service in turn. The first request is there
 * before the handler, as it always is. */
static void
each_kind(const char *name, void (*check)(const struct service *s))
{
	for (int kind = 0; kind < SERVICE_KINDS; kind++) {
		struct service s;
		int first;

		service_open(&s, kind);
		first = client_open(&s);
		client_send(first, "x", 1);
		service_start(&s, name);
		if (strcmp(name, "discard") != 0)
			(void)client_recv(first, answer, sizeof(answer));
		check(&s);
		service_stop(&s);
		close(first);
		service_close(&s);
	}
}

static void
echo_check(const struct service *s)
{
	const size_t sizes[] = { 0, 1, 512, 1472, 65507 };
	int fd = client_open(s);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		client_echo(fd, big + i, sizes[i]);
	if (s->kind == SERVICE_V6)
		client_echo(fd, big, 65527);
	/* Less than what a Unix socket sends at most by default. */
	if (s->addr.ss_family == AF_UNIX)
		client_echo(fd, big, 200 * 1000);
	close(fd);
}

static void
echo__returns_each_datagram(void **state)
{
	each_kind("echo", echo_check);
}

/* The kernel takes more when the sender's buffer is larger. What does not fit
 * is not sent back in part. */
static void
echo__when_datagram_exceeds_buffer__goes_on(void **state)
{
	static char huge[sizeof(big) + 1];
	struct service s;
	int size = 1024 * 1024, fd;

	service_open(&s, SERVICE_UNIX);
	fd = client_open(&s);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ==
	    -1) {
		close(fd);
		service_close(&s);
		skip();
	}
	setsockopt(s.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	service_start(&s, "echo");
	client_echo(fd, big, sizeof(big));
	client_send(fd, huge, sizeof(huge));
	service_check_silent(&s, fd);
	service_stop(&s);
	close(fd);
	service_close(&s);
}

/* By pipe or stream one could see it read; here it has, when it sleeps and
 * nothing is there any more. */
static void
discard_check(const struct service *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };
	int fd = client_open(s);
	char c;

	client_send(fd, big, 0);
	for (int i = 0; i < 20; i++)
		client_send(fd, big, 65507);
	do
		prog_await_sleep(&s->prog);
	while (poll(&p, 1, 0) != 0);
	assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), -1);
	close(fd);
}

static void
discard__reads_all_and_answers_nothing(void **state)
{
	each_kind("discard", discard_check);
}

/* The lines of RFC 864 from the beginning. */
static void
chargen_expect(char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t line = i / 74, column = i % 74;

		if (column < 72)
			buf[i] = (char)(' ' + (line + column) % 95);
		else
			buf[i] = column == 72 ? '\r' : '\n';
	}
}

static void
chargen_check(const struct service *s)
{
	const size_t sizes[] = { 0, 1, 74, 511, 512, 513, 65507 };
	char want[512];

	chargen_expect(want, sizeof(want));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i] < 512 ? sizes[i] : 512;

		assert_int_equal(ask(s, sizes[i]), n);
		assert_memory_equal(answer, want, n);
	}
}

/* 0 to 512 characters (RFC 864), and no more than were sent. */
static void
chargen__answers_no_more_than_it_got(void **state)
{
	each_kind("chargen", chargen_check);
}

static time_t
now(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &ts), 0);
	return ts.tv_sec;
}

static void
daytime_check(const struct service *s)
{
	const size_t sizes[] = { 0, 1, 65507 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		time_t before = now(), t;
		char want[32];
		struct tm tm;

		assert_int_equal(ask(s, sizes[i]), 26);
		for (t = now(); t >= before; t--) {
			gmtime_r(&t, &tm);
			asctime_r(&tm, want);
			memcpy(want + 24, "\r\n", 2);
			if (memcmp(want, answer, 26) == 0)
				break;
		}
		assert_true(t >= before);
	}
}

static void
daytime__answers_one_line(void **state)
{
	each_kind("daytime", daytime_check);
}

static void
time_check(const struct service *s)
{
	const size_t sizes[] = { 0, 1, 65507 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const unsigned char *b = (unsigned char *)answer;
		uint32_t want = (uint32_t)(now() + 2208988800), got;

		assert_int_equal(ask(s, sizes[i]), 4);
		got = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		      (uint32_t)b[2] << 8 | b[3];
		assert_in_range(
		    got - want, 0, (uint32_t)(now() + 2208988800) - want);
	}
}

static void
time__answers_four_bytes(void **state)
{
	each_kind("time", time_check);
}

/* Clients take an answer only from the address they have asked. */
static void
dgram__answers_from_address_that_was_asked(void **state)
{
	const enum service_kind kinds[] = { SERVICE_V4, SERVICE_MAPPED };

	for (size_t i = 0; i < 2; i++) {
		struct service s;
		int first, second;

		service_open(&s, kinds[i]);
		first = client_open_to(&s, "127.0.0.5");
		second = client_open_to(&s, "127.0.0.6");
		client_send(first, "1", 1);
		client_send(second, "2", 1);
		service_start(&s, "echo");
		assert_int_equal(client_recv(first, answer, 1), 1);
		assert_int_equal(client_recv(second, answer, 1), 1);
		client_echo(first, "3", 1);
		client_echo(second, "4", 1);
		service_stop(&s);
		close(first);
		close(second);
		service_close(&s);
	}
}

#define BURST_CLIENTS 125
#define BURST_ROUNDS  8

static void
burst_check(const struct service *s)
{
	int fds[BURST_CLIENTS], size = 1024 * 1024;

	/* The most that anybody may have; the default is just too little. */
	assert_int_equal(
	    setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	for (int i = 0; i < BURST_CLIENTS; i++)
		fds[i] = client_open(s);
	for (int round = 0; round < BURST_ROUNDS; round++) {
		int got;

		for (int i = 0; i < BURST_CLIENTS; i++) {
			int id = round * BURST_CLIENTS + i;

			client_send(fds[i], &id, sizeof(id));
		}
		for (int i = 0; i < BURST_CLIENTS; i++) {
			assert_int_equal(client_recv(fds[i], &got, sizeof(got)),
			    sizeof(got));
			assert_int_equal(got, round * BURST_CLIENTS + i);
		}
	}
	for (int i = 0; i < BURST_CLIENTS; i++)
		close(fds[i]);
}

static void
echo__with_1000_datagrams_of_many_sources__answers_each(void **state)
{
	each_kind("echo", burst_check);
}

static void
unix__when_peer_has_no_name__answers_nothing_and_goes_on(void **state)
{
	struct service s;
	int fd;

	service_open(&s, SERVICE_UNIX);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&s.addr, s.len), 0);
	client_send(fd, "x", 1);
	service_start(&s, "echo");
	service_check_silent(&s, fd);
	service_stop(&s);
	close(fd);
	service_close(&s);
}

/* unix(7): sun_path need not end with a NUL, and then the kernel tells a
 * length that it does not take back.  The NUL behind it is for valgrind,
 * which looks for one. */
static void
unix__when_peers_path_is_as_long_as_can_be__answers(void **state)
{
	struct {
		struct sockaddr_un sun;
		char nul;
	} addr = { .sun.sun_family = AF_UNIX };
	char path[sizeof(addr.sun.sun_path) + 1];
	struct service s;
	int fd;

	service_open(&s, SERVICE_UNIX);
	memset(path, 'x', sizeof(path));
	memcpy(path, service_dir(), strlen(service_dir()));
	path[strlen(service_dir())] = '/';
	path[sizeof(path) - 1] = '\0';
	memcpy(addr.sun.sun_path, path, sizeof(addr.sun.sun_path));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&addr.sun, sizeof(addr.sun)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&s.addr, s.len), 0);
	service_start(&s, "echo");
	client_echo(fd, "x", 1);
	service_stop(&s);
	unlink(path);
	close(fd);
	service_close(&s);
}

/* A socket that has one peer, without a name. */
static void
unix__when_connected__answers_peer(void **state)
{
	const struct prog_setup setup = { .name = "echo", .idle = "1000" };
	struct prog p;
	int fds[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
	prog_start_on(&p, &setup, fds[1]);
	client_echo(fds[0], "x", 1);
	client_echo(fds[0], "", 0);
	prog_wait_quiet(&p);
	close(fds[0]);
	close(fds[1]);
}

static long
clock_ms(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
dgram__when_idle__ends_and_can_be_started_again(void **state)
{
	struct service s;
	long last;
	int fd;

	service_open(&s, SERVICE_V4);
	fd = client_open(&s);
	for (int run = 0; run < 3; run++) {
		client_send(fd, "x", 1);
		service_start_idle(&s, "echo", "200");
		assert_int_equal(client_recv(fd, answer, 1), 1);
		last = clock_ms();
		service_wait(&s);
		assert_in_range(clock_ms() - last, 190, 10000);
	}
	/* Not even a moment: what is there is answered all the same. */
	client_send(fd, "x", 1);
	client_send(fd, "y", 1);
	service_start_idle(&s, "echo", "0");
	service_wait(&s);
	assert_int_equal(client_recv(fd, answer, 1), 1);
	assert_int_equal(client_recv(fd, answer, 1), 1);
	close(fd);
	service_close(&s);
}

/* Twice as long as the idle time, with a datagram every quarter of it. */
static void
dgram__while_clients_come__does_not_end(void **state)
{
	struct pollfd none = { .fd = -1 };
	struct service s;
	int fd;

	service_open(&s, SERVICE_V4);
	fd = client_open(&s);
	service_start_idle(&s, "echo", "800");
	for (int i = 0; i < 8; i++) {
		client_echo(fd, "x", 1);
		(void)poll(&none, 1, 200);
	}
	client_echo(fd, "x", 1);
	service_wait(&s);
	close(fd);
	service_close(&s);
}

static void
dgram__without_argument__waits_longer(void **state)
{
	struct pollfd none = { .fd = -1 };
	struct service s;
	int fd;

	service_open(&s, SERVICE_V4);
	fd = client_open(&s);
	service_start_idle(&s, "echo", NULL);
	client_echo(fd, "x", 1);
	(void)poll(&none, 1, 500);
	client_echo(fd, "x", 1);
	prog_await_sleep(&s.prog);
	service_stop(&s);
	close(fd);
	service_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(echo__returns_each_datagram),
		T(echo__when_datagram_exceeds_buffer__goes_on),
		T(discard__reads_all_and_answers_nothing),
		T(chargen__answers_no_more_than_it_got),
		T(daytime__answers_one_line),
		T(time__answers_four_bytes),
		T(dgram__answers_from_address_that_was_asked),
		T(echo__with_1000_datagrams_of_many_sources__answers_each),
		T(unix__when_peer_has_no_name__answers_nothing_and_goes_on),
		T(unix__when_peers_path_is_as_long_as_can_be__answers),
		T(unix__when_connected__answers_peer),
		T(dgram__when_idle__ends_and_can_be_started_again),
		T(dgram__while_clients_come__does_not_end),
		T(dgram__without_argument__waits_longer),
	};

	big_fill();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
