/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Clients that vanish: no FIN, no reset, no ICMP, as when a laptop is closed or
 * a router forgets. They live in a network namespace of their own at the other
 * end of a veth(4); vanishing is that their address is taken away there, so
 * that what is sent to it is dropped in silence. The server's neighbour entry
 * is permanent, for a router in between would go on answering.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define VANISH_MAX    2000
#define VANISH_SERVER "192.0.2.1"
#define VANISH_CLIENT "192.0.2.2"

#define VANISH_SERVICE "[service]\nlisten = " VANISH_SERVER ":0\n"

static struct vanish {
	int server_ns, client_ns;
	size_t count;
	int fds[VANISH_MAX];
} vanish;

static void
vanish_enter(int ns)
{
	assert_int_equal(setns(ns, CLONE_NEWNET), 0);
}

static int
vanish_new_ns(void)
{
	if (unshare(CLONE_NEWNET) == -1)
		harness_skip("no network namespace here: %s", strerror(errno));
	const int ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(ns, -1);
	return ns;
}

static void
vanish_ip(const char *words)
{
	char command[256];

	snprintf(command, sizeof(command), "ip %s", words);
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* The two namespaces and the cable. We are in the server's then. */
static void
vanish_init(void)
{
	char command[128];

	vanish.client_ns = vanish_new_ns();
	vanish.server_ns = vanish_new_ns();
	if (system("ip link add s0 address 02:00:00:00:00:01 type veth "
		   "peer name c0 address 02:00:00:00:00:02") != 0)
		harness_skip("ip cannot make a veth here");
	snprintf(command, sizeof(command), "link set c0 netns /proc/%d/fd/%d",
	    (int)getpid(), vanish.client_ns);
	vanish_ip(command);
	vanish_ip("address add " VANISH_SERVER "/24 dev s0");
	vanish_ip("link set s0 up");
	vanish_ip("neighbour add " VANISH_CLIENT
		  " lladdr 02:00:00:00:00:02 dev s0 nud permanent");
	vanish_enter(vanish.client_ns);
	vanish_ip("address add " VANISH_CLIENT "/24 dev c0");
	vanish_ip("link set c0 up");
	vanish_ip("neighbour add " VANISH_SERVER
		  " lladdr 02:00:00:00:00:01 dev c0 nud permanent");
	vanish_enter(vanish.server_ns);
}

/* Two descriptors for each in the daemon, which raises its own limit. */
static void
vanish_raise_limit(void)
{
	const rlim_t needed = 3 * vanish.count + 100;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < needed)
		harness_skip("the hard limit on open files is %ju",
		    (uintmax_t)limit.rlim_max);
}

static void
vanish_connect(struct harness *h)
{
	const uint16_t port = journal_port(h, "service");

	vanish_enter(vanish.client_ns);
	for (size_t i = 0; i < vanish.count; i++)
		vanish.fds[i] = peer_connect_ip(VANISH_SERVER, port);
	vanish_enter(vanish.server_ns);
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == vanish.count);
}

static void
vanish_drop(void)
{
	vanish_enter(vanish.client_ns);
	vanish_ip("address flush dev c0");
	vanish_enter(vanish.server_ns);
}

/* Serves them, lets them vanish, and waits until nothing of them is left. end
 * is what each record of an end says. */
static void
vanish_check(struct harness *h, const char *config, const char *const *end)
{
	vanish.count = harness_is_long() ? VANISH_MAX : VANISH_MAX / 10;
	vanish_raise_limit();
	vanish_init();
	harness_start(h, config);
	const size_t fds = proc_count_fds(h->pid);
	vanish_connect(h);
	assert_true(proc_count_fds(h->pid) > fds + vanish.count);
	assert_int_equal(journal_count(h, JOURNAL("end")), 0);

	vanish_drop();
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	HARNESS_WAIT_UNTIL(journal_count(h, JOURNAL("end")) == vanish.count);
	assert_int_equal(journal_count(h, end), vanish.count);
	for (size_t i = 0; i < vanish.count; i++)
		peer_close(vanish.fds[i]);
	harness_finish(h);
}

/* One second, and four probes a second apart. */
static void
keepalive__handlers_do_not_read__are_ended(void **state)
{
	vanish_check(*state,
	    VANISH_SERVICE "keepalive = 1s\n"
			   "on_disconnect = term\ndisconnect_grace = 100ms\n"
			   "handler = sleep 600\n",
	    JOURNAL("end", "reason=disconnect", "signal=TERM"));
}

/* keepalive does not help here, whatever it is: the kernel sends no probes
 * while it waits for an acknowledgement. Nor do these handlers stop when
 * writing fails. */
static void
user_timeout__handlers_keep_writing__are_ended(void **state)
{
	vanish_check(*state,
	    VANISH_SERVICE "user_timeout = 2s\n"
			   "on_disconnect = kill\ndisconnect_grace = 0\n"
			   "handler = @PROBE@ --chatter 500\n",
	    JOURNAL("end", "reason=disconnect", "signal=KILL"));
}

/* Nobody ends it: its read fails, and it says why. */
static void
keepalive__on_disconnect_is_ignore__reading_handlers_end_themselves(
    void **state)
{
	const char *reason = strerror(ETIMEDOUT);
	struct harness *h = *state;

	vanish_check(h,
	    VANISH_SERVICE "keepalive = 1s\n"
			   "on_disconnect = ignore\n"
			   "handler = cat\n",
	    JOURNAL("end", "reason=exit", "status=1"));
	char *log = harness_read_file(h->log_path, NULL);
	size_t count = 0;
	for (const char *p = log; (p = strstr(p, reason)) != NULL; p++)
		count++;
	assert_int_equal(count, vanish.count);
	free(log);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(keepalive__handlers_do_not_read__are_ended),
		HARNESS_TEST(user_timeout__handlers_keep_writing__are_ended),
		HARNESS_TEST(
		    keepalive__on_disconnect_is_ignore__reading_handlers_end_themselves),
	};

	return harness_main(argc, argv, "vanish", tests, HARNESS_COUNT(tests));
}
