/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The system calls of the built-in handlers, with everything that read(2) and
 * write(2) may answer besides success: too little, not now, interrupted, and
 * gone. Nobody else in the program looks at errno. Neither logs nor exits.
 */
#include "io.h"

#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* 0 when the call that just failed is to be tried again, else -errno. */
static int
io_retry(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return 0;
	/* O_NONBLOCK belongs to the open file description, which others may
	 * share: it is waited out, not taken off. */
	if (errno == EAGAIN) {
		if (poll(&p, 1, -1) == -1 && errno != EINTR)
			return -errno;
		return 0;
	}
	return -errno;
}

ssize_t
io_read(int fd, void *buf, size_t len)
{
	for (;;) {
		ssize_t n = read(fd, buf, len);
		int error;

		if (n != -1)
			return n;
		error = io_retry(fd, POLLIN);
		if (error != 0)
			return error;
	}
}

ssize_t
io_skip(int fd, void *buf, size_t len)
{
	for (;;) {
		/* tcp(7): MSG_TRUNC discards instead of copying. Other
		 * families copy, so buf has to be there all the same. */
		ssize_t n = recv(fd, buf, len, MSG_TRUNC);
		int error;

		if (n != -1)
			return n;
		if (errno == ENOTSOCK || errno == EOPNOTSUPP)
			return io_read(fd, buf, len);
		error = io_retry(fd, POLLIN);
		if (error != 0)
			return error;
	}
}

void
io_skip_pending(int fd, void *buf, size_t len)
{
	/* Once only: a client that never stops sending must not keep its
	 * handler in here. */
	(void)recv(fd, buf, len, MSG_TRUNC | MSG_DONTWAIT);
}

int
io_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1) {
			int error = io_retry(fd, POLLOUT);

			if (error != 0)
				return error;
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

bool
io_client_left(int error)
{
	switch (-error) {
	case EPIPE:
	case ECONNRESET:
	/* What keepalive and TCP_USER_TIMEOUT report of a peer that fell
	 * silent, or that the network cannot reach any more. */
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
		return true;
	default:
		return false;
	}
}
