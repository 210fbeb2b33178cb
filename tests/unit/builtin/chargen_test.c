/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* builtin:chargen from the client's side: exactly the lines of RFC 864, for
 * as long as the client stays, whatever the client sends meanwhile.
 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "prog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* More than one block of what chargen writes at once. */
#define LINES 2500

/* The ring as RFC 864 prints it, twice, so that a line is one piece of it. */
#define RING                                                                 \
	" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_" \
	"`abcdefghijklmnopqrstuvwxyz{|}~"
static const char ring[] = RING RING;

static void
check_lines(struct prog *p, int count)
{
	char line[74], want[74];

	for (int i = 0; i < count; i++) {
		assert_int_equal(
		    prog_recv(p, line, sizeof(line)), sizeof(line));
		memcpy(want, ring + i % (strlen(ring) / 2), 72);
		memcpy(want + 72, "\r\n", 2);
		if (memcmp(line, want, sizeof(line)) != 0)
			fail_msg("line %d: \"%.72s\"", i, line);
	}
}

static void
chargen_check(const struct prog_setup *setup)
{
	struct prog p;

	prog_start(&p, setup);
	check_lines(&p, LINES);
	prog_close(&p);
	prog_wait_quiet(&p);
}

static void
chargen__sends_lines_of_rfc_864_until_client_leaves(void **state)
{
	struct prog_setup setup = { .kind = PROG_TCP, .name = "chargen" };

	chargen_check(&setup);
	setup.kind = PROG_UNIX;
	chargen_check(&setup);
	setup.kind = PROG_PIPES;
	chargen_check(&setup);
}

static void
chargen__with_partial_writes__sends_same_lines(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "chargen",
		.send_buffer = 1,
		.nonblocking = true,
	};

	chargen_check(&setup);
}

static void
chargen__when_client_half_closes__goes_on(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "chargen" };
	struct prog p;

	prog_start(&p, &setup);
	prog_shutdown(&p);
	check_lines(&p, LINES);
	prog_close(&p);
	prog_wait_quiet(&p);
}

/* "Any data received is thrown away": a client that sends far more than the
 * buffers hold, and reads no more than it sends, never stalls. */
static void
chargen__when_client_sends__throws_it_away(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "chargen" };
	static char block[64 * 1024];
	struct prog p;

	prog_start(&p, &setup);
	for (int i = 0; i < 512; i++) {
		prog_send(&p, block, sizeof(block));
		assert_int_equal(
		    prog_recv(&p, block, sizeof(block)), sizeof(block));
	}
	prog_close(&p);
	prog_wait_quiet(&p);
}

static void
chargen__when_client_resets__ends_quietly(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "chargen" };
	struct prog p;

	prog_start(&p, &setup);
	check_lines(&p, 1);
	prog_await_sleep(&p);
	prog_reset(&p);
	prog_wait_quiet(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(chargen__sends_lines_of_rfc_864_until_client_leaves),
		T(chargen__with_partial_writes__sends_same_lines),
		T(chargen__when_client_half_closes__goes_on),
		T(chargen__when_client_sends__throws_it_away),
		T(chargen__when_client_resets__ends_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
