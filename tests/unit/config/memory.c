/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A machine without memory: every single allocation of a load fails once, and
 * each time the load ends with -ENOMEM, or as if nothing had been, without a
 * crash or a leak (which valgrind and ASan look for).
 */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static long countdown = -1; /* allocations until one fails; -1: never */

static bool
fails_now(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);
int __real_vasprintf(char **ret, const char *format, va_list args);
int __wrap_vasprintf(char **ret, const char *format, va_list args);
int __wrap_asprintf(char **ret, const char *format, ...);
FILE *__real_open_memstream(char **ret, size_t *ret_size);
FILE *__wrap_open_memstream(char **ret, size_t *ret_size);

void *
__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails_now() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails_now() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return fails_now() ? NULL : __real_strndup(text, len);
}

int
__wrap_vasprintf(char **ret, const char *format, va_list args)
{
	return fails_now() ? -1 : __real_vasprintf(ret, format, args);
}

int
__wrap_asprintf(char **ret, const char *format, ...)
{
	va_list args;
	int result;

	if (fails_now())
		return -1;
	va_start(args, format);
	result = __real_vasprintf(ret, format, args);
	va_end(args);
	return result;
}

FILE *
__wrap_open_memstream(char **ret, size_t *ret_size)
{
	return fails_now() ? NULL : __real_open_memstream(ret, ret_size);
}

static const char right[] =
    "[evinetd]\ninclude = inc.ini x*.ini\nlog = ./log\n"
    "[defaults]\numask = 077\n"
    "[a]\nlisten = *:1 localhost:2 unix:/x\n\tvsock:3 udp:4 fd:x\n"
    "mode = activate\n"
    "handler = sh -c 'a b' x\ndescription = a\n\tb\n"
    "environment = A=1 B=2\npass_environment = C D\n"
    "working_directory = .\nstderr = ./err\nargv0 = x\n"
    "socket_user = root\nsocket_group = root\nbind_device = eth0\n"
    "[e]\nlisten = 7 unix:/y\nhandler = sh\nallow = ::1 uid:root gid:root\n"
    "deny = ::2\nallow_file = list\ndeny_file = other list\n"
    "when_refused = message\nrefuse_message = x\n"
    "active_hours = 08:00-09:00 10:00-11:00\n"
    "[f]\nlisten = 8\nhandler = sh\ndeny_file = list\n";

static const char wrong[] =
    "[evinted]\nlog_level = x\n[a]\nlisten = 99999 nothere\nfoo = 1\n"
    "handler = 'x\nhandler = y\n[a]\n[b]\nlisten = 1\n"
    "handler = /not/there\nuser = no-such-one\n[c]\nlisten = 1\n"
    "handler = builtin:echo\n[c\n bad\nworse\n[d]\nlisten = 1\n"
    "handler = builtin:echo\nallow = x\nallow_file = bad bad nothere\n";

/* How often one failed. */
static long
fail_each_allocation(
    int (*load)(struct diag *diag, struct config **ret), int expected)
{
	for (long n = 0;; n++) {
		struct diag *diag = diag_new();
		struct config *c = NULL;
		bool used_up;
		int error;

		countdown = n;
		error = load(diag, &c);
		used_up = countdown >= 0;
		countdown = -1;
		if (used_up) {
			assert_int_equal(error, expected);
			config_free(c);
			diag_free(diag);
			return n;
		}
		/* A message that was lost for want of memory still counts. */
		if (error != -ENOMEM)
			assert_int_equal(error, expected);
		assert_true((error == 0) == (c != NULL));
		config_free(c);
		diag_free(diag);
	}
}

static int
load_file(struct diag *diag, struct config **ret)
{
	return config_load("t.ini", diag, ret);
}

static int
load_options(struct diag *diag, struct config **ret)
{
	static const char *const listen[] = { "1", "unix:/x" };
	static const char *const set[] = { "nice=3", "log_level=debug" };
	static const char *const words[] = { "sh", "-c", "a b" };
	const struct config_adhoc from = { { (char **)listen, 2 },
		{ (char **)set, 2 }, { (char **)words, 3 } };

	return config_load_adhoc(&from, diag, ret);
}

static void
load__without_memory_somewhere__ends_with_enomem(void **state)
{
	support_write("inc.ini", "[b]\nlisten = 127.0.0.1:5\n"
				 "handler = builtin:echo\n");
	support_write("x1.ini", "[c]\nlisten = 127.0.0.1:6\n"
				"handler = builtin:echo\n");
	support_write("list", "::1\n::2\n::3\nuid:root\n");
	support_write("other", "");
	support_write("t.ini", right);
	assert_true(fail_each_allocation(load_file, 0) > 150);
}

static void
load__of_a_wrong_file_without_memory__ends_too(void **state)
{
	support_write("bad", "::1\nx\n");
	support_write("t.ini", wrong);
	assert_true(fail_each_allocation(load_file, -EINVAL) > 100);
}

static void
load_adhoc__without_memory_somewhere__ends_with_enomem(void **state)
{
	assert_true(fail_each_allocation(load_options, 0) > 50);
}

static void
diag_new__without_memory__is_null(void **state)
{
	for (long n = 0; n < 2; n++) {
		countdown = n;
		assert_null(diag_new());
	}
	countdown = -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    load__without_memory_somewhere__ends_with_enomem),
		cmocka_unit_test(
		    load__of_a_wrong_file_without_memory__ends_too),
		cmocka_unit_test(
		    load_adhoc__without_memory_somewhere__ends_with_enomem),
		cmocka_unit_test(diag_new__without_memory__is_null),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
