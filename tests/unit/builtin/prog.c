/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Starts and ends the program under test. The connection is made as in real
 * life: TCP through a listener on the loopback interface, not a socketpair,
 * since resets and half-closes of AF_UNIX are different ones.
 */
#include "prog.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define PROG_DEADLINE_S 20

static void
prog_connect_tcp(int ret_fds[2])
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(l, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&sin, &len), 0);
	ret_fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(ret_fds[0], (struct sockaddr *)&sin, len), 0);
	ret_fds[1] = accept4(l, NULL, NULL, SOCK_CLOEXEC);
	assert_int_not_equal(ret_fds[1], -1);
	close(l);
}

/* Fills in our side of p; ret_theirs is the program's 0 and 1. */
static void
prog_connect(struct prog *p, enum prog_kind kind, int ret_theirs[2])
{
	int type = kind == PROG_SEQPACKET ? SOCK_SEQPACKET : SOCK_STREAM;
	int fds[2], back[2];

	if (kind == PROG_PIPES) {
		assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
		assert_int_equal(pipe2(back, O_CLOEXEC), 0);
		p->out = fds[1];
		p->in = back[0];
		ret_theirs[0] = fds[0];
		ret_theirs[1] = back[1];
		return;
	}
	if (kind == PROG_TCP)
		prog_connect_tcp(fds);
	else
		assert_int_equal(
		    socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
	p->in = p->out = fds[0];
	ret_theirs[0] = ret_theirs[1] = fds[1];
}

static void
prog_set(int fd, int option, const void *value, socklen_t len)
{
	assert_int_equal(setsockopt(fd, SOL_SOCKET, option, value, len), 0);
}

static void
prog_prepare(const struct prog *p, const struct prog_setup *s, int theirs[2])
{
	struct timeval ours = { .tv_sec = PROG_DEADLINE_S };
	struct timeval timeout = { .tv_sec = s->receive_timeout };

	for (int i = 0; s->nonblocking && i < 2; i++)
		assert_int_equal(fcntl(theirs[i], F_SETFL, O_NONBLOCK), 0);
	if (s->kind == PROG_PIPES)
		return;
	prog_set(p->in, SO_RCVTIMEO, &ours, sizeof(ours));
	prog_set(p->in, SO_SNDTIMEO, &ours, sizeof(ours));
	if (s->receive_timeout > 0)
		prog_set(theirs[0], SO_RCVTIMEO, &timeout, sizeof(timeout));
	if (s->send_buffer > 0)
		prog_set(theirs[0], SO_SNDBUF, &s->send_buffer,
		    sizeof(s->send_buffer));
}

static void
prog_exec(const struct prog_setup *s, const int theirs[2], int err)
{
	char *argv[] = { (char *)BUILTIN_PATH, (char *)s->name, (char *)s->idle,
		NULL };

	if (s->no_input)
		close(STDIN_FILENO);
	else
		dup2(theirs[0], STDIN_FILENO);
	dup2(theirs[1], STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	if (s->tz != NULL)
		setenv("TZ", s->tz, 1);
	else
		unsetenv("TZ");
	execv(BUILTIN_PATH, argv);
	_exit(127);
}

/* Starts it with theirs as its 0 and 1. */
static void
prog_spawn(struct prog *p, const struct prog_setup *s, const int theirs[2])
{
	int err[2];

	/* A program that left must fail an assertion, not end the tests. */
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	p->err = err[0];
	p->pid = fork();
	assert_int_not_equal(p->pid, -1);
	if (p->pid == 0)
		prog_exec(s, theirs, err[1]);
	close(err[1]);
}

void
prog_start(struct prog *p, const struct prog_setup *setup)
{
	int theirs[2];

	prog_connect(p, setup->kind, theirs);
	prog_prepare(p, setup, theirs);
	if (setup->first != NULL)
		prog_send(p, setup->first, strlen(setup->first));
	prog_spawn(p, setup, theirs);
	close(theirs[0]);
	if (theirs[1] != theirs[0])
		close(theirs[1]);
}

void
prog_start_on(struct prog *p, const struct prog_setup *setup, int fd)
{
	const int theirs[2] = { fd, fd };

	p->in = p->out = -1;
	prog_spawn(p, setup, theirs);
}

void
prog_shutdown(struct prog *p)
{
	if (p->in == p->out) {
		assert_int_equal(shutdown(p->out, SHUT_WR), 0);
		return;
	}
	close(p->out);
	p->out = -1;
}

void
prog_close(struct prog *p)
{
	if (p->out != -1 && p->out != p->in)
		close(p->out);
	if (p->in != -1)
		close(p->in);
	p->in = p->out = -1;
}

void
prog_reset(struct prog *p)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	prog_set(p->in, SO_LINGER, &now, sizeof(now));
	prog_close(p);
}

void
prog_send(struct prog *p, const void *data, size_t len)
{
	const char *s = data;

	while (len > 0) {
		ssize_t n = write(p->out, s, len);

		assert_int_not_equal(n, -1);
		s += n;
		len -= (size_t)n;
	}
}

size_t
prog_recv(struct prog *p, void *buf, size_t len)
{
	size_t used = 0;

	while (used < len) {
		struct pollfd pfd = { .fd = p->in, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&pfd, 1, PROG_DEADLINE_S * 1000), 1);
		n = read(p->in, (char *)buf + used, len - used);
		assert_int_not_equal(n, -1);
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return used;
}

static void
prog_nap(void)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	nanosleep(&nap, NULL);
}

int
prog_wait(struct prog *p)
{
	int status, naps = 0;
	pid_t pid;

	/* Not by pidfd_open(2), which valgrind does not know. */
	while ((pid = waitpid(p->pid, &status, WNOHANG)) == 0 &&
	       naps++ < PROG_DEADLINE_S * 1000)
		prog_nap();
	if (pid == 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, &status, 0);
		fail_msg("it does not end");
	}
	assert_int_equal(pid, p->pid);
	prog_close(p);
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

const char *
prog_stderr(struct prog *p)
{
	static char text[4096];
	size_t used = 0;
	ssize_t n;

	while ((n = read(p->err, text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	close(p->err);
	p->err = -1;
	return text;
}

void
prog_wait_quiet(struct prog *p)
{
	int status = prog_wait(p);

	assert_string_equal(prog_stderr(p), "");
	assert_int_equal(status, 0);
}

void
prog_await_sleep(const struct prog *p)
{
	char path[64], text[512], state = '\0';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->pid);
	for (int i = 0; state != 'S'; i++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t n = read(fd, text, sizeof(text) - 1);

		close(fd);
		assert_true(n > 0);
		text[n] = '\0';
		state = strrchr(text, ')')[2];
		assert_true(i < PROG_DEADLINE_S * 1000);
		prog_nap();
	}
}
