/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* taker: a handler that serves listening sockets: that on descriptor 0, or
 * those of LISTEN_FDS. Of a stream listener each client gets the report of
 * report.h and a line end=report; of a datagram socket each datagram is
 * recorded, and answered with itself. Then, when told to, it misbehaves.
 *
 *	--record FILE	appends each datagram, cut or filled up with dots to
 *			15 bytes and a newline
 *	--take N	ends after so many
 *	--idle MS	ends when nobody has come for so long
 *	--leave		ends without taking any
 *	--nonblock	sets O_NONBLOCK on its sockets
 *	--connect	connects a datagram socket to whoever it answered
 *	--shutdown	shuts its sockets down before it ends
 *	--crash-every N	aborts when the record has a multiple of N lines
 *	--sleep MS	before anything else
 *	--exit N	ends with this status
 *
 * Words mean nothing; they show in the report. A bad option ends it with status
 * 64, what fails otherwise with 70.
 */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define TAKER_SOCKETS_MAX 64
#define TAKER_LINE	  16

static struct taker {
	long take, idle_ms, crash_every, sleep_ms, status;
	bool leave, nonblock, connect, shutdown;
	int record; /* or -1 */
	long recorded;

	struct pollfd sockets[TAKER_SOCKETS_MAX];
	nfds_t nsockets;
	char *report;
	size_t report_len;
} taker = { .take = -1, .idle_ms = -1, .record = -1 };

static void __attribute__((noreturn)) taker_fail(const char *what)
{
	dprintf(STDERR_FILENO, "taker: %s: %s\n", what, strerror(errno));
	_exit(EX_SOFTWARE);
}

static const struct {
	const char *name;
	long *number; /* takes one */
	bool *flag;
} taker_options[] = {
	{ "--take", &taker.take, NULL },
	{ "--idle", &taker.idle_ms, NULL },
	{ "--leave", NULL, &taker.leave },
	{ "--nonblock", NULL, &taker.nonblock },
	{ "--connect", NULL, &taker.connect },
	{ "--shutdown", NULL, &taker.shutdown },
	{ "--crash-every", &taker.crash_every, NULL },
	{ "--sleep", &taker.sleep_ms, NULL },
	{ "--exit", &taker.status, NULL },
};

static void
taker_open_record(const char *path)
{
	taker.record =
	    open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (taker.record == -1)
		taker_fail(path);
	taker.recorded = lseek(taker.record, 0, SEEK_END) / TAKER_LINE;
}

/* True when it was one of the table; *arg moves on to its argument. */
static bool
taker_take_option(char ***arg)
{
	const size_t count = sizeof(taker_options) / sizeof(taker_options[0]);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(**arg, taker_options[i].name) != 0)
			continue;
		if (taker_options[i].flag != NULL)
			*taker_options[i].flag = true;
		else if (*++*arg != NULL)
			*taker_options[i].number = atol(**arg);
		return true;
	}
	return false;
}

static void
taker_parse(char **argv)
{
	for (char **arg = argv + 1; *arg != NULL; arg++) {
		if (strncmp(*arg, "--", 2) != 0 || taker_take_option(&arg))
			continue;
		if (strcmp(*arg, "--record") != 0 || *++arg == NULL)
			_exit(EX_USAGE);
		taker_open_record(*arg);
	}
}

static void
taker_find_sockets(void)
{
	const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	int first = 0;

	taker.nsockets = 1;
	if (count != NULL) {
		if (pid == NULL || atoi(pid) != getpid())
			taker_fail("LISTEN_PID is not ours");
		first = 3;
		taker.nsockets = (nfds_t)atoi(count);
	}
	for (int i = 0; i < (int)taker.nsockets; i++) {
		taker.sockets[i].fd = first + i;
		taker.sockets[i].events = POLLIN;
		if (taker.nonblock)
			fcntl(first + i, F_SETFL, O_NONBLOCK | O_RDWR);
	}
}

static void
taker_write_record(const char *data, ssize_t len)
{
	char line[TAKER_LINE];

	if (taker.record == -1)
		return;
	memset(line, '.', sizeof(line));
	memcpy(line, data, len < TAKER_LINE - 1 ? (size_t)len : TAKER_LINE - 1);
	line[TAKER_LINE - 1] = '\n';
	if (write(taker.record, line, sizeof(line)) != TAKER_LINE)
		taker_fail("record");
	taker.recorded++;
	if (taker.crash_every > 0 && taker.recorded % taker.crash_every == 0)
		abort();
}

static void
taker_receive(int fd)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[65536];
	const ssize_t n = recvfrom(
	    fd, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len);

	if (n == -1 && errno == EAGAIN)
		return;
	if (n == -1)
		taker_fail("recvfrom");
	taker.take--;
	/* A peer without a name gets no answer. */
	(void)sendto(
	    fd, buf, (size_t)n, MSG_DONTWAIT, (struct sockaddr *)&from, len);
	if (taker.connect && connect(fd, (struct sockaddr *)&from, len) == -1)
		taker_fail("connect");
	taker_write_record(buf, n);
}

static void
taker_accept(int fd)
{
	const int flags = fcntl(fd, F_GETFL);
	int client;

	/* With several takers another one may have been faster. */
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client == -1 && errno == EAGAIN)
		return;
	if (client == -1)
		taker_fail("accept");
	taker.take--;
	if (send(client, taker.report, taker.report_len, MSG_NOSIGNAL) == -1 &&
	    errno != EPIPE && errno != ECONNRESET)
		taker_fail("send");
	close(client);
}

static void
taker_serve(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1)
		taker_fail("SO_TYPE");
	if (type == SOCK_DGRAM)
		taker_receive(fd);
	else
		taker_accept(fd);
}

static void
taker_run(void)
{
	while (taker.take != 0) {
		const int n =
		    poll(taker.sockets, taker.nsockets, (int)taker.idle_ms);

		if (n == -1)
			taker_fail("poll");
		if (n == 0)
			return;
		for (nfds_t i = 0; i < taker.nsockets && taker.take != 0; i++)
			if (taker.sockets[i].revents != 0)
				taker_serve(taker.sockets[i].fd);
	}
}

int
main(int argc, char **argv)
{
	FILE *report = open_memstream(&taker.report, &taker.report_len);

	if (report == NULL)
		taker_fail("open_memstream");
	report_write(report, argc, argv);
	fputs("end=report\n", report);
	if (fclose(report) != 0)
		taker_fail("report");
	taker_parse(argv);
	const struct timespec nap = { taker.sleep_ms / 1000,
		taker.sleep_ms % 1000 * 1000000 };
	nanosleep(&nap, NULL);
	taker_find_sockets();
	if (!taker.leave)
		taker_run();
	for (nfds_t i = 0; i < taker.nsockets && taker.shutdown; i++)
		shutdown(taker.sockets[i].fd, SHUT_RDWR);
	return (int)taker.status;
}
