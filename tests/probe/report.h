/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What a handler finds when it starts, as lines of key=value. In a value a
 * backslash is written \\ and a control character \xHH. The lines, in this
 * order:
 *
 *	argc=2	argv.0=...		as many as there are
 *	fds=0 1 2			open descriptors
 *	fd.0=socket:[815]		and for each, as readlink(2) says
 *	fd.0.access=rdwr		or rdonly, wronly
 *	fd.0.nonblock=0	fd.0.append=0	fd.0.cloexec=0
 *	fd.0.family=inet		for sockets: or inet6, unix, vsock, N
 *	fd.0.type=stream		or dgram, seqpacket, N
 *	fd.0.name=127.0.0.1:7		[::1]:7, unix:/path, unix:@abstract,
 *	fd.0.peer=127.0.0.1:5022	vsock:CID:PORT, or none
 *	fd.0.so_keepalive=1		so_mark so_rcvbuf so_sndbuf tcp_nodelay
 *					tcp_keepidle tcp_user_timeout (in ms)
 *					ip_tos ipv6_tclass; or none where it
 *					has no sense
 *	fd01_same=1			0 and 1 are one and the same object
 *	signal.PIPE=ignored		or handled; nothing when default
 *	signals_blocked=TERM HUP	empty when none is
 *	pid= ppid= pgid= sid=
 *	tty=0				whether /dev/tty can be opened
 *	ruid= euid= suid= rgid= egid= sgid=
 *	groups=4 24			supplementary, sorted
 *	rlimit.nofile=1024:unlimited	soft:hard, all sixteen
 *	cwd= umask=022 nice= oom_score_adj= no_new_privs= dumpable=
 *	env.NAME=value			sorted
 */
#ifndef EVINETD_TESTS_PROBE_REPORT_H
#define EVINETD_TESTS_PROBE_REPORT_H

#include <stdio.h>

/* Looks at everything and changes nothing. */
void report_write(FILE *out, int argc, char *const *argv);

/* One line, its value escaped as said above. */
void report_line(FILE *out, const char *value, const char *key, ...)
    __attribute__((format(printf, 3, 4)));

/* The lines of fd.N from family to the last option. */
void report_socket(FILE *out, int fd);

#endif
