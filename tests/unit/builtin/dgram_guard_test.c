/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Who is not answered by the built-in handlers: whoever could be another
 * service, and whoever is not one host. Each of the datagrams here is sent
 * before the handler is started, when the kernel knows less about it, and
 * again while it runs. In a network of its own, since some need privileges.
 */
#include <sys/un.h>

#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "service.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool network;

static void
need_network(void)
{
	if (!network)
		skip();
}

static void
set_on(int fd, int level, int option)
{
	int on = 1;

	assert_int_equal(setsockopt(fd, level, option, &on, sizeof(on)), 0);
}

/* Sends to a host from a socket, and sees no answer there. */
static void
check_silent(struct service *s, const char *name, int fd, const char *host)
{
	client_send_to(s, fd, host);
	service_await_datagram(s);
	service_start(s, name);
	service_check_silent(s, fd);
	client_send_to(s, fd, host);
	service_check_silent(s, fd);
	service_stop(s);
}

static void
check_port(struct service *s, const char *name, uint16_t port)
{
	int fd = client_bind(s, NULL, port);

	check_silent(s, name, fd, NULL);
	close(fd);
}

static void
dgram__from_port_of_a_service__is_not_answered(void **state)
{
	static const uint16_t ports[] = { 7, 9, 13, 19, 37, 53, 1019, 1023 };
	static const char *const names[] = { "echo", "chargen", "daytime",
		"time" };

	need_network();
	for (int kind = SERVICE_V4; kind <= SERVICE_MAPPED; kind++) {
		struct service s;
		char c;
		int fd;

		service_open(&s, kind);
		for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
			check_port(&s, names[i % 4], ports[i]);
		/* And the first that is. */
		fd = client_bind(&s, NULL, 1024);
		client_send_to(&s, fd, NULL);
		service_start(&s, "echo");
		assert_int_equal(client_recv(fd, &c, 1), 1);
		service_stop(&s);
		close(fd);
		service_close(&s);
	}
}

static void
dgram__from_its_own_port__is_not_answered(void **state)
{
	const char *const addresses[][2] = {
		[SERVICE_V4] = { "127.0.0.1", "127.0.0.2" },
		[SERVICE_V6] = { "::1", "fd00::5" },
	};

	need_network();
	for (int kind = SERVICE_V4; kind <= SERVICE_V6; kind++) {
		struct service s;
		int fd;

		/* To have its port on one address only. */
		service_open(&s, kind);
		close(s.fd);
		s.fd = client_bind(&s, addresses[kind][0], s.port);
		fd = client_bind(&s, addresses[kind][1], s.port);
		check_silent(&s, "echo", fd, NULL);
		close(fd);
		service_close(&s);
	}
}

static void
check_destination(enum service_kind kind, const char *host, bool transparent)
{
	struct ip_mreqn group = {
		.imr_multiaddr.s_addr = htonl(INADDR_ALLHOSTS_GROUP),
		.imr_ifindex = (int)if_nametoindex("lo"),
	};
	struct service s;
	int fd;

	service_open(&s, kind);
	/* An IPv6 socket gets IPv4 groups only when it asks for them. */
	if (kind == SERVICE_MAPPED)
		assert_int_equal(setsockopt(s.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP,
				     &group, sizeof(group)),
		    0);
	/* The kernel does not mind any source address then. */
	if (transparent)
		set_on(s.fd, IPPROTO_IP, IP_TRANSPARENT);
	fd = client_bind(&s, NULL, 0);
	/* Else 255.255.255.255 has no way out. */
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
	check_silent(&s, "echo", fd, host);
	close(fd);
	service_close(&s);
}

static void
dgram__to_broadcast_address__is_not_answered(void **state)
{
	need_network();
	for (int transparent = 0; transparent < 2; transparent++) {
		check_destination(SERVICE_V4, "127.255.255.255", transparent);
		check_destination(SERVICE_V4, "255.255.255.255", transparent);
	}
	check_destination(SERVICE_MAPPED, "127.255.255.255", false);
	check_destination(SERVICE_MAPPED, "255.255.255.255", false);
}

static void
dgram__to_multicast_group__is_not_answered(void **state)
{
	need_network();
	check_destination(SERVICE_V4, "224.0.0.1", false);
	check_destination(SERVICE_V4, "224.0.0.1", true);
	check_destination(SERVICE_MAPPED, "224.0.0.1", false);
	check_destination(SERVICE_V6, "ff01::1", false);
	check_destination(SERVICE_V6, "ff02::1", false);
}

/* With all that would help an answer on its way: permission to broadcast, a
 * listener for it on every address, and an interface to leave by. */
static void
dgram__from_what_is_no_host__is_not_answered(void **state)
{
	const char *const sources[] = { "127.255.255.255", "255.255.255.255",
		"224.0.0.1" };

	need_network();
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		struct service s;
		int fd;

		service_open(&s, SERVICE_V4);
		set_on(s.fd, SOL_SOCKET, SO_BROADCAST);
		assert_int_equal(
		    setsockopt(s.fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), 0);
		fd = client_bind(&s, "0.0.0.0", 4000);
		netns_send_forged(sources[i], 4000, "127.0.0.1", s.port);
		service_await_datagram(&s);
		service_start(&s, "echo");
		service_check_silent(&s, fd);
		netns_send_forged(sources[i], 4000, "127.0.0.1", s.port);
		service_check_silent(&s, fd);
		service_stop(&s);
		close(fd);
		service_close(&s);
	}
}

/* The control of the test above: a forged source is answered. */
static void
dgram__from_forged_host__is_answered(void **state)
{
	struct service s;
	char c;
	int fd;

	need_network();
	service_open(&s, SERVICE_V4);
	fd = client_bind(&s, "0.0.0.0", 4000);
	service_start(&s, "echo");
	netns_send_forged("127.0.0.9", 4000, "127.0.0.1", s.port);
	assert_int_equal(client_recv(fd, &c, 1), 1);
	service_stop(&s);
	close(fd);
	service_close(&s);
}

static void
dgram__asked_by_any_ipv6_address__answers_from_it(void **state)
{
	struct service s;
	int first, second;
	char c;

	need_network();
	service_open(&s, SERVICE_V6);
	first = client_open_to(&s, "fd00::5");
	second = client_open_to(&s, "::1");
	client_send(first, "1", 1);
	client_send(second, "2", 1);
	service_start(&s, "echo");
	assert_int_equal(client_recv(first, &c, 1), 1);
	assert_int_equal(client_recv(second, &c, 1), 1);
	client_echo(first, "3", 1);
	client_echo(second, "4", 1);
	service_stop(&s);
	close(first);
	close(second);
	service_close(&s);
}

/* The peer's name is a symbolic link to the service by now: an answer would
 * come back as the next request, for ever. */
static void
unix__when_peer_leads_back_to_itself__is_not_answered(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct service s;
	int fd;

	service_open(&s, SERVICE_UNIX);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strcpy(sun.sun_path, service_dir());
	strcat(sun.sun_path, "/peer");
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(
	    sendto(fd, "x", 1, 0, (struct sockaddr *)&s.addr, s.len), 1);
	unlink(sun.sun_path);
	assert_int_equal(
	    symlink(((struct sockaddr_un *)&s.addr)->sun_path, sun.sun_path),
	    0);
	service_start_idle(&s, "echo", "100");
	service_wait(&s);
	unlink(sun.sun_path);
	close(fd);
	service_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(dgram__from_port_of_a_service__is_not_answered),
		T(dgram__from_its_own_port__is_not_answered),
		T(dgram__to_broadcast_address__is_not_answered),
		T(dgram__to_multicast_group__is_not_answered),
		T(dgram__from_what_is_no_host__is_not_answered),
		T(dgram__from_forged_host__is_answered),
		T(dgram__asked_by_any_ipv6_address__answers_from_it),
		T(unix__when_peer_leads_back_to_itself__is_not_answered),
	};

	network = netns_enter();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
