/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* builtin:echo from the client's side: every byte comes back, in order, under
 * all that a network and a careless predecessor on the socket can do to a
 * writer; and it goes quietly when the client goes.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "prog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MB (1024 * 1024)

/* The byte at an offset of the test stream: no period of any buffer's size,
 * so that a block lost, doubled or swapped shows. */
static unsigned char
stream_byte(size_t offset)
{
	return (unsigned char)(((uint32_t)offset * 2654435761U) >> 23);
}

static void
stream_fill(unsigned char *buf, size_t len, size_t offset)
{
	for (size_t i = 0; i < len; i++)
		buf[i] = stream_byte(offset + i);
}

static void
stream_check(const unsigned char *buf, size_t len, size_t offset)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] != stream_byte(offset + i))
			fail_msg("byte %zu is wrong", offset + i);
}

static size_t
pump_send(struct prog *p, size_t offset, size_t total)
{
	static unsigned char buf[64 * 1024];
	size_t len =
	    total - offset < sizeof(buf) ? total - offset : sizeof(buf);
	ssize_t n;

	stream_fill(buf, len, offset);
	n = write(p->out, buf, len);
	if (n == -1) {
		assert_int_equal(errno, EAGAIN);
		return 0;
	}
	return (size_t)n;
}

static size_t
pump_recv(struct prog *p, size_t offset)
{
	unsigned char buf[3001];
	ssize_t n = read(p->in, buf, sizeof(buf));

	if (n == -1) {
		assert_int_equal(errno, EAGAIN);
		return 0;
	}
	/* The end of the stream is never right in here. */
	assert_int_not_equal(n, 0);
	stream_check(buf, (size_t)n, offset);
	return (size_t)n;
}

/* Sends total bytes through echo and reads them back, slowly: nothing until
 * all buffers on the way are full, then 20 times less a turn than is sent. */
static void
pump(struct prog *p, size_t total)
{
	size_t sent = 0, got = 0, n;
	bool full = false;

	fcntl(p->in, F_SETFL, O_NONBLOCK);
	fcntl(p->out, F_SETFL, O_NONBLOCK);
	while (got < total) {
		struct pollfd pfd[2] = {
			{ .fd = p->in, .events = full ? POLLIN : 0 },
			{ .fd = p->out, .events = sent < total ? POLLOUT : 0 },
		};

		/* Nobody can write for a while: the buffers are full. */
		if (poll(pfd, 2, full ? 20000 : 200) == 0) {
			assert_false(full);
			full = true;
			continue;
		}
		if (sent < total) {
			n = pump_send(p, sent, total);
			sent += n;
		} else {
			full = true;
		}
		if (full)
			got += pump_recv(p, got);
	}
	fcntl(p->in, F_SETFL, 0);
}

static void
pump_all(const struct prog_setup *setup, size_t total)
{
	struct prog p;
	char c;

	prog_start(&p, setup);
	pump(&p, total);
	prog_shutdown(&p);
	assert_int_equal(prog_recv(&p, &c, 1), 0);
	prog_wait_quiet(&p);
}

static void
echo__with_64_mb_and_slow_reader__returns_every_byte(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "echo" };

	pump_all(&setup, 64 * MB);
}

static void
echo__over_unix_socket__returns_every_byte(void **state)
{
	const struct prog_setup setup = { .kind = PROG_UNIX, .name = "echo" };

	pump_all(&setup, 8 * MB);
}

static void
echo__over_pipes__returns_every_byte(void **state)
{
	const struct prog_setup setup = { .kind = PROG_PIPES, .name = "echo" };

	pump_all(&setup, 8 * MB);
}

static void
echo__with_tiny_send_buffer__returns_every_byte(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "echo",
		.send_buffer = 1,
	};

	pump_all(&setup, 2 * MB);
}

/* Only here does write(2) take a part of what it is given: on a blocking
 * socket it waits. */
static void
echo__with_nonblocking_socket__returns_every_byte(void **state)
{
	struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "echo",
		.send_buffer = 1,
		.nonblocking = true,
	};

	pump_all(&setup, 2 * MB);
	setup.kind = PROG_UNIX;
	pump_all(&setup, 2 * MB);
	setup.kind = PROG_PIPES;
	pump_all(&setup, 2 * MB);
}

static void
echo__with_nonblocking_socket__sleeps_while_idle(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "echo",
		.nonblocking = true,
	};
	struct prog p;

	prog_start(&p, &setup);
	prog_await_sleep(&p);
	prog_shutdown(&p);
	prog_wait_quiet(&p);
}

static void
echo__when_client_half_closes_first__returns_all_then_ends(void **state)
{
	static unsigned char out[150 * 1024], in[sizeof(out) + 1];
	const enum prog_kind kinds[] = { PROG_TCP, PROG_UNIX };

	stream_fill(out, sizeof(out), 0);
	for (size_t i = 0; i < 2; i++) {
		struct prog_setup setup = { .kind = kinds[i], .name = "echo" };
		struct prog p;

		prog_start(&p, &setup);
		prog_send(&p, out, sizeof(out));
		prog_shutdown(&p);
		assert_int_equal(prog_recv(&p, in, sizeof(in)), sizeof(out));
		assert_memory_equal(in, out, sizeof(out));
		prog_wait_quiet(&p);
	}
}

static void
echo__with_messages__keeps_their_bounds(void **state)
{
	static unsigned char out[200 * 1000], in[sizeof(out) + 1];
	const size_t sizes[] = { 1, 70000, sizeof(out) };
	struct prog_setup setup = { .kind = PROG_SEQPACKET, .name = "echo" };
	struct prog p;

	prog_start(&p, &setup);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		stream_fill(out, sizes[i], i);
		prog_send(&p, out, sizes[i]);
		assert_int_equal(read(p.in, in, sizeof(in)), sizes[i]);
		stream_check(in, sizes[i], i);
	}
	prog_shutdown(&p);
	prog_wait_quiet(&p);
}

static void
echo__when_client_resets_while_it_writes__ends_quietly(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "echo" };
	struct pollfd pfd;
	struct prog p;
	size_t sent = 0;

	prog_start(&p, &setup);
	fcntl(p.out, F_SETFL, O_NONBLOCK);
	pfd = (struct pollfd){ .fd = p.out, .events = POLLOUT };
	while (poll(&pfd, 1, 200) == 1)
		sent += pump_send(&p, sent, SIZE_MAX);
	assert_true(sent > 0);
	prog_reset(&p);
	prog_wait_quiet(&p);
}

static void
echo__when_client_resets_while_it_reads__ends_quietly(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "echo" };
	struct prog p;
	char c;

	prog_start(&p, &setup);
	prog_send(&p, "x", 1);
	assert_int_equal(prog_recv(&p, &c, 1), 1);
	prog_await_sleep(&p);
	prog_reset(&p);
	prog_wait_quiet(&p);
}

static void
echo__when_reader_of_pipe_leaves__ends_quietly(void **state)
{
	const struct prog_setup setup = { .kind = PROG_PIPES, .name = "echo" };
	struct prog p;

	prog_start(&p, &setup);
	close(p.in);
	p.in = -1;
	prog_send(&p, "x", 1);
	prog_wait_quiet(&p);
}

/* signal(7): with a timeout on the socket, a stop and a continuation make
 * read(2) fail with EINTR in a program that handles no signal at all. */
static void
echo__when_interrupted__goes_on(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "echo",
		.receive_timeout = 60,
	};
	struct prog p;
	siginfo_t info;
	char c = '\0';

	prog_start(&p, &setup);
	prog_send(&p, "a", 1);
	assert_int_equal(prog_recv(&p, &c, 1), 1);
	prog_await_sleep(&p);
	kill(p.pid, SIGSTOP);
	assert_int_equal(waitid(P_PID, (id_t)p.pid, &info, WSTOPPED), 0);
	kill(p.pid, SIGCONT);
	prog_await_sleep(&p);
	prog_send(&p, "b", 1);
	assert_int_equal(prog_recv(&p, &c, 1), 1);
	assert_int_equal(c, 'b');
	prog_shutdown(&p);
	prog_wait_quiet(&p);
}

/* The other thing that such a timeout does: EAGAIN on a blocking socket. */
static void
echo__when_receive_timeout_passes__goes_on(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "echo",
		.receive_timeout = 1,
	};
	struct pollfd pfd;
	struct prog p;
	char c = '\0';

	prog_start(&p, &setup);
	pfd = (struct pollfd){ .fd = p.in, .events = POLLIN };
	assert_int_equal(poll(&pfd, 1, 1200), 0);
	prog_send(&p, "a", 1);
	assert_int_equal(prog_recv(&p, &c, 1), 1);
	prog_shutdown(&p);
	prog_wait_quiet(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(echo__with_64_mb_and_slow_reader__returns_every_byte),
		T(echo__over_unix_socket__returns_every_byte),
		T(echo__over_pipes__returns_every_byte),
		T(echo__with_tiny_send_buffer__returns_every_byte),
		T(echo__with_nonblocking_socket__returns_every_byte),
		T(echo__with_nonblocking_socket__sleeps_while_idle),
		T(echo__when_client_half_closes_first__returns_all_then_ends),
		T(echo__with_messages__keeps_their_bounds),
		T(echo__when_client_resets_while_it_writes__ends_quietly),
		T(echo__when_client_resets_while_it_reads__ends_quietly),
		T(echo__when_reader_of_pipe_leaves__ends_quietly),
		T(echo__when_interrupted__goes_on),
		T(echo__when_receive_timeout_passes__goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
