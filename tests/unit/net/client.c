/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What the supervisor asks and does with a connection, over real sockets.
 */
#include "../cm.h"

#include <evinetd/net/client.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

ssize_t __real_recv(int fd, void *buf, size_t len, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t len, int flags);

static unsigned endless; /* calls that found data without end; 0: real ones */

ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
	if (endless == 0)
		return __real_recv(fd, buf, len, flags);
	endless++;
	return (ssize_t)len;
}

/* A connected pair on loopback: the server's side as a client, and the
 * client's descriptor. */
static int
connected(struct client *c)
{
	struct addr a;
	const int listener = socket(AF_INET, SOCK_STREAM, 0);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(c, 0, sizeof(*c));
	assert_int_equal(addr_parse_ip("127.0.0.1", 0, &a), 0);
	assert_int_equal(bind(listener, &a.u.sa, a.len), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, &a.u.sa, &a.len), 0);
	assert_int_equal(connect(fd, &a.u.sa, a.len), 0);
	c->peer.len = sizeof(c->peer.u.storage);
	c->fd = accept(listener, &c->peer.u.sa, &c->peer.len);
	assert_int_not_equal(c->fd, -1);
	close(listener);
	return fd;
}

static void
wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 5000), 1);
}

static void
client_traffic__both_ways__counts_payload(void **state)
{
	struct client_traffic t;
	struct client c;
	char buf[100] = { 0 };
	const int fd = connected(&c);

	assert_int_equal(write(fd, buf, 100), 100);
	wait_readable(c.fd);
	assert_int_equal(write(c.fd, buf, 42), 42);
	client_traffic(&c, CLIENT_END_UNKNOWN, &t);
	assert_true(t.known);
	assert_int_equal(t.bytes_in, 100);
	assert_int_equal(t.bytes_out, 42);
	client_close(&c);
	close(fd);
}

static void
client_traffic__after_the_clients_fin__does_not_count_it(void **state)
{
	struct client_traffic t;
	struct client c;
	const int fd = connected(&c);

	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	wait_readable(c.fd);
	assert_int_equal(client_drain(&c), CLIENT_DRAINED_EOF);
	client_traffic(&c, CLIENT_END_UNKNOWN, &t);
	assert_int_equal(t.bytes_in, 3);
	client_close(&c);
	close(fd);
}

static void
client_drain__clients_states__are_told_apart(void **state)
{
	struct client c;
	int fd = connected(&c);

	assert_int_equal(client_drain(&c), CLIENT_DRAINED_MORE);
	assert_int_equal(write(fd, "abc", 3), 3);
	assert_int_equal(client_drain(&c), CLIENT_DRAINED_MORE);
	close(fd);
	wait_readable(c.fd);
	assert_int_equal(client_drain(&c), CLIENT_DRAINED_EOF);
	client_close(&c);

	fd = connected(&c);
	const struct linger now = { 1, 0 };
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(fd);
	wait_readable(c.fd);
	assert_int_equal(client_drain(&c), CLIENT_DRAINED_DEAD);
	client_close(&c);
}

/* A client that sends without end must not hold the loop. */
static void
client_drain__data_without_end__returns(void **state)
{
	struct client c = { .fd = -1 };

	endless = 1;
	assert_int_equal(client_drain(&c), CLIENT_DRAINED_MORE);
	assert_in_range(endless, 2, 100);
	endless = 0;
}

static void
client_reset__client__sees_a_reset(void **state)
{
	struct client c;
	char buf[1];
	const int fd = connected(&c);

	client_reset(&c);
	assert_int_equal(c.fd, -1);
	assert_int_equal(read(fd, buf, 1), -1);
	assert_int_equal(errno, ECONNRESET);
	close(fd);
}

static void
client_finish__client__sees_the_end_and_can_still_send(void **state)
{
	struct client c;
	char buf[1];
	const int fd = connected(&c);

	assert_true(client_finish(&c));
	assert_int_equal(read(fd, buf, 1), 0);
	assert_int_equal(write(fd, "abc", 3), 3);
	client_close(&c);
	close(fd);
}

static void
client_format__unix_and_vsock__name_the_source(void **state)
{
	struct client c = { .fd = -1,
		.peer = { .len = 2, .u.sa.sa_family = AF_UNIX },
		.cred = { .uid = 1000 } };
	struct client_traffic t;
	char text[ADDR_TEXT_MAX];

	assert_string_equal(
	    client_format_peer(&c, text, sizeof(text)), "uid:1000");
	client_traffic(&c, CLIENT_END_UNKNOWN, &t);
	assert_false(t.known);
	c.peer.len = sizeof(struct sockaddr_vm);
	c.peer.u.vm = (struct sockaddr_vm){
		.svm_family = AF_VSOCK, .svm_cid = 3, .svm_port = 99
	};
	assert_string_equal(
	    client_format_source(&c, text, sizeof(text)), "vsock:3");
	assert_string_equal(
	    client_format_peer(&c, text, sizeof(text)), "vsock:3:99");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_traffic__both_ways__counts_payload),
		cmocka_unit_test(
		    client_traffic__after_the_clients_fin__does_not_count_it),
		cmocka_unit_test(client_drain__clients_states__are_told_apart),
		cmocka_unit_test(client_drain__data_without_end__returns),
		cmocka_unit_test(client_reset__client__sees_a_reset),
		cmocka_unit_test(
		    client_finish__client__sees_the_end_and_can_still_send),
		cmocka_unit_test(
		    client_format__unix_and_vsock__name_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
