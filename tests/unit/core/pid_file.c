/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The pid file: two supervisors never hold the same name.
 */
#include "../cm.h"

#include <evinetd/core/pid_file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/evinetd-pid-XXXXXX";
static char path[64], other[64];
static int unlinks;  /* so many times the name goes before the lock comes */
static bool replace; /* and another file has it then */

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

int
__wrap_flock(int fd, int operation)
{
	if (unlinks > 0) {
		unlinks--;
		assert_int_equal(unlink(path), 0);
		if (replace)
			close(open(path, O_WRONLY | O_CREAT, 0644));
	}
	return __real_flock(fd, operation);
}

static int
setup(void **state)
{
	unlinks = 0;
	replace = false;
	return 0;
}

static void
assert_named(int fd)
{
	struct stat ours, named;

	assert_int_equal(fstat(fd, &ours), 0);
	assert_int_equal(lstat(path, &named), 0);
	assert_int_equal(ours.st_ino, named.st_ino);
}

static void
pid_file_create__nobody_there__holds_our_number(void **state)
{
	char text[32];
	int fd;

	assert_int_equal(pid_file_create(path, &fd), 0);
	const ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(atoi(text), getpid());
	pid_file_remove(path, fd);
	assert_int_equal(access(path, F_OK), -1);
}

static void
pid_file_create__locked__refuses(void **state)
{
	int fd, second;

	assert_int_equal(pid_file_create(path, &fd), 0);
	assert_int_equal(pid_file_create(path, &second), -EAGAIN);
	assert_int_equal(second, -1);
	pid_file_remove(path, fd);
}

static void
pid_file_create__unlinked_before_the_lock__tries_again(void **state)
{
	int fd;

	unlinks = 2;
	assert_int_equal(pid_file_create(path, &fd), 0);
	assert_named(fd);
	pid_file_remove(path, fd);
}

static void
pid_file_create__replaced_before_the_lock__takes_the_new_one(void **state)
{
	int fd;

	unlinks = 2;
	replace = true;
	assert_int_equal(pid_file_create(path, &fd), 0);
	assert_named(fd);
	pid_file_remove(path, fd);
}

static void
pid_file_create__replaced_all_the_time__gives_up(void **state)
{
	int fd;

	unlinks = 1000;
	assert_int_equal(pid_file_create(path, &fd), -EAGAIN);
	assert_int_equal(fd, -1);
}

static void
pid_file_create__symbolic_link__is_not_followed(void **state)
{
	struct stat st;
	FILE *file = fopen(other, "w");
	int fd;

	fputs("precious", file);
	fclose(file);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(pid_file_create(path, &fd), -ELOOP);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, strlen("precious"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(other), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    pid_file_create__nobody_there__holds_our_number, setup),
		cmocka_unit_test_setup(pid_file_create__locked__refuses, setup),
		cmocka_unit_test_setup(
		    pid_file_create__unlinked_before_the_lock__tries_again,
		    setup),
		cmocka_unit_test_setup(
		    pid_file_create__replaced_before_the_lock__takes_the_new_one,
		    setup),
		cmocka_unit_test_setup(
		    pid_file_create__replaced_all_the_time__gives_up, setup),
		cmocka_unit_test_setup(
		    pid_file_create__symbolic_link__is_not_followed, setup),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/pid", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
