/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Where finished lines go. Private to the log.
 */
#ifndef EVINETD_LOG_SINK_H
#define EVINETD_LOG_SINK_H

#include <evinetd/base/log.h>

#include <sys/types.h>

struct log_sink {
	enum log_target target;
	int fd;	      /* -1: none */
	bool own_fd;  /* to be closed by log_sink_fini() */
	bool is_sock; /* MSG_DONTWAIT is possible */
	bool poll;    /* the description may block: ask before each write */
	char *path;   /* LOG_TARGET_FILE */
};

/* 0, or a negative errno and nothing to free. */
int log_sink_init(struct log_sink *s, enum log_target target, const char *path);
void log_sink_fini(struct log_sink *s);

/* True when the sink puts the time on a line itself. */
bool log_sink_has_time(const struct log_sink *s);

/* Writes whole lines, at most LOG_LINE_MAX bytes, or one record to a datagram
 * socket. The bytes taken (a terminal may take a part), -EAGAIN when the reader
 * does not keep up, or another negative errno; it never blocks. */
ssize_t log_sink_write(
    struct log_sink *s, enum log_level level, const char *lines, size_t len);

#endif
