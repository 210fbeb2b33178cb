/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* builtin:daytime and builtin:time from the client's side: the right time, in
 * the promised form, whether or not the client keeps its mouth shut.
 */
#include <string.h>
#include <time.h>

#include "prog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Not time(2), which may be a tick behind what the program says. */
static time_t
now(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_REALTIME, &ts), 0);
	return ts.tv_sec;
}

/* The whole answer of a run of the program. */
static size_t
answer_get(const struct prog_setup *setup, char *buf, size_t size)
{
	struct prog p;
	size_t len;

	prog_start(&p, setup);
	len = prog_recv(&p, buf, size);
	prog_wait_quiet(&p);
	return len;
}

/* What ctime(3) says of a time, offset seconds away from UTC. */
static void
daytime_expect(char *buf, size_t size, time_t t, long offset)
{
	struct tm tm;

	t += offset;
	gmtime_r(&t, &tm);
	assert_non_null(asctime_r(&tm, buf));
	assert_int_equal(strlen(buf), 25);
	memcpy(buf + 24, "\r\n", 3);
}

static void
daytime_check(const char *tz, long offset)
{
	const struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "daytime",
		.tz = tz,
	};
	char got[64] = "", want[64];
	time_t before = now(), after;
	size_t len = answer_get(&setup, got, sizeof(got) - 1);

	after = now();
	assert_int_equal(len, 26);
	for (time_t t = before; t <= after; t++) {
		daytime_expect(want, sizeof(want), t, offset);
		if (strcmp(got, want) == 0)
			return;
	}
	fail_msg("TZ=%s: got %s want %s", tz, got, want);
}

static void
daytime__sends_one_line_in_local_time(void **state)
{
	daytime_check("UTC0", 0);
	daytime_check("NPT-5:45", (5 * 60 + 45) * 60);
	daytime_check("XXX11", -11 * 3600);
}

static void
time_check(const struct prog_setup *setup)
{
	unsigned char b[8];
	time_t before = now();
	uint32_t got, want;

	assert_int_equal(answer_get(setup, (char *)b, sizeof(b)), 4);
	got = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	      (uint32_t)b[2] << 8 | b[3];
	/* RFC 868: "the time 2,208,988,800 corresponds to 00:00 1 Jan 1970
	 * GMT"; and the difference is right after the wrap too. */
	want = (uint32_t)(before + 2208988800);
	assert_in_range(got - want, 0, (uint32_t)(now() - before));
}

static void
time__sends_seconds_since_1900(void **state)
{
	struct prog_setup setup = { .kind = PROG_TCP, .name = "time" };

	time_check(&setup);
	setup.kind = PROG_UNIX;
	time_check(&setup);
	setup.kind = PROG_PIPES;
	time_check(&setup);
}

/* A close with something unread would reset the connection, and the client
 * would lose the answer. */
static void
clock__when_client_spoke_first__ends_cleanly(void **state)
{
	struct prog_setup setup = {
		.kind = PROG_TCP,
		.name = "time",
		.first = "what time is it?\r\n",
	};
	char buf[64];

	for (int i = 0; i < 20; i++) {
		setup.name = "time";
		assert_int_equal(answer_get(&setup, buf, sizeof(buf)), 4);
		setup.name = "daytime";
		assert_int_equal(answer_get(&setup, buf, sizeof(buf)), 26);
	}
}

static void
clock__when_client_has_left__ends_quietly(void **state)
{
	struct prog_setup setup = { .kind = PROG_PIPES, .name = "time" };
	struct prog p;

	for (int i = 0; i < 20; i++) {
		prog_start(&p, &setup);
		prog_close(&p);
		prog_wait_quiet(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(daytime__sends_one_line_in_local_time),
		T(time__sends_seconds_since_1900),
		T(clock__when_client_spoke_first__ends_cleanly),
		T(clock__when_client_has_left__ends_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
