/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Client sockets for the tests, blocking, with a deadline on each. Errors are
 * failures of the test, but where a function says that it returns them.
 */
#include "peer.h"

#include "journal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define PEER_VALUES 8

static int
peer_socket(int family, int type)
{
	const struct timeval deadline = { .tv_sec =
					      HARNESS_DEADLINE_MS / 1000 };
	const int fd = socket(family, type | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
	return fd;
}

/* To an address of 127.0.0.0/8, NULL: any, and a port, 0: any. */
static void
peer_bind(int fd, const char *from, uint16_t port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };

	if (from == NULL)
		return;
	assert_int_equal(inet_pton(AF_INET, from, &in4.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&in4, sizeof(in4)), 0);
}

static int
peer_open_ip(
    const char *host, uint16_t port, int type, const char *from, int *ret_error)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	const bool v4 = inet_pton(AF_INET, host, &in4.sin_addr) == 1;
	const struct sockaddr *sa =
	    v4 ? (struct sockaddr *)&in4 : (struct sockaddr *)&in6;
	int fd;

	if (!v4)
		assert_int_equal(inet_pton(AF_INET6, host, &in6.sin6_addr), 1);
	fd = peer_socket(v4 ? AF_INET : AF_INET6, type);
	peer_bind(fd, from, 0);
	*ret_error =
	    connect(fd, sa, v4 ? sizeof(in4) : sizeof(in6)) == -1 ? errno : 0;
	return fd;
}

static int
peer_open_unix(const char *path, int type, int *ret_error)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int fd = peer_socket(AF_UNIX, type);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	*ret_error =
	    connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1 ? errno : 0;
	return fd;
}

int
peer_connect_ip(const char *host, uint16_t port)
{
	int error;
	const int fd = peer_open_ip(host, port, SOCK_STREAM, NULL, &error);

	if (error != 0)
		fail_msg("%s:%u: %s", host, port, strerror(error));
	return fd;
}

int
peer_connect_udp_at(
    struct harness *h, const char *service, const char *from, uint16_t port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_port = htons(journal_port(h, service)),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const int fd = peer_socket(AF_INET, SOCK_DGRAM);

	peer_bind(fd, from, port);
	assert_int_equal(connect(fd, (struct sockaddr *)&in4, sizeof(in4)), 0);
	return fd;
}

int
peer_connect_udp_from(struct harness *h, const char *service, const char *from)
{
	return peer_connect_udp_at(h, service, from, 0);
}

int
peer_connect_udp(struct harness *h, const char *service)
{
	return peer_connect_udp_from(h, service, NULL);
}

int
peer_connect_unix(const char *path, int type)
{
	int error;
	const int fd = peer_open_unix(path, type, &error);

	if (error != 0)
		fail_msg("%s: %s", path, strerror(error));
	return fd;
}

int
peer_try_unix(const char *path)
{
	int error;

	close(peer_open_unix(path, SOCK_STREAM, &error));
	return error;
}

int
peer_try_ip(const char *host, uint16_t port)
{
	int error;

	close(peer_open_ip(host, port, SOCK_STREAM, NULL, &error));
	return error;
}

int
peer_connect(struct harness *h, const char *service)
{
	return peer_connect_ip("127.0.0.1", journal_port(h, service));
}

int
peer_try_connect(struct harness *h, const char *service, int *ret_fd)
{
	int error;

	*ret_fd = peer_open_ip(
	    "127.0.0.1", journal_port(h, service), SOCK_STREAM, NULL, &error);
	return error;
}

int
peer_connect_from(struct harness *h, const char *service, const char *from)
{
	int error;
	const int fd = peer_open_ip(
	    "127.0.0.1", journal_port(h, service), SOCK_STREAM, from, &error);

	assert_int_equal(error, 0);
	return fd;
}

const char *
peer_fate_of(int fd)
{
	char byte = 'x';
	ssize_t n = send(fd, &byte, 1, MSG_NOSIGNAL);

	/* A reset is an error once, of whatever comes first. */
	if (n == 1)
		n = recv(fd, &byte, 1, 0);
	if (n == 1)
		return "served";
	if (n == 0)
		return "closed";
	assert_int_equal(errno, ECONNRESET);
	return "reset";
}

const char *
peer_fate(struct harness *h, const char *service, const char *from)
{
	int error;
	const int fd = peer_open_ip(
	    "127.0.0.1", journal_port(h, service), SOCK_STREAM, from, &error);
	const char *fate = error == ECONNRESET ? "reset" : peer_fate_of(fd);

	assert_true(error == 0 || error == ECONNRESET);
	close(fd);
	return fate;
}

void
peer_send(int fd, const void *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		const ssize_t n = send(
		    fd, (const char *)data + done, len - done, MSG_NOSIGNAL);

		if (n == -1)
			fail_msg("send: %s", strerror(errno));
		done += (size_t)n;
	}
}

void
peer_send_text(int fd, const char *text)
{
	peer_send(fd, text, strlen(text));
}

void
peer_finish(int fd)
{
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
}

void
peer_close(int fd)
{
	close(fd);
}

void
peer_reset(int fd)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	assert_int_equal(
	    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close(fd);
}

size_t
peer_read_to_end(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, buf + len, size - 1 - len, 0)) > 0) {
		len += (size_t)n;
		assert_in_range(len, 0, size - 2);
	}
	buf[len] = '\0';
	if (n == -1)
		fail_msg(
		    "recv after %zu bytes: %s: %s", len, strerror(errno), buf);
	return len;
}

void
peer_read(int fd, char *buf, size_t len)
{
	const ssize_t n = recv(fd, buf, len, MSG_WAITALL);

	if (n == -1)
		fail_msg("recv: %s", strerror(errno));
	assert_int_equal(n, len);
}

int
peer_wait_end(int fd, size_t *ret_len)
{
	static char sink[65536];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(fd, sink, sizeof(sink), 0)) > 0)
		len += (size_t)n;
	if (n == -1 && errno == EAGAIN)
		fail_msg("the connection has no end");
	if (ret_len != NULL)
		*ret_len = len;
	return n == 0 ? 0 : errno;
}

const char *
peer_ask(struct harness *h, const char *service, const char *request)
{
	static char answer[65536];
	const int fd = peer_connect(h, service);

	peer_send_text(fd, request);
	peer_finish(fd);
	peer_read_to_end(fd, answer, sizeof(answer));
	close(fd);
	return answer;
}

/* Byte number i; 251 is prime, so no shift by a buffer's size repeats it. */
static void
peer_fill_pattern(char *buf, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = (char)((from + i) % 251);
}

/* Sends what fits now. The bytes taken. */
static size_t
peer_send_pattern(int fd, size_t from, size_t left)
{
	static char buf[65536];
	const size_t len = left < sizeof(buf) ? left : sizeof(buf);

	peer_fill_pattern(buf, from, len);
	const ssize_t n = send(fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n == -1 && errno != EAGAIN)
		fail_msg("send after %zu bytes: %s", from, strerror(errno));
	return n == -1 ? 0 : (size_t)n;
}

/* Reads what is there and compares. The bytes taken; 0 at the end. */
static size_t
peer_check_pattern(int fd, size_t from)
{
	static char buf[65536], expected[65536];
	const ssize_t n = recv(fd, buf, sizeof(buf), 0);

	if (n == -1)
		fail_msg("recv after %zu bytes: %s", from, strerror(errno));
	peer_fill_pattern(expected, from, (size_t)n);
	assert_memory_equal(buf, expected, (size_t)n);
	return (size_t)n;
}

void
peer_exchange_pattern(int fd, size_t len, bool finish)
{
	size_t sent = 0, received = 0;

	while (received < len) {
		struct pollfd pfd = { .fd = fd,
			.events = POLLIN | (sent < len ? POLLOUT : 0) };

		assert_int_equal(poll(&pfd, 1, HARNESS_DEADLINE_MS), 1);
		if ((pfd.revents & POLLOUT) != 0 && sent < len) {
			sent += peer_send_pattern(fd, sent, len - sent);
			if (sent == len && finish)
				peer_finish(fd);
		}
		if ((pfd.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
			const size_t n = peer_check_pattern(fd, received);

			assert_int_not_equal(n, 0);
			received += n;
		}
	}
	assert_int_equal(received, len);
}

const char *
peer_find_value(const char *text, const char *key)
{
	static char values[PEER_VALUES][4096];
	static size_t next;
	const size_t len = strlen(key);
	char *value = values[next % PEER_VALUES];

	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchrnul(line, '\n');

		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			snprintf(value, sizeof(values[0]), "%.*s",
			    (int)(end - line - (ssize_t)len - 1),
			    line + len + 1);
			next++;
			return value;
		}
		line = *end == '\n' ? end + 1 : NULL;
	}
	return NULL;
}

const char *
peer_value(const char *text, const char *key)
{
	const char *value = peer_find_value(text, key);

	if (value == NULL)
		fail_msg("no %s= in: %s", key, text);
	return value;
}
