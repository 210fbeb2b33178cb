/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Writes and locks the pid file. The lock, not the number, says whether a
 * supervisor lives: a file that is left after a crash is simply taken over.
 */
#include <evinetd/core/pid_file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that changes this often has another supervisor. */
#define PID_FILE_TRIES 16

/* Of pid_file_lock(): not the file of that name any more, try again. */
#define PID_FILE_E_REPLACED 1

static int
pid_file_write(int fd)
{
	char text[16];
	const int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) == -1)
		return -errno;
	const ssize_t n = write(fd, text, (size_t)len);
	if (n == -1)
		return -errno;
	return n == len ? 0 : -ENOSPC;
}

/* The one before us unlinks its file before it gives up the lock: what we
 * waited for may have no name any more. */
static int
pid_file_check(const char *path, int fd)
{
	struct stat ours, named;

	if (fstat(fd, &ours) == -1)
		return -errno;
	if (lstat(path, &named) == -1)
		return errno == ENOENT ? PID_FILE_E_REPLACED : -errno;
	return ours.st_dev == named.st_dev && ours.st_ino == named.st_ino
		   ? 0
		   : PID_FILE_E_REPLACED;
}

static int
pid_file_lock(const char *path, int *ret_fd)
{
	const int fd =
	    open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd == -1)
		return -errno;
	const int error = flock(fd, LOCK_EX | LOCK_NB) == -1
			      ? -errno
			      : pid_file_check(path, fd);
	if (error != 0) {
		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

int
pid_file_create(const char *path, int *ret_fd)
{
	int fd = -1, error = PID_FILE_E_REPLACED;

	*ret_fd = -1;
	if (path == NULL)
		return 0;
	for (int i = 0; i < PID_FILE_TRIES && error > 0; i++)
		error = pid_file_lock(path, &fd);
	if (error != 0)
		return error > 0 ? -EAGAIN : error;
	error = pid_file_write(fd);
	if (error < 0) {
		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

void
pid_file_remove(const char *path, int fd)
{
	if (fd == -1)
		return;
	/* What cannot be removed is taken over by the next start. */
	(void)unlink(path);
	close(fd);
}
