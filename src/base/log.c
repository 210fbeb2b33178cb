/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log's front: records are built field by field in the caller's frame
 * and written as one line. Owns the process's one sink and the count of lines
 * that it did not take. Called by core, control and the mains only; the other
 * layers return what happened.
 */
#include <evinetd/base/clock.h>
#include <evinetd/base/log.h>

#include "log_escape.h"
#include "log_format.h"
#include "log_sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Between two log_lost lines in the buffer it was full, and there was room for
 * LOG_LINE_MAX beside the first one. */
#define LOG_REPORTS (LOG_BUFFER_SIZE / LOG_LINE_MAX)

static struct {
	struct log_sink sink;
	enum log_format format;
	enum log_level level;
	uint64_t lost;	     /* since the start */
	uint64_t unreported; /* of these, in no log_lost line yet */
	bool deferred;
	bool inside; /* what was written last is no whole line... */
	bool torn;   /* ...and its rest was dropped */
	size_t used; /* bytes of log_buffer */
	/* The log_lost lines in log_buffer: until one is written, its number
	 * may have to be told again. */
	struct {
		size_t end; /* of the line, in log_buffer */
		uint64_t lines;
	} reports[LOG_REPORTS];
	size_t nreports;
} log_state = {
	.sink = { .target = LOG_TARGET_STDERR,
	    .fd = STDERR_FILENO,
	    .poll = true },
	.format = LOG_FORMAT_TEXT,
	.level = LOG_LEVEL_INFO,
};
static char log_buffer[LOG_BUFFER_SIZE];

static void
log_set_sink(const struct log_sink *sink)
{
	struct stat before, now;
	const bool same = fstat(log_state.sink.fd, &before) == 0 &&
			  fstat(sink->fd, &now) == 0 &&
			  before.st_dev == now.st_dev &&
			  before.st_ino == now.st_ino;

	if (!same)
		log_state.inside = log_state.torn = false;
	log_sink_fini(&log_state.sink);
	log_state.sink = *sink;
}

static const char *const log_level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_NOTICE] = "notice",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

const char *
log_level_name(enum log_level level)
{
	return log_level_names[level];
}

int
log_level_parse(const char *name, enum log_level *ret)
{
	for (enum log_level l = LOG_LEVEL_ERROR; l <= LOG_LEVEL_DEBUG; l++)
		if (strcmp(log_level_names[l], name) == 0) {
			*ret = l;
			return 0;
		}
	return -EINVAL;
}

int
log_open(enum log_target target, const char *path, enum log_format format,
    enum log_level level)
{
	struct log_sink sink;
	const int error = log_sink_init(&sink, target, path);

	if (error < 0)
		return error;
	(void)log_flush(); /* what the old one does not take goes to the new */
	log_set_sink(&sink);
	log_state.format = format;
	log_state.level = level;
	return 0;
}

int
log_reopen(void)
{
	struct log_sink sink;
	const int error =
	    log_sink_init(&sink, log_state.sink.target, log_state.sink.path);

	if (error < 0)
		return error;
	(void)log_flush(); /* as in log_open() */
	log_set_sink(&sink);
	return 0;
}

void
log_close(void)
{
	(void)log_flush(); /* the last chance */
	log_sink_fini(&log_state.sink);
}

uint64_t
log_lost(void)
{
	return log_state.lost;
}

void
log_begin(struct log_record *r, enum log_level level, const char *event)
{
	r->level = level;
	r->on = level <= log_state.level;
	r->event = event;
	r->nfields = 0;
	r->used = 0;
}

/* Makes up to want bytes of room at the expense of the longest value, so far
 * as that one stays the longest: what comes after it is not lost. Returns the
 * room. */
static size_t
log_make_room(struct log_record *r, size_t want)
{
	size_t room = sizeof(r->buf) - r->used;
	size_t longest = 0, len = 0;

	for (size_t i = 0; i < r->nfields; i++)
		if (r->fields[i].kind == LOG_KIND_TEXT &&
		    r->fields[i].len > len) {
			longest = i;
			len = r->fields[i].len;
		}
	const size_t half = (len + room) / 2;
	if (want > half)
		want = half;
	if (want <= room)
		return room;
	char *text = r->buf + (r->fields[longest].text - r->buf);
	const size_t left = log_escape_cut(text, len - (want - room));
	const size_t gain = len - left;
	memmove(
	    text + left, text + len, r->used - (size_t)(text - r->buf) - len);
	r->fields[longest].len = left;
	for (size_t i = longest + 1; i < r->nfields; i++)
		if (r->fields[i].kind != LOG_KIND_NUMBER)
			r->fields[i].text -= gain;
	r->used -= gain;
	return room + gain;
}

void
log_mem(struct log_record *r, const char *key, const char *value, size_t len)
{
	const size_t max = sizeof(r->fields) / sizeof(r->fields[0]);
	size_t room = sizeof(r->buf) - r->used;

	if (!r->on || r->nfields == max)
		return;
	if (len > room)
		room = log_make_room(r, len);
	const bool cut = len > room;
	if (cut)
		len = room;
	char *text = r->buf + r->used;
	if (len > 0)
		memcpy(text, value, len);
	if (cut)
		len = log_escape_cut(text, len);
	r->fields[r->nfields].kind = LOG_KIND_TEXT;
	r->fields[r->nfields].key = key;
	r->fields[r->nfields].text = text;
	r->fields[r->nfields].len = len;
	r->nfields++;
	r->used += len;
}

void
log_str(struct log_record *r, const char *key, const char *value)
{
	if (r->on)
		log_mem(r, key, value, strlen(value));
}

void
log_int(struct log_record *r, const char *key, int64_t value)
{
	const size_t max = sizeof(r->fields) / sizeof(r->fields[0]);

	if (!r->on || r->nfields == max)
		return;
	r->fields[r->nfields].kind = LOG_KIND_NUMBER;
	r->fields[r->nfields].key = key;
	r->fields[r->nfields].number = value;
	r->nfields++;
}

void
log_real(struct log_record *r, const char *key, double value, int decimals,
    const char *unit)
{
	const size_t before = r->nfields;

	log_fmt(r, key, "%.*f%s", decimals, value, unit);
	if (r->nfields > before) {
		r->fields[before].kind = LOG_KIND_REAL;
		r->fields[before].real = value;
	}
}

static void
log_vfmt(struct log_record *r, const char *key, const char *format, va_list ap)
{
	char text[1024];
	const int error = errno;

	vsnprintf(text, sizeof(text), format, ap);
	log_str(r, key, text);
	errno = error;
}

void
log_fmt(struct log_record *r, const char *key, const char *format, ...)
{
	va_list ap;

	if (!r->on)
		return;
	va_start(ap, format);
	log_vfmt(r, key, format, ap);
	va_end(ap);
}

void
log_errno(struct log_record *r, int error)
{
	const char *name = strerrorname_np(error);
	const char *text = strerrordesc_np(error);

	log_str(r, "error", text != NULL ? text : "unknown error");
	if (name != NULL)
		log_str(r, "errno", name);
	else
		log_int(r, "errno", error);
}

/* Whole lines, no more than a pipe takes in one piece. */
static size_t
log_next_chunk(void)
{
	if (log_state.used <= LOG_LINE_MAX)
		return log_state.used;
	const char *end = memrchr(log_buffer, '\n', LOG_LINE_MAX);
	return (size_t)(end - log_buffer) + 1;
}

static void
log_lose(uint64_t lines)
{
	log_state.lost += lines;
	log_state.unreported += lines;
}

/* The first len bytes leave the buffer, and the log_lost lines that end in
 * them. Those that were not written are no loss, but what they tell is. */
static void
log_remove(size_t len, bool written)
{
	const size_t count = log_state.nreports;
	uint64_t lines = 0;

	log_state.nreports = 0;
	for (size_t i = 0; i < count; i++)
		if (log_state.reports[i].end > len) {
			log_state.reports[log_state.nreports] =
			    log_state.reports[i];
			log_state.reports[log_state.nreports++].end -= len;
		} else if (!written) {
			log_state.unreported += log_state.reports[i].lines;
			lines--;
		}
	if (!written) {
		for (size_t i = 0; i < len; i++)
			lines += log_buffer[i] == '\n';
		log_lose(lines);
		log_state.torn = log_state.inside;
	} else
		log_state.inside = log_buffer[len - 1] != '\n';
	log_state.used -= len;
	memmove(log_buffer, log_buffer + len, log_state.used);
}

/* A line that the disk had no room for the end of is ended first. */
static ssize_t
log_write(size_t len)
{
	if (log_state.torn && !log_sink_has_time(&log_state.sink)) {
		const ssize_t n =
		    log_sink_write(&log_state.sink, LOG_LEVEL_INFO, "\n", 1);

		if (n < 0)
			return n;
		log_state.torn = log_state.inside = false;
	}
	return log_sink_write(&log_state.sink, LOG_LEVEL_INFO, log_buffer, len);
}

bool
log_flush(void)
{
	const int error = errno;

	while (log_state.used > 0) {
		const size_t len = log_next_chunk();
		const ssize_t n = log_write(len);

		if (n == -EAGAIN || n == 0)
			break;
		/* A full disk: there is no use in waiting. */
		log_remove(n < 0 ? len : (size_t)n, n >= 0);
	}
	errno = error;
	return log_state.used == 0;
}

void
log_set_deferred(bool deferred)
{
	log_state.deferred = deferred;
	if (!deferred)
		(void)
		    log_flush(); /* what is left is tried with the next line */
}

/* False when it was lost. */
static bool
log_put(const struct log_record *r)
{
	char line[LOG_LINE_MAX];
	const bool datagrams = log_sink_has_time(&log_state.sink);
	const int64_t now_ms = clock_realtime_ms();
	const size_t len = log_state.format == LOG_FORMAT_JSON
			       ? log_format_json(r, now_ms, line, sizeof(line))
			       : log_format_text(r, datagrams ? -1 : now_ms,
				     line, sizeof(line));

	if (datagrams) /* each has its own level */
		return log_sink_write(&log_state.sink, r->level, line, len) >=
		       0;
	if (len > LOG_BUFFER_SIZE - log_state.used)
		(void)log_flush(); /* makes room, or does not */
	if (len > LOG_BUFFER_SIZE - log_state.used)
		return false;
	memcpy(log_buffer + log_state.used, line, len);
	log_state.used += len;
	return true;
}

/* Tells of lost lines before anything else gets through. */
static bool
log_put_lost(void)
{
	struct log_record r;
	const bool datagrams = log_sink_has_time(&log_state.sink);

	if (log_state.unreported == 0)
		return true;
	/* Not before there is room for what comes after it as well. */
	if (!log_flush() && LOG_BUFFER_SIZE - log_state.used < 2 * LOG_LINE_MAX)
		return false;
	if (log_state.nreports == LOG_REPORTS)
		return false;
	log_begin(&r, LOG_LEVEL_WARNING, "log_lost");
	log_int(&r, "lines", (int64_t)log_state.unreported);
	if (!log_put(&r))
		return false;
	if (!datagrams) {
		log_state.reports[log_state.nreports].end = log_state.used;
		log_state.reports[log_state.nreports++].lines =
		    log_state.unreported;
	}
	log_state.unreported = 0;
	return true;
}

void
log_end(struct log_record *r)
{
	const int error = errno;

	if (!r->on)
		return;
	if (!log_put_lost() || !log_put(r))
		log_lose(1);
	if (!log_state.deferred)
		(void)
		    log_flush(); /* what is left is tried with the next line */
	errno = error;
}

void
log_message(enum log_level level, const char *event, const char *format, ...)
{
	struct log_record r;
	va_list ap;

	log_begin(&r, level, event);
	if (!r.on)
		return;
	va_start(ap, format);
	log_vfmt(&r, "message", format, ap);
	va_end(ap);
	log_end(&r);
}
