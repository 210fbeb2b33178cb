/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Datagrams that wait: recognised without being read, and thrown away.
 */
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <sys/socket.h>

ssize_t __real_recvmsg(int fd, struct msghdr *msg, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *msg, int flags);

static int receive_error;	/* 0: the real thing */
static unsigned receive_errors; /* so many calls return it */

static char folder[] = "/tmp/evinetd-datagram-XXXXXX";
static char path[64];

ssize_t
__wrap_recvmsg(int fd, struct msghdr *msg, int flags)
{
	assert_true((flags & MSG_DONTWAIT) != 0);
	assert_int_equal(msg->msg_iovlen, 0); /* never a byte of it */
	if (receive_errors == 0)
		return __real_recvmsg(fd, msg, flags);
	receive_errors--;
	errno = receive_error;
	return -1;
}

static int
setup(void **state)
{
	receive_errors = 0;
	return 0;
}

static struct listener
open_family(int i)
{
	static const char *const ip[] = { "127.0.0.1", "::1" };

	return i < 2 ? fixture_open(CONFIG_LISTEN_UDP, ip[i], true)
		     : fixture_open(CONFIG_LISTEN_UNIX_DGRAM, path, true);
}

static struct listener_datagram
peek(const struct listener *l)
{
	struct listener_datagram d;

	assert_int_equal(listener_peek(l, &d), 0);
	assert_int_not_equal(d.stamp_ns, 0);
	return d;
}

static void
listener_peek__equal_datagrams__are_told_apart(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct listener l = open_family(i);
		const int fd = socket(addr_family(&l.addr), SOCK_DGRAM, 0);
		struct listener_datagram none;

		assert_int_equal(listener_peek(&l, &none), LISTENER_E_DONE);
		fixture_send(fd, &l.addr, "same");
		fixture_send(fd, &l.addr, "same");
		const struct listener_datagram first = peek(&l);
		const struct listener_datagram again = peek(&l);
		assert_int_equal(first.stamp_ns, again.stamp_ns);
		assert_true(addr_equal(&first.from, &again.from));
		assert_int_equal(listener_discard(&l), 0);
		const struct listener_datagram second = peek(&l);
		assert_int_not_equal(first.stamp_ns, second.stamp_ns);
		assert_true(addr_equal(&first.from, &second.from));
		assert_int_equal(listener_discard(&l), 0);
		assert_int_equal(listener_peek(&l, &none), LISTENER_E_DONE);
		close(fd);
		listener_close(&l);
	}
}

static void
listener_peek__sender__is_known(void **state)
{
	struct listener l = open_family(0);
	struct listener u = open_family(2);
	const int nameless = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct addr a, b;
	const int fd = fixture_bind(SOCK_DGRAM, "127.0.0.1", &a);
	const int named = fixture_bind(SOCK_DGRAM, "@evinetd-unit-sender", &b);
	struct listener_datagram d;

	fixture_send(fd, &l.addr, "x");
	d = peek(&l);
	assert_true(addr_equal(&d.from, &a));
	fixture_send(named, &u.addr, "x");
	d = peek(&u);
	assert_true(addr_equal(&d.from, &b));
	assert_int_equal(listener_discard(&u), 0);
	fixture_send(nameless, &u.addr, "x");
	d = peek(&u);
	assert_int_equal(addr_family(&d.from), AF_UNIX);
	close(nameless);
	close(named);
	close(fd);
	listener_close(&u);
	listener_close(&l);
}

static void
listener_peek__ipv4_on_an_ipv6_socket__counts_as_ipv4(void **state)
{
	struct config_socket both = options;
	struct addr any = fixture_addr("::"), a;
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_UDP, .addrs = &any, .naddrs = 1
	};
	const int fd = fixture_bind(SOCK_DGRAM, "127.0.0.1", &a);
	struct addr to = fixture_addr("127.0.0.1");
	struct listener_failure f;
	struct listener_datagram d;
	struct listener l;

	both.v6only = false;
	assert_int_equal(listener_open(&spec, &both, true, &l, &f), 0);
	addr_set_port(&to, addr_port(&l.addr));
	fixture_send(fd, &to, "x");
	d = peek(&l);
	assert_true(addr_equal(&d.from, &a));
	close(fd);
	listener_close(&l);
}

/* What a handler gets from recvmsg(2) afterwards. */
static size_t
handler_control(int fd)
{
	char data[8], control[256];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };

	assert_int_equal(__real_recvmsg(fd, &msg, MSG_DONTWAIT), 4);
	assert_memory_equal(data, "same", 4);
	return msg.msg_controllen;
}

static void
listener_peek__handler_after_it__sees_no_control_data(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct listener l = open_family(i);
		const int fd = socket(addr_family(&l.addr), SOCK_DGRAM, 0);

		fixture_send(fd, &l.addr, "same");
		peek(&l);
		assert_int_equal(handler_control(l.fd), 0);
		close(fd);
		listener_close(&l);
	}
}

static void
listener_peek__stamps_of_the_manager__stay_on(void **state)
{
	static const int names[] = { SO_TIMESTAMP, SO_TIMESTAMPNS };
	static char text[] = "fd:x";
	const struct config_listen spec = { .kind = CONFIG_LISTEN_FD,
		.text = text };
	const int on = 1;
	struct listener_failure f;
	struct listener_datagram d;
	struct listener l;
	struct addr a;

	for (size_t i = 0; i < 2; i++) {
		fixture_forget(state);
		fixture_pass(fixture_bind(SOCK_DGRAM, "127.0.0.1", &a), 3);
		assert_int_equal(
		    setsockopt(3, SOL_SOCKET, names[i], &on, sizeof(on)), 0);
		assert_int_equal(fixture_announce("1", "x"), 0);
		assert_int_equal(
		    listener_open(&spec, &options, true, &l, &f), 0);
		fixture_send(3, &a, "same"); /* to itself */
		assert_int_equal(listener_peek(&l, &d), 0);
		assert_int_not_equal(d.stamp_ns, 0);
		assert_int_equal(fixture_option(3, SOL_SOCKET, names[i]), 1);
		assert_int_equal(
		    fixture_option(3, SOL_SOCKET, names[1 - i]), 0);
		listener_close(&l);
	}
}

static unsigned
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(d) != NULL)
		count++;
	closedir(d);
	return count;
}

/* A sender may attach descriptors, and a peek would install copies. */
static void
listener_peek__attached_descriptors__stay_out(void **state)
{
	struct listener l = open_family(2);
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	union {
		struct cmsghdr head;
		char buf[CMSG_SPACE(2 * sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(2 * sizeof(int)),
			  .cmsg_level = SOL_SOCKET,
			  .cmsg_type = SCM_RIGHTS } };
	const int fds[2] = { fd, fd };
	const struct msghdr msg = { .msg_name = &l.addr.u.sa,
		.msg_namelen = l.addr.len,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), fds, sizeof(fds));
	assert_int_equal(sendmsg(fd, &msg, 0), 0);
	const unsigned before = open_descriptors();
	peek(&l);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(listener_discard(&l), 0);
	assert_int_equal(open_descriptors(), before);
	close(fd);
	listener_close(&l);
}

static void
listener_discard__empty_and_large_ones__takes_one_each(void **state)
{
	struct listener l = open_family(0);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char large[1000];

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	fixture_send(fd, &l.addr, "");
	fixture_send(fd, &l.addr, large);
	fixture_send(fd, &l.addr, "same");
	assert_int_equal(listener_discard(&l), 0);
	assert_int_equal(listener_discard(&l), 0);
	assert_int_equal(handler_control(l.fd), 0); /* the third */
	assert_int_equal(listener_discard(&l), LISTENER_E_DONE);
	close(fd);
	listener_close(&l);
}

static void
listener_peek__pending_error__is_taken_off(void **state)
{
	struct listener l = open_family(0);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct listener_datagram d;
	struct addr dead;

	close(fixture_bind(SOCK_DGRAM, "127.0.0.1", &dead));
	assert_int_equal(connect(l.fd, &dead.u.sa, dead.len), 0);
	assert_int_equal(send(l.fd, "x", 1, 0), 1);
	assert_int_not_equal(fixture_events(l.fd) & POLLERR, 0);
	assert_int_equal(listener_peek(&l, &d), LISTENER_E_DONE);
	assert_int_equal(fixture_events(l.fd), 0);
	close(fd);
	listener_close(&l);
}

static void
listener_peek__errors_before_a_datagram__are_passed_over(void **state)
{
	struct listener l = open_family(0);
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	fixture_send(fd, &l.addr, "same");
	receive_error = EHOSTUNREACH;
	receive_errors = 3;
	peek(&l);
	receive_error = EINTR;
	receive_errors = 3;
	assert_int_equal(listener_discard(&l), 0);
	close(fd);
	listener_close(&l);
}

static void
listener_peek__errors_without_end__returns(void **state)
{
	struct listener l = open_family(0);
	struct listener_datagram d;

	receive_error = ENETDOWN;
	receive_errors = 1000;
	assert_int_equal(listener_peek(&l, &d), -ENETDOWN);
	assert_int_equal(listener_discard(&l), -ENETDOWN);
	assert_in_range(receive_errors, 900, 996);
	listener_close(&l);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_forget)
	const struct CMUnitTest tests[] = {
		TEST(listener_peek__equal_datagrams__are_told_apart),
		TEST(listener_peek__sender__is_known),
		TEST(listener_peek__ipv4_on_an_ipv6_socket__counts_as_ipv4),
		TEST(listener_peek__handler_after_it__sees_no_control_data),
		TEST(listener_peek__stamps_of_the_manager__stay_on),
		TEST(listener_peek__attached_descriptors__stay_out),
		TEST(listener_discard__empty_and_large_ones__takes_one_each),
		TEST(listener_peek__pending_error__is_taken_off),
		TEST(listener_peek__errors_before_a_datagram__are_passed_over),
		TEST(listener_peek__errors_without_end__returns),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
