/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Collects what report.h promises. It opens what it needs itself, one thing at
 * a time, and leaves that out of the account.
 */
#include "report.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_FDS_MAX 1024

void
report_line(FILE *out, const char *value, const char *key, ...)
{
	va_list ap;

	va_start(ap, key);
	vfprintf(out, key, ap);
	va_end(ap);
	fputc('=', out);
	for (const unsigned char *p = (const void *)value; *p != '\0'; p++) {
		if (*p == '\\')
			fputs("\\\\", out);
		else if (*p < ' ' || *p == 0x7f)
			fprintf(out, "\\x%02x", *p);
		else
			fputc(*p, out);
	}
	fputc('\n', out);
}

static int
report_compare_ints(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
report_compare_strings(const void *a, const void *b)
{
	char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static void
report_arguments(FILE *out, int argc, char *const *argv)
{
	fprintf(out, "argc=%d\n", argc);
	for (int i = 0; i < argc; i++)
		report_line(out, argv[i], "argv.%d", i);
}

/* Returns how many there are; the one that lists the others is not counted. */
static size_t
report_list_fds(int fds[REPORT_FDS_MAX])
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t n = 0;

	if (dir == NULL)
		return 0;
	while ((entry = readdir(dir)) != NULL && n < REPORT_FDS_MAX) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(dir))
			fds[n++] = fd;
	}
	closedir(dir);
	qsort(fds, n, sizeof(fds[0]), report_compare_ints);
	return n;
}

static void
report_fd(FILE *out, int fd)
{
	static const char *const access[] = {
		[O_RDONLY] = "rdonly",
		[O_WRONLY] = "wronly",
		[O_RDWR] = "rdwr",
		[O_ACCMODE] = "none",
	};
	int flags = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);
	char path[64], target[PATH_MAX];
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n == -1 ? 0 : n] = '\0';
	report_line(out, target, "fd.%d", fd);
	fprintf(out, "fd.%d.access=%s\n", fd, access[flags & O_ACCMODE]);
	fprintf(out, "fd.%d.nonblock=%d\n", fd, (flags & O_NONBLOCK) != 0);
	fprintf(out, "fd.%d.append=%d\n", fd, (flags & O_APPEND) != 0);
	fprintf(out, "fd.%d.cloexec=%d\n", fd, (own & FD_CLOEXEC) != 0);
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
		report_socket(out, fd);
}

static void
report_fds(FILE *out)
{
	int fds[REPORT_FDS_MAX];
	size_t n = report_list_fds(fds);
	struct stat a, b;

	fprintf(out, "fds=");
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%d", i > 0 ? " " : "", fds[i]);
	fputc('\n', out);
	for (size_t i = 0; i < n; i++)
		report_fd(out, fds[i]);
	fprintf(out, "fd01_same=%d\n",
	    fstat(0, &a) == 0 && fstat(1, &b) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino);
}

static const char *
report_signal_name(int number, char buf[16])
{
	const char *name = sigabbrev_np(number);

	if (name != NULL)
		return name;
	snprintf(buf, 16, "%d", number);
	return buf;
}

/* A line of /proc/self/status that holds a mask. glibc keeps two signals from
 * its callers; the kernel's own account has them all. */
static unsigned long long
report_signal_mask(const char *name)
{
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long mask = 0;
	char line[256];
	size_t len = strlen(name);

	if (f == NULL)
		return ~0ULL;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			mask = strtoull(line + len + 1, NULL, 16);
	fclose(f);
	return mask;
}

static void
report_signals(FILE *out)
{
	unsigned long long ignored = report_signal_mask("SigIgn");
	unsigned long long handled = report_signal_mask("SigCgt");
	unsigned long long blocked = report_signal_mask("SigBlk");
	const char *sep = "";
	char buf[16];

	for (int n = 1; n <= 64; n++) {
		if (ignored >> (n - 1) & 1)
			fprintf(out, "signal.%s=ignored\n",
			    report_signal_name(n, buf));
		if (handled >> (n - 1) & 1)
			fprintf(out, "signal.%s=handled\n",
			    report_signal_name(n, buf));
	}
	fprintf(out, "signals_blocked=");
	for (int n = 1; n <= 64; n++) {
		if (blocked >> (n - 1) & 1) {
			fprintf(out, "%s%s", sep, report_signal_name(n, buf));
			sep = " ";
		}
	}
	fputc('\n', out);
}

static void
report_session(FILE *out)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	fprintf(out, "pid=%d\n", (int)getpid());
	fprintf(out, "ppid=%d\n", (int)getppid());
	fprintf(out, "pgid=%d\n", (int)getpgrp());
	fprintf(out, "sid=%d\n", (int)getsid(0));
	fprintf(out, "tty=%d\n", tty != -1);
	if (tty != -1)
		close(tty);
}

static void
report_ids(FILE *out)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid, groups[NGROUPS_MAX];
	int n = getgroups(NGROUPS_MAX, groups);

	getresuid(&ruid, &euid, &suid);
	getresgid(&rgid, &egid, &sgid);
	fprintf(out, "ruid=%u\neuid=%u\nsuid=%u\n", ruid, euid, suid);
	fprintf(out, "rgid=%u\negid=%u\nsgid=%u\n", rgid, egid, sgid);
	/* The order is the kernel's own; ids beyond INT_MAX sort as negative,
	 * which is an order too. */
	if (n > 0)
		qsort(
		    groups, (size_t)n, sizeof(groups[0]), report_compare_ints);
	fprintf(out, "groups=");
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%u", i > 0 ? " " : "", groups[i]);
	fputc('\n', out);
}

static const char *
report_limit(char buf[32], rlim_t value)
{
	if (value == RLIM_INFINITY)
		return "unlimited";
	snprintf(buf, 32, "%llu", (unsigned long long)value);
	return buf;
}

static void
report_limits(FILE *out)
{
	static const char *const names[RLIM_NLIMITS] = {
		[RLIMIT_AS] = "as",
		[RLIMIT_CORE] = "core",
		[RLIMIT_CPU] = "cpu",
		[RLIMIT_DATA] = "data",
		[RLIMIT_FSIZE] = "fsize",
		[RLIMIT_LOCKS] = "locks",
		[RLIMIT_MEMLOCK] = "memlock",
		[RLIMIT_MSGQUEUE] = "msgqueue",
		[RLIMIT_NICE] = "nice",
		[RLIMIT_NOFILE] = "nofile",
		[RLIMIT_NPROC] = "nproc",
		[RLIMIT_RSS] = "rss",
		[RLIMIT_RTPRIO] = "rtprio",
		[RLIMIT_RTTIME] = "rttime",
		[RLIMIT_SIGPENDING] = "sigpending",
		[RLIMIT_STACK] = "stack",
	};

	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit l = { 0 };
		char soft[32], hard[32];

		getrlimit((__rlimit_resource_t)i, &l);
		fprintf(out, "rlimit.%s=%s:%s\n", names[i],
		    report_limit(soft, l.rlim_cur),
		    report_limit(hard, l.rlim_max));
	}
}

static void
report_oom_score_adj(FILE *out)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "re");
	int value;

	if (f == NULL || fscanf(f, "%d", &value) != 1)
		fprintf(out, "oom_score_adj=none\n");
	else
		fprintf(out, "oom_score_adj=%d\n", value);
	if (f != NULL)
		fclose(f);
}

static void
report_process(FILE *out)
{
	char *cwd = getcwd(NULL, 0);
	mode_t mask = umask(0);

	umask(mask);
	report_line(out, cwd != NULL ? cwd : strerror(errno), "cwd");
	free(cwd);
	fprintf(out, "umask=%03o\n", (unsigned)mask);
	fprintf(out, "nice=%d\n", getpriority(PRIO_PROCESS, 0));
	report_oom_score_adj(out);
	fprintf(
	    out, "no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	fprintf(out, "dumpable=%d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

static void
report_environment(FILE *out)
{
	size_t n = 0;
	char **sorted;

	while (environ[n] != NULL)
		n++;
	sorted = calloc(n + 1, sizeof(*sorted));
	if (sorted == NULL)
		return;
	memcpy(sorted, environ, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), report_compare_strings);
	for (size_t i = 0; i < n; i++) {
		char *value = strchr(sorted[i], '=');
		int len = value != NULL ? (int)(value - sorted[i]) : 0;

		report_line(out, value != NULL ? value + 1 : "", "env.%.*s",
		    value != NULL ? len : INT_MAX, sorted[i]);
	}
	free(sorted);
}

void
report_write(FILE *out, int argc, char *const *argv)
{
	report_arguments(out, argc, argv);
	report_fds(out);
	report_signals(out);
	report_session(out);
	report_ids(out);
	report_limits(out);
	report_process(out);
	report_environment(out);
}
