/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* probe: a handler that tells its client all that it finds (report.h), and
 * then, when told to, misbehaves. Independent of everything that it tests.
 *
 *	probe [OPTION | WORD]... [-- WORD...]
 *
 * Words mean nothing; they show in the report. Options that act before the
 * report goes out, in this order:
 *
 *	--wait-eof		reads its input to the end first; the report
 *				gets a line eof_bytes=N
 *	--ignore-term		ignores SIGTERM (the report shows what was
 *				there before)
 *	--answer BYTES		sends so many bytes instead of the report,
 *				without reading anything
 *	--no-read		undoes --wait-eof: it is what happens anyway
 *
 * The report closes with the line end=report. Then, in the order given:
 *
 *	--stderr TEXT		writes a line to descriptor 2
 *	--stderr-flood LINES	so many lines of 64 bytes, numbered
 *	--stderr-raw BYTES	so many bytes without any newline
 *	--sleep MS		milliseconds, whatever the client does
 *	--chatter MS		sends a line each so many milliseconds, for
 *				ever, whether they arrive or not
 *	--background MS		starts a child that keeps 0, 1 and 2 open for
 *				so long; a line background.pid=N says who
 *	--background-setsid MS	the same, in a session of its own
 *	--exit N		ends with this status
 *	--signal N		kills itself with this signal
 *
 * A bad option is reported on stderr and ends it with status 64.
 */
#include "report.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

static struct probe {
	bool wait_eof;
	bool ignore_term;
	long answer; /* bytes, or -1 for the report */
} probe = { .answer = -1 };

struct option {
	const char *name;
	bool has_argument;
	bool is_early;
	void (*run)(const char *argument);
};

static void __attribute__((noreturn))
probe_fail(const char *what, const char *why)
{
	dprintf(STDERR_FILENO, "probe: %s: %s\n", what, why);
	exit(EX_USAGE);
}

static void
probe_write(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			probe_fail("write", strerror(errno));
		data += n;
		len -= (size_t)n;
	}
}

static long
probe_number(const char *s)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || n < 0)
		probe_fail(s, "not a number");
	return n;
}

static void
probe_sleep(const char *ms)
{
	long n = probe_number(ms);
	struct timespec left = { n / 1000, n % 1000 * 1000000 };

	while (nanosleep(&left, &left) == -1 && errno == EINTR)
		;
}

static void __attribute__((noreturn)) probe_chatter(const char *ms)
{
	static const char line[] = "still here\n";
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		probe_sleep(ms);
		do
			n = write(STDOUT_FILENO, line, sizeof(line) - 1);
		while (n == -1 && errno == EINTR);
	}
}

static void
probe_wait_eof(const char *unused)
{
	probe.wait_eof = true;
}

static void
probe_no_read(const char *unused)
{
	probe.wait_eof = false;
}

static void
probe_ignore_term(const char *unused)
{
	probe.ignore_term = true;
}

static void
probe_answer(const char *bytes)
{
	probe.answer = probe_number(bytes);
}

static void
probe_stderr(const char *text)
{
	dprintf(STDERR_FILENO, "%s\n", text);
}

static void
probe_stderr_flood(const char *lines)
{
	long n = probe_number(lines);
	char line[65];

	for (long i = 1; i <= n; i++) {
		snprintf(line, sizeof(line), "flood %-57ld\n", i);
		probe_write(STDERR_FILENO, line, 64);
	}
}

/* Sends len bytes of the alphabet over and over. */
static void
probe_write_bytes(int fd, long len)
{
	char block[26 * 2048];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (char)('a' + i % 26);
	for (long n; len > 0; len -= n) {
		n = len < (long)sizeof(block) ? len : (long)sizeof(block);
		probe_write(fd, block, (size_t)n);
	}
}

static void
probe_stderr_raw(const char *bytes)
{
	probe_write_bytes(STDERR_FILENO, probe_number(bytes));
}

static void
probe_fork(const char *ms, bool own_session)
{
	pid_t pid = fork();

	if (pid == -1)
		probe_fail("fork", strerror(errno));
	if (pid == 0) {
		if (own_session)
			setsid();
		probe_sleep(ms);
		_exit(EXIT_SUCCESS);
	}
	dprintf(STDOUT_FILENO, "background.pid=%d\n", (int)pid);
}

static void
probe_background(const char *ms)
{
	probe_fork(ms, false);
}

static void
probe_background_setsid(const char *ms)
{
	probe_fork(ms, true);
}

static void
probe_exit(const char *status)
{
	exit((int)probe_number(status));
}

static void
probe_signal(const char *number)
{
	kill(getpid(), (int)probe_number(number));
}

static const struct option options[] = {
	{ "--wait-eof", false, true, probe_wait_eof },
	{ "--no-read", false, true, probe_no_read },
	{ "--ignore-term", false, true, probe_ignore_term },
	{ "--answer", true, true, probe_answer },
	{ "--stderr", true, false, probe_stderr },
	{ "--stderr-flood", true, false, probe_stderr_flood },
	{ "--stderr-raw", true, false, probe_stderr_raw },
	{ "--sleep", true, false, probe_sleep },
	{ "--chatter", true, false, probe_chatter },
	{ "--background", true, false, probe_background },
	{ "--background-setsid", true, false, probe_background_setsid },
	{ "--exit", true, false, probe_exit },
	{ "--signal", true, false, probe_signal },
};

static const struct option *
probe_find_option(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	probe_fail(name, "no such option");
}

/* Runs the options of one kind; the early ones only set what probe says. */
static void
probe_run_options(char **argv, bool early)
{
	for (char **arg = argv + 1; *arg != NULL; arg++) {
		const struct option *o;

		if (strcmp(*arg, "--") == 0)
			return;
		if (strncmp(*arg, "--", 2) != 0)
			continue;
		o = probe_find_option(*arg);
		if (o->has_argument && *++arg == NULL)
			probe_fail(o->name, "needs an argument");
		if (o->is_early == early)
			o->run(*arg);
	}
}

static long long
probe_read_to_eof(void)
{
	static char buf[64 * 1024];
	long long total = 0;
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) != 0) {
		if (n == -1 && errno != EINTR)
			probe_fail("read", strerror(errno));
		total += n > 0 ? n : 0;
	}
	return total;
}

int
main(int argc, char **argv)
{
	char *text = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&text, &len);

	if (report == NULL)
		probe_fail("open_memstream", strerror(errno));
	/* First of all, while everything is as it was found. */
	report_write(report, argc, argv);
	probe_run_options(argv, true);
	if (probe.wait_eof)
		fprintf(report, "eof_bytes=%lld\n", probe_read_to_eof());
	if (probe.ignore_term)
		signal(SIGTERM, SIG_IGN);
	fprintf(report, "end=report\n");
	if (fclose(report) != 0)
		probe_fail("report", strerror(errno));
	if (probe.answer >= 0)
		probe_write_bytes(STDOUT_FILENO, probe.answer);
	else
		probe_write(STDOUT_FILENO, text, len);
	free(text);
	probe_run_options(argv, false);
	return EXIT_SUCCESS;
}
