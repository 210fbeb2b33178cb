/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The real daemon, in the foreground, in a folder of its own. What it writes
 * to standard error is kept in a file; see journal.h for looking at it.
 *
 * A test that fails leaves by longjmp; the teardown then ends everything that
 * was started here, prints the daemon's log, and removes the folder.
 */
#ifndef EVINETD_TESTS_HARNESS_H
#define EVINETD_TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <sys/types.h>

/* The end of patience with anything; never a measurement. */
#define HARNESS_DEADLINE_MS 30000

#define HARNESS_TEST(function)           \
	cmocka_unit_test_setup_teardown( \
	    function, harness_setup, harness_teardown)

#define HARNESS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Looks again and again, a few milliseconds apart, until the deadline. */
#define HARNESS_WAIT_UNTIL(condition)                                  \
	for (uint64_t until_ = harness_now_ms() + HARNESS_DEADLINE_MS; \
	     !(condition); harness_nap())                              \
		if (harness_now_ms() >= until_)                        \
	fail_msg("waited in vain until %s", #condition)

struct harness {
	char dir[128];
	char config_path[160];
	char out_path[160]; /* the daemon's standard output */
	char log_path[256]; /* its log: standard error, unless told otherwise */
	pid_t pid;	    /* the daemon's, seen from here; 0: none runs */
	bool watched;	    /* see watch.h */
	bool finished;	    /* the test has reached its end */
	char *text;	    /* the log as last read */
	char line[8192];    /* the line that journal_wait() found */
};

struct harness_options {
	const char *config;	    /* text; @DIR@, @PROBE@, @TAKER@ */
	const char *const *words;   /* the command line instead of -c CONFIG;
				       replaced in the same way */
	const char *program;	    /* NULL: the evinetd that was built */
	int log_fd;		    /* for standard error; 0: the file */
	void (*prepare)(void *arg); /* in the child, before exec */
	void *arg;
	bool pid1; /* as PID 1 of a namespace (pidns.h), whatever the
		      environment says */
};

/* For cmocka; *state is the struct harness. */
int harness_setup(void **state);
int harness_teardown(void **state);

/* Runs all tests, or the one that is named on the command line; then the
 * status is 77 when that one was skipped. */
int harness_main(int argc, char *argv[], const char *group,
    const struct CMUnitTest *tests, size_t count);

/* Does not return. */
void harness_skip(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

/* True for the long form of a test: EVINETD_TEST_LONG=1. */
bool harness_is_long(void);

/* Starts it, and does not wait for anything. */
void harness_spawn(struct harness *h, const struct harness_options *options);
/* Starts it with that text and waits for `ready`. */
void harness_start(struct harness *h, const char *config);
void
harness_start_with(struct harness *h, const struct harness_options *options);
/* Runs it with these words after its name, until it ends by itself. Its exit
 * status. */
int harness_run(struct harness *h, const char *const *words);

/* Its exit status, or 128 and the signal that killed it. */
int harness_wait_exit(struct harness *h);
/* SIGTERM, and status 0. */
void harness_stop(struct harness *h);
/* How a test ends: no handler and no zombie is left, and then stops it. */
void harness_finish(struct harness *h);

/* All of a file, NUL-terminated; the caller frees it. ret_len may be NULL. */
char *harness_read_file(const char *path, size_t *ret_len);
/* A file in the folder, with its mode; @DIR@ and so on are replaced. */
void harness_write_file(
    struct harness *h, const char *name, const char *text, mode_t mode);
/* "DIR/name", in one of a few static buffers. */
const char *harness_path(struct harness *h, const char *name);
/* Copies a program, for users who may not reach the original. */
void
harness_copy_program(struct harness *h, const char *from, const char *name);

uint64_t harness_now_ms(void);
void harness_nap(void);

#endif
