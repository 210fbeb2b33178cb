/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Opening listeners (their files: unix_socket.c), and the classes of
 * accept(2)'s errors, by injection.
 */
#include "fixture.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

int __real_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags);
int __wrap_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags);
int __real_bind(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len);
int __real_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len);
int __wrap_setsockopt(
    int fd, int level, int name, const void *value, socklen_t len);

static int accept_error; /* 0: the real thing */
static int bind_in_use;	 /* so many binds to a fixed IPv4 port fail */
static int bind_no_ipv6;
static int marks; /* so many sockets got a mark */

static char folder[] = "/tmp/evinetd-net-XXXXXX";
static char path[64];
static struct listener_failure f;

int
__wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (level != SOL_SOCKET || name != SO_MARK)
		return __real_setsockopt(fd, level, name, value, len);
	marks++; /* the real one needs CAP_NET_ADMIN */
	return 0;
}

int
__wrap_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags)
{
	if (accept_error == 0)
		return __real_accept4(fd, a, len, flags);
	errno = accept_error;
	return -1;
}

int
__wrap_bind(int fd, const struct sockaddr *a, socklen_t len)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)a;

	if (bind_no_ipv6 && a->sa_family == AF_INET6) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	if (bind_in_use > 0 && a->sa_family == AF_INET && in4->sin_port != 0) {
		bind_in_use--;
		errno = EADDRINUSE;
		return -1;
	}
	return __real_bind(fd, a, len);
}

static int
setup(void **state)
{
	accept_error = bind_in_use = bind_no_ipv6 = 0;
	marks = 0;
	return 0;
}

static struct config_listen
listen_unix(struct addr *a)
{
	memset(a, 0, sizeof(*a));
	a->u.un.sun_family = AF_UNIX;
	strcpy(a->u.un.sun_path, path);
	a->len = sizeof(a->u.un);
	return (struct config_listen){
		.kind = CONFIG_LISTEN_UNIX, .addrs = a, .naddrs = 1
	};
}

static struct config_listen
listen_loopback(struct addr a[2])
{
	assert_int_equal(addr_parse_ip("::1", 0, &a[0]), 0);
	assert_int_equal(addr_parse_ip("127.0.0.1", 0, &a[1]), 0);
	return (struct config_listen){ .kind = CONFIG_LISTEN_TCP,
		.addrs = a,
		.naddrs = 2,
		.optional_ipv6 = true };
}

static void
listener_open__both_families_port_0__share_one_port(void **state)
{
	struct addr a[2];
	struct config_listen spec = listen_loopback(a);
	struct listener l[2];

	assert_int_equal(listener_open(&spec, &options, false, l, &f), 0);
	assert_int_not_equal(addr_port(&l[0].addr), 0);
	assert_int_equal(addr_port(&l[0].addr), addr_port(&l[1].addr));
	listener_close(&l[0]);
	listener_close(&l[1]);
}

static void
listener_open__chosen_port_taken_on_the_other__tries_again(void **state)
{
	struct addr a[2];
	struct config_listen spec = listen_loopback(a);
	struct listener l[2];

	bind_in_use = 3;
	assert_int_equal(listener_open(&spec, &options, false, l, &f), 0);
	assert_int_equal(bind_in_use, 0);
	listener_close(&l[0]);
	listener_close(&l[1]);

	bind_in_use = 1000;
	assert_int_equal(
	    listener_open(&spec, &options, false, l, &f), -EADDRINUSE);
	assert_string_equal(f.step, "bind");
	assert_string_not_equal(f.hint, "");
	assert_int_equal(l[0].fd, -1);
}

static void
listener_open__no_ipv6__serves_ipv4_alone(void **state)
{
	struct addr a[2];
	struct config_listen spec = listen_loopback(a);
	struct listener l[2];

	bind_no_ipv6 = 1;
	assert_int_equal(listener_open(&spec, &options, false, l, &f), 0);
	assert_int_equal(l[0].fd, -1);
	assert_int_not_equal(l[1].fd, -1);
	listener_close(&l[1]);

	spec.optional_ipv6 = false;
	assert_int_equal(
	    listener_open(&spec, &options, false, l, &f), -EADDRNOTAVAIL);
}

static void
listener_open__mark__is_for_ip_sockets(void **state)
{
	struct config_socket marked = options;
	struct addr un, ip[2];
	struct config_listen spec = listen_unix(&un);
	struct listener l[2];

	marked.mark = 7;
	assert_int_equal(listener_open(&spec, &marked, false, l, &f), 0);
	assert_int_equal(marks, 0);
	listener_close(&l[0]);
	spec = listen_loopback(ip);
	assert_int_equal(listener_open(&spec, &marked, false, l, &f), 0);
	assert_in_range(marks, 1, 2);
	listener_close(&l[0]);
	listener_close(&l[1]);
}

static void
listener_open__udp_on_both_families__shares_one_port(void **state)
{
	struct addr a[2];
	struct config_listen spec = listen_loopback(a);
	struct listener l[2];

	spec.kind = CONFIG_LISTEN_UDP;
	assert_int_equal(listener_count(&spec), 2);
	assert_int_equal(listener_open(&spec, &options, true, l, &f), 0);
	assert_int_equal(l[1].type, SOCK_DGRAM);
	assert_int_not_equal(addr_port(&l[0].addr), 0);
	assert_int_equal(addr_port(&l[0].addr), addr_port(&l[1].addr));
	assert_int_equal(
	    fixture_option(l[1].fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	listener_close(&l[0]);
	listener_close(&l[1]);
}

/* With SO_REUSEADDR Linux would give the port to both. */
static void
listener_open__udp_port_that_is_taken__is_in_use(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_UDP, .addrs = &l.addr, .naddrs = 1
	};
	struct config_socket shared = options;
	struct listener second;
	char text[LISTENER_TEXT_MAX];

	assert_int_equal(
	    listener_open(&spec, &options, true, &second, &f), -EADDRINUSE);
	assert_non_null(strstr(f.hint, "ss -lunp"));
	assert_string_equal(f.address, listener_format(&l, text, sizeof(text)));
	listener_close(&l);

	shared.reuse_port = true;
	assert_int_equal(listener_open(&spec, &shared, true, &l, &f), 0);
	assert_int_equal(listener_open(&spec, &shared, true, &second, &f), 0);
	listener_close(&second);
	listener_close(&l);
}

static void
listener_open__udp_options__are_those_of_ip_and_no_others(void **state)
{
	struct config_socket own = options;
	struct addr a = fixture_addr("127.0.0.1");
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_UDP, .addrs = &a, .naddrs = 1
	};
	struct listener l;

	own.tos = 16;
	own.receive_buffer = 30000;
	own.freebind = true;
	own.fast_open = 5; /* would be refused */
	assert_int_equal(listener_open(&spec, &own, true, &l, &f), 0);
	assert_int_equal(fixture_option(l.fd, IPPROTO_IP, IP_TOS), 16);
	assert_int_equal(fixture_option(l.fd, IPPROTO_IP, IP_FREEBIND), 1);
	assert_int_equal(fixture_option(l.fd, SOL_SOCKET, SO_RCVBUF), 60000);
	assert_int_equal(fixture_option(l.fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	listener_close(&l);
}

static void
listener_open__tcp_options__are_on_the_socket(void **state)
{
	struct config_socket own = options;
	struct addr a = fixture_addr("127.0.0.1");
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_TCP, .addrs = &a, .naddrs = 1
	};
	char device[16] = "";
	socklen_t len = sizeof(device);
	struct listener l;

	own.reuse_port = own.freebind = true;
	own.defer_accept_ms = 3000;
	own.fast_open = 5;
	own.bind_device = (char *)"lo";
	assert_int_equal(listener_open(&spec, &own, false, &l, &f), 0);
	assert_int_equal(fixture_option(l.fd, SOL_SOCKET, SO_REUSEPORT), 1);
	assert_int_equal(fixture_option(l.fd, IPPROTO_IP, IP_FREEBIND), 1);
	/* tcp(7): as many retransmissions, 1, 2, ... seconds apart. */
	assert_int_equal(
	    fixture_option(l.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 3);
	assert_int_equal(fixture_option(l.fd, IPPROTO_TCP, TCP_FASTOPEN), 5);
	assert_int_equal(
	    getsockopt(l.fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len), 0);
	assert_string_equal(device, "lo");
	listener_close(&l);
}

static void
listener_open__unset_options__are_not_on_the_socket(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_TCP, "127.0.0.1", false);

	assert_int_equal(fixture_option(l.fd, SOL_SOCKET, SO_REUSEPORT), 0);
	assert_int_equal(fixture_option(l.fd, IPPROTO_IP, IP_FREEBIND), 0);
	assert_int_equal(fixture_option(l.fd, IPPROTO_IP, IP_TRANSPARENT), 0);
	assert_int_equal(
	    fixture_option(l.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
	assert_int_equal(fixture_option(l.fd, IPPROTO_TCP, TCP_FASTOPEN), 0);
	listener_close(&l);
}

static void
check_transparent(const char *text, int level, int name)
{
	struct config_socket own = options;
	struct addr a = fixture_addr(text);
	const struct config_listen spec = {
		.kind = CONFIG_LISTEN_TCP, .addrs = &a, .naddrs = 1
	};
	struct listener l;
	int error;

	own.transparent = true;
	error = listener_open(&spec, &own, false, &l, &f);
	if (error == -EPERM) {
		assert_string_equal(f.step, "transparent");
		skip(); /* without CAP_NET_ADMIN */
	}
	if (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL)
		skip(); /* without IPv6 */
	assert_int_equal(error, 0);
	assert_int_equal(fixture_option(l.fd, level, name), 1);
	listener_close(&l);
}

static void
listener_open__transparent__is_for_both_families(void **state)
{
	check_transparent("127.0.0.1", IPPROTO_IP, IP_TRANSPARENT);
	check_transparent("::1", IPPROTO_IPV6, IPV6_TRANSPARENT);
}

static void
check_blocking(enum config_listen_kind kind, const char *text)
{
	struct listener l = fixture_open(kind, text, true);

	assert_int_equal(fcntl(l.fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(l.fd, F_GETFD), FD_CLOEXEC);
	listener_close(&l);
	l = fixture_open(kind, text, false);
	assert_int_equal(fcntl(l.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	listener_close(&l);
}

static void
listener_open__for_handlers__is_blocking(void **state)
{
	check_blocking(CONFIG_LISTEN_TCP, "127.0.0.1");
	check_blocking(CONFIG_LISTEN_UDP, "127.0.0.1");
	check_blocking(CONFIG_LISTEN_UNIX_SEQPACKET, path);
}

static void
listener_format__each_kind__is_as_listen_takes_it(void **state)
{
	static const struct {
		const char *addr, *text;
		int type;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1:69", SOCK_STREAM },
		{ "127.0.0.1", "udp:127.0.0.1:69", SOCK_DGRAM },
		{ "::1", "[::1]:69", SOCK_STREAM },
		{ "::1", "udp:[::1]:69", SOCK_DGRAM },
		{ "/run/x", "unix:/run/x", SOCK_STREAM },
		{ "/run/x", "unix-dgram:/run/x", SOCK_DGRAM },
		{ "/run/x", "unix-seqpacket:/run/x", SOCK_SEQPACKET },
		{ "@x", "unix-dgram:@x", SOCK_DGRAM },
	};
	struct listener l;
	char text[LISTENER_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		l.addr = fixture_addr(cases[i].addr);
		l.type = cases[i].type;
		addr_set_port(&l.addr, 69);
		assert_string_equal(
		    listener_format(&l, text, sizeof(text)), cases[i].text);
	}
	l.type = SOCK_STREAM;
	l.addr.len = sizeof(l.addr.u.vm);
	l.addr.u.vm = (struct sockaddr_vm){ .svm_family = AF_VSOCK,
		.svm_cid = VMADDR_CID_ANY,
		.svm_port = 80 };
	assert_string_equal(
	    listener_format(&l, text, sizeof(text)), "vsock:80");
}

/* The longest path of the longest kind. */
static void
listener_format__longest_path__fits(void **state)
{
	struct listener l = { .type = SOCK_SEQPACKET };
	char text[LISTENER_TEXT_MAX];

	l.addr.u.un.sun_family = AF_UNIX;
	memset(l.addr.u.un.sun_path, 'x', sizeof(l.addr.u.un.sun_path));
	l.addr.len = sizeof(l.addr.u.un);
	listener_format(&l, text, sizeof(text));
	assert_int_equal(strlen(text),
	    strlen("unix-seqpacket:") + sizeof(l.addr.u.un.sun_path));
}

static void
listener_waiting__tcp__counts_and_others_do_not_tell(void **state)
{
	struct listener l = fixture_open(CONFIG_LISTEN_TCP, "127.0.0.1", true);
	struct listener u = fixture_open(CONFIG_LISTEN_UNIX, path, true);
	struct listener d = fixture_open(CONFIG_LISTEN_UDP, "127.0.0.1", true);
	int fds[2];

	assert_int_equal(listener_waiting(&l), 0);
	for (int i = 0; i < 2; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(connect(fds[i], &l.addr.u.sa, l.addr.len), 0);
		assert_int_equal(listener_waiting(&l), i + 1);
	}
	assert_int_equal(shutdown(l.fd, SHUT_RDWR), 0);
	assert_int_equal(listener_waiting(&l), -1);
	assert_int_equal(listener_waiting(&u), -1);
	assert_int_equal(listener_waiting(&d), -1);
	close(fds[0]);
	close(fds[1]);
	listener_close(&l);
	listener_close(&u);
	listener_close(&d);
}

static void
check_outcome(const int *errors, size_t count, int expected)
{
	struct listener l = { .fd = 0 };
	struct client c;

	for (size_t i = 0; i < count; i++) {
		accept_error = errors[i];
		assert_int_equal(listener_accept(&l, &c), expected);
		assert_int_equal(errno, errors[i]);
	}
}

static void
listener_accept__each_errno__has_its_class(void **state)
{
	static const int retry[] = { EINTR, ECONNABORTED, ENETDOWN, EPROTO,
		ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP,
		ENETUNREACH, EPERM };
	static const int pause_[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	static const int done[] = { EAGAIN };
	static const int other[] = { EBADF };

	check_outcome(retry, sizeof(retry) / sizeof(int), LISTENER_E_RETRY);
	check_outcome(pause_, sizeof(pause_) / sizeof(int), LISTENER_E_PAUSE);
	check_outcome(done, 1, LISTENER_E_DONE);
	check_outcome(other, 1, -EBADF);
}

static void
listener_accept__client__is_blocking_and_known(void **state)
{
	struct addr a[2];
	struct config_listen spec = listen_loopback(a);
	struct listener l[2];
	struct client c;
	struct addr own;

	assert_int_equal(listener_open(&spec, &options, false, l, &f), 0);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, &l[1].addr.u.sa, l[1].addr.len), 0);
	assert_int_equal(listener_accept(&l[1], &c), 0);
	own.len = sizeof(own.u.storage);
	assert_int_equal(getsockname(fd, &own.u.sa, &own.len), 0);
	assert_true(addr_equal(&own, &c.peer));
	assert_true(addr_equal(&l[1].addr, &c.local));
	assert_int_equal(fcntl(c.fd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(fcntl(c.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(listener_accept(&l[1], &c), LISTENER_E_DONE);
	client_close(&c);
	close(fd);
	listener_close(&l[0]);
	listener_close(&l[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    listener_open__both_families_port_0__share_one_port),
		cmocka_unit_test_setup(
		    listener_open__chosen_port_taken_on_the_other__tries_again,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__no_ipv6__serves_ipv4_alone, setup),
		cmocka_unit_test_setup(
		    listener_open__mark__is_for_ip_sockets, setup),
		cmocka_unit_test_setup(
		    listener_open__udp_on_both_families__shares_one_port,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__udp_port_that_is_taken__is_in_use, setup),
		cmocka_unit_test_setup(
		    listener_open__udp_options__are_those_of_ip_and_no_others,
		    setup),
		cmocka_unit_test_setup(
		    listener_open__tcp_options__are_on_the_socket, setup),
		cmocka_unit_test_setup(
		    listener_open__unset_options__are_not_on_the_socket, setup),
		cmocka_unit_test_setup(
		    listener_open__transparent__is_for_both_families, setup),
		cmocka_unit_test_setup(
		    listener_open__for_handlers__is_blocking, setup),
		cmocka_unit_test_setup(
		    listener_format__each_kind__is_as_listen_takes_it, setup),
		cmocka_unit_test_setup(
		    listener_format__longest_path__fits, setup),
		cmocka_unit_test_setup(
		    listener_waiting__tcp__counts_and_others_do_not_tell,
		    setup),
		cmocka_unit_test_setup(
		    listener_accept__client__is_blocking_and_known, setup),
		cmocka_unit_test_setup(
		    listener_accept__each_errno__has_its_class, setup),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/sock", folder);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
