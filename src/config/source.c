/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Reads a text file line by line for the reader, and refuses what is no text:
 * NUL bytes, control characters, lines and files beyond all measure. A file
 * is read up to the first NUL byte or giant line and no further, since what
 * follows can only be noise. Bounded in memory whatever it is pointed at.
 */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
source_init(struct source *s, FILE *in, const char *file, struct diag *d)
{
	*s = (struct source){ .in = in, .file = file, .diag = d };
	/* With room for the carriage return that is taken off later. */
	s->buf = malloc(SOURCE_LINE_MAX + 2);
	return s->buf == NULL ? -ENOMEM : 0;
}

void
source_fini(struct source *s)
{
	free(s->buf);
	s->buf = NULL;
}

struct config_origin
source_here(const struct source *s)
{
	return (struct config_origin){ .file = s->file, .line = s->line };
}

static bool
source_give_up(struct source *s, const char *why)
{
	diag_add(s->diag, source_here(s), "%s", why);
	s->broken = true;
	return false;
}

static bool
source_read_bytes(struct source *s)
{
	int c;

	s->len = 0;
	errno = 0;
	while ((c = getc_unlocked(s->in)) != EOF && c != '\n') {
		if (c == '\0')
			return source_give_up(
			    s, "a NUL byte: this is not a text file");
		if (s->len > SOURCE_LINE_MAX)
			return source_give_up(
			    s, "the line is longer than 65536 bytes");
		s->buf[s->len++] = (char)c;
	}
	s->ended = c == '\n';
	s->total += s->len + 1;
	if (s->total > SOURCE_FILE_MAX)
		return source_give_up(s, "the file is larger than 64 MiB");
	if (c == EOF && ferror(s->in))
		return source_give_up(s, strerror(errno));
	return c != EOF || s->len > 0;
}

static void
source_trim_line(struct source *s)
{
	if (s->len > 0 && s->buf[s->len - 1] == '\r')
		s->len--;
	s->buf[s->len] = '\0';
	if (s->line == 1 && strncmp(s->buf, "\xef\xbb\xbf", 3) == 0) {
		s->len -= 3;
		memmove(s->buf, s->buf + 3, s->len + 1);
	}
}

static void
source_check_line(struct source *s)
{
	s->sound = true;
	for (size_t i = 0; i < s->len; i++) {
		const unsigned char c = (unsigned char)s->buf[i];

		if ((c >= ' ' || c == '\t') && c != 0x7f)
			continue;
		diag_add(s->diag, source_here(s),
		    "control character 0x%02x in column %zu", c, i + 1);
		s->sound = false;
		return;
	}
}

bool
source_next_line(struct source *s)
{
	if (s->broken)
		return false;
	s->line++;
	if (!source_read_bytes(s)) {
		if (!s->broken)
			s->line--;
		return false;
	}
	source_trim_line(s);
	if (s->len > SOURCE_LINE_MAX)
		return source_give_up(s, "the line is longer than 65536 bytes");
	source_check_line(s);
	return true;
}
