/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Turns records into lines. The values in a record are raw, and each format
 * escapes them in its own way. A record that is longer than a line is made
 * twice: the first time tells by how much, the second one cuts the longest
 * values, so that no field is lost. Pure.
 */
#include "log_format.h"

#include "log_escape.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Every byte of a record as \xHH; in JSON as \u001f, see log_unit_json(). */
#define LOG_RECORD_ESCAPED_MAX (4 * sizeof(((struct log_record *)NULL)->buf))
#define LOG_RECORD_JSON_MAX    (6 * sizeof(((struct log_record *)NULL)->buf))
#define LOG_FIELDS                                     \
	(sizeof(((struct log_record *)NULL)->fields) / \
	    sizeof(((struct log_record *)NULL)->fields[0]))

static void
log_format_time(int64_t ms, char *buf, size_t size)
{
	const time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	const size_t n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, size - n, ".%03dZ", (int)(ms % 1000));
}

/* The limit for each value that makes the line so much shorter. */
static size_t
log_format_limit(const struct log_record *r, log_unit_fn *unit, size_t excess)
{
	size_t costs[LOG_FIELDS], n = 0;

	for (size_t i = 0; i < r->nfields; i++)
		if (r->fields[i].kind == LOG_KIND_TEXT)
			costs[n++] = log_escape_cost(
			    unit, r->fields[i].text, r->fields[i].len);
	const size_t limit = log_escape_limit(costs, n, excess);
	return limit < LOG_LINE_MAX ? limit : LOG_LINE_MAX;
}

static bool
log_format_needs_quotes(const char *text, size_t len)
{
	return len == 0 || memchr(text, ' ', len) != NULL ||
	       memchr(text, '"', len) != NULL || memchr(text, '=', len) != NULL;
}

/* A line under construction; like snprintf(3) it counts what does not fit. */
struct log_line {
	char *buf;
	size_t size, used;
};

static void
log_line_put(struct log_line *l, const char *text, size_t len)
{
	const size_t room = l->used < l->size ? l->size - l->used : 0;

	memcpy(
	    l->buf + (room > 0 ? l->used : 0), text, len < room ? len : room);
	l->used += len;
}

static void
log_line_puts(struct log_line *l, const char *text)
{
	log_line_put(l, text, strlen(text));
}

static void
log_line_put_text(
    struct log_line *l, const char *text, size_t len, size_t limit)
{
	const bool quotes = log_format_needs_quotes(text, len);
	char value[LOG_RECORD_ESCAPED_MAX];

	if (quotes)
		log_line_put(l, "\"", 1);
	log_line_put(
	    l, value, log_escape(log_unit_text, text, len, limit, value));
	if (quotes)
		log_line_put(l, "\"", 1);
}

static void
log_line_put_field(
    struct log_line *l, const struct log_record *r, size_t i, size_t limit)
{
	char number[24];

	log_line_put(l, " ", 1);
	log_line_puts(l, r->fields[i].key);
	log_line_put(l, "=", 1);
	if (r->fields[i].kind == LOG_KIND_NUMBER) {
		snprintf(number, sizeof(number), "%lld",
		    (long long)r->fields[i].number);
		log_line_puts(l, number);
	} else
		log_line_put_text(
		    l, r->fields[i].text, r->fields[i].len, limit);
}

/* Without the newline. */
static size_t
log_format_text_within(const struct log_record *r, int64_t now_ms, size_t limit,
    char *line, size_t size)
{
	struct log_line l = { .buf = line, .size = size };
	char when[40];

	if (now_ms >= 0) {
		log_format_time(now_ms, when, sizeof(when));
		log_line_puts(&l, when);
		log_line_put(&l, " ", 1);
	}
	log_line_puts(&l, r->event);
	if (r->level <= LOG_LEVEL_WARNING) {
		log_line_puts(&l, " level=");
		log_line_puts(&l, log_level_name(r->level));
	}
	for (size_t i = 0; i < r->nfields; i++)
		log_line_put_field(&l, r, i, limit);
	return l.used;
}

size_t
log_format_text(
    const struct log_record *r, int64_t now_ms, char *line, size_t size)
{
	const size_t room = size - 1;
	size_t len = log_format_text_within(
	    r, now_ms, LOG_RECORD_ESCAPED_MAX, line, room);

	if (len > room)
		len = log_format_text_within(r, now_ms,
		    log_format_limit(r, log_unit_text, len - room), line, room);
	if (len > room)
		len = room;
	line[len++] = '\n';
	return len;
}

static json_t *
log_format_json_value(const struct log_record *r, size_t i, size_t limit)
{
	char value[LOG_RECORD_ESCAPED_MAX];

	switch (r->fields[i].kind) {
	case LOG_KIND_NUMBER:
		return json_integer(r->fields[i].number);
	case LOG_KIND_REAL:
		return json_real(r->fields[i].real);
	case LOG_KIND_TEXT:
		break;
	}
	const size_t len = log_escape(
	    log_unit_json, r->fields[i].text, r->fields[i].len, limit, value);
	return json_stringn(value, len);
}

/* The length that it has or, when more than size, would have. */
static size_t
log_format_json_within(const struct log_record *r, int64_t now_ms, size_t limit,
    char *line, size_t size)
{
	char when[40];
	json_t *object = json_object();

	/* Out of memory: jansson's functions then do nothing, and an empty
	 * line is better than none. */
	log_format_time(now_ms, when, sizeof(when));
	json_object_set_new(object, "time", json_string(when));
	json_object_set_new(
	    object, "level", json_string(log_level_name(r->level)));
	json_object_set_new(object, "event", json_string(r->event));
	for (size_t i = 0; i < r->nfields; i++)
		json_object_set_new(object, r->fields[i].key,
		    log_format_json_value(r, i, limit));
	const size_t len = json_dumpb(
	    object, line, size, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(object);
	return len;
}

size_t
log_format_json(
    const struct log_record *r, int64_t now_ms, char *line, size_t size)
{
	const size_t room = size - 1;
	size_t len =
	    log_format_json_within(r, now_ms, LOG_RECORD_JSON_MAX, line, room);

	if (len > room)
		len = log_format_json_within(r, now_ms,
		    log_format_limit(r, log_unit_json, len - room), line, room);
	if (len > room)
		len = (size_t)snprintf(line, size,
		    "{\"event\":\"%s\",\"error\":\"record too long\"}",
		    r->event);
	line[len++] = '\n';
	return len;
}
