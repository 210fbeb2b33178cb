/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Access lists, as a client meets them: before any process is started, and by
 * the entry that the log names.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ACCESS_ECHO "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"

static void
deny__listed_source__is_reset_and_rule_is_named(void **state)
{
	struct harness *h = *state;
	char at[256];

	harness_start(h, ACCESS_ECHO "deny = 127.0.0.2\n\t127.0.1.0/24\n");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.2"), "reset");
	const char *line =
	    journal_wait(h, JOURNAL("refuse", "service=echo", "reason=denied",
				"rule=127.0.0.2"));
	snprintf(at, sizeof(at), "%s:4", h->config_path);
	assert_string_equal(journal_field(line, "at"), at);
	assert_string_equal(peer_fate(h, "echo", "127.0.1.9"), "reset");
	line = journal_wait(h, JOURNAL("refuse", "rule=127.0.1.0/24"));
	snprintf(at, sizeof(at), "%s:5", h->config_path);
	assert_string_equal(journal_field(line, "at"), at);
	assert_string_equal(peer_fate(h, "echo", NULL), "served");
	/* None of it cost a process. */
	journal_wait(h, JOURNAL("start"));
	assert_int_equal(journal_count(h, JOURNAL("start")), 1);
	harness_finish(h);
}

static void
allow__others__are_refused_and_longest_prefix_decides(void **state)
{
	struct harness *h = *state;

	harness_start(h, ACCESS_ECHO "allow = 127.0.0.0/24 127.0.2.0/24\n"
				     "deny = 127.0.0.64/26 127.0.2.0/24\n");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.63"), "served");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.64"), "reset");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.128"), "served");
	assert_string_equal(peer_fate(h, "echo", "127.0.1.1"), "reset");
	journal_wait(h, JOURNAL("refuse", "reason=denied", "rule=none"));
	/* Deny wins a tie. */
	assert_string_equal(peer_fate(h, "echo", "127.0.2.1"), "reset");
	harness_finish(h);
}

/* On a socket for both families the peer is ::ffff:127.0.0.2. */
static void
deny__mapped_address__is_ipv4(void **state)
{
	struct harness *h = *state;

	contract_need_ipv6();
	harness_start(h, "[echo]\nlisten = [::]:0\nv6only = no\n"
			 "handler = builtin:echo\ndeny = 127.0.0.2\n");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.2"), "reset");
	journal_wait(h, JOURNAL("refuse", "rule=127.0.0.2"));
	assert_string_equal(peer_fate(h, "echo", "127.0.0.3"), "served");
	harness_finish(h);
}

static void
files__with_comments__decide_and_are_named(void **state)
{
	struct harness *h = *state;
	char at[256];

	harness_write_file(h, "good", "# friends\n\n127.0.0.0/8 ; all\n", 0644);
	harness_write_file(h, "bad", "127.0.0.2\n127.0.0.3\n", 0644);
	harness_start(h, ACCESS_ECHO "allow_file = good\ndeny_file = bad\n");
	assert_string_equal(peer_fate(h, "echo", "127.0.0.3"), "reset");
	const char *line = journal_wait(h, JOURNAL("refuse", "reason=denied"));
	snprintf(at, sizeof(at), "%s:2", harness_path(h, "bad"));
	assert_string_equal(journal_field(line, "at"), at);
	assert_string_equal(peer_fate(h, "echo", "127.0.0.4"), "served");
	harness_finish(h);
}

/* What becomes of a user of those numbers who connects to the Unix socket. */
static bool
access_is_served(struct harness *h, uid_t uid, gid_t gid, gid_t other)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setgroups(1, &other) == -1 || setgid(gid) == -1 ||
		    setuid(uid) == -1)
			_exit(2);
		const int fd =
		    peer_connect_unix(harness_path(h, "s"), SOCK_STREAM);
		_exit(strcmp(peer_fate_of(fd), "served") == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 0;
}

#define ACCESS_UID 54321U
#define ACCESS_GID 54322U

static void
unix_peer__by_uid_and_groups__is_judged(void **state)
{
	struct harness *h = *state;

	contract_need_root();
	assert_int_equal(chmod(h->dir, 0755), 0);
	harness_start(h, "[echo]\nlisten = unix:@DIR@/s\n"
			 "handler = builtin:echo\n"
			 "allow = uid:54321 gid:54322\ndeny = uid:54323\n");
	assert_true(access_is_served(h, ACCESS_UID, 1, 1));
	assert_false(access_is_served(h, ACCESS_UID + 1, 1, 1));
	journal_wait(h, JOURNAL("refuse", "peer=uid:54322", "rule=none"));
	assert_true(access_is_served(h, ACCESS_UID + 3, ACCESS_GID, 1));
	assert_true(access_is_served(h, ACCESS_UID + 3, 1, ACCESS_GID));
	/* The uid goes before the group. */
	assert_false(access_is_served(h, ACCESS_UID + 2, ACCESS_GID, 1));
	journal_wait(h, JOURNAL("refuse", "rule=uid:54323"));
	harness_finish(h);
}

/* Who was refused has been thrown away; who may enter starts the handler. */
static void
datagrams__from_denied_source__start_nothing(void **state)
{
	struct harness *h = *state;
	char byte;

	harness_start(h, "[echo]\nlisten = udp:127.0.0.1:0\n"
			 "handler = builtin:echo\ndeny = 127.0.0.0/30\n"
			 "allow = 127.0.0.3\n");
	const int denied = peer_connect_udp(h, "echo");
	for (int i = 0; i < 100; i++)
		peer_send_text(denied, "x");
	journal_wait(h, JOURNAL("refuse", "service=echo", "reason=denied",
			    "rule=127.0.0.0/30"));
	assert_int_equal(journal_count(h, JOURNAL("start")), 0);
	const int allowed = peer_connect_udp_from(h, "echo", "127.0.0.3");
	peer_send_text(allowed, "y");
	peer_read(allowed, &byte, 1);
	assert_int_equal(byte, 'y');
	peer_close(denied);
	peer_close(allowed);
	harness_stop(h);
	journal_wait(h, JOURNAL("total", "service=echo", "denied=100"));
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(deny__listed_source__is_reset_and_rule_is_named),
		HARNESS_TEST(
		    allow__others__are_refused_and_longest_prefix_decides),
		HARNESS_TEST(deny__mapped_address__is_ipv4),
		HARNESS_TEST(files__with_comments__decide_and_are_named),
		HARNESS_TEST(unix_peer__by_uid_and_groups__is_judged),
		HARNESS_TEST(datagrams__from_denied_source__start_nothing),
	};

	return harness_main(argc, argv, "access", tests, HARNESS_COUNT(tests));
}
