/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Serving datagrams when system calls fail as they do in real networks, at
 * the very moment when it matters; and what is sent for a datagram to an
 * address that this host does not have. The handler is echo.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "dgram.h"
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

ssize_t __real_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_socket(int domain, int type, int protocol);

ssize_t __wrap_recvmsg(int fd, struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_socket(int domain, int type, int protocol);

/* The next calls of each fail so many times in this way. */
struct failure {
	int error;
	int times;
};

static struct failure receiving, sending, polling, opening;
static short events;		/* what poll() sees besides */
static const char *destination; /* instead of the real one, by IPv6 */
static unsigned interface;	/* and where it came in */
static int sent;		/* calls of sendmsg() */
static struct in6_pktinfo sent_from;

static bool
fails(struct failure *f)
{
	if (f->times == 0)
		return false;
	f->times--;
	errno = f->error;
	return true;
}

ssize_t
__wrap_recvmsg(int fd, struct msghdr *m, int flags)
{
	struct in6_pktinfo info = { .ipi6_ifindex = interface };
	ssize_t n;

	if (fails(&receiving))
		return -1;
	n = __real_recvmsg(fd, m, flags);
	if (n == -1 || destination == NULL)
		return n;
	assert_int_equal(inet_pton(AF_INET6, destination, &info.ipi6_addr), 1);
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(m)), &info, sizeof(info));
	return n;
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	sent++;
	if (destination != NULL)
		memcpy(
		    &sent_from, CMSG_DATA(CMSG_FIRSTHDR(m)), sizeof(sent_from));
	if (fails(&sending))
		return -1;
	return __real_sendmsg(fd, m, flags);
}

int
__wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	int n;

	if (fails(&polling))
		return -1;
	n = __real_poll(fds, count, timeout);
	if (n == 1)
		fds->revents |= events;
	return n;
}

int
__wrap_socket(int domain, int type, int protocol)
{
	return fails(&opening) ? -1 : __real_socket(domain, type, protocol);
}

static ssize_t
echo(char *buf, size_t len)
{
	return (ssize_t)len;
}

/* A service with a datagram for each of two clients. */
static void
setup_two(struct service *s, int ret_clients[2])
{
	service_open(s, SERVICE_V4);
	for (int i = 0; i < 2; i++) {
		ret_clients[i] = client_open(s);
		client_send(ret_clients[i], "x", 1);
	}
	sent = 0;
}

static void
teardown_two(struct service *s, const int clients[2])
{
	close(clients[0]);
	close(clients[1]);
	service_close(s);
}

static bool
has_answer(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_DONTWAIT) == 1;
}

/* Serves both clients while sendmsg() fails some times: the first one is
 * answered or not, the second one always is. */
static void
check_sending(int error, int times, bool answered)
{
	struct service s;
	int clients[2];

	setup_two(&s, clients);
	sending = (struct failure){ error, times };
	assert_int_equal(dgram_serve(s.fd, 0, echo), 0);
	assert_int_equal(sending.times, 0);
	assert_int_equal(has_answer(clients[0]), answered);
	assert_true(has_answer(clients[1]));
	teardown_two(&s, clients);
}

/* udp(7): what ICMP says of an earlier answer is reported by this one. */
static void
dgram__when_earlier_error_is_reported__sends_answer(void **state)
{
	check_sending(ECONNREFUSED, 1, true);
	check_sending(EHOSTUNREACH, 1, true);
}

static void
dgram__when_answer_cannot_be_sent__serves_next(void **state)
{
	const int errors[] = { ECONNREFUSED, EPERM, EACCES, EMSGSIZE, ENOBUFS,
		ENOMEM, EINVAL, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EPIPE };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		check_sending(errors[i], 2, false);
}

/* The socket's buffer is full: trying again at once would not help. */
static void
dgram__when_sending_would_wait__drops_answer(void **state)
{
	check_sending(EAGAIN, 1, false);
}

static void
dgram__when_receiving_fails__goes_on(void **state)
{
	const int errors[] = { ECONNREFUSED, EHOSTUNREACH, EINTR, ENOMEM,
		EMSGSIZE, EPROTO };

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		struct service s;
		int clients[2];

		setup_two(&s, clients);
		receiving = (struct failure){ errors[i], 100 };
		assert_int_equal(dgram_serve(s.fd, 0, echo), 0);
		assert_true(has_answer(clients[0]));
		assert_true(has_answer(clients[1]));
		teardown_two(&s, clients);
	}
}

/* It must not go round and round for ever. */
static void
dgram__when_receiving_always_fails__fails(void **state)
{
	struct service s;
	int clients[2];

	setup_two(&s, clients);
	receiving = (struct failure){ EPERM, 1000000 };
	assert_int_equal(dgram_serve(s.fd, 0, echo), -EPERM);
	receiving.times = 0;
	teardown_two(&s, clients);
}

static void
dgram__when_poll_is_interrupted__goes_on(void **state)
{
	struct service s;
	int clients[2];

	setup_two(&s, clients);
	polling = (struct failure){ EINTR, 3 };
	receiving = (struct failure){ EAGAIN, 2 };
	assert_int_equal(dgram_serve(s.fd, 0, echo), 0);
	assert_int_equal(polling.times, 0);
	assert_true(has_answer(clients[0]));
	assert_true(has_answer(clients[1]));
	teardown_two(&s, clients);
}

static void
dgram__when_poll_fails__fails(void **state)
{
	struct service s;
	int clients[2];

	setup_two(&s, clients);
	polling = (struct failure){ ENOMEM, 1 };
	assert_int_equal(dgram_serve(s.fd, 0, echo), -ENOMEM);
	teardown_two(&s, clients);
}

/* Such as ECONNRESET of a Unix socket. What waits is no report of an error. */
static void
dgram__when_unix_socket_has_error__answers(void **state)
{
	struct service s;
	int fd;

	service_open(&s, SERVICE_UNIX);
	fd = client_open(&s);
	client_send(fd, "x", 1);
	receiving = (struct failure){ EAGAIN, 1 };
	events = POLLERR;
	assert_int_equal(dgram_serve(s.fd, 0, echo), 0);
	events = 0;
	assert_true(has_answer(fd));
	close(fd);
	service_close(&s);
}

static void
dgram__without_a_free_descriptor__answers(void **state)
{
	struct service s;
	int clients[2];

	setup_two(&s, clients);
	opening = (struct failure){ EMFILE, 2 };
	assert_int_equal(dgram_serve(s.fd, 0, echo), 0);
	assert_int_equal(opening.times, 0);
	assert_true(has_answer(clients[0]));
	assert_true(has_answer(clients[1]));
	teardown_two(&s, clients);
}

/* Returns how often an answer was tried. */
static int
ask_at(const char *address)
{
	struct service s;
	int fd;

	service_open(&s, SERVICE_V6);
	fd = client_open(&s);
	client_send(fd, "x", 1);
	destination = address;
	interface = 1;
	sent = 0;
	assert_int_equal(dgram_serve(s.fd, 0, echo), 0);
	destination = NULL;
	close(fd);
	service_close(&s);
	return sent;
}

/* Not even tried: the kernel refuses most of these as a source, but not all
 * sockets are bound by that. */
static void
dgram__to_what_is_no_host__is_not_answered(void **state)
{
	const char *const groups[] = { "ff02::1", "ff0e::101",
		"::", "::ffff:224.0.0.1", "::ffff:255.255.255.255" };

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		assert_int_equal(ask_at(groups[i]), 0);
}

/* A link-local address means nothing without the interface; an answer from
 * any other may leave by any. */
static void
dgram__to_link_local_address__answers_on_that_link(void **state)
{
	struct in6_addr asked;

	assert_int_not_equal(ask_at("fe80::5"), 0);
	assert_int_equal(inet_pton(AF_INET6, "fe80::5", &asked), 1);
	assert_memory_equal(&sent_from.ipi6_addr, &asked, sizeof(asked));
	assert_int_equal(sent_from.ipi6_ifindex, 1);

	assert_int_not_equal(ask_at("2001:db8::5"), 0);
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::5", &asked), 1);
	assert_memory_equal(&sent_from.ipi6_addr, &asked, sizeof(asked));
	assert_int_equal(sent_from.ipi6_ifindex, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(dgram__when_earlier_error_is_reported__sends_answer),
		T(dgram__when_answer_cannot_be_sent__serves_next),
		T(dgram__when_sending_would_wait__drops_answer),
		T(dgram__when_receiving_fails__goes_on),
		T(dgram__when_receiving_always_fails__fails),
		T(dgram__when_poll_is_interrupted__goes_on),
		T(dgram__when_poll_fails__fails),
		T(dgram__when_unix_socket_has_error__answers),
		T(dgram__without_a_free_descriptor__answers),
		T(dgram__to_what_is_no_host__is_not_answered),
		T(dgram__to_link_local_address__answers_on_that_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
