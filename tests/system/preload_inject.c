/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Preloaded into the daemon: what the table of inject.h says fails, without
 * having been tried. Everything else goes where it would have gone.
 */
#include "inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static struct inject_table *preload_table; /* NULL: nothing fails */

__attribute__((constructor)) static void
preload_init(void)
{
	const char *path = getenv(INJECT_ENVIRONMENT);

	/* Handlers have it in their environment, too. */
	if (path == NULL || strcmp(program_invocation_short_name, "evinetd"))
		return;
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		abort();
	preload_table = mmap(NULL, sizeof(*preload_table),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (preload_table == MAP_FAILED)
		abort();
}

static bool
preload_fails(enum inject_call call)
{
	struct inject_rule *r;

	if (preload_table == NULL)
		return false;
	r = &preload_table->rules[call];
	if (r->left == 0)
		return false;
	if (r->skip > 0) {
		r->skip--;
		return false;
	}
	if (r->left > 0)
		r->left--;
	r->failed++;
	errno = r->error;
	return true;
}

/* ---- allocations ---- */

#define PRELOAD_REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

void *
malloc(size_t size)
{
	static __typeof__(&malloc) real;

	if (real == NULL)
		real = PRELOAD_REAL(malloc);
	return preload_fails(INJECT_MALLOC) ? NULL : real(size);
}

void *
calloc(size_t count, size_t size)
{
	static __typeof__(&calloc) real;

	if (real == NULL)
		real = PRELOAD_REAL(calloc);
	return preload_fails(INJECT_CALLOC) ? NULL : real(count, size);
}

void *
realloc(void *old, size_t size)
{
	static __typeof__(&realloc) real;

	if (real == NULL)
		real = PRELOAD_REAL(realloc);
	return preload_fails(INJECT_REALLOC) ? NULL : real(old, size);
}

/* ---- system calls ---- */

int
accept4(int fd, struct sockaddr *a, socklen_t *len, int flags)
{
	if (preload_fails(INJECT_ACCEPT4))
		return -1;
	return (int)syscall(SYS_accept4, fd, a, len, flags);
}

int
clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	static int (*real)(int (*)(void *), void *, int, void *, ...);

	if (real == NULL)
		real = PRELOAD_REAL(clone);
	return preload_fails(INJECT_CLONE) ? -1 : real(fn, stack, flags, arg);
}

int
execve(const char *path, char *const *argv, char *const *envp)
{
	if (preload_fails(INJECT_EXECVE))
		return -1;
	return (int)syscall(SYS_execve, path, argv, envp);
}

int
epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
	if (op == EPOLL_CTL_ADD && preload_fails(INJECT_EPOLL_ADD))
		return -1;
	return (int)syscall(SYS_epoll_ctl, epoll_fd, op, fd, event);
}

int
fcntl(int fd, int op, ...)
{
	va_list ap;

	va_start(ap, op);
	const long arg = va_arg(ap, long);
	va_end(ap);
	if (op == F_SETFL && preload_fails(INJECT_SETFL))
		return -1;
	return (int)syscall(SYS_fcntl, fd, op, arg);
}

int
getsockname(int fd, struct sockaddr *a, socklen_t *len)
{
	if (preload_fails(INJECT_GETSOCKNAME))
		return -1;
	return (int)syscall(SYS_getsockname, fd, a, len);
}

int
getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (preload_fails(INJECT_GETSOCKOPT))
		return -1;
	return (int)syscall(SYS_getsockopt, fd, level, name, value, len);
}

int
open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	const int mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;
	va_end(ap);
	if (preload_fails(INJECT_OPEN))
		return -1;
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int
openat(int folder, const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	const int mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;
	va_end(ap);
	if (preload_fails(INJECT_OPENAT))
		return -1;
	return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int
mkdirat(int folder, const char *path, mode_t mode)
{
	if (preload_fails(INJECT_MKDIRAT))
		return -1;
	return (int)syscall(SYS_mkdirat, folder, path, mode);
}

int
pipe2(int fds[2], int flags)
{
	if (preload_fails(INJECT_PIPE2))
		return -1;
	return (int)syscall(SYS_pipe2, fds, flags);
}

ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	if (preload_fails(INJECT_RECV))
		return -1;
	return syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
	if (preload_fails(INJECT_SEND))
		return -1;
	return syscall(SYS_sendto, fd, buf, len, flags, NULL, 0);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (preload_fails(INJECT_SETSOCKOPT))
		return -1;
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

int
shutdown(int fd, int how)
{
	if (preload_fails(INJECT_SHUTDOWN))
		return -1;
	return (int)syscall(SYS_shutdown, fd, how);
}
