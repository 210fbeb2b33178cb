/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Starting and stopping the daemon under test. It is started as a shell would
 * start it; this process is a subreaper, so that whatever a test leaves behind
 * becomes its child and can be ended, and nothing else ever is.
 */
#include "harness.h"

#include "files.h"
#include "journal.h"
#include "pidns.h"
#include "proc.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HARNESS_EXIT_SKIPPED 77
#define HARNESS_WORDS_MAX    32
#define HARNESS_LOG_SHOWN    6000 /* bytes of the log after a failure */

static bool harness_skipped;

uint64_t
harness_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
harness_nap(void)
{
	const struct timespec while_polling = { .tv_nsec = 3000000 };

	nanosleep(&while_polling, NULL);
}

bool
harness_is_long(void)
{
	const char *text = getenv("EVINETD_TEST_LONG");

	return text != NULL && strcmp(text, "1") == 0;
}

void
harness_skip(const char *format, ...)
{
	va_list ap;

	harness_skipped = true;
	va_start(ap, format);
	fputs("skipped: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	skip();
	abort(); /* not reached */
}

int
harness_main(int argc, char *argv[], const char *group,
    const struct CMUnitTest *tests, size_t count)
{
	bool known = argc < 2;

	for (size_t i = 0; i < count && !known; i++)
		known = strcmp(tests[i].name, argv[1]) == 0;
	if (!known) {
		fprintf(stderr, "%s: no test %s\n", group, argv[1]);
		return EXIT_FAILURE;
	}
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	const int failed =
	    _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	if (failed != 0)
		return EXIT_FAILURE;
	return argc > 1 && harness_skipped ? HARNESS_EXIT_SKIPPED : 0;
}

int
harness_setup(void **state)
{
	struct harness *h = calloc(1, sizeof(*h));
	const char *tmp = getenv("TMPDIR");

	assert_non_null(h);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	snprintf(h->dir, sizeof(h->dir), "%s/evinetd-test-XXXXXX",
	    tmp != NULL && strlen(tmp) < 64 ? tmp : "/tmp");
	assert_non_null(mkdtemp(h->dir));
	/* Handlers may run as somebody else. */
	assert_int_equal(chmod(h->dir, 0755), 0);
	snprintf(
	    h->config_path, sizeof(h->config_path), "%s/evinetd.ini", h->dir);
	snprintf(h->out_path, sizeof(h->out_path), "%s/out", h->dir);
	snprintf(h->log_path, sizeof(h->log_path), "%s/log", h->dir);
	*state = h;
	return 0;
}

/* All that descends from this process; orphans come to us one by one. In any
 * order: a PID 1 does not end while a process of its namespace that is our
 * child has not been reaped. */
static void
harness_end_children(void)
{
	pid_t pids[256];
	size_t count;

	while ((count = proc_find_children(
		    getpid(), pids, HARNESS_COUNT(pids))) > 0) {
		for (size_t i = 0; i < count && i < HARNESS_COUNT(pids); i++)
			kill(pids[i], SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		harness_nap();
	}
}

static void
harness_show_log(struct harness *h)
{
	size_t len;
	char *text;

	if (access(h->log_path, R_OK) == -1)
		return;
	text = harness_read_file(h->log_path, &len);
	fprintf(stderr, "---- log of the daemon (%s)\n%s----\n", h->log_path,
	    text + (len > HARNESS_LOG_SHOWN ? len - HARNESS_LOG_SHOWN : 0));
	free(text);
}

int
harness_teardown(void **state)
{
	struct harness *h = *state;

	watch_release(h);
	harness_end_children();
	if (!h->finished && !harness_skipped)
		harness_show_log(h);
	files_remove_tree(h->dir);
	free(h->text);
	free(h);
	return 0;
}

static void
harness_redirect(const struct harness *h, const struct harness_options *o)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
	const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int out_fd = open(h->out_path, flags, 0644);
	const int log_fd =
	    o->log_fd != 0 ? o->log_fd : open(h->log_path, flags, 0644);

	if (dup2(null_fd, 0) == -1 || dup2(out_fd, 1) == -1 ||
	    dup2(log_fd, 2) == -1)
		_exit(126);
}

void
harness_spawn(struct harness *h, const struct harness_options *o)
{
	const char *words[HARNESS_WORDS_MAX + 2] = { "evinetd", "-c",
		h->config_path, NULL };
	const char *program = o->program != NULL ? o->program : TEST_EVINETD;
	const bool pid1 = o->pid1 || pidns_is_wanted();

	if (pid1)
		pidns_need();
	if (o->config != NULL)
		harness_write_file(h, "evinetd.ini", o->config, 0644);
	for (size_t i = 0; o->words != NULL && i < HARNESS_WORDS_MAX; i++) {
		words[i + 1] = NULL;
		if (o->words[i] == NULL)
			break;
		words[i + 1] = files_expand(h, o->words[i]);
	}
	fflush(NULL);
	h->pid = pid1 ? pidns_fork() : fork();
	assert_int_not_equal(h->pid, -1);
	if (h->pid == 0) {
		harness_redirect(h, o);
		if (o->prepare != NULL)
			o->prepare(o->arg);
		execv(program, (char *const *)words);
		_exit(126);
	}
	for (size_t i = 1; o->words != NULL && words[i] != NULL; i++)
		free((char *)(uintptr_t)words[i]);
}

void
harness_start_with(struct harness *h, const struct harness_options *options)
{
	const uint64_t until = harness_now_ms() + HARNESS_DEADLINE_MS;

	harness_spawn(h, options);
	while (journal_count(h, JOURNAL("ready")) == 0) {
		if (harness_now_ms() >= until)
			fail_msg("the daemon did not become ready");
		if (proc_is_zombie(h->pid))
			fail_msg("the daemon ended with status %d",
			    harness_wait_exit(h));
		harness_nap();
	}
}

void
harness_start(struct harness *h, const char *config)
{
	harness_start_with(h, &(struct harness_options){ .config = config });
}

int
harness_wait_exit(struct harness *h)
{
	int status = 0;

	watch_release(h);
	HARNESS_WAIT_UNTIL(waitpid(h->pid, &status, WNOHANG) == h->pid);
	h->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
harness_run(struct harness *h, const char *const *words)
{
	unlink(h->log_path);
	unlink(h->out_path);
	harness_spawn(h, &(struct harness_options){ .words = words });
	return harness_wait_exit(h);
}

void
harness_stop(struct harness *h)
{
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	assert_int_equal(harness_wait_exit(h), 0);
}

void
harness_finish(struct harness *h)
{
	if (h->pid != 0) {
		HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
		harness_stop(h);
	}
	h->finished = true;
}
