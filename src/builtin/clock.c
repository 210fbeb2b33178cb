/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The built-in handlers that tell the time and end: daytime (RFC 867) and
 * time (RFC 868).
 *
 * RFC 867 leaves the format open. daytime sends what the inetd of BSD has
 * always sent and what scripts expect: the form of ctime(3), in the local
 * zone (TZ, else /etc/localtime), as "Sun Nov 22 14:03:32 2026" and CRLF. The
 * name of the zone is not in it.
 *
 * RFC 868 counts seconds since 1900 in 32 bits. That wraps round to 0 on
 * 2036-02-07 at 06:28:16 UTC; afterwards the server sends the low 32 bits, as
 * NTP does, and it is for the client to know the era.
 */
#include "handlers.h"
#include "io.h"

#include <errno.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

/* From 1900-01-01 to 1970-01-01, as in RFC 868. */
#define CLOCK_RFC868_EPOCH 2208988800U

/* Room for a line of daytime. */
#define CLOCK_LINE 64

/* glibc's time(2) is the time of the last timer tick: for some milliseconds it
 * still says the second before. */
static time_t
clock_now(void)
{
	struct timespec now = { 0 };

	/* Fails only for clocks that do not exist. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static int
clock_answer(const void *answer, size_t len)
{
	static char scratch[64 * 1024];

	/* Neither protocol lets the client say anything. If it did, what is
	 * left unread would make close(2) reset the connection and perhaps
	 * take the answer along. */
	io_skip_pending(STDIN_FILENO, scratch, sizeof(scratch));
	return io_write_all(STDOUT_FILENO, answer, len);
}

/* An answer to a datagram says no more than one on a stream, whatever is in
 * the datagram, which both RFCs ignore. -1 if the year has no number. */
ssize_t
builtin_daytime_dgram(char *buf, size_t len)
{
	time_t now = clock_now();
	struct tm tm;

	if (localtime_r(&now, &tm) == NULL)
		return -1;
	return (ssize_t)strftime(
	    buf, CLOCK_LINE, "%a %b %e %H:%M:%S %Y\r\n", &tm);
}

ssize_t
builtin_time_dgram(char *buf, size_t len)
{
	uint32_t now = (uint32_t)clock_now() + CLOCK_RFC868_EPOCH;

	buf[0] = (char)(now >> 24);
	buf[1] = (char)(now >> 16);
	buf[2] = (char)(now >> 8);
	buf[3] = (char)now;
	return 4;
}

int
builtin_daytime(void)
{
	char line[CLOCK_LINE];
	ssize_t len = builtin_daytime_dgram(line, 0);

	if (len == -1)
		return -EOVERFLOW;
	return clock_answer(line, (size_t)len);
}

int
builtin_time(void)
{
	char answer[4];

	return clock_answer(answer, (size_t)builtin_time_dgram(answer, 0));
}
