/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A log that cannot be written: a disk that is full, a file that has reached a
 * limit. Nobody waits for it, what is lost is counted, and the log says so as
 * soon as it can.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK_CLIENTS 50

static const char disk_config[] = "[evinetd]\nlog = @DIR@/disk/log\n"
				  "[echo]\nlisten = unix:@DIR@/socket\n"
				  "handler = builtin:echo\n";

static void
disk_ask(struct harness *h)
{
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);

	assert_string_equal(peer_fate_of(fd), "served");
	peer_close(fd);
}

static size_t
disk_count_lines(struct harness *h)
{
	char *text = harness_read_file(h->log_path, NULL);
	size_t lines = 0;

	for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	free(text);
	return lines;
}

/* The log is full, and clients come and go. */
static void
disk_check_serving(struct harness *h)
{
	for (int i = 0; i < DISK_CLIENTS; i++)
		disk_ask(h);
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	assert_true(proc_measure_cpu(h->pid, 500) < 0.05);
}

/* There is room again: the next line says how many are missing. */
static void
disk_check_recovery(struct harness *h, size_t lines_before)
{
	disk_ask(h);
	const size_t lost = (size_t)journal_number(
	    journal_wait(h, JOURNAL("log_lost")), "lines");
	/* A start and an end of each client. */
	HARNESS_WAIT_UNTIL(disk_count_lines(h) - 1 + lost ==
			   lines_before + 2 * (DISK_CLIENTS + 1));
	assert_int_equal(journal_count(h, JOURNAL("log_lost")), 1);
}

/* A disk of its own, as small as it can be: two pages. */
static void
disk_mount(void *arg)
{
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("disk", arg, "tmpfs", 0, "size=64k") == -1)
		_exit(125);
}

/* A file beside the log that takes what is left. */
static void
disk_fill(const char *path)
{
	char block[4096] = { 0 };
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	while (write(fd, block, sizeof(block)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void
disk__is_full__daemon_goes_on_and_counts(void **state)
{
	struct harness *h = *state;
	char folder[160], seen[200], filler[256];

	contract_need_root();
	snprintf(folder, sizeof(folder), "%s/disk", h->dir);
	assert_int_equal(mkdir(folder, 0755), 0);
	harness_spawn(h,
	    &(struct harness_options){
		.config = disk_config, .prepare = disk_mount, .arg = folder });
	/* Its disk, seen from here. */
	snprintf(seen, sizeof(seen), "/proc/%d/root%s", (int)h->pid, folder);
	snprintf(filler, sizeof(filler), "%s/filler", seen);
	snprintf(h->log_path, sizeof(h->log_path), "%s/log", seen);
	journal_wait(h, JOURNAL("ready"));
	disk_ask(h);
	HARNESS_WAIT_UNTIL(journal_count(h, JOURNAL("end")) == 1);
	/* Whatever fits behind the last line stands there. */
	disk_fill(filler);
	const size_t lines = disk_count_lines(h);
	disk_check_serving(h);
	assert_true(disk_count_lines(h) < lines + 2 * DISK_CLIENTS);
	assert_int_equal(unlink(filler), 0);
	disk_check_recovery(h, lines);
	harness_finish(h);
}

/* So large may our files be. */
static void
disk_limit_files(void *arg)
{
	const struct rlimit limit = { 4096, RLIM_INFINITY };

	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		_exit(125);
}

static void
log__file_may_not_grow__daemon_goes_on_and_counts(void **state)
{
	struct harness *h = *state;
	char first[264];

	assert_int_equal(mkdir(harness_path(h, "disk"), 0755), 0);
	snprintf(h->log_path, sizeof(h->log_path), "%s/disk/log", h->dir);
	snprintf(first, sizeof(first), "%s.1", h->log_path);
	harness_start_with(h, &(struct harness_options){ .config = disk_config,
				  .prepare = disk_limit_files });
	disk_check_serving(h);
	/* A new file may be as large again. */
	assert_int_equal(rename(h->log_path, first), 0);
	assert_int_equal(kill(h->pid, SIGUSR1), 0);
	const size_t lost = (size_t)journal_number(
	    journal_wait(h, JOURNAL("log_lost")), "lines");
	journal_wait(h, JOURNAL("log_reopen"));
	strcat(h->log_path, ".1");
	/* listen and ready are in there, and the last line may be torn. */
	assert_int_equal(disk_count_lines(h) + lost, 2 + 2 * DISK_CLIENTS);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(disk__is_full__daemon_goes_on_and_counts),
		HARNESS_TEST(log__file_may_not_grow__daemon_goes_on_and_counts),
	};

	return harness_main(argc, argv, "disk", tests, HARNESS_COUNT(tests));
}
