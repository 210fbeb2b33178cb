/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The contract: who a handler runs as, what is on descriptor 2, and the
 * socket's options as a handler sees them.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
identity_compare(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* As the group database has them, sorted. */
static void
identity_format_groups(const struct passwd *pw, char *buf, size_t size)
{
	gid_t gids[64];
	int count = HARNESS_COUNT(gids);
	size_t used = 0;

	assert_int_not_equal(
	    getgrouplist(pw->pw_name, pw->pw_gid, gids, &count), -1);
	qsort(gids, (size_t)count, sizeof(gids[0]), identity_compare);
	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(
		    buf + used, size - used, "%s%u", i > 0 ? " " : "", gids[i]);
}

static void
identity__user_group_and_groups__are_as_configured(void **state)
{
	const struct passwd *pw = getpwnam("nobody");
	char uid[16], gid[16], groups[512];

	contract_need_root();
	if (pw == NULL || getgrnam("daemon") == NULL || getgrnam("bin") == NULL)
		harness_skip("no user nobody, or no groups daemon and bin");
	snprintf(uid, sizeof(uid), "%u", pw->pw_uid);
	snprintf(gid, sizeof(gid), "%u", pw->pw_gid);
	identity_format_groups(pw, groups, sizeof(groups));
	const struct contract_row rows[] = {
		{ "user = nobody", "ruid", uid },
		{ "user = nobody", "euid", uid },
		{ "user = nobody", "suid", uid },
		{ "user = nobody", "rgid", gid },
		{ "user = nobody", "egid", gid },
		{ "user = nobody", "sgid", gid },
		{ "user = nobody", "groups", groups },
		{ "user = nobody\ngroup = daemon", "euid", uid },
		{ "user = nobody\ngroup = daemon", "rgid", "1" },
		{ "user = nobody\ngroup = daemon", "sgid", "1" },
		{ "user = nobody\nsupplementary_groups = bin daemon", "groups",
		    "1 2" },
		{ "user = nobody\nsupplementary_groups = none", "groups", "" },
		{ "group = daemon", "egid", "1" },
		{ "user = nobody", "dumpable", "1" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

static void
stderr__default__is_a_pipe_of_its_own(void **state)
{
	struct harness *h = *state;
	static const struct contract_row rows[] = { { "", "fds", "0 1 2" } };

	contract_start(h, rows, 1, NULL);
	const char *report = peer_ask(h, "row0", "");
	assert_int_equal(strncmp(peer_value(report, "fd.2"), "pipe:[", 6), 0);
	assert_string_equal(peer_value(report, "fd.2.access"), "wronly");
	harness_finish(h);
}

static void
stderr__other_targets__are_on_descriptor_two(void **state)
{
	struct harness *h = *state;
	const struct contract_row rows[] = {
		{ "stderr = null", "fd.2", "/dev/null" },
		{ "stderr = @DIR@/errors", "fd.2", harness_path(h, "errors") },
		{ "stderr = @DIR@/errors", "fd.2.append", "1" },
		{ "stderr = @DIR@/errors", "fd.2.nonblock", "0" },
		{ "stderr = client", "fd.2.type", "stream" },
	};

	contract_start(h, rows, HARNESS_COUNT(rows), NULL);
	contract_check(h, rows, HARNESS_COUNT(rows));
	const char *report = peer_ask(h, "row4", "");
	assert_string_equal(
	    peer_value(report, "fd.2"), peer_value(report, "fd.0"));
	harness_finish(h);
}

static void
socket__defaults__are_nodelay_and_keepalive(void **state)
{
	static const struct contract_row rows[] = {
		{ "", "fd.0.so_keepalive", "1" },
		{ "", "fd.0.tcp_keepidle", "60" },
		{ "", "fd.0.tcp_nodelay", "1" },
		{ "", "fd.0.tcp_user_timeout", "0" },
		{ "", "fd.0.ip_tos", "0" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

static void
socket__options__are_as_configured(void **state)
{
	/* The kernel doubles the buffers, see socket(7). */
	static const struct contract_row rows[] = {
		{ "keepalive = none", "fd.0.so_keepalive", "0" },
		{ "keepalive = 33s", "fd.0.tcp_keepidle", "33" },
		{ "nodelay = no", "fd.0.tcp_nodelay", "0" },
		{ "user_timeout = 12s", "fd.0.tcp_user_timeout", "12000" },
		{ "tos = 16", "fd.0.ip_tos", "16" },
		{ "receive_buffer = 64K", "fd.0.so_rcvbuf", "131072" },
		{ "send_buffer = 32K", "fd.0.so_sndbuf", "65536" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

static void
socket__mark__is_as_configured(void **state)
{
	static const struct contract_row rows[] = {
		{ "mark = 7", "fd.0.so_mark", "7" },
	};

	contract_need_root();
	contract_test(*state, rows, HARNESS_COUNT(rows));
}

static void
socket__ipv6_with_tos__has_the_traffic_class(void **state)
{
	struct harness *h = *state;
	char report[16384];

	contract_need_ipv6();
	harness_start(h, "[probe]\n"
			 "listen = [::1]:0\n"
			 "tos = 16\n"
			 "handler = @PROBE@\n");
	const int fd = peer_connect_ip("::1", journal_port(h, "probe"));
	peer_finish(fd);
	peer_read_to_end(fd, report, sizeof(report));
	assert_string_equal(peer_value(report, "fd.0.ipv6_tclass"), "16");
	assert_string_equal(peer_value(report, "fd.0.family"), "inet6");
	harness_finish(h);
}

static void
socket__unix_seqpacket__keeps_messages_apart(void **state)
{
	struct harness *h = *state;
	char buf[64];

	harness_start(h, "[echo]\n"
			 "listen = unix-seqpacket:@DIR@/socket\n"
			 "handler = builtin:echo\n");
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_SEQPACKET);
	peer_send_text(fd, "first");
	peer_send_text(fd, "second one");
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 5);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 10);
	assert_memory_equal(buf, "second one", 10);
	peer_finish(fd);
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 0);
	peer_close(fd);
	journal_wait(h, JOURNAL("end", "service=echo", "status=0"));
	harness_finish(h);
}

static void
socket__unix__is_the_connection_itself(void **state)
{
	struct harness *h = *state;
	char report[16384];

	harness_start(h, "[probe]\n"
			 "listen = unix-seqpacket:@DIR@/socket\n"
			 "handler = @PROBE@\n");
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_SEQPACKET);
	peer_read_to_end(fd, report, sizeof(report));
	assert_string_equal(peer_value(report, "fd.0.family"), "unix");
	assert_string_equal(peer_value(report, "fd.0.type"), "seqpacket");
	assert_string_equal(peer_value(report, "fd01_same"), "1");
	assert_string_equal(peer_value(report, "fd.0.nonblock"), "0");
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    identity__user_group_and_groups__are_as_configured),
		HARNESS_TEST(stderr__default__is_a_pipe_of_its_own),
		HARNESS_TEST(stderr__other_targets__are_on_descriptor_two),
		HARNESS_TEST(socket__defaults__are_nodelay_and_keepalive),
		HARNESS_TEST(socket__options__are_as_configured),
		HARNESS_TEST(socket__mark__is_as_configured),
		HARNESS_TEST(socket__ipv6_with_tos__has_the_traffic_class),
		HARNESS_TEST(socket__unix_seqpacket__keeps_messages_apart),
		HARNESS_TEST(socket__unix__is_the_connection_itself),
	};

	return harness_main(
	    argc, argv, "contract_identity", tests, HARNESS_COUNT(tests));
}
