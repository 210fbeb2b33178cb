/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* When handlers that take listeners whole are started, and when not; launches
 * and what the kernel says of the sockets, by injection.
 */
#include "../cm.h"

#include "runner.h"
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void __wrap_handler_launch(struct handler *h, struct spawn_request *request);
int
__wrap_listener_peek(const struct listener *l, struct listener_datagram *ret);
int __wrap_listener_discard(const struct listener *l);
int __wrap_listener_restore(
    const struct listener *l, const struct config_socket *options);
int __wrap_listener_reopen(struct listener *l,
    const struct config_socket *options, struct listener_failure *failure);

static struct spawn_result launch;   /* how launches go */
static struct spawn_request request; /* of the last one */
static int client_fd;
static struct handler *running[8]; /* those that went well */
static size_t nrunning;
static unsigned launches, discarded, restored, reopened;
static int peek_result, restore_result, reopen_result, reopened_fd;
static int64_t stamp;
static struct addr from;

void
__wrap_handler_launch(struct handler *h, struct spawn_request *r)
{
	launches++;
	request = *r;
	client_fd = r->client->fd;
	if (launch.step == LAUNCH_STEP_NONE)
		running[nrunning++] = h;
	h->owner->launched(h, &launch);
}

int
__wrap_listener_peek(const struct listener *l, struct listener_datagram *ret)
{
	*ret = (struct listener_datagram){ .stamp_ns = stamp, .from = from };
	return peek_result;
}

int
__wrap_listener_discard(const struct listener *l)
{
	discarded++;
	return 0;
}

int
__wrap_listener_restore(
    const struct listener *l, const struct config_socket *options)
{
	restored++;
	return restore_result;
}

int
__wrap_listener_reopen(struct listener *l, const struct config_socket *options,
    struct listener_failure *failure)
{
	reopened++;
	if (reopen_result == 0)
		l->fd = reopened_fd;
	return reopen_result;
}

static struct config daemon_config = { .max_connections = 100 };
static struct config_service config = { .name = (char *)"test",
	.path = (char *)"/x" };
static struct supervisor supervisor = { .config = &daemon_config };
static struct service service = { .supervisor = &supervisor,
	.config = &config };
static struct runner runner;
static int pair[2];

static int
setup(void **state)
{
	supervisor.loop = ev_loop_new(EVFLAG_AUTO);
	supervisor.paused = 0;
	LIST_INIT(&supervisor.handlers);
	refusals_init(&supervisor);
	assert_int_equal(admit_new(&config.admission, &service.admit), 0);
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	launch = (struct spawn_result){ .pid = 1 };
	nrunning = 0;
	launches = discarded = restored = reopened = 0;
	peek_result = restore_result = reopen_result = 0;
	reopened_fd = -1;
	stamp = 1;
	config.mode = CONFIG_MODE_WAIT;
	config.processes = 1;
	config.start = CONFIG_START_DEMAND;
	return 0;
}

static void
start(void)
{
	const struct listener l = { .fd = pair[0], .type = SOCK_DGRAM };
	const char *name = "test";

	assert_int_equal(runner_init(&runner, &service, &l, &name, 1), 0);
}

static int
teardown(void **state)
{
	runner_fini(&runner);
	admit_free(service.admit);
	assert_int_equal(supervisor.paused, 0);
	close(pair[1]);
	ev_loop_destroy(supervisor.loop);
	return 0;
}

static void
turn(void)
{
	ev_run(supervisor.loop, EVRUN_NOWAIT);
}

static void
send_one(void)
{
	assert_int_equal(write(pair[1], "x", 1), 1);
}

/* The i-th handler ends by itself; what it took was not in the real queue, so
 * that the socket is readable still. */
static void
end(size_t i, int status, bool took)
{
	if (took)
		stamp++;
	running[i]->state = HANDLER_ENDED;
	running[i]->status = status;
	running[i]->ended_ns = running[i]->started_ns + 1;
	running[i]->owner->exited(running[i]);
}

static void
ready__somebody_waits__starts_one_and_looks_away(void **state)
{
	start();
	turn();
	assert_int_equal(launches, 0);
	send_one();
	turn();
	turn();
	assert_int_equal(launches, 1);
	assert_int_equal(client_fd, pair[0]);
	assert_true(request.datagram);
	assert_null(request.handover);
	end(0, 0, true);
	turn(); /* readable still: looked at again at once */
	assert_int_equal(launches, 2);
}

static void
ready__nobody_waits_after_all__starts_nothing_and_does_not_spin(void **state)
{
	peek_result = LISTENER_E_DONE;
	start();
	send_one();
	for (int i = 0; i < 100; i++)
		turn();
	assert_int_equal(launches, 0);
	assert_true(ev_is_active(&runner.rest));
	assert_int_equal(runner.reason, RUNNER_REST_DOUBT);
}

/* The queue is full of them; nothing rests, and the others have their turn. */
static void
ready__from_denied_source__is_taken_and_starts_nothing(void **state)
{
	static struct config_access entry = {
		.u.bytes = { 192, 0, 2 }, .kind = CONFIG_ACCESS_IPV4, .bits = 24
	};
	const struct config_access_set set = { "file", &entry, 1 };
	struct config_access_rule rule = { .set = &set, .deny = true };
	const struct config_admission admission = { .access = { &rule, 1 } };
	struct admit *everybody = service.admit;

	assert_int_equal(admit_new(&admission, &service.admit), 0);
	assert_int_equal(addr_parse_ip("192.0.2.7", 1, &from), 0);
	start();
	send_one();
	turn();
	assert_int_equal(launches, 0);
	assert_int_equal(discarded, 16);
	assert_int_equal(service.refusals.by_reason[ADMIT_DENIED].count, 16);
	assert_int_equal(runner.reason, RUNNER_AWAKE);
	assert_int_equal(addr_parse_ip("192.0.3.7", 1, &from), 0);
	turn();
	assert_int_equal(launches, 1);
	assert_int_equal(discarded, 16);
	from = (struct addr){ 0 };
	admit_free(service.admit);
	service.admit = everybody;
}

static void
launch__shortage__rests_and_takes_nothing(void **state)
{
	launch = (struct spawn_result){
		.pid = -1, .step = LAUNCH_STEP_CLONE, .error = EAGAIN
	};
	start();
	send_one();
	turn();
	turn();
	assert_int_equal(launches, 1);
	assert_int_equal(discarded, 0);
	assert_int_equal(supervisor.paused, 1);
	/* Something was freed. */
	launch = (struct spawn_result){ .pid = 1 };
	runner_resume(&runner);
	assert_int_equal(supervisor.paused, 0);
	turn();
	assert_int_equal(nrunning, 1);
}

static void
launch__fails__takes_one_datagram_and_rests(void **state)
{
	launch = (struct spawn_result){
		.pid = -1, .step = LAUNCH_STEP_EXEC, .error = ENOENT
	};
	start();
	send_one();
	turn();
	turn();
	assert_int_equal(launches, 1);
	assert_int_equal(discarded, 1);
	assert_int_equal(runner.reason, RUNNER_REST_LAUNCH);
	runner_resume(&runner); /* that is no shortage */
	turn();
	assert_int_equal(launches, 1);
}

static void
exit__left_what_woke_it__rests_at_once(void **state)
{
	start();
	send_one();
	turn();
	end(0, 0, false);
	assert_int_equal(runner.reason, RUNNER_REST_UNTAKEN);
	assert_true(ev_is_active(&runner.rest));
	turn();
	assert_int_equal(launches, 1);
}

static void
exit__kernel_gives_no_stamps__is_not_blamed(void **state)
{
	stamp = 0;
	start();
	send_one();
	turn();
	end(0, 0, false);
	assert_false(ev_is_active(&runner.rest));
}

static void
exit__crash__is_free_three_times(void **state)
{
	start();
	send_one();
	for (size_t i = 0; i < 3; i++) {
		turn();
		end(i, 1, true);
		assert_false(ev_is_active(&runner.rest));
	}
	turn();
	end(3, 1, true);
	assert_int_equal(runner.reason, RUNNER_REST_CRASH);
	assert_true(ev_is_active(&runner.rest));
}

static void
exit__last_handler__listener_is_put_right(void **state)
{
	start();
	send_one();
	turn();
	restore_result = -EADDRINUSE;
	end(0, 0, true);
	assert_int_equal(restored, 1);
	assert_true(runner.broken);
	turn();
	assert_int_equal(launches, 1);
	restore_result = 0;
	while (runner.broken) /* 100 ms, or the test's time limit */
		ev_run(supervisor.loop, EVRUN_ONCE);
	assert_int_equal(restored, 2);
	turn();
	assert_int_equal(launches, 2);
}

static void
exit__listener_cannot_be_mended__is_opened_anew(void **state)
{
	int other[2];

	config.mode = CONFIG_MODE_ACTIVATE;
	start();
	assert_int_equal(runner.handover->fds[0], pair[0]);
	send_one();
	turn();
	assert_int_equal(client_fd, -1);
	assert_ptr_equal(request.handover, runner.handover);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, other), 0);
	restore_result = -ESHUTDOWN;
	reopened_fd = other[0];
	end(0, 0, true);
	close(pair[0]);
	assert_int_equal(reopened, 1);
	assert_false(runner.broken);
	assert_int_equal(runner.handover->fds[0], other[0]);
	restore_result = 0;
	turn();
	assert_int_equal(launches, 1);
	assert_int_equal(write(other[1], "x", 1), 1);
	turn();
	assert_int_equal(launches, 2);
	close(other[1]);
}

static void
processes__one_of_two_ends__only_that_is_started(void **state)
{
	config.mode = CONFIG_MODE_ACTIVATE;
	config.processes = 2;
	start();
	send_one();
	turn();
	assert_int_equal(launches, 2);
	end(0, 0, true);
	/* The other one has it as it wants it. */
	assert_int_equal(restored, 0);
	turn();
	assert_int_equal(launches, 3);
	turn();
	assert_int_equal(launches, 3);
}

static void
boot__from_the_first_turn_on__all_run(void **state)
{
	config.mode = CONFIG_MODE_ACTIVATE;
	config.processes = 2;
	config.start = CONFIG_START_BOOT;
	start();
	assert_int_equal(launches, 0);
	turn();
	turn();
	assert_int_equal(launches, 2);
	end(0, 1, true);
	turn();
	turn();
	assert_int_equal(launches, 3);
}

static void
held__at_the_limit__starts_only_what_is_offered(void **state)
{
	start();
	runner_set_held(&runner, true);
	assert_false(runner_offer(&runner));
	send_one();
	turn();
	assert_int_equal(launches, 0);
	assert_true(runner_offer(&runner));
	assert_int_equal(launches, 1);
	assert_false(runner_offer(&runner));
}

static void
close__handler_runs__is_not_started_again(void **state)
{
	start();
	send_one();
	turn();
	runner_close(&runner);
	end(0, 1, false);
	turn();
	assert_int_equal(launches, 1);
	assert_int_equal(restored, 0);
}

int
main(void)
{
#define RUNNER_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		RUNNER_TEST(ready__somebody_waits__starts_one_and_looks_away),
		RUNNER_TEST(
		    ready__nobody_waits_after_all__starts_nothing_and_does_not_spin),
		RUNNER_TEST(
		    ready__from_denied_source__is_taken_and_starts_nothing),
		RUNNER_TEST(launch__shortage__rests_and_takes_nothing),
		RUNNER_TEST(launch__fails__takes_one_datagram_and_rests),
		RUNNER_TEST(exit__left_what_woke_it__rests_at_once),
		RUNNER_TEST(exit__kernel_gives_no_stamps__is_not_blamed),
		RUNNER_TEST(exit__crash__is_free_three_times),
		RUNNER_TEST(exit__last_handler__listener_is_put_right),
		RUNNER_TEST(exit__listener_cannot_be_mended__is_opened_anew),
		RUNNER_TEST(processes__one_of_two_ends__only_that_is_started),
		RUNNER_TEST(boot__from_the_first_turn_on__all_run),
		RUNNER_TEST(held__at_the_limit__starts_only_what_is_offered),
		RUNNER_TEST(close__handler_runs__is_not_started_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
