/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What is asked of the machine for a verdict, and what becomes of a refusal;
 * with a clock and a load of our own.
 */
#include "../cm.h"

#include "admission.h"
#include "farewell.h"
#include "offer.h"
#include "service.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

uint64_t __wrap_clock_monotonic_ns(void);
int __wrap_sysinfo(struct sysinfo *info);

static uint64_t now_ns;
static unsigned long load; /* in hundredths */
static unsigned asked;

uint64_t
__wrap_clock_monotonic_ns(void)
{
	return now_ns;
}

int
__wrap_sysinfo(struct sysinfo *info)
{
	asked++;
	info->loads[0] = (load << SI_LOAD_SHIFT) / 100;
	return 0;
}

static struct config_service config = { .name = (char *)"test" };
static struct supervisor supervisor;
static struct service service;

static void
begin(struct config_admission admission)
{
	supervisor = (struct supervisor){ .loop = ev_loop_new(EVFLAG_AUTO),
		.max_farewells = 1 };
	TAILQ_INIT(&supervisor.farewells);
	offer_init(&supervisor);
	reserve_init(&supervisor.reserve);
	refusals_init(&supervisor);
	config.admission = admission;
	config.linger_ms = 1000;
	service =
	    (struct service){ .supervisor = &supervisor, .config = &config };
	assert_int_equal(admit_new(&config.admission, &service.admit), 0);
	now_ns += 100 * SECOND;
	asked = 0;
}

static void
end(void)
{
	admit_free(service.admit);
	farewell_free_all(&supervisor);
	ev_loop_destroy(supervisor.loop);
}

static enum admit_reason
ask(void)
{
	struct client c = { .fd = -1 };
	struct admit_verdict verdict;
	struct source source;

	assert_int_equal(addr_parse_ip("192.0.2.7", 1, &c.peer), 0);
	admission_decide(&service, &c, &source, &verdict);
	return verdict.reason;
}

static void
load__at_its_limit__is_asked_once_a_second(void **state)
{
	begin((struct config_admission){ .max_load = 200 });
	load = 199;
	assert_int_equal(ask(), ADMIT_YES);
	load = 250;
	now_ns += SECOND - 1;
	assert_int_equal(ask(), ADMIT_YES);
	assert_int_equal(asked, 1);
	now_ns += 1;
	assert_int_equal(ask(), ADMIT_LOAD);
	load = 100;
	now_ns += SECOND;
	assert_int_equal(ask(), ADMIT_YES);
	assert_int_equal(asked, 3);
	end();
}

static void
load__without_a_limit__is_not_asked(void **state)
{
	begin((struct config_admission){ .max_load = 0 });
	assert_int_equal(ask(), ADMIT_YES);
	assert_int_equal(asked, 0);
	end();
}

/* A client that is refused with a message, and stays: one may, and the next
 * one is closed at once. */
static void
refuse__message__no_more_than_so_many_linger(void **state)
{
	int pairs[2][2];

	begin((struct config_admission){ .when_refused = CONFIG_REFUSAL_MESSAGE,
	    .refuse_message = (char *)"no\r\n" });
	for (int i = 0; i < 2; i++) {
		struct client c = { .fd = -1 };
		const struct admit_verdict verdict = { .reason = ADMIT_LOAD };
		char buf[8];

		assert_int_equal(
		    socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]), 0);
		c.fd = pairs[i][0];
		admission_refuse(&service, &c, &verdict);
		assert_int_equal(c.fd, -1);
		assert_int_equal(read(pairs[i][1], buf, sizeof(buf)), 4);
		assert_memory_equal(buf, "no\r\n", 4);
		assert_int_equal(read(pairs[i][1], buf, sizeof(buf)), 0);
	}
	assert_int_equal(supervisor.nfarewells, 1);
	close(pairs[0][1]); /* it hangs up */
	close(pairs[1][1]);
	ev_run(supervisor.loop, EVRUN_ONCE);
	assert_int_equal(supervisor.nfarewells, 0);
	assert_int_equal(service.refusals.by_reason[ADMIT_LOAD].count, 2);
	end();
}

static void
refusals__flood__five_lines_then_one_in_ten_seconds(void **state)
{
	const struct client c = { .fd = -1 };
	const struct admit_verdict verdict = { .reason = ADMIT_DENIED };
	struct refusals_sum *sum = &service.refusals.by_reason[ADMIT_DENIED];

	begin((struct config_admission){ .max_load = 0 });
	for (int i = 0; i < 1000; i++)
		refusals_add(&service, &c, &verdict);
	assert_int_equal(sum->count, 1000);
	assert_int_equal(sum->suppressed, 995);
	assert_true(ev_is_active(&supervisor.refusals_timer));
	now_ns += 10 * SECOND;
	refusals_add(&service, &c, &verdict); /* a line, which tells of them */
	assert_int_equal(sum->suppressed, 0);
	refusals_add(&service, &c, &verdict);
	assert_int_equal(sum->suppressed, 1);
	/* Other reasons have lines of their own. */
	refusals_add(&service, &c,
	    &(struct admit_verdict){ .reason = ADMIT_SOURCE_LIMIT });
	assert_int_equal(
	    service.refusals.by_reason[ADMIT_SOURCE_LIMIT].suppressed, 0);
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__at_its_limit__is_asked_once_a_second),
		cmocka_unit_test(load__without_a_limit__is_not_asked),
		cmocka_unit_test(refuse__message__no_more_than_so_many_linger),
		cmocka_unit_test(
		    refusals__flood__five_lines_then_one_in_ten_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
