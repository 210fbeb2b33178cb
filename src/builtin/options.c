/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A datagram socket in `wait` mode is the super-server's, and the next
 * handler of it may be another program. What is set here is put back at the
 * end. After SIGKILL it stays, and does little harm: pktinfo is seen only by
 * a program that reads control messages, which has to expect any kind, and
 * one that broadcasts sets SO_BROADCAST itself.
 */
#include "options.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

struct option {
	int level;
	int name;
	int value; /* ours; the former one while borrowed */
	bool v6_only;
	bool borrowed;
};

static int options_fd = -1;
static struct option options[] = {
	/* Tells which address was asked. On an IPv6 socket it says of IPv4
	 * datagrams what the other does not: whether it was a broadcast. */
	{ .level = IPPROTO_IP, .name = IP_PKTINFO, .value = 1 },
	{ .level = IPPROTO_IPV6,
	    .name = IPV6_RECVPKTINFO,
	    .value = 1,
	    .v6_only = true },
	/* Without it the kernel refuses (EACCES) to send to the broadcast
	 * address of a subnet, which only the kernel can tell. */
	{ .level = SOL_SOCKET, .name = SO_BROADCAST, .value = 0 },
};

#define OPTIONS_COUNT (sizeof(options) / sizeof(options[0]))

static int
option_swap(struct option *o)
{
	socklen_t len = sizeof(int);
	int former;

	if (getsockopt(options_fd, o->level, o->name, &former, &len) == -1)
		return -errno;
	if (former == o->value)
		return 0;
	if (setsockopt(options_fd, o->level, o->name, &o->value,
		sizeof(o->value)) == -1)
		return -errno;
	o->value = former;
	o->borrowed = !o->borrowed;
	return 0;
}

/* Only what signal-safety(7) allows. */
static void
options_signal_cb(int signal)
{
	options_restore();
	/* SA_RESETHAND: this time it ends us, as it would have. */
	(void)kill(getpid(), signal);
}

int
options_borrow(int fd, int family)
{
	const int ends[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction action = {
		.sa_handler = options_signal_cb,
		.sa_flags = SA_RESETHAND,
	};
	struct sigaction former;
	int error;

	if (family != AF_INET && family != AF_INET6)
		return 0;
	options_fd = fd;
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (sigaction(ends[i], NULL, &former) == -1)
			return -errno;
		/* nohup(1) means it. */
		if (former.sa_handler == SIG_IGN)
			continue;
		if (sigaction(ends[i], &action, NULL) == -1)
			return -errno;
	}
	for (size_t i = 0; i < OPTIONS_COUNT; i++) {
		if (options[i].v6_only && family != AF_INET6)
			continue;
		error = option_swap(&options[i]);
		if (error != 0)
			return error;
	}
	return 0;
}

void
options_restore(void)
{
	for (size_t i = 0; i < OPTIONS_COUNT; i++)
		/* If it cannot be put back there is nothing else to do. */
		if (options[i].borrowed)
			(void)option_swap(&options[i]);
}
