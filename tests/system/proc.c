/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Looks at processes from outside, through /proc. Changes nothing but where a
 * signal is asked for; a process that is gone meanwhile counts as not there.
 */
#include "proc.h"

#include "harness.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct proc_stat {
	char state;
	pid_t parent;
	unsigned long utime, stime; /* clock ticks */
};

static bool
proc_read_stat(pid_t pid, struct proc_stat *ret)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return false;
	const size_t len = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	text[len] = '\0';
	/* The name before it may hold anything, parentheses too. */
	const char *end = strrchr(text, ')');
	return end != NULL &&
	       sscanf(end + 1,
		   " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		   &ret->state, &ret->parent, &ret->utime, &ret->stime) == 4;
}

size_t
proc_find_children(pid_t parent, pid_t *pids, size_t size)
{
	struct proc_stat st;
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir("/proc");

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const pid_t pid = atoi(entry->d_name);

		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    !proc_read_stat(pid, &st) || st.parent != parent)
			continue;
		if (count < size)
			pids[count] = pid;
		count++;
	}
	if (dir != NULL)
		closedir(dir);
	return count;
}

static bool
proc_has_word(const char *pid, const char *word)
{
	char path[300], text[4096];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return false;
	const ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (const char *p = text; n > 0 && p < text + n; p += strlen(p) + 1)
		found |= strcmp(p, word) == 0;
	return found;
}

size_t
proc_count_word(const char *word, int signal)
{
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir("/proc");

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    proc_has_word(entry->d_name, word)) {
			count++;
			kill(atoi(entry->d_name), signal);
		}
	if (dir != NULL)
		closedir(dir);
	return count;
}

bool
proc_is_zombie(pid_t pid)
{
	struct proc_stat st;

	return proc_read_stat(pid, &st) && st.state == 'Z';
}

size_t
proc_count_fds(pid_t pid)
{
	char path[64];
	struct dirent *entry;
	size_t count = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return count;
}

long
proc_status_number(pid_t pid, const char *name)
{
	char path[64], line[256];
	const size_t len = strlen(name);
	long number = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *in = fopen(path, "re");
	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			number = strtol(line + len + 1, NULL, 10);
	if (in != NULL)
		fclose(in);
	return number;
}

double
proc_cpu_seconds(pid_t pid)
{
	struct proc_stat st = { 0 };

	if (!proc_read_stat(pid, &st))
		return 0.;
	return (double)(st.utime + st.stime) / (double)sysconf(_SC_CLK_TCK);
}

double
proc_measure_cpu(pid_t pid, unsigned ms)
{
	const uint64_t begin = harness_now_ms();
	const double before = proc_cpu_seconds(pid);

	while (harness_now_ms() < begin + ms)
		harness_nap();
	return (proc_cpu_seconds(pid) - before) * 1000. /
	       (double)(harness_now_ms() - begin);
}

long
proc_read_number(pid_t pid, const char *name)
{
	char path[96];
	long number = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return -1;
	if (fscanf(in, "%ld", &number) != 1)
		number = -1;
	fclose(in);
	return number;
}
