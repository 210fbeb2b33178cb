/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Unix sockets leave a file behind when their process is killed. Whether one
 * is stale is asked of the kernel: nobody listens there when connect(2) says
 * ECONNREFUSED. Whoever may write to the folder can put something else in the
 * place of our file at any time, so owner and mode are set on the file that
 * was looked at, never by its name. Called by listener.c only.
 */
#include "unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define UNIX_SOCKET_LOCK_TRIES	  20
#define UNIX_SOCKET_LOCK_PAUSE_NS 10000000

int
unix_socket_lock(const struct addr *addr)
{
	const struct timespec pause = { .tv_nsec = UNIX_SOCKET_LOCK_PAUSE_NS };
	char folder[sizeof(addr->u.un.sun_path) + 1];

	snprintf(folder, sizeof(folder), "%s", addr->u.un.sun_path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		strcpy(folder, ".");
	else
		slash[1] = '\0'; /* "/" stays */
	/* Without a folder bind(2) says so; one that may not be read cannot be
	 * locked. */
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	/* Ours is held for a moment. Anybody who may read the folder can hold
	 * another one for ever, and must not keep us from starting. */
	for (int i = 0; i < UNIX_SOCKET_LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		(void)nanosleep(&pause, NULL); /* a signal: try sooner */
	}
	close(fd);
	return -1;
}

void
unix_socket_unlock(int lock)
{
	if (lock != -1)
		close(lock);
}

/* 0: stale. Somebody lives there when connect(2) says anything but
 * ECONNREFUSED: EAGAIN, a full backlog; EPROTOTYPE, a socket of another type;
 * EPERM, a datagram socket that talks to another one. */
static int
unix_socket_check_stale(const struct listener *l)
{
	struct stat st;
	int error = -EADDRINUSE;

	if (lstat(l->addr.u.un.sun_path, &st) == -1)
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	int fd = socket(AF_UNIX, l->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, &l->addr.u.sa, l->addr.len) == -1 &&
	    errno == ECONNREFUSED)
		error = 0;
	close(fd);
	return error;
}

static int
unix_socket_bind_or_replace(const struct listener *l, const char **ret_step)
{
	if (bind(l->fd, &l->addr.u.sa, l->addr.len) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	const int error = unix_socket_check_stale(l);
	if (error < 0)
		return error;
	*ret_step = "unlink";
	if (unlink(l->addr.u.un.sun_path) == -1)
		return -errno;
	*ret_step = "bind";
	if (bind(l->fd, &l->addr.u.sa, l->addr.len) == -1)
		return -errno;
	return 0;
}

/* AT_EMPTY_PATH and /proc/self/fd, because fchown(2) and fchmod(2) refuse an
 * O_PATH descriptor. */
static int
unix_socket_set_owner(
    int fd, const struct config_socket *options, const char **ret_step)
{
	char name[32];

	*ret_step = "socket_user";
	if (fchownat(fd, "", options->user.set ? options->user.uid : (uid_t)-1,
		options->group.set ? options->group.gid : (gid_t)-1,
		AT_EMPTY_PATH) == -1)
		return -errno;
	*ret_step = "socket_mode";
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	if (chmod(name, options->mode) == -1)
		return -errno;
	return 0;
}

/* bind(2) does not tell which file it made: ours is a socket, belongs to us
 * and, when early is so, has a mode that no other one in use has. */
static int
unix_socket_identify(struct listener *l, int fd, mode_t early)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 0777 & ~early) != 0)
		return -ESTALE;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	return 0;
}

int
unix_socket_bind(struct listener *l, const struct config_socket *options,
    const char **ret_step)
{
	const bool chown_it = options->user.set || options->group.set;
	const mode_t early = chown_it ? 0 : options->mode;

	*ret_step = "bind";
	/* On Linux bind(2) gives the file the mode of the socket's inode, less
	 * the umask, so there is no moment with another mode. */
	if (fchmod(l->fd, early) == -1)
		return -errno;
	const mode_t mask = umask(0);
	int error = unix_socket_bind_or_replace(l, ret_step);
	umask(mask);
	if (error < 0)
		return error;

	*ret_step = "stat";
	const int fd =
	    open(l->addr.u.un.sun_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	error = unix_socket_identify(l, fd, early);
	if (error == 0 && chown_it)
		error = unix_socket_set_owner(fd, options, ret_step);
	close(fd);
	return error;
}

void
unix_socket_unlink(const struct listener *l)
{
	const char *path = l->addr.u.un.sun_path;
	struct stat st;

	if (lstat(path, &st) == -1 || st.st_dev != l->dev ||
	    st.st_ino != l->ino)
		return;
	/* A file that cannot be removed is stale from now on, and replaced by
	 * the next start. */
	(void)unlink(path);
}
