/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The four places a log line can go: standard error, a file, syslog
 * (RFC 3164 datagrams, as syslog(3) sends them) and the journal (its native
 * protocol). Own code instead of syslog(3), because that one waits for a
 * stopped reader; nothing here ever waits.
 */
#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LOG_SINK_FACILITY (3 << 3) /* LOG_DAEMON */

static int
log_sink_open_stderr(struct log_sink *s)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) == -1)
		return -errno;
	s->fd = STDERR_FILENO;
	s->is_sock = S_ISSOCK(st.st_mode);
	if (s->is_sock || S_ISREG(st.st_mode))
		return 0;
	/* O_NONBLOCK belongs to the open file description, which we share with
	 * whoever gave it to us: take one of our own where that is possible. */
	int fd = open("/proc/self/fd/2",
	    O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1) {
		s->poll = true;
		return 0;
	}
	s->fd = fd;
	s->own_fd = true;
	return 0;
}

static int
log_sink_open_file(struct log_sink *s, const char *path)
{
	int fd = open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0640);

	if (fd == -1)
		return -errno;
	s->path = strdup(path);
	if (s->path == NULL) {
		close(fd);
		return -ENOMEM;
	}
	s->fd = fd;
	s->own_fd = true;
	return 0;
}

static int
log_sink_open_socket(struct log_sink *s, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&un, sizeof(un)) == -1) {
		const int error = errno;
		close(fd);
		return -error;
	}
	s->fd = fd;
	s->own_fd = true;
	s->is_sock = true;
	return 0;
}

int
log_sink_init(struct log_sink *s, enum log_target target, const char *path)
{
	*s = (struct log_sink){ .target = target, .fd = -1 };
	switch (target) {
	case LOG_TARGET_STDERR:
		return log_sink_open_stderr(s);
	case LOG_TARGET_FILE:
		return log_sink_open_file(s, path);
	case LOG_TARGET_SYSLOG:
		return log_sink_open_socket(s, "/dev/log");
	case LOG_TARGET_JOURNAL:
		return log_sink_open_socket(s, "/run/systemd/journal/socket");
	}
	return -EINVAL;
}

void
log_sink_fini(struct log_sink *s)
{
	if (s->own_fd)
		close(s->fd);
	s->fd = -1;
	free(s->path);
	s->path = NULL;
}

bool
log_sink_has_time(const struct log_sink *s)
{
	return s->target == LOG_TARGET_SYSLOG ||
	       s->target == LOG_TARGET_JOURNAL;
}

static ssize_t
log_sink_send(struct log_sink *s, struct iovec *iov, size_t niov)
{
	const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = niov };

	const ssize_t n = sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n == -1 ? -errno : n;
}

static ssize_t
log_sink_datagram(
    struct log_sink *s, enum log_level level, const char *line, size_t len)
{
	char head[96];
	struct iovec iov[2];

	if (s->target == LOG_TARGET_SYSLOG) {
		char when[32];
		struct tm tm;
		const time_t now = time(NULL);

		localtime_r(&now, &tm);
		/* RFC 3164 wants English months: evinetd never calls
		 * setlocale(3), so %b is that. */
		strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm);
		snprintf(head, sizeof(head),
		    "<%d>%s evinetd[%d]: ", LOG_SINK_FACILITY | (int)level,
		    when, (int)getpid());
	} else
		snprintf(head, sizeof(head),
		    "PRIORITY=%d\nSYSLOG_FACILITY=3\n"
		    "SYSLOG_IDENTIFIER=evinetd\nMESSAGE=",
		    (int)level);
	iov[0] = (struct iovec){ head, strlen(head) };
	iov[1] = (struct iovec){ (void *)(uintptr_t)line, len };
	if (s->target == LOG_TARGET_SYSLOG)
		iov[1].iov_len--; /* a datagram needs no newline */

	ssize_t n = log_sink_send(s, iov, 2);
	if (n == -ECONNREFUSED || n == -ENOTCONN || n == -ECONNRESET) {
		/* The log daemon was restarted; its socket is a new one. */
		struct log_sink fresh;

		if (log_sink_init(&fresh, s->target, NULL) < 0)
			return n;
		log_sink_fini(s);
		*s = fresh;
		n = log_sink_send(s, iov, 2);
	}
	return n < 0 ? n : (ssize_t)len; /* the head is not the caller's */
}

ssize_t
log_sink_write(
    struct log_sink *s, enum log_level level, const char *lines, size_t len)
{
	if (s->target == LOG_TARGET_SYSLOG || s->target == LOG_TARGET_JOURNAL)
		return log_sink_datagram(s, level, lines, len);
	if (s->is_sock) {
		struct iovec iov = { (void *)(uintptr_t)lines, len };

		return log_sink_send(s, &iov, 1);
	}
	if (s->poll) {
		struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

		if (poll(&pfd, 1, 0) != 1 || (pfd.revents & POLLOUT) == 0)
			return -EAGAIN;
	}
	const ssize_t n = write(s->fd, lines, len);
	return n == -1 ? -errno : n;
}
