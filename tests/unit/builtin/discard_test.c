/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* builtin:discard from the client's side: it takes everything, says nothing,
 * and ends with the client.
 */
#include <stdlib.h>
#include <string.h>

#include "prog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MB (1024 * 1024)

static void
discard_all(const struct prog_setup *setup, size_t total)
{
	static char block[MB];
	struct prog p;
	char c;

	memset(block, 'x', sizeof(block));
	prog_start(&p, setup);
	for (size_t sent = 0; sent < total; sent += sizeof(block))
		prog_send(&p, block, sizeof(block));
	prog_shutdown(&p);
	assert_int_equal(prog_recv(&p, &c, 1), 0);
	prog_wait_quiet(&p);
}

static void
discard__with_64_mb__takes_all_and_says_nothing(void **state)
{
	struct prog_setup setup = { .kind = PROG_TCP, .name = "discard" };

	discard_all(&setup, 64 * MB);
	setup.kind = PROG_UNIX;
	discard_all(&setup, 64 * MB);
}

static void
discard__over_pipes__takes_all_and_says_nothing(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_PIPES,
		.name = "discard",
	};

	discard_all(&setup, 8 * MB);
}

static void
discard__with_nonblocking_socket__takes_all_and_says_nothing(void **state)
{
	struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "discard",
		.nonblocking = true,
	};

	discard_all(&setup, 8 * MB);
	setup.kind = PROG_PIPES;
	discard_all(&setup, 8 * MB);
}

static void
discard__when_client_resets__ends_quietly(void **state)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = "discard" };
	struct prog p;

	prog_start(&p, &setup);
	prog_send(&p, "x", 1);
	prog_await_sleep(&p);
	prog_reset(&p);
	prog_wait_quiet(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(discard__with_64_mb__takes_all_and_says_nothing),
		T(discard__over_pipes__takes_all_and_says_nothing),
		T(discard__with_nonblocking_socket__takes_all_and_says_nothing),
		T(discard__when_client_resets__ends_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
