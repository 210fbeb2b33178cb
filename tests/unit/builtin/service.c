/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Sockets for the tests of the datagram handlers. */
#include "service.h"

#include <sys/time.h>
#include <sys/un.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SERVICE_DEADLINE_S 20

static char dir[] = "/tmp/evinetd-dgram-XXXXXX";
static int serial; /* of the paths in there */

static void
service_remove_dir(void)
{
	char path[64];

	/* Those that a failed test has left. */
	while (serial-- > 0) {
		snprintf(path, sizeof(path), "%s/service%d", dir, serial);
		unlink(path);
	}
	rmdir(dir);
}

const char *
service_dir(void)
{
	static bool made;

	if (!made) {
		assert_non_null(mkdtemp(dir));
		assert_int_equal(atexit(service_remove_dir), 0);
		made = true;
	}
	return dir;
}

static void
service_bind_unix(struct service *s)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	s->len = sizeof(sun.sun_family);
	if (s->kind == SERVICE_UNIX) {
		snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/service%d",
		    service_dir(), serial++);
		s->len = sizeof(sun);
	}
	/* Without a path it is a free abstract name, see unix(7). */
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sun, s->len), 0);
}

static int
service_family(enum service_kind kind)
{
	if (kind == SERVICE_V4)
		return AF_INET;
	return kind == SERVICE_V6 || kind == SERVICE_MAPPED ? AF_INET6
							    : AF_UNIX;
}

void
service_open(struct service *s, enum service_kind kind)
{
	struct sockaddr_in6 any = { .sin6_family = service_family(kind) };
	int v6only = kind == SERVICE_V6;

	s->kind = kind;
	s->port = 0;
	s->fd = socket(service_family(kind), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(s->fd, -1);
	if (service_family(kind) == AF_UNIX) {
		service_bind_unix(s);
	} else {
		if (service_family(kind) == AF_INET6)
			assert_int_equal(
			    setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY,
				&v6only, sizeof(v6only)),
			    0);
		/* All zero means any, in both families. */
		s->len = kind == SERVICE_V4 ? sizeof(struct sockaddr_in)
					    : sizeof(any);
		assert_int_equal(
		    bind(s->fd, (struct sockaddr *)&any, s->len), 0);
	}
	s->len = sizeof(s->addr);
	assert_int_equal(
	    getsockname(s->fd, (struct sockaddr *)&s->addr, &s->len), 0);
	if (service_family(kind) != AF_UNIX)
		s->port = ntohs(((struct sockaddr_in *)&s->addr)->sin_port);
}

void
service_close(struct service *s)
{
	close(s->fd);
	if (s->kind == SERVICE_UNIX)
		unlink(((struct sockaddr_un *)&s->addr)->sun_path);
}

void
service_start_idle(struct service *s, const char *name, const char *idle)
{
	const struct prog_setup setup = {
		.name = name,
		.idle = idle,
		.tz = "UTC0",
	};

	prog_start_on(&s->prog, &setup, s->fd);
}

void
service_start(struct service *s, const char *name)
{
	service_start_idle(s, name, "60000");
}

void
service_wait(struct service *s)
{
	prog_wait_quiet(&s->prog);
}

void
service_stop(struct service *s)
{
	assert_int_equal(kill(s->prog.pid, SIGTERM), 0);
	assert_int_equal(prog_wait(&s->prog), 128 + SIGTERM);
	assert_string_equal(prog_stderr(&s->prog), "");
}

socklen_t
client_address(const struct service *s, const char *host, uint16_t port,
    struct sockaddr_storage *ret_addr)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};

	memset(ret_addr, 0, sizeof(*ret_addr));
	if (s->kind == SERVICE_V6) {
		assert_int_equal(inet_pton(AF_INET6, host, &sin6.sin6_addr), 1);
		if (IN6_IS_ADDR_MULTICAST(&sin6.sin6_addr))
			sin6.sin6_scope_id = if_nametoindex("lo");
		memcpy(ret_addr, &sin6, sizeof(sin6));
		return sizeof(sin6);
	}
	assert_int_equal(inet_pton(AF_INET, host, &sin.sin_addr), 1);
	memcpy(ret_addr, &sin, sizeof(sin));
	return sizeof(sin);
}

static const char *
client_loopback(const struct service *s)
{
	return s->kind == SERVICE_V6 ? "::1" : "127.0.0.1";
}

static void
client_set_deadline(int fd)
{
	struct timeval tv = { .tv_sec = SERVICE_DEADLINE_S };

	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
}

int
client_bind(const struct service *s, const char *host, uint16_t port)
{
	struct sockaddr_storage addr;
	socklen_t len;
	int fd, on = 1;

	if (host == NULL)
		host = client_loopback(s);
	len = client_address(s, host, port, &addr);
	fd = socket(addr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	client_set_deadline(fd);
	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	return fd;
}

void
client_send_to(const struct service *s, int fd, const char *host)
{
	struct ip_mreqn lo = { .imr_ifindex = (int)if_nametoindex("lo") };
	struct sockaddr_storage addr;
	socklen_t len = client_address(
	    s, host != NULL ? host : client_loopback(s), s->port, &addr);

	if (addr.ss_family == AF_INET)
		assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF,
				     &lo, sizeof(lo)),
		    0);
	assert_int_equal(
	    sendto(fd, "?", 1, 0, (struct sockaddr *)&addr, len), 1);
}

int
client_open_to(const struct service *s, const char *host)
{
	struct sockaddr_storage addr;
	socklen_t len = client_address(s, host, s->port, &addr);
	int fd = client_bind(s, NULL, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&addr, len), 0);
	return fd;
}

int
client_open(const struct service *s)
{
	const struct sockaddr any = { .sa_family = AF_UNIX };
	int fd;

	if (s->addr.ss_family != AF_UNIX)
		return client_open_to(s, client_loopback(s));
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_not_equal(fd, -1);
	client_set_deadline(fd);
	assert_int_equal(bind(fd, &any, sizeof(any.sa_family)), 0);
	assert_int_equal(
	    connect(fd, (const struct sockaddr *)&s->addr, s->len), 0);
	return fd;
}

void
client_send(int fd, const void *data, size_t len)
{
	assert_int_equal(send(fd, data, len, 0), len);
}

size_t
client_recv(int fd, void *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, MSG_TRUNC);

	if (n == -1)
		fail_msg("no answer: %s", strerror(errno));
	return (size_t)n;
}

void
client_echo(int fd, const void *data, size_t len)
{
	static char buf[256 * 1024];

	client_send(fd, data, len);
	assert_int_equal(client_recv(fd, buf, sizeof(buf)), len);
	assert_memory_equal(buf, data, len);
}

void
service_await_datagram(const struct service *s)
{
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, SERVICE_DEADLINE_S * 1000), 1);
}

void
service_check_silent(const struct service *s, int fd)
{
	int other = client_open(s);
	char c;

	client_send(other, "!", 1);
	(void)client_recv(other, &c, 1);
	close(other);
	if (recv(fd, &c, 1, MSG_DONTWAIT) != -1)
		fail_msg("it was answered");
	assert_int_equal(errno, EAGAIN);
}
