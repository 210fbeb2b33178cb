/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Stands between the file and inih. inih asks for a line; the line is
 * classified here and goes on to inih only when it is sound: otherwise it is
 * reported, and inih sees an empty one. That is how a value knows its line,
 * which inih's callback does not tell, and how the things are found that
 * inih 55 takes in silence: a section without keys, names cut at 49 bytes,
 * text behind a heading.
 *
 * Never interprets a key or a value. Called by the loader, file by file.
 */
#include "reader.h"

#include "source.h"

#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>

#define READER_BLANKS " \t"

/* What inih wants its buffer to hold: the line, CR, LF and NUL. */
#define READER_BUFFER (SOURCE_LINE_MAX + 3)

/* What a line that begins with a blank would continue. */
enum reader_above {
	READER_NOTHING,
	READER_VALUE,
	READER_REFUSED, /* its lines are skipped with it */
};

/* Where the keys go. */
enum reader_place {
	READER_OUTSIDE, /* no section yet */
	READER_INSIDE,
	READER_ASTRAY, /* below a heading that was refused */
};

struct reader {
	struct source source;
	const struct reader_handler *handler;
	enum reader_place place;
	enum reader_above above;
	bool continuing; /* the line that inih has is one of `above` */
	int error;	 /* negative errno: stop */

	/* The value that is being put together. */
	char key[READER_KEY_MAX + 1];
	unsigned key_line, last_line;
	char *text;
	size_t len, size;
};

static const char reader_section_chars[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static const char reader_key_chars[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* Adds what is wrong with the current line; always false. */
#define READER_REFUSE(r, ...)                                                \
	(diag_add((r)->source.diag, source_here(&(r)->source), __VA_ARGS__), \
	    false)

static void
reader_flush_value(struct reader *r)
{
	const struct config_origin at = { .file = r->source.file,
		.line = r->key_line };

	if (r->above == READER_VALUE && r->error == 0)
		r->error =
		    r->handler->value_cb(r->handler->arg, r->key, r->text, at);
	r->above = READER_NOTHING;
}

static void
reader_note_broken(struct reader *r)
{
	if (r->place == READER_INSIDE && r->error == 0)
		r->error = r->handler->broken_cb(r->handler->arg);
}

static bool
reader_check_heading(struct reader *r)
{
	const char *name = r->source.buf + 1;
	const size_t len = strcspn(name, "]");

	if (name[len] == '\0')
		return READER_REFUSE(r, "the section heading has no \"]\"");
	if (len == 0)
		return READER_REFUSE(r, "the section has no name");
	if (len > READER_SECTION_MAX)
		return READER_REFUSE(r,
		    "the section name is longer than %d bytes",
		    READER_SECTION_MAX);
	if (strspn(name, reader_section_chars) < len)
		return READER_REFUSE(r,
		    "the section name \"%.*s\" may have letters, digits, "
		    "\".\", \"_\" and \"-\" only",
		    (int)len, name);
	if (name[len + 1 + strspn(name + len + 1, READER_BLANKS)] != '\0')
		return READER_REFUSE(r, "text after the section heading");
	return true;
}

static bool
reader_accept_heading(struct reader *r)
{
	char name[READER_SECTION_MAX + 1];
	size_t len;

	reader_flush_value(r);
	if (!reader_check_heading(r)) {
		r->place = READER_ASTRAY;
		return false;
	}
	len = strcspn(r->source.buf + 1, "]");
	memcpy(name, r->source.buf + 1, len);
	name[len] = '\0';
	r->place = READER_INSIDE;
	if (r->error == 0)
		r->error = r->handler->section_cb(
		    r->handler->arg, name, source_here(&r->source));
	return true;
}

/* The length without the blanks at the end. */
static size_t
reader_trimmed_len(const char *text, size_t len)
{
	while (len > 0 && strchr(READER_BLANKS, text[len - 1]) != NULL)
		len--;
	return len;
}

static bool
reader_check_key(struct reader *r)
{
	const char *key = r->source.buf;
	const size_t len = strspn(key, reader_key_chars);
	const char *after = key + len + strspn(key + len, READER_BLANKS);

	/* inih would take a colon as well, which makes `a:b = c` a riddle. */
	if (*after == ':')
		return READER_REFUSE(
		    r, "write \"=\", not \":\", between a key and its value");
	if (strchr(key, '=') == NULL)
		return READER_REFUSE(
		    r, "neither a [section] nor a \"key = value\" line");
	if (*key == '=')
		return READER_REFUSE(r, "there is no key before the \"=\"");
	if (*after != '=')
		return READER_REFUSE(r, "\"%.*s\" is not a key",
		    (int)reader_trimmed_len(key, strcspn(key, "=")), key);
	if (len > READER_KEY_MAX)
		return READER_REFUSE(
		    r, "the key is longer than %d bytes", READER_KEY_MAX);
	return true;
}

static bool
reader_accept_key(struct reader *r)
{
	reader_flush_value(r);
	if (r->place == READER_OUTSIDE) {
		r->place = READER_ASTRAY; /* say it once */
		return READER_REFUSE(r, "text before the first [section]");
	}
	if (reader_check_key(r) && r->place == READER_INSIDE)
		return true;
	r->above = READER_REFUSED;
	reader_note_broken(r);
	return false;
}

static bool
reader_is_heading(const char *text)
{
	const size_t len = strspn(text + 1, reader_section_chars) + 1;

	return text[0] == '[' && len > 1 && text[len] == ']' &&
	       text[len + 1 + strspn(text + len + 1, READER_BLANKS)] == '\0';
}

/* A line that begins with a blank. A heading in it was hardly meant to be a
 * part of the value above. */
static bool
reader_accept_continuation(struct reader *r, const char *text)
{
	const bool heading = reader_is_heading(text);

	if (r->above == READER_VALUE && !heading)
		return true;
	if (r->above == READER_REFUSED && !heading)
		return false;
	reader_flush_value(r);
	reader_note_broken(r);
	r->above = READER_REFUSED;
	if (heading || r->place == READER_OUTSIDE)
		r->place = READER_ASTRAY;
	if (heading)
		return READER_REFUSE(
		    r, "a section heading begins in the first column");
	return READER_REFUSE(r,
	    "a line that begins with a blank continues the value above, but "
	    "there is none");
}

/* Whether inih may see the line. */
static bool
reader_accept_line(struct reader *r)
{
	const char *text = r->source.buf + strspn(r->source.buf, READER_BLANKS);

	r->continuing = false;
	if (!r->source.sound) {
		reader_flush_value(r);
		reader_note_broken(r);
		r->above = READER_REFUSED;
		if (*text == '[')
			r->place = READER_ASTRAY;
		return false;
	}
	if (*text == '\0' || *text == ';' || *text == '#')
		return false;
	if (text != r->source.buf) {
		r->continuing = true;
		return reader_accept_continuation(r, text);
	}
	if (*text == '[')
		return reader_accept_heading(r);
	return reader_accept_key(r);
}

/* fgets(3) for inih. Called once a line: the buffer holds the longest. */
static char *
reader_read_cb(char *buf, int size, void *arg)
{
	struct reader *r = arg;

	if (r->error != 0 || !source_next_line(&r->source))
		return NULL;
	if (!reader_accept_line(r) || r->source.len + 2 > (size_t)size)
		return strcpy(buf, "\n");
	memcpy(buf, r->source.buf, r->source.len);
	strcpy(buf + r->source.len, "\n");
	return buf;
}

static int
reader_append(struct reader *r, unsigned newlines, const char *text)
{
	const size_t len = strlen(text);
	const size_t need = r->len + newlines + len + 1;

	if (need > r->size) {
		char *grown = realloc(r->text, 2 * need);

		if (grown == NULL)
			return -ENOMEM;
		r->text = grown;
		r->size = 2 * need;
	}
	memset(r->text + r->len, '\n', newlines);
	memcpy(r->text + r->len + newlines, text, len + 1);
	r->len += newlines + len;
	return 0;
}

/* A key with its value, or, under the same key, a line that continues it. */
static int
reader_value_cb(
    void *arg, const char *section, const char *key, const char *text)
{
	struct reader *r = arg;
	unsigned newlines = 0;

	if (r->error != 0)
		return 1;
	if (r->continuing)
		newlines = r->source.line - r->last_line;
	else {
		strcpy(r->key, key);
		r->key_line = r->source.line;
		r->len = 0;
		r->above = READER_VALUE;
	}
	r->last_line = r->source.line;
	r->error = reader_append(r, newlines, text);
	return 1;
}

/* Sets inih to the language that evinetd.ini(5) promises. */
static void
reader_set_inih(void)
{
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_initial_alloc = READER_BUFFER;
	ini_max_line = READER_BUFFER;
	ini_allow_multiline = true;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = false;
}

int
reader_read(FILE *in, const char *file, const struct reader_handler *h,
    struct diag *diag)
{
	struct reader r = { .handler = h };
	int result;

	r.error = source_init(&r.source, in, file, diag);
	if (r.error != 0)
		return r.error;
	reader_set_inih();
	result = ini_parse_stream(reader_read_cb, &r, reader_value_cb, &r);
	reader_flush_value(&r);
	if (r.source.broken)
		reader_note_broken(&r);
	if (result < 0 && r.error == 0)
		r.error = -ENOMEM;
	/* Every line was checked before, so this is a guard against another
	 * version of inih with another mind. */
	if (result > 0 && r.error == 0)
		diag_add(diag,
		    (struct config_origin){
			.file = file, .line = (unsigned)result },
		    "inih cannot read this line");
	free(r.text);
	source_fini(&r.source);
	return r.error;
}
