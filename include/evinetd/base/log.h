/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log: one event, one line, to standard error, a file, syslog or the
 * journal, as text (verb first, then key=value) or JSON with the same fields.
 *
 * Logging never blocks: lines that the reader does not take wait in a buffer
 * of LOG_BUFFER_SIZE; what does not fit there is dropped and counted, and the
 * next line that fits is preceded by a `log_lost lines=N` record. All functions
 * keep errno. One log a process.
 */
#ifndef EVINETD_BASE_LOG_H
#define EVINETD_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are those of syslog(3) and RFC 5424. */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* "info"; NULL for no level. */
const char *log_level_name(enum log_level level);

/* 0 and the level of that name, or -EINVAL. */
int log_level_parse(const char *name, enum log_level *ret);

enum log_target {
	LOG_TARGET_STDERR,
	LOG_TARGET_FILE,
	LOG_TARGET_SYSLOG,
	LOG_TARGET_JOURNAL,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
};

/* One line in either format, its newline included, is never longer: PIPE_BUF,
 * so that lines in a pipe are whole. What does not fit is cut. */
#define LOG_LINE_MAX 4096

#define LOG_BUFFER_SIZE (64 * 1024)

/* A record under construction; its text lives in the caller's frame. */
struct log_record {
	enum log_level level;
	bool on; /* false: below the level, the calls below do nothing */
	const char *event;
	size_t nfields;
	size_t used;
	struct {
		const char *key;
		enum log_kind {
			LOG_KIND_TEXT,
			LOG_KIND_NUMBER,
			LOG_KIND_REAL, /* in text with its unit */
		} kind;
		const char *text; /* in buf; of all kinds but LOG_KIND_NUMBER */
		size_t len;	  /* of text, which may hold any byte */
		int64_t number;
		double real;
	} fields[32];
	char buf[3072];
};

/* Opens the target; path is for LOG_TARGET_FILE only and is copied. On error
 * a negative errno, and the log goes on as it was. Before the first call
 * lines go to standard error as text at LOG_LEVEL_INFO. */
int log_open(enum log_target target, const char *path, enum log_format format,
    enum log_level level);

/* Opens the file again (after rotation). 0, or a negative errno and the old
 * one stays. */
int log_reopen(void);

/* Writes what waits, then closes. */
void log_close(void);

/* Deferred: lines wait for the next log_flush(), so that a turn of an event
 * loop costs one write(2) instead of one a line. Otherwise (at first) each
 * line is written at once. */
void log_set_deferred(bool deferred);

/* Writes what waits. False when the reader did not take all of it: call it
 * again after a while. */
bool log_flush(void);

/* How many lines were dropped since the start. */
uint64_t log_lost(void);

/* event and keys are literals that outlive the record; values are copied as
 * they are, and escaped when the line is written. Where they do not fit the
 * longest ones are cut, and end in "...". */
void log_begin(struct log_record *r, enum log_level level, const char *event);
void log_str(struct log_record *r, const char *key, const char *value);
void
log_mem(struct log_record *r, const char *key, const char *value, size_t len);
void log_int(struct log_record *r, const char *key, int64_t value);
/* "1.204", "0.2ms": with so many decimals and a unit, which JSON leaves out. */
void log_real(struct log_record *r, const char *key, double value, int decimals,
    const char *unit);
void log_fmt(struct log_record *r, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* error="No such file or directory" errno=ENOENT from a positive errno. */
void log_errno(struct log_record *r, int error);
void log_end(struct log_record *r);

/* A record with a `message` alone. */
void log_message(enum log_level level, const char *event, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

#endif
