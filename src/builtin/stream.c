/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The built-in handlers that go on until the client leaves: echo (RFC 862),
 * discard (RFC 863) and chargen (RFC 864), and what they do with a datagram.
 * They are meant for tests and measurements of networks as much as for people,
 * so on a stream each moves large blocks. The buffer is static and never
 * initialised as a whole: a page that no client needs is never touched.
 */
#include "handlers.h"
#include "io.h"

#include <sys/types.h>

#include <string.h>
#include <unistd.h>

/* As much as a socket holds unless somebody enlarged it, so that a message of
 * a seqpacket socket (at most net.core.wmem_default) is read whole. */
static char stream_buf[256 * 1024];

int
builtin_echo(void)
{
	for (;;) {
		ssize_t n =
		    io_read(STDIN_FILENO, stream_buf, sizeof(stream_buf));
		int error;

		/* 0 may be a half-close by a client that still reads; all
		 * that it sent is written back by now. */
		if (n <= 0)
			return (int)n;
		error = io_write_all(STDOUT_FILENO, stream_buf, (size_t)n);
		if (error != 0)
			return error;
	}
}

int
builtin_discard(void)
{
	ssize_t n;

	do {
		n = io_skip(STDIN_FILENO, stream_buf, sizeof(stream_buf));
	} while (n > 0);
	return (int)n;
}

/* RFC 864's pattern: lines of 72 out of a ring of the 95 printing characters
 * of ASCII, each line one character further on. It comes round after 95
 * lines. */
#define CHARGEN_RING   95
#define CHARGEN_LINE   72
#define CHARGEN_PERIOD (CHARGEN_RING * (CHARGEN_LINE + 2))
#define CHARGEN_BLOCK  (9 * CHARGEN_PERIOD)

/* The most that RFC 864 has in a datagram, and the lines that hold it. */
#define CHARGEN_DGRAM	    512
#define CHARGEN_DGRAM_LINES 7

static void
chargen_fill(char *p, int lines)
{
	for (int line = 0; line < lines; line++) {
		for (int i = 0; i < CHARGEN_LINE; i++)
			*p++ = (char)(' ' + (line + i) % CHARGEN_RING);
		*p++ = '\r';
		*p++ = '\n';
	}
}

int
builtin_chargen(void)
{
	char *scratch = stream_buf + CHARGEN_BLOCK;
	size_t room = sizeof(stream_buf) - CHARGEN_BLOCK;
	int error;

	chargen_fill(stream_buf, CHARGEN_RING);
	for (size_t n = CHARGEN_PERIOD; n < CHARGEN_BLOCK; n += CHARGEN_PERIOD)
		memcpy(stream_buf + n, stream_buf, CHARGEN_PERIOD);
	do {
		/* "Any data received is thrown away": a client that sends
		 * before it reads must not find its window closed. The end of
		 * its input means nothing here, as in every inetd. */
		io_skip_pending(STDIN_FILENO, scratch, room);
		error = io_write_all(STDOUT_FILENO, stream_buf, CHARGEN_BLOCK);
	} while (error == 0);
	return error;
}

ssize_t
builtin_echo_dgram(char *buf, size_t len)
{
	return (ssize_t)len;
}

ssize_t
builtin_discard_dgram(char *buf, size_t len)
{
	return -1;
}

ssize_t
builtin_chargen_dgram(char *buf, size_t len)
{
	chargen_fill(buf, CHARGEN_DGRAM_LINES);
	/* RFC 864: a random number of characters, between 0 and 512. With more
	 * than were received, as every inetd sends them, whoever writes a
	 * victim's address on a datagram of one byte multiplies it by 74
	 * (CERT CA-1996-01). */
	return (ssize_t)(len < CHARGEN_DGRAM ? len : CHARGEN_DGRAM);
}
