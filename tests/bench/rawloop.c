/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* rawloop: accept, vfork, exec, and nothing else: the floor under every
 * super-server that starts a program for each connection. It listens on the
 * loopback interface, prints "port=N" and runs the handler with the
 * connection on 0 and 1 until it is killed. No log, no limits, no mercy: it is
 * there to be measured, see compare.sh. Two options add what no supervisor
 * that keeps evinetd-handler(7) can do without, to see what that costs alone:
 *
 *	-s	setsid(2) in the child
 *	-e	a pipe for each handler's standard error; nobody reads it
 *
 * And two leave out the handler, to see what it costs to refuse a client:
 *
 *	-a	accept and close, nothing else
 *	-r	accept, and close with a reset
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static bool rawloop_session, rawloop_stderr, rawloop_close, rawloop_reset;

static int
rawloop_listen(const char *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons((uint16_t)atoi(port));
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    listen(fd, 1024) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1)
		err(EXIT_FAILURE, "port %s", port);
	printf("port=%d\n", ntohs(sin.sin_port));
	fflush(stdout);
	return fd;
}

static void
rawloop_child(int fd, int error_fd, char **handler)
{
	if (rawloop_session)
		setsid();
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	if (rawloop_stderr)
		dup2(error_fd, STDERR_FILENO);
	execv(handler[0], handler);
	_exit(127);
}

static void
rawloop_refuse(int fd)
{
	const struct linger reset = { .l_onoff = 1 };

	if (rawloop_reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
}

static void
rawloop_serve(int fd, char **handler)
{
	int fds[2] = { -1, -1 };
	pid_t pid;

	if (rawloop_stderr && pipe2(fds, O_CLOEXEC) == -1)
		warn("pipe2");
	pid = vfork();
	if (pid == 0)
		rawloop_child(fd, fds[1], handler);
	if (pid == -1)
		warn("vfork");
	close(fd);
	if (rawloop_stderr) {
		close(fds[0]);
		close(fds[1]);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void
rawloop_parse(int argc, char **argv)
{
	int c;

	/* "+": what follows the handler is the handler's. */
	while ((c = getopt(argc, argv, "+sear")) != -1) {
		rawloop_session |= c == 's';
		rawloop_stderr |= c == 'e';
		rawloop_close |= c == 'a' || c == 'r';
		rawloop_reset |= c == 'r';
		if (c == '?')
			exit(EX_USAGE);
	}
	if (argc - optind >= (rawloop_close ? 1 : 2))
		return;
	fprintf(stderr, "usage: rawloop [-se] PORT HANDLER [ARGUMENT]...\n"
			"       rawloop -a | -r PORT\n");
	exit(EX_USAGE);
}

int
main(int argc, char **argv)
{
	int fd;

	rawloop_parse(argc, argv);
	fd = rawloop_listen(argv[optind]);
	for (;;) {
		int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (client != -1 && rawloop_close)
			rawloop_refuse(client);
		else if (client != -1)
			rawloop_serve(client, argv + optind + 1);
		else if (errno != EINTR && errno != ECONNABORTED)
			err(EXIT_FAILURE, "accept");
	}
}
