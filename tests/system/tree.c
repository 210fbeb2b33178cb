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

#define TREE_GRACE_MS 300

/* %d: the number. */
static const struct {
	const char *name;
	const char *script;
	bool group;    /* all of it stays in the process group */
	bool inherits; /* all of it keeps session or environment */
} tree_handlers[] = {
	{ "ignores_term", "trap \"\" TERM; while :; do sleep %d; done", true,
	    true },
	{ "ignores_eof", "exec sleep %d", true, true },
	{ "child_keeps_socket", "sleep %d & exit 0", true, true },
	{ "daemonizes", "setsid -f sleep %d </dev/null >/dev/null 2>&1; exit 0",
	    false, true },
	{ "daemonizes_twice",
	    "setsid -f setsid -f sleep %d </dev/null >/dev/null 2>&1", false,
	    true },
	{ "hides", "setsid -f env -i sleep %d </dev/null >/dev/null 2>&1",
	    false, false },
	{ "hundred_catch_term",
	    "i=0; while [ $i -lt 100 ]; do i=$((i+1)); "
	    "sh -c \"trap : TERM; while :; do sleep %d; done\" & done; wait",
	    true, true },
};

/* Unique on this machine while we run. */
static int
tree_number(void)
{
	return 1000000 + (int)getpid();
}

/* How many `sleep NUMBER` there are; signal is sent to each. Shells have the
 * number in a script. */
static size_t
tree_count(int signal)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", tree_number());
	return proc_count_word(number, signal);
}

static void
tree_start(
    struct harness *h, size_t which, const char *mode, void (*prepare)(void *))
{
	char script[512], config[1024];

	snprintf(
	    script, sizeof(script), tree_handlers[which].script, tree_number());
	snprintf(config, sizeof(config),
	    "[evil]\nlisten = 127.0.0.1:0\nkill_mode = %s\n"
	    "kill_grace = %dms\nmax_lifetime = 1s\nlinger = 100ms\n"
	    "handler = /bin/sh -c '%s'\n",
	    mode, TREE_GRACE_MS, script);
	const struct harness_options options = { .config = config,
		.prepare = prepare };
	harness_start_with(h, &options);
}

/* Serves one; everything of it must be gone in the end. */
static void
check_gone(
    struct harness *h, size_t which, const char *mode, void (*prepare)(void *))
{
	tree_start(h, which, mode, prepare);
	const int fd = peer_connect(h, "evil");
	journal_wait(h, JOURNAL("start", "service=evil"));
	journal_wait(h, JOURNAL("end", "service=evil"));
	HARNESS_WAIT_UNTIL(tree_count(0) == 0);
	peer_close(fd);
	harness_finish(h);
}

/* A daemon a handler, one after the other. */
static void
check_all_gone(void **state, const char *mode, void (*prepare)(void *),
    bool (*applies)(size_t))
{
	struct harness *h = *state;

	for (size_t i = 0; i < HARNESS_COUNT(tree_handlers); i++) {
		if (!applies(i))
			continue;
		check_gone(h, i, mode, prepare);
		harness_teardown(state);
		harness_setup(state);
		h = *state;
	}
	harness_start(h, "[x]\nlisten = 127.0.0.1:0\nhandler = cat\n");
	harness_finish(h);
}

static bool
tree_is_group(size_t i)
{
	return tree_handlers[i].group;
}

static bool
tree_inherits(size_t i)
{
	return tree_handlers[i].inherits;
}

static bool
tree_any(size_t i)
{
	return true;
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
	check_all_gone(state, "group", NULL, tree_is_group);
}

static void
kill_mode_tree__by_cgroup__leaves_nothing(void **state)
{
	if (!tree_has_cgroups())
		harness_skip("no writable cgroup v2 here");
	check_all_gone(state, "tree", NULL, tree_any);
}

static void
kill_mode_tree__by_subreaper__leaves_nothing_that_inherits(void **state)
{
	if (geteuid() != 0)
		harness_skip("only root can hide the cgroups");
	check_all_gone(state, "tree", tree_hide_cgroups, tree_inherits);
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
kill_mode_tree__many_at_once__leave_nothing_and_cost_nothing(void **state)
{
	const size_t many = harness_is_long() ? 200 : 50;
	struct harness *h = *state;
	int fds[200];

	tree_start(h, 4, "tree", NULL);
	const size_t before = proc_count_fds(h->pid);
	for (size_t i = 0; i < many; i++)
		fds[i] = peer_connect(h, "evil");
	journal_wait_nth(h, JOURNAL("end", "service=evil"), many);
	HARNESS_WAIT_UNTIL(tree_count(0) == 0);
	for (size_t i = 0; i < many; i++)
		peer_close(fds[i]);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == before);
	harness_finish(h);
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
		    kill_mode_tree__many_at_once__leave_nothing_and_cost_nothing),
		HARNESS_TEST(kill_mode_tree__fork_bomb__is_ended),
		HARNESS_TEST(
		    shutdown__tree_ignores_everything__nothing_is_left),
	};

	return harness_main(argc, argv, "tree", tests, HARNESS_COUNT(tests));
}
