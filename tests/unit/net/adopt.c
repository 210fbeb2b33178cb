/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* `listen = fd:NAME`: what is taken from a service manager, and what is not.
 */
#include "fixture.h"

#include <errno.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <sys/stat.h>

static char folder[] = "/tmp/evinetd-adopt-XXXXXX";
static char path[64];
static struct listener_failure f;
static char web_text[] = "fd:web";
static const struct config_listen web = { .kind = CONFIG_LISTEN_FD,
	.text = web_text };

/* A stream listener as descriptor `number`. */
static struct addr
pass_listener(const char *text, int number)
{
	struct addr a;
	const int fd = fixture_bind(SOCK_STREAM, text, &a);

	assert_int_equal(listen(fd, 3), 0);
	fixture_pass(fd, number);
	return a;
}

static void
listener_open__passed_tcp__is_adopted_with_its_options(void **state)
{
	const struct addr a = pass_listener("127.0.0.1", 3);
	const struct addr b = pass_listener("::1", 4);
	struct config_socket sized = options;
	struct listener l[2];

	sized.receive_buffer = 30000;
	assert_int_equal(fixture_announce("2", "web:web"), 0);
	assert_int_equal(listener_count(&web), 2);
	assert_int_equal(listener_open(&web, &sized, false, l, &f), 0);
	assert_int_equal(listener_count(&web), 0);
	assert_int_equal(l[0].fd, 3);
	assert_int_equal(l[0].type, SOCK_STREAM);
	assert_true(addr_equal(&l[0].addr, &a));
	assert_true(addr_equal(&l[1].addr, &b));
	assert_true(l[0].adopted && l[1].adopted);
	assert_int_equal(fixture_option(3, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(fixture_option(4, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(fixture_option(4, SOL_SOCKET, SO_RCVBUF), 60000);
	assert_int_equal(fcntl(3, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	listener_close(&l[0]);
	listener_close(&l[1]);
}

static void
listener_open__passed_for_handlers__is_blocking(void **state)
{
	struct listener l;

	pass_listener("127.0.0.1", 3);
	assert_int_equal(fcntl(3, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fixture_announce("1", "web"), 0);
	assert_int_equal(listener_open(&web, &options, true, &l, &f), 0);
	assert_true(l.shared);
	assert_int_equal(fcntl(3, F_GETFL) & O_NONBLOCK, 0);
	listener_close(&l);
}

static void
listener_accept__adopted__knows_our_end(void **state)
{
	struct addr a = pass_listener("0.0.0.0", 3);
	const struct addr loopback = fixture_addr("127.0.0.1");
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct client c;
	struct listener l;

	assert_int_equal(fixture_announce("1", "web"), 0);
	assert_int_equal(listener_open(&web, &options, false, &l, &f), 0);
	a.u.in4.sin_addr = loopback.u.in4.sin_addr;
	assert_int_equal(connect(fd, &a.u.sa, a.len), 0);
	assert_int_equal(listener_accept(&l, &c), 0);
	assert_true(addr_equal(&c.local, &a));
	client_close(&c);
	close(fd);
	listener_close(&l);
}

static void
listener_open__passed_datagram__needs_no_listen(void **state)
{
	char text[LISTENER_TEXT_MAX], expected[64];
	struct listener l;
	struct addr a;

	fixture_pass(fixture_bind(SOCK_DGRAM, "127.0.0.1", &a), 3);
	assert_int_equal(fixture_announce("1", "web"), 0);
	assert_int_equal(listener_open(&web, &options, true, &l, &f), 0);
	snprintf(expected, sizeof(expected), "udp:127.0.0.1:%u", addr_port(&a));
	assert_string_equal(listener_format(&l, text, sizeof(text)), expected);
	listener_close(&l);
}

static void
listener_close__passed_unix_socket__leaves_its_file(void **state)
{
	struct listener l;

	pass_listener(path, 3);
	assert_int_equal(fixture_announce("1", "web"), 0);
	assert_int_equal(listener_open(&web, &options, false, &l, &f), 0);
	listener_close(&l);
	assert_int_equal(unlink(path), 0);
}

static void
listener_format__unix_sockets_without_a_path__are_told(void **state)
{
	char text[LISTENER_TEXT_MAX];
	struct listener l[2];

	pass_listener("@evinetd-unit-adopt", 3);
	fixture_pass(socket(AF_UNIX, SOCK_DGRAM, 0), 4);
	assert_int_equal(fixture_announce("2", "web:web"), 0);
	assert_int_equal(listener_open(&web, &options, true, l, &f), 0);
	assert_string_equal(listener_format(&l[0], text, sizeof(text)),
	    "unix:@evinetd-unit-adopt");
	assert_string_equal(
	    listener_format(&l[1], text, sizeof(text)), "unix-dgram:");
	listener_close(&l[0]);
	listener_close(&l[1]);
}

static void
check_refused(int fd, int error, const char *step)
{
	struct listener l[2];

	fixture_pass(fd, 4); /* first: it may have the number 3 */
	pass_listener("127.0.0.1", 3);
	assert_int_equal(fixture_announce("2", "web:web"), 0);
	assert_int_equal(listener_open(&web, &options, false, l, &f), error);
	assert_string_equal(f.address, "fd:web");
	assert_string_equal(f.step, step);
	assert_int_equal(f.error, -error);
	assert_string_not_equal(f.hint, "");
	/* Nothing is lost: a reload that is refused changes nothing. */
	assert_int_equal(listener_count(&web), 2);
	assert_int_equal(fixture_option(3, SOL_SOCKET, SO_ACCEPTCONN), 1);
}

static void
listener_open__passed_and_useless__is_refused(void **state)
{
	struct addr a;

	check_refused(open("/dev/null", O_RDONLY), -ENOTSOCK, "SO_DOMAIN");
	check_refused(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE),
	    -EAFNOSUPPORT, "SO_DOMAIN");
	check_refused(fixture_bind(SOCK_STREAM, "127.0.0.1", &a), -ENOTCONN,
	    "SO_ACCEPTCONN");
	/* For connections; there are none. */
	check_refused(
	    fixture_bind(SOCK_DGRAM, "127.0.0.1", &a), -EOPNOTSUPP, "SO_TYPE");
}

static void
listener_open__name_not_passed__says_what_to_do(void **state)
{
	struct listener l;

	pass_listener("127.0.0.1", 3);
	assert_int_equal(fixture_announce("1", "dns"), 0);
	assert_int_equal(listener_count(&web), 0);
	assert_int_equal(listener_open(&web, &options, false, &l, &f), -ENOENT);
	assert_string_equal(f.address, "fd:web");
	assert_non_null(strstr(f.hint, "FileDescriptorName=web"));
	assert_non_null(strstr(f.hint, "free: dns"));

	fixture_forget(state);
	assert_int_equal(listener_open(&web, &options, false, &l, &f), -ENOENT);
	assert_non_null(strstr(f.hint, "free: none"));
}

static void
listener_open__name_taken_before__says_so(void **state)
{
	struct listener l, m;

	pass_listener("127.0.0.1", 3);
	assert_int_equal(fixture_announce("1", "web"), 0);
	assert_int_equal(listener_open(&web, &options, false, &l, &f), 0);
	assert_int_equal(listener_open(&web, &options, false, &m, &f), -ENOENT);
	assert_non_null(strstr(f.hint, "another listen item"));
	listener_close(&l);
}

/* Names have up to 255 bytes, and there may be many. */
static void
listener_open__names_without_end__are_cut(void **state)
{
	char text[3 + 256], names[2 * 256];
	const struct config_listen spec = { .kind = CONFIG_LISTEN_FD,
		.text = text };
	struct listener l;

	snprintf(text, sizeof(text), "fd:%0255d", 0);
	snprintf(names, sizeof(names), "%0255d:%0255d", 1, 2);
	pass_listener("127.0.0.1", 3);
	pass_listener("127.0.0.1", 4);
	assert_int_equal(fixture_announce("2", names), 0);
	assert_int_equal(
	    listener_open(&spec, &options, false, &l, &f), -ENOENT);
	assert_string_equal(f.address, text);
	assert_non_null(strstr(f.hint, "still free: 000"));
	assert_in_range(strlen(f.hint), 100, sizeof(f.hint) - 1);
}

int
main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_forget, fixture_forget)
	const struct CMUnitTest tests[] = {
		TEST(listener_open__passed_tcp__is_adopted_with_its_options),
		TEST(listener_open__passed_for_handlers__is_blocking),
		TEST(listener_accept__adopted__knows_our_end),
		TEST(listener_open__passed_datagram__needs_no_listen),
		TEST(listener_close__passed_unix_socket__leaves_its_file),
		TEST(listener_format__unix_sockets_without_a_path__are_told),
		TEST(listener_open__passed_and_useless__is_refused),
		TEST(listener_open__name_not_passed__says_what_to_do),
		TEST(listener_open__name_taken_before__says_so),
		TEST(listener_open__names_without_end__are_cut),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
