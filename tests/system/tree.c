/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What ends with a handler: hostile ones, under each kill_mode, and by each of
 * its means. Their processes are counted in /proc by a number that they have
 * as an argument.
 */
#include "journal.h"
#include "peer.h"
#include "proc.h"
#include "watch.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define TREE_GRACE_MS  300
#define TREE_MANY      200 /* connections at once, in the long form */
#define TREE_MEMORY_KB 256

enum tree_way {
	TREE_IN_GROUP, /* all of it stays in the process group */
	TREE_INHERITS, /* all of it keeps session or environment */
	TREE_HIDES,
	TREE_DIVIDES, /* as HIDES, and only root can do it */
};

/* %d: the number. left: how many of it kill_mode = main leaves; -1: not to be
 * told. */
static const struct {
	const char *name;
	const char *script;
	enum tree_way way;
	int left;
	bool large; /* this machine has no room for TREE_MANY of it */
} tree_handlers[] = {
	{ "ignores_term", "trap \"\" TERM; while :; do sleep %d; done",
	    TREE_IN_GROUP, 1, false },
	{ "ignores_eof", "exec sleep %d", TREE_IN_GROUP, 0, false },
	{ "child_keeps_socket", "sleep %d & exit 0", TREE_IN_GROUP, 1, false },
	{ "daemonizes", "setsid -f sleep %d </dev/null >/dev/null 2>&1; exit 0",
	    TREE_INHERITS, 1, false },
	{ "daemonizes_twice",
	    "setsid -f setsid -f sleep %d </dev/null >/dev/null 2>&1",
	    TREE_INHERITS, 1, false },
	{ "hides", "setsid -f env -i sleep %d </dev/null >/dev/null 2>&1",
	    TREE_HIDES, 1, false },
	{ "hundred_catch_term",
	    "i=0; while [ $i -lt 100 ]; do i=$((i+1)); "
	    "sh -c \"trap : TERM; while :; do sleep %d; done\" & done; wait",
	    TREE_IN_GROUP, 100, true },
	{ "stops_itself", "kill -STOP $$; sleep %d", TREE_IN_GROUP, 0, false },
	/* Nobody lives long enough to be looked at. It ends at last, should it
	 * get away. */
	{ "forks_and_exits",
	    "trap \"\" TERM; i=0; f() { i=$((i+1)); [ $i -gt 900 ] || f & }; "
	    "f; sleep 0.1; exit 0; : %d",
	    TREE_IN_GROUP, -1, true },
	{ "divides_its_cgroup",
	    "r=/sys/fs/cgroup; [ ! -d $r/unified ] || r=$r/unified; "
	    "c=$(grep ^0:: /proc/self/cgroup); c=$r${c#0::}/.sub; mkdir $c; "
	    "setsid -f sh -c \"echo 0 >$c/cgroup.procs; exec env -i sleep %d\" "
	    "</dev/null >/dev/null 2>&1; "
	    "until grep -q . $c/cgroup.procs; do sleep 0.01; done",
	    TREE_DIVIDES, -1, false },
};

/* Unique on this machine while we run. */
static int
tree_number(void)
{
	return 1000000 + (int)getpid();
}

/* How many `sleep NUMBER` and main shells there are; signal is sent to each. */
static size_t
tree_count(int signal)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", tree_number());
	return proc_count_word(number, signal);
}

/* Nobody is there, and nobody was about to be. */
static bool
tree_is_gone(void)
{
	for (int i = 0; i < 3; i++)
		if (tree_count(0) > 0)
			return false;
	return true;
}

static void
tree_start(
    struct harness *h, size_t which, const char *mode, void (*prepare)(void *))
{
	char script[512], config[1024];

	snprintf(
	    script, sizeof(script), tree_handlers[which].script, tree_number());
	snprintf(config, sizeof(config),
	    "[evinetd]\nmax_connections = %d\n"
	    "[evil]\nlisten = 127.0.0.1:0\nkill_mode = %s\n"
	    "kill_grace = %dms\nmax_lifetime = 1s\nlinger = 100ms\n"
	    "handler = /bin/sh -c '%s' %d\n",
	    strcmp(mode, "main") == 0 ? 1 : TREE_MANY, mode, TREE_GRACE_MS,
	    script, tree_number());
	const struct harness_options options = { .config = config,
		.prepare = prepare };
	harness_start_with(h, &options);
}

/* Serves so many at once; one second after kill_grace nothing of them is there.
 * end is which of all records about an end will be the last one. */
static void
check_round(struct harness *h, size_t count, size_t end)
{
	int fds[TREE_MANY];

	for (size_t i = 0; i < count; i++)
		fds[i] = peer_connect(h, "evil");
	journal_wait_nth(h, JOURNAL("end", "service=evil"), end);
	const uint64_t begin = harness_now_ms();
	HARNESS_WAIT_UNTIL(tree_is_gone());
	const uint64_t took = harness_now_ms() - begin;
	print_message("gone %ju ms after the last end\n", (uintmax_t)took);
	/* The promise is a second; on a machine that is busy with something
	 * else it is not ours alone to keep. */
	assert_in_range(
	    took, 0, TREE_GRACE_MS + (harness_is_long() ? 1000 : 10000));
	for (size_t i = 0; i < count; i++)
		peer_close(fds[i]);
}

static void
check_one(
    struct harness *h, size_t which, const char *mode, void (*prepare)(void *))
{
	tree_start(h, which, mode, prepare);
	check_round(h, 1, 1);
	journal_wait(h, JOURNAL("start", "service=evil"));
	harness_finish(h);
}

/* And the supervisor is what it was, as far as a second time shows it. */
static void
check_many(
    struct harness *h, size_t which, const char *mode, void (*prepare)(void *))
{
	const bool large = strstr(tree_handlers[which].name, "hundred") != NULL;
	const size_t many =
	    TREE_MANY / (harness_is_long() ? 1 : 5) / (large ? 20 : 1);

	/* A look at /proc takes too long among its thousands of zombies. */
	if (prepare != NULL &&
	    strcmp(tree_handlers[which].name, "forks_and_exits") == 0)
		return;
	tree_start(h, which, mode, prepare);
	const size_t fds = proc_count_fds(h->pid);
	check_round(h, many, many);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	const long memory = proc_status_number(h->pid, "VmRSS");
	check_round(h, many, 2 * many);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == fds);
	/* With sanitizers, what is freed is kept for a while. */
	if (!TEST_SANITIZED)
		assert_in_range(proc_status_number(h->pid, "VmRSS"), 0,
		    memory + TREE_MEMORY_KB);
	harness_finish(h);
}

/* A daemon a handler, one after the other. */
static void
check_all(void **state, const char *mode, void (*prepare)(void *),
    enum tree_way last,
    void (*check)(struct harness *, size_t, const char *, void (*)(void *)))
{
	struct harness *h = *state;

	for (size_t i = 0; i < HARNESS_COUNT(tree_handlers); i++) {
		if (tree_handlers[i].way > last)
			continue;
		fprintf(stderr, "%s\n", tree_handlers[i].name);
		check(h, i, mode, prepare);
		harness_teardown(state);
		harness_setup(state);
		h = *state;
	}
	h->finished = true;
}

/* How far cgroups reach here. */
static enum tree_way
tree_last_way(void)
{
	return geteuid() == 0 ? TREE_DIVIDES : TREE_HIDES;
}

static bool
tree_has_cgroups(void)
{
	const bool found =
	    access("/sys/fs/cgroup/cgroup.procs", W_OK) == 0 ||
	    access("/sys/fs/cgroup/unified/cgroup.procs", W_OK) == 0;

	return found;
}

static void
tree_hide_cgroups(void *arg)
{
	/* Not there at all, as in a chroot: nothing to hide. */
	if (access("/sys/fs/cgroup", F_OK) == -1)
		return;
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/sys/fs/cgroup", "tmpfs", MS_RDONLY, NULL) == -1)
		_exit(99);
}

static void
kill_mode_group__hostile_handlers__leave_nothing_in_the_group(void **state)
{
	check_all(state, "group", NULL, TREE_IN_GROUP, check_one);
}

static void
kill_mode_tree__by_cgroup__leaves_nothing(void **state)
{
	if (!tree_has_cgroups())
		harness_skip("no writable cgroup v2 here");
	check_all(state, "tree", NULL, tree_last_way(), check_one);
}

static void
kill_mode_tree__by_subreaper__leaves_nothing_that_inherits(void **state)
{
	if (geteuid() != 0)
		harness_skip("only root can hide the cgroups");
	check_all(state, "tree", tree_hide_cgroups, TREE_INHERITS, check_one);
}

static void
kill_mode_tree__means__is_in_the_start_record(void **state)
{
	struct harness *h = *state;

	if (!tree_has_cgroups())
		harness_skip("no writable cgroup v2 here");
	tree_start(h, 1, "tree", NULL);
	peer_close(peer_connect(h, "evil"));
	journal_wait(h, JOURNAL("start", "tree=cgroup"));
	harness_finish(h);
}

static void
kill_mode_tree__no_cgroup__says_so_and_uses_proc(void **state)
{
	struct harness *h = *state;

	if (geteuid() != 0)
		harness_skip("only root can hide the cgroups");
	tree_start(h, 1, "tree", tree_hide_cgroups);
	journal_wait(h, JOURNAL("cgroup", "level=warning"));
	peer_close(peer_connect(h, "evil"));
	journal_wait(h, JOURNAL("start", "tree=subreaper"));
	harness_finish(h);
}

/* As sshd with tmux sessions needs it. */
static void
kill_mode_main__child__lives_on_and_the_client_does_not_wait(void **state)
{
	struct harness *h = *state;

	tree_start(h, 2, "main", NULL);
	const int fd = peer_connect(h, "evil");
	assert_int_equal(peer_wait_end(fd, NULL), 0);
	journal_wait(h, JOURNAL("end", "reason=exit"));
	peer_close(fd);
	const uint64_t begin = harness_now_ms();
	while (harness_now_ms() - begin < 3 * TREE_GRACE_MS)
		harness_nap();
	assert_int_equal(tree_count(SIGKILL), 1);
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	harness_finish(h);
}

static void
kill_mode_group__many_at_once__leave_nothing_and_cost_nothing(void **state)
{
	check_all(state, "group", NULL, TREE_IN_GROUP, check_many);
}

static void
kill_mode_tree__many_at_once_by_cgroup__leave_nothing_and_cost_nothing(
    void **state)
{
	if (!tree_has_cgroups())
		harness_skip("no writable cgroup v2 here");
	check_all(state, "tree", NULL, tree_last_way(), check_many);
}

static void
kill_mode_tree__many_at_once_by_subreaper__leave_nothing_and_cost_nothing(
    void **state)
{
	if (geteuid() != 0)
		harness_skip("only root can hide the cgroups");
	check_all(state, "tree", tree_hide_cgroups, TREE_INHERITS, check_many);
}

/* All that the daemon has inherited, and what that leaves in turn. */
static void
tree_end_orphans(struct harness *h)
{
	pid_t pids[256];
	size_t count;

	while ((count = proc_find_children(h->pid, pids, HARNESS_COUNT(pids))) >
	       0) {
		for (size_t i = 0; i < count && i < HARNESS_COUNT(pids); i++)
			kill(pids[i], SIGKILL);
		harness_nap();
	}
}

/* How many there are when that has not changed for half a second. */
static size_t
tree_settle(void)
{
	size_t count = tree_count(0);

	for (uint64_t since = harness_now_ms(); harness_now_ms() - since < 500;
	     harness_nap()) {
		const size_t now = tree_count(0);

		if (now == count)
			continue;
		count = now;
		since = harness_now_ms();
	}
	return count;
}

/* Two after another, where there is one place. */
static void
check_left(
    struct harness *h, size_t which, const char *mode, void (*prepare)(void *))
{
	const size_t most = 2 * (size_t)tree_handlers[which].left;

	if (tree_handlers[which].left == -1)
		return;
	tree_start(h, which, mode, prepare);
	for (size_t i = 1; i <= 2; i++) {
		const int fd = peer_connect(h, "evil");

		assert_int_equal(peer_wait_end(fd, NULL), 0);
		journal_wait_nth(h, JOURNAL("end", "service=evil"), i);
		peer_close(fd);
	}
	/* On a busy machine some were not started before the end. */
	const size_t left = tree_settle();
	assert_in_range(left, most > 0, most);
	const uint64_t begin = harness_now_ms();
	while (harness_now_ms() - begin < 2 * TREE_GRACE_MS)
		harness_nap();
	assert_int_equal(tree_count(0), left);
	assert_int_equal(journal_count(h, JOURNAL("remains")), 0);
	tree_end_orphans(h);
	harness_finish(h);
}

static void
kill_mode_main__hostile_handlers__keep_no_place_and_no_client(void **state)
{
	check_all(state, "main", NULL, TREE_HIDES, check_left);
}

/* Bounded by limit_nproc; what it made goes when it does. */
static void
kill_mode_tree__fork_bomb__is_ended(void **state)
{
	struct harness *h = *state;
	char config[512];

	if (geteuid() != 0)
		harness_skip("only root can change the user");
	snprintf(config, sizeof(config),
	    "[bomb]\nlisten = 127.0.0.1:0\nuser = nobody\nlimit_nproc = 60\n"
	    "kill_mode = tree\nkill_grace = %dms\nmax_lifetime = 1s\n"
	    "handler = /bin/sh -c 'while :; do sleep %d & done'\n",
	    TREE_GRACE_MS, tree_number());
	harness_start(h, config);
	const int fd = peer_connect(h, "bomb");
	journal_wait(h, JOURNAL("end", "service=bomb"));
	HARNESS_WAIT_UNTIL(tree_count(0) == 0);
	peer_close(fd);
	harness_finish(h);
}

static void
shutdown__tree_ignores_everything__nothing_is_left(void **state)
{
	struct harness *h = *state;
	char script[512], config[1024];

	snprintf(
	    script, sizeof(script), tree_handlers[6].script, tree_number());
	snprintf(config, sizeof(config),
	    "[evil]\nlisten = 127.0.0.1:0\nkill_mode = tree\n"
	    "kill_grace = %dms\nhandler = /bin/sh -c '%s'\n",
	    TREE_GRACE_MS, script);
	harness_start(h, config);
	const int fd = peer_connect(h, "evil");
	HARNESS_WAIT_UNTIL(tree_count(0) == 100);
	watch_exit(h);
	kill(h->pid, SIGTERM);
	journal_wait(h, JOURNAL("stop", "phase=drain"));
	kill(h->pid, SIGTERM);
	watch_wait_exiting(h);
	assert_int_equal(tree_count(0), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	journal_wait(h, JOURNAL("end", "reason=shutdown"));
	peer_close(fd);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    kill_mode_group__hostile_handlers__leave_nothing_in_the_group),
		HARNESS_TEST(kill_mode_tree__by_cgroup__leaves_nothing),
		HARNESS_TEST(
		    kill_mode_tree__by_subreaper__leaves_nothing_that_inherits),
		HARNESS_TEST(kill_mode_tree__means__is_in_the_start_record),
		HARNESS_TEST(kill_mode_tree__no_cgroup__says_so_and_uses_proc),
		HARNESS_TEST(
		    kill_mode_main__child__lives_on_and_the_client_does_not_wait),
		HARNESS_TEST(
		    kill_mode_main__hostile_handlers__keep_no_place_and_no_client),
		HARNESS_TEST(
		    kill_mode_group__many_at_once__leave_nothing_and_cost_nothing),
		HARNESS_TEST(
		    kill_mode_tree__many_at_once_by_cgroup__leave_nothing_and_cost_nothing),
		HARNESS_TEST(
		    kill_mode_tree__many_at_once_by_subreaper__leave_nothing_and_cost_nothing),
		HARNESS_TEST(kill_mode_tree__fork_bomb__is_ended),
		HARNESS_TEST(
		    shutdown__tree_ignores_everything__nothing_is_left),
	};

	return harness_main(argc, argv, "tree", tests, HARNESS_COUNT(tests));
}
