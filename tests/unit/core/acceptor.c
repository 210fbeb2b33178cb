/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* When a listener is watched and when it is not; accept(2) by injection.
 */
#include "../cm.h"

#include "acceptor.h"
#include "connection.h"
#include "service.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int __wrap_listener_accept(const struct listener *l, struct client *ret);
void __wrap_connection_open(struct acceptor *a, const struct client *client);

/* What the next accepts say; then LISTENER_E_DONE. */
static int outcomes[64];
static size_t noutcomes, next_outcome;
static unsigned opened, accepts;

int
__wrap_listener_accept(const struct listener *l, struct client *ret)
{
	accepts++;
	ret->fd = -1;
	if (next_outcome == noutcomes) {
		errno = EAGAIN;
		return LISTENER_E_DONE;
	}
	errno = EMFILE;
	return outcomes[next_outcome++];
}

void
__wrap_connection_open(struct acceptor *a, const struct client *client)
{
	opened++;
}

static struct config_service config = { .name = (char *)"test" };
static struct supervisor supervisor;
static struct service service = { .supervisor = &supervisor,
	.config = &config };
static struct acceptor acceptor;
static int pair[2];

/* An acceptor whose descriptor is always readable. */
static int
setup(void **state)
{
	struct listener l = { .fd = -1 };

	supervisor.loop = ev_loop_new(EVFLAG_AUTO);
	supervisor.paused = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	l.fd = pair[0];
	noutcomes = next_outcome = 0;
	opened = accepts = 0;
	acceptor_init(&acceptor, &service, &l);
	return 0;
}

static int
teardown(void **state)
{
	acceptor_fini(&acceptor);
	assert_int_equal(supervisor.paused, 0);
	close(pair[1]);
	ev_loop_destroy(supervisor.loop);
	return 0;
}

static void
expect(int outcome, size_t times)
{
	while (times-- > 0)
		outcomes[noutcomes++] = outcome;
}

static void
turn(void)
{
	ev_run(supervisor.loop, EVRUN_NOWAIT);
}

static void
accept__many_waiting__takes_a_bounded_batch(void **state)
{
	expect(0, 40);
	turn();
	assert_int_equal(opened, 16);
	turn();
	turn();
	assert_int_equal(opened, 40);
}

static void
accept__client_gone_before__goes_on(void **state)
{
	expect(LISTENER_E_RETRY, 3);
	expect(0, 1);
	turn();
	assert_int_equal(opened, 1);
	assert_int_equal(acceptor.held, 0);
}

static void
accept__errors_without_end__pauses_instead_of_spinning(void **state)
{
	expect(LISTENER_E_RETRY, 15);
	expect(0, 1);
	expect(LISTENER_E_RETRY, 16);
	turn();
	assert_int_equal(opened, 1);
	assert_int_equal(acceptor.held, 0);
	turn();
	assert_int_equal(acceptor.held, ACCEPTOR_HOLD_RESOURCES);
	assert_true(ev_is_active(&acceptor.retry));
}

static void
accept__with_fd_table_full__pauses_listener(void **state)
{
	expect(0, 1);
	expect(LISTENER_E_PAUSE, 1);
	turn();
	assert_int_equal(opened, 1);
	assert_int_equal(acceptor.held, ACCEPTOR_HOLD_RESOURCES);
	assert_false(ev_is_active(&acceptor.watcher));
	assert_true(ev_is_active(&acceptor.retry));
	assert_int_equal(supervisor.paused, 1);
	const unsigned before = accepts;
	turn();
	assert_int_equal(accepts, before);
}

static void
accept__unknown_errno__pauses_instead_of_spinning(void **state)
{
	expect(-EBADF, 1);
	turn();
	assert_int_equal(acceptor.held, ACCEPTOR_HOLD_RESOURCES);
}

static void
acceptor_resume__something_was_freed__watches_at_once(void **state)
{
	expect(LISTENER_E_PAUSE, 1);
	turn();
	acceptor_resume(&acceptor);
	assert_int_equal(acceptor.held, 0);
	assert_true(ev_is_active(&acceptor.watcher));
	assert_false(ev_is_active(&acceptor.retry));
}

static void
backoff__nothing_freed__ends_by_itself_and_doubles(void **state)
{
	expect(LISTENER_E_PAUSE, 2);
	turn();
	while (accepts < 2) /* 100 ms, or the test's time limit */
		ev_run(supervisor.loop, EVRUN_ONCE);
	assert_int_equal(acceptor.held, ACCEPTOR_HOLD_RESOURCES);
	assert_int_equal(acceptor.backoff.failures, 2);
}

static void
acceptor_return__no_room__client_is_first_after_the_pause(void **state)
{
	const struct client c = { .fd = dup(pair[0]) };

	acceptor_return(&acceptor, &c, "clone", EAGAIN);
	assert_int_equal(acceptor.held, ACCEPTOR_HOLD_RESOURCES);
	turn();
	assert_int_equal(opened, 0);
	acceptor_resume(&acceptor);
	turn();
	assert_int_equal(opened, 1);
	assert_true(accepts > 0); /* LISTENER_E_DONE, after it */
	assert_false(acceptor.episode);
	close(c.fd);
}

static void
acceptor_keep__nothing_holds_it__client_is_next_by_itself(void **state)
{
	const struct client c = { .fd = dup(pair[0]) };

	turn(); /* the accept queue is empty */
	opened = 0;
	ev_io_stop(supervisor.loop, &acceptor.watcher);
	acceptor_keep(&acceptor, &c);
	turn();
	assert_int_equal(opened, 1);
	close(c.fd);
}

static void
episode__shortage_again_and_again__is_one_until_nobody_waits(void **state)
{
	expect(LISTENER_E_PAUSE, 1);
	turn();
	assert_true(acceptor.episode);
	expect(0, 1); /* one was freed, one got in */
	expect(LISTENER_E_PAUSE, 1);
	acceptor_resume(&acceptor);
	turn();
	assert_int_equal(opened, 1);
	assert_true(acceptor.episode);
	acceptor_resume(&acceptor);
	turn(); /* LISTENER_E_DONE */
	assert_false(acceptor.episode);
	assert_int_equal(acceptor.backoff.failures, 0);
}

static void
episode__all_who_wait_are_one_batch__ends_all_the_same(void **state)
{
	char byte;

	expect(LISTENER_E_PAUSE, 1);
	turn();
	expect(0, 16);
	acceptor_resume(&acceptor);
	/* Nobody else comes. */
	assert_int_equal(read(pair[0], &byte, 1), 1);
	turn();
	assert_int_equal(opened, 16);
	turn();
	assert_false(acceptor.episode);
}

static void
hold__two_reasons__needs_both_released(void **state)
{
	acceptor_hold(&acceptor, ACCEPTOR_HOLD_LIMIT);
	acceptor_pause(&acceptor, "accept", EMFILE);
	acceptor_resume(&acceptor);
	assert_false(ev_is_active(&acceptor.watcher));
	acceptor_release(&acceptor, ACCEPTOR_HOLD_LIMIT);
	assert_true(ev_is_active(&acceptor.watcher));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(accept__many_waiting__takes_a_bounded_batch),
		TEST(accept__client_gone_before__goes_on),
		TEST(accept__errors_without_end__pauses_instead_of_spinning),
		TEST(accept__with_fd_table_full__pauses_listener),
		TEST(accept__unknown_errno__pauses_instead_of_spinning),
		TEST(acceptor_resume__something_was_freed__watches_at_once),
		TEST(backoff__nothing_freed__ends_by_itself_and_doubles),
		TEST(acceptor_return__no_room__client_is_first_after_the_pause),
		TEST(acceptor_keep__nothing_holds_it__client_is_next_by_itself),
		TEST(
		    episode__shortage_again_and_again__is_one_until_nobody_waits),
		TEST(episode__all_who_wait_are_one_batch__ends_all_the_same),
		TEST(hold__two_reasons__needs_both_released),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
