/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The command line of evinetd-builtin, and what it says when it cannot serve.
 */
#include <evinetd/builtin.h>

#include <string.h>
#include <unistd.h>

#include "prog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const names[] = {
#define NAME(name, help) #name,
	EVINETD_BUILTINS(NAME)
};

#define NAMES_COUNT (sizeof(names) / sizeof(names[0]))

static void
check_usage(const char *name, const char *message)
{
	const struct prog_setup setup = { .kind = PROG_TCP, .name = name };
	struct prog p;
	const char *text;

	prog_start(&p, &setup);
	assert_int_equal(prog_wait(&p), 64);
	text = prog_stderr(&p);
	assert_non_null(strstr(text, message));
	for (size_t i = 0; i < NAMES_COUNT; i++)
		assert_non_null(strstr(text, names[i]));
}

static void
main__with_unknown_name__lists_names_on_stderr(void **state)
{
	check_usage("ecko", "ecko: no such handler");
	check_usage("", "no such handler");
	check_usage(NULL, "usage: evinetd-builtin NAME");
}

static void
main__with_wrong_idle_time__lists_names_on_stderr(void **state)
{
	const char *const wrong[] = { "", "x", "10x", "-1", "+1", " 1", "1.5",
		"2147483648", "99999999999999999999" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct prog_setup setup = {
			.kind = PROG_TCP,
			.name = "echo",
			.idle = wrong[i],
		};
		struct prog p;

		prog_start(&p, &setup);
		assert_int_equal(prog_wait(&p), 64);
		assert_non_null(strstr(prog_stderr(&p), "MILLISECONDS"));
	}
}

/* It is about datagram sockets; a stream may well be idle. */
static void
main__with_idle_time__serves_stream_as_ever(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "echo",
		.idle = "0",
	};
	struct prog p;
	char c;

	prog_start(&p, &setup);
	prog_await_sleep(&p);
	prog_send(&p, "x", 1);
	assert_int_equal(prog_recv(&p, &c, 1), 1);
	prog_shutdown(&p);
	prog_wait_quiet(&p);
}

static void
main__with_help__says_it_on_stdout(void **state)
{
	const struct prog_setup setup = { .kind = PROG_PIPES,
		.name = "--help" };
	struct prog p;
	char text[4096];
	size_t len;

	prog_start(&p, &setup);
	len = prog_recv(&p, text, sizeof(text) - 1);
	text[len] = '\0';
	for (size_t i = 0; i < NAMES_COUNT; i++)
		assert_non_null(strstr(text, names[i]));
	prog_wait_quiet(&p);
}

/* Trouble that is not the client's departure: nothing to read from. */
static void
main__when_read_fails__says_so_and_fails(void **state)
{
	const struct prog_setup setup = {
		.kind = PROG_PIPES,
		.name = "echo",
		.no_input = true,
	};
	struct prog p;

	prog_start(&p, &setup);
	assert_int_equal(prog_wait(&p), 1);
	assert_string_equal(
	    prog_stderr(&p), "evinetd-builtin: echo: Bad file descriptor\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(main__with_unknown_name__lists_names_on_stderr),
		T(main__with_wrong_idle_time__lists_names_on_stderr),
		T(main__with_idle_time__serves_stream_as_ever),
		T(main__with_help__says_it_on_stdout),
		T(main__when_read_fails__says_so_and_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
