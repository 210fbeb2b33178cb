/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What the tests of sockets share: options, sockets as a manager would pass
 * them, and datagrams.
 */
#ifndef TESTS_UNIT_NET_FIXTURE_H
#define TESTS_UNIT_NET_FIXTURE_H

#include "../cm.h"

#include <evinetd/net/listener.h>
#include <evinetd/net/passed.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_PASSED 8 /* numbers from 3 on that are the tests' own */

static const struct config_socket options = {
	.backlog = 16,
	.nodelay = true,
	.keepalive_ms = 60000,
	.user_timeout_ms = CONFIG_NONE,
	.defer_accept_ms = CONFIG_NONE,
	.v6only = true,
	.mark = CONFIG_NONE,
	.tos = CONFIG_NONE,
	.receive_buffer = CONFIG_NONE,
	.send_buffer = CONFIG_NONE,
	.mode = 0640,
};

/* "127.0.0.1", "::1", "/path" or "@abstract", with port 0. */
static inline struct addr
fixture_addr(const char *text)
{
	struct addr a = { 0 };
	const size_t len = strlen(text);

	if (text[0] != '/' && text[0] != '@') {
		assert_int_equal(addr_parse_ip(text, 0, &a), 0);
		return a;
	}
	a.u.un.sun_family = AF_UNIX;
	memcpy(a.u.un.sun_path, text, len + 1);
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (text[0] == '@')
		a.u.un.sun_path[0] = '\0';
	return a;
}

/* A socket bound to it, whose address is *ret then. */
static inline int
fixture_bind(int type, const char *text, struct addr *ret)
{
	struct addr a = fixture_addr(text);
	const int fd = socket(addr_family(&a), type, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, &a.u.sa, a.len), 0);
	a.len = sizeof(a.u.storage);
	assert_int_equal(getsockname(fd, &a.u.sa, &a.len), 0);
	*ret = a;
	return fd;
}

/* Opens one address of a kind. */
static inline struct listener
fixture_open(enum config_listen_kind kind, const char *text, bool shared)
{
	struct addr a = fixture_addr(text);
	const struct config_listen spec = {
		.kind = kind, .addrs = &a, .naddrs = 1
	};
	struct listener_failure f;
	struct listener l;

	assert_int_equal(listener_open(&spec, &options, shared, &l, &f), 0);
	return l;
}

static inline void
fixture_send(int fd, const struct addr *to, const char *text)
{
	assert_int_equal(sendto(fd, text, strlen(text), 0, &to->u.sa, to->len),
	    strlen(text));
}

/* What poll(2) says now. */
static inline int
fixture_events(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_not_equal(poll(&p, 1, 0), -1);
	return p.revents;
}

static inline int
fixture_option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

/* Makes fd the next one that is passed, from 3 on, and closes it. */
static inline void
fixture_pass(int fd, int number)
{
	assert_in_range(number, 3, 3 + FIXTURE_PASSED - 1);
	assert_int_equal(dup2(fd, number), number);
	if (fd != number)
		close(fd);
}

/* Passes what is open from 3 on; names NULL: no LISTEN_FDNAMES. */
static inline int
fixture_announce(const char *count, const char *names)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_PIDFDID", "1", 1);
	unsetenv("LISTEN_FDNAMES");
	if (names != NULL)
		setenv("LISTEN_FDNAMES", names, 1);
	return passed_init();
}

/* Forgets what was passed and closes it. */
static inline int
fixture_forget(void **state)
{
	unsetenv("LISTEN_PID");
	assert_int_equal(passed_init(), 0);
	for (int i = 0; i < FIXTURE_PASSED; i++)
		close(3 + i);
	return 0;
}

#endif
