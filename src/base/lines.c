/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Cuts what a handler writes to its standard error into lines. Holds at most
 * LINES_MAX bytes, whatever the handler does: a longer line is handed on in
 * pieces.
 */
#include <evinetd/base/lines.h>

#include <string.h>

void
lines_init(struct lines *l)
{
	l->used = 0;
}

static void
lines_emit(struct lines *l, lines_cb *cb, void *arg)
{
	size_t len = l->used;

	if (len > 0 && l->buf[len - 1] == '\r')
		len--;
	l->used = 0;
	cb(arg, l->buf, len);
}

void
lines_feed(
    struct lines *l, const char *data, size_t len, lines_cb *cb, void *arg)
{
	while (len > 0) {
		const char *nl = memchr(data, '\n', len);
		size_t n = nl != NULL ? (size_t)(nl - data) : len;

		if (n > LINES_MAX - l->used) {
			n = LINES_MAX - l->used;
			nl = NULL;
		}
		memcpy(l->buf + l->used, data, n);
		l->used += n;
		data += n;
		len -= n;
		if (nl != NULL) {
			data++;
			len--;
			lines_emit(l, cb, arg);
		} else if (l->used == LINES_MAX && len > 0) {
			/* More of the same line is here: the piece is full. */
			lines_emit(l, cb, arg);
			if (*data == '\n') {
				data++;
				len--;
			}
		}
	}
}

void
lines_flush(struct lines *l, lines_cb *cb, void *arg)
{
	if (l->used > 0)
		lines_emit(l, cb, arg);
}
