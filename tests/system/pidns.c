/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* PID namespaces: made, looked into, entered. Called by the harness and by
 * tests about PID 1.
 */
#include "pidns.h"

#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

bool
pidns_is_wanted(void)
{
	const char *text = getenv("EVINETD_TEST_PID1");

	return text != NULL && strcmp(text, "1") == 0;
}

/* -1 with errno, also when the child could not have its /proc. */
static int
pidns_mount_proc(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1)
		return -1;
	return mount("proc", "/proc", "proc", flags, NULL);
}

/* The raw call: unshare(2) would change what our later children get. */
static pid_t
pidns_clone(void)
{
	const unsigned long flags = CLONE_NEWPID | CLONE_NEWNS | SIGCHLD;

	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

void
pidns_need(void)
{
	static bool known;
	int status;

	if (known)
		return;
	const pid_t pid = pidns_clone();
	if (pid == 0)
		_exit(pidns_mount_proc() == -1 ? errno : 0);
	if (pid == -1)
		harness_skip("no PID namespace here: %s", strerror(errno));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		harness_skip("no /proc of its own for a PID namespace: %s",
		    strerror(WEXITSTATUS(status)));
	known = true;
}

pid_t
pidns_fork(void)
{
	const pid_t pid = pidns_clone();

	if (pid == 0 && pidns_mount_proc() == -1)
		_exit(126);
	return pid;
}

static bool
pidns_is_same(const struct stat *ns, const char *pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", pid);
	return stat(path, &st) == 0 && st.st_dev == ns->st_dev &&
	       st.st_ino == ns->st_ino;
}

/* The last number of its line "NSpid:", which is the innermost. */
static pid_t
pidns_inner(const char *pid)
{
	char path[64], line[256];
	pid_t inner = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	FILE *in = fopen(path, "re");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "NSpid:", 6) == 0)
			inner = atoi(strrchr(line, '\t') + 1);
	if (in != NULL)
		fclose(in);
	return inner;
}

pid_t
pidns_translate(pid_t member, pid_t pid)
{
	char path[64];
	struct stat ns;
	struct dirent *entry;
	pid_t found = 0;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)member);
	if (stat(path, &ns) == -1)
		return 0;
	DIR *dir = opendir("/proc");
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    pidns_inner(entry->d_name) == pid &&
		    pidns_is_same(&ns, entry->d_name))
			found = atoi(entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return found;
}

static int
pidns_open(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* A PID namespace is entered by the children only, so one stands between,
 * which ends: we are a subreaper. */
pid_t
pidns_inject(pid_t member, const char *command)
{
	int ends[2];
	pid_t pid = -1;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	const pid_t between = fork();
	if (between == 0) {
		const int pidns = pidns_open(member, "pid");
		const int mntns = pidns_open(member, "mnt");

		if (setns(pidns, CLONE_NEWPID) == -1 ||
		    setns(mntns, CLONE_NEWNS) == -1)
			_exit(126);
		pid = fork();
		if (pid == 0) {
			execl("/bin/sh", "sh", "-c", command, NULL);
			_exit(127);
		}
		_exit(
		    write(ends[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : 126);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &pid, sizeof(pid)), sizeof(pid));
	close(ends[0]);
	assert_int_equal(waitpid(between, NULL, 0), between);
	assert_true(pid > 0);
	return pid;
}
