/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The daemon as PID 1 of a container: orphans come to it that it has never
 * heard of, the kernel drops every signal that it does not handle, and often
 * there is no cgroup to write to.
 */
#include "journal.h"
#include "peer.h"
#include "pidns.h"
#include "proc.h"
#include "watch.h"

#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define INIT_ECHO                    \
	"[echo]\n"                   \
	"listen = unix:@DIR@/echo\n" \
	"handler = builtin:echo\n"

/* In a test of stopping: drain_timeout and kill_grace, and what it may take
 * beyond. Containers are given ten seconds as a rule. */
#define INIT_DRAIN_MS  300
#define INIT_GRACE_MS  300
#define INIT_MARGIN_MS 5000

static void
init_start(struct harness *h, const char *config, void (*prepare)(void *))
{
	const struct harness_options options = {
		.config = config, .prepare = prepare, .pid1 = true
	};

	harness_start_with(h, &options);
	journal_wait(h, JOURNAL("ready", "pid=1"));
}

static void
init_check_echo(struct harness *h)
{
	const int fd = peer_connect_unix(harness_path(h, "echo"), SOCK_STREAM);
	char byte;

	peer_send(fd, "x", 1);
	peer_read(fd, &byte, 1);
	peer_close(fd);
}

/* A word that no other process has, unique on this machine while we run. */
static const char *
init_word(void)
{
	static char word[16];

	snprintf(word, sizeof(word), "%d", 2000000 + (int)getpid());
	return word;
}

/* A process of no handler: it comes from outside, and loses its parent. */
static void
init_inject_orphan(struct harness *h)
{
	char command[64];

	snprintf(command, sizeof(command), "sleep %s & exit 0", init_word());
	const pid_t parent = pidns_inject(h->pid, command);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	HARNESS_WAIT_UNTIL(proc_count_word(init_word(), 0) == 1);
}

/* Each mount of cgroup v2 that there is. */
static void
init_change_cgroups(int (*change)(const char *path))
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	if (mounts == NULL)
		_exit(99);
	while ((m = getmntent(mounts)) != NULL)
		if (strcmp(m->mnt_type, "cgroup2") == 0 &&
		    change(m->mnt_dir) == -1)
			_exit(99);
	endmntent(mounts);
}

static int
init_make_read_only(const char *path)
{
	const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY;

	return mount(NULL, path, NULL, flags, NULL);
}

static int
init_unmount(const char *path)
{
	return umount2(path, MNT_DETACH);
}

static void
init_cgroups_read_only(void *arg)
{
	init_change_cgroups(init_make_read_only);
}

static void
init_cgroups_missing(void *arg)
{
	init_change_cgroups(init_unmount);
}

/* Sends a signal to PID 1 from inside. The status is no use: the sender may end
 * together with the namespace. */
static void
init_signal(struct harness *h, const char *name)
{
	char command[32];

	snprintf(command, sizeof(command), "kill -%s 1", name);
	const pid_t pid = pidns_inject(h->pid, command);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
orphans__of_a_handler__are_reaped(void **state)
{
	enum {
		ORPHANS = 50
	};
	struct harness *h = *state;
	char config[512];

	/* The handler's child has children and exits before they do. */
	snprintf(config, sizeof(config),
	    "[leaves]\nlisten = 127.0.0.1:0\nkill_mode = main\n"
	    "handler = /bin/sh -c '(i=0; while [ $i -lt %d ]; do i=$((i+1)); "
	    "setsid sleep %s </dev/null >/dev/null 2>&1 & done)'\n" INIT_ECHO,
	    ORPHANS, init_word());
	init_start(h, config, NULL);
	peer_close(peer_connect(h, "leaves"));
	journal_wait(h, JOURNAL("end", "service=leaves", "status=0"));
	HARNESS_WAIT_UNTIL(proc_count_word(init_word(), 0) == ORPHANS);
	assert_int_equal(proc_find_children(h->pid, NULL, 0), ORPHANS);
	proc_count_word(init_word(), SIGKILL);
	/* Zombies count as children. */
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	init_check_echo(h);
	harness_finish(h);
}

static void
orphan__from_outside__is_reaped(void **state)
{
	struct harness *h = *state;

	init_start(h, INIT_ECHO, NULL);
	init_inject_orphan(h);
	assert_int_equal(proc_find_children(h->pid, NULL, 0), 1);
	proc_count_word(init_word(), SIGKILL);
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	init_check_echo(h);
	harness_finish(h);
}

/* Every process is a descendant of PID 1, which must not take that for a
 * handler's; without cgroups that is what it goes by, among others. */
static void
orphan__from_outside__does_not_end_with_a_handler(void **state)
{
	static const char *const means[] = { "main", "group", "tree" };
	struct harness *h = *state;
	char config[512] = "";

	for (size_t i = 0; i < HARNESS_COUNT(means); i++)
		snprintf(config + strlen(config),
		    sizeof(config) - strlen(config),
		    "[%s]\nlisten = 127.0.0.1:0\nkill_mode = %s\n"
		    "max_lifetime = 200ms\nlinger = 0\nhandler = sleep 600\n",
		    means[i], means[i]);
	init_start(h, config, init_cgroups_missing);
	init_inject_orphan(h);
	for (size_t i = 0; i < HARNESS_COUNT(means); i++) {
		peer_close(peer_connect(h, means[i]));
		journal_wait_nth(h, JOURNAL("end", "reason=lifetime"), i + 1);
	}
	assert_int_equal(proc_count_word(init_word(), SIGKILL), 1);
	harness_finish(h);
}

static void
signals__from_inside__reach_no_handler(void **state)
{
	static const char *const names[] = { "HUP", "WINCH", "CHLD", "ALRM",
		"CONT", "URG", "PIPE" };
	struct harness *h = *state;
	char answer[16] = "";

	init_start(h,
	    "[traps]\nlisten = 127.0.0.1:0\n"
	    "handler = /bin/sh -c 'for s in HUP QUIT USR1 USR2 WINCH CHLD "
	    "ALRM CONT URG; do trap \"echo $s\" $s; done; echo ready; "
	    "while read line; do echo $line; done'\n",
	    NULL);
	const int fd = peer_connect(h, "traps");
	peer_read(fd, answer, strlen("ready\n"));
	for (size_t i = 0; i < HARNESS_COUNT(names); i++)
		init_signal(h, names[i]);
	journal_wait(h, JOURNAL("reload", "signal=HUP"));
	/* When it knows of this one, it has dealt with those before. */
	init_signal(h, "USR2");
	journal_wait(h, JOURNAL("reload", "signal=USR2"));
	peer_send_text(fd, "done\n");
	memset(answer, 0, sizeof(answer));
	peer_read(fd, answer, strlen("done\n"));
	assert_string_equal(answer, "done\n");
	peer_close(fd);
	harness_finish(h);
}

static void
sigterm__from_inside__stops_in_order(void **state)
{
	struct harness *h = *state;

	init_start(h, INIT_ECHO, NULL);
	init_signal(h, "TERM");
	assert_int_equal(harness_wait_exit(h), 0);
	journal_wait(h, JOURNAL("stop", "signal=TERM"));
	assert_int_equal(access(harness_path(h, "echo"), F_OK), -1);
	harness_finish(h);
}

/* One handler that takes no notice, one with a child, one that has left its
 * group. All have the word. */
static void
sigterm__handlers_ignore_it__ends_in_its_time_and_leaves_none(void **state)
{
	struct harness *h = *state;
	char config[1024];
	int fds[3];

	snprintf(config, sizeof(config),
	    "[evinetd]\ndrain_timeout = %dms\n"
	    "[defaults]\nlisten = 127.0.0.1:0\nlinger = 0\nkill_grace = %dms\n"
	    "[ignores]\nhandler = sh -c 'trap \"\" TERM; sleep %s; :'\n"
	    "[family]\nhandler = sh -c 'trap : TERM; sleep %s & wait; wait'\n"
	    "[leaves]\nkill_mode = tree\n"
	    "handler = sh -c 'setsid -f setsid -f sleep %s; sleep %s'\n",
	    INIT_DRAIN_MS, INIT_GRACE_MS, init_word(), init_word(), init_word(),
	    init_word());
	init_start(h, config, NULL);
	fds[0] = peer_connect(h, "ignores");
	fds[1] = peer_connect(h, "family");
	fds[2] = peer_connect(h, "leaves");
	HARNESS_WAIT_UNTIL(proc_count_word(init_word(), 0) == 4);
	watch_exit(h);
	const uint64_t before = harness_now_ms();
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	watch_wait_exiting(h);
	assert_in_range(harness_now_ms() - before, 0,
	    INIT_DRAIN_MS + INIT_GRACE_MS + INIT_MARGIN_MS);
	assert_int_equal(proc_count_word(init_word(), 0), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	for (size_t i = 0; i < HARNESS_COUNT(fds); i++)
		peer_close(fds[i]);
	harness_finish(h);
}

/* Whoever starts containers may stop one at once. The kernel drops a signal for
 * which a PID 1 has no handler, so it must have one, or have it blocked, before
 * it reads its configuration: that may take long, here until we write it. */
static void
sigterm__while_it_reads_its_configuration__ends_it(void **state)
{
	struct harness *h = *state;
	const char *path = harness_path(h, "fifo");
	const struct harness_options options = {
		.words = (const char *const[]){ "-c", "@DIR@/fifo", NULL },
		.pid1 = true,
	};
	int fd;

	assert_int_equal(mkfifo(path, 0600), 0);
	harness_spawn(h, &options);
	HARNESS_WAIT_UNTIL(
	    (fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)) != -1);
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	dprintf(fd, "[x]\nlisten = 127.0.0.1:0\nhandler = cat\n");
	close(fd);
	/* With which status is another matter. */
	harness_wait_exit(h);
	harness_finish(h);
}

/* What is no handler does not keep it. */
static void
sigterm__orphans_from_outside__does_not_wait_for_them(void **state)
{
	struct harness *h = *state;

	init_start(h, "[evinetd]\ndrain_timeout = 600s\n" INIT_ECHO, NULL);
	init_inject_orphan(h);
	const uint64_t before = harness_now_ms();
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	assert_in_range(harness_now_ms() - before, 0, INIT_MARGIN_MS);
	/* The kernel has ended it. */
	assert_int_equal(proc_count_word(init_word(), 0), 0);
	harness_finish(h);
}

/* Both by rule and at the end, all of a handler's processes end. */
static void
init_check_tree(struct harness *h, void (*prepare)(void *))
{
	char config[512];

	snprintf(config, sizeof(config),
	    "[evinetd]\ndrain_timeout = 0\n"
	    "[defaults]\nlisten = 127.0.0.1:0\nlinger = 0\nkill_mode = tree\n"
	    "kill_grace = %dms\n"
	    "[brief]\nmax_lifetime = 2s\n"
	    "handler = sh -c 'setsid -f sleep %s; trap \"\" TERM; "
	    "sleep %s; :'\n"
	    "[long]\n"
	    "handler = sh -c 'trap \"\" TERM; setsid -f setsid -f sleep %s; "
	    "sleep %s; :'\n",
	    INIT_GRACE_MS, init_word(), init_word(), init_word(), init_word());
	init_start(h, config, prepare);
	journal_wait(h, JOURNAL("cgroup", "level=warning"));
	const int brief = peer_connect(h, "brief");
	journal_wait(h, JOURNAL("start", "service=brief", "tree=subreaper"));
	HARNESS_WAIT_UNTIL(proc_count_word(init_word(), 0) == 2);
	journal_wait(h, JOURNAL("end", "service=brief", "reason=lifetime"));
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	assert_int_equal(proc_count_word(init_word(), 0), 0);
	peer_close(brief);

	const int fd = peer_connect(h, "long");
	HARNESS_WAIT_UNTIL(proc_count_word(init_word(), 0) == 2);
	watch_exit(h);
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	watch_wait_exiting(h);
	assert_int_equal(proc_count_word(init_word(), 0), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
kill_mode_tree__cgroups_are_read_only__ends_all_by_subreaper(void **state)
{
	init_check_tree(*state, init_cgroups_read_only);
}

static void
kill_mode_tree__cgroups_are_missing__ends_all_by_subreaper(void **state)
{
	init_check_tree(*state, init_cgroups_missing);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(orphans__of_a_handler__are_reaped),
		HARNESS_TEST(orphan__from_outside__is_reaped),
		HARNESS_TEST(orphan__from_outside__does_not_end_with_a_handler),
		HARNESS_TEST(signals__from_inside__reach_no_handler),
		HARNESS_TEST(sigterm__from_inside__stops_in_order),
		HARNESS_TEST(
		    sigterm__handlers_ignore_it__ends_in_its_time_and_leaves_none),
		HARNESS_TEST(
		    sigterm__while_it_reads_its_configuration__ends_it),
		HARNESS_TEST(
		    sigterm__orphans_from_outside__does_not_wait_for_them),
		HARNESS_TEST(
		    kill_mode_tree__cgroups_are_read_only__ends_all_by_subreaper),
		HARNESS_TEST(
		    kill_mode_tree__cgroups_are_missing__ends_all_by_subreaper),
	};

	return harness_main(argc, argv, "init", tests, HARNESS_COUNT(tests));
}
