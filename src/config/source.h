/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The lines of a text file, bounded and numbered. */
#ifndef EVINETD_CONFIG_SOURCE_H
#define EVINETD_CONFIG_SOURCE_H

#include <evinetd/config/diag.h>

#define SOURCE_LINE_MAX 65536	   /* bytes, without the line's end */
#define SOURCE_FILE_MAX (64 << 20) /* bytes */

struct source {
	FILE *in;
	const char *file; /* for messages */
	struct diag *diag;
	unsigned line; /* the number of the line in buf, from 1 */
	size_t total;
	bool broken; /* ended, because the rest cannot be read */
	bool sound;  /* the line has no control characters */
	bool ended;  /* it has a newline; the file's last may lack it */
	size_t len;
	char *buf; /* the line, with a NUL for its end */
};

/* The caller keeps the stream and the name. 0 or -ENOMEM. */
int source_init(struct source *s, FILE *in, const char *file, struct diag *d);
void source_fini(struct source *s);

/* Goes to the next line. Takes off its end (LF or CR LF; the last one may
 * lack it) and a byte order mark. Reports control characters. False at the end
 * of the file, or after reporting why it cannot be read to there. */
bool source_next_line(struct source *s);

/* The place of the current line. */
struct config_origin source_here(const struct source *s);

#endif
