/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Handlers, clients and surroundings that would stop, starve or misuse the
 * supervisor if they could.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The handler shares the options of the connection that we hold: with a linger
 * of its own, our close(2) would wait for a client that does not read. */
static void
so_linger__handler_sets_it__others_are_served(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[lingers]\nlisten = 127.0.0.1:0\nlinger = 100ms\n"
	    "handler = python3 -c '\n"
	    "  import socket, struct; s = socket.socket(fileno=0);\n"
	    "  s.setsockopt(1, 13, struct.pack(\"ii\", 1, 60));\n"
	    "  s.setblocking(False);\n"
	    "  exec(\"try:\\n while 1: s.send(bytes(65536))\\n"
	    "except OSError: pass\")'\n"
	    "[echo]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n");
	const int fd = peer_connect(h, "lingers");
	journal_wait(h, JOURNAL("end", "service=lingers", "reason=exit"));
	assert_string_equal(peer_ask(h, "echo", "hi"), "hi");
	const char *end = journal_wait(h, JOURNAL("end", "service=echo"));
	assert_true(journal_number(end, "duration") < 30);
	peer_close(fd);
	harness_finish(h);
}

/* Whoever owns the folder may put a link there: the file is opened as the
 * service's user would. */
static void
stderr_path__link_to_a_file_of_root__is_not_opened(void **state)
{
	struct harness *h = *state;
	struct stat st;

	if (geteuid() != 0)
		harness_skip("only root can change the user");
	harness_write_file(h, "secret", "", 0600);
	assert_int_equal(
	    symlink(harness_path(h, "secret"), harness_path(h, "log.err")), 0);
	harness_start(h, "[x]\nlisten = 127.0.0.1:0\nuser = nobody\n"
			 "stderr = @DIR@/log.err\n"
			 "handler = /bin/sh -c 'echo pwned >&2'\n");
	const int fd = peer_connect(h, "x");
	journal_wait(
	    h, JOURNAL("refuse", "service=x", "step=stderr", "errno=EACCES"));
	peer_close(fd);
	assert_int_equal(stat(harness_path(h, "secret"), &st), 0);
	assert_int_equal(st.st_size, 0);
	harness_finish(h);
}

static void
check_fair(struct harness *h, const char *config)
{
	enum {
		FLOOD = 60
	};
	int fds[FLOOD];

	harness_start(h, config);
	for (int i = 0; i < FLOOD; i++)
		fds[i] = peer_connect(h, "flooded");
	journal_wait(h, JOURNAL("pause", "reason=global_limit"));
	assert_string_equal(peer_ask(h, "quiet", "hi"), "hi");
	assert_in_range(journal_count(h, JOURNAL("start", "service=flooded")),
	    2, FLOOD / 2);
	for (int i = 0; i < FLOOD; i++)
		peer_close(fds[i]);
	journal_wait_nth(h, JOURNAL("end", "service=flooded"), FLOOD);
	journal_wait(h, JOURNAL("resume", "reason=global_limit"));
	harness_finish(h);
}

#define FAIR_DAEMON  "[evinetd]\nmax_connections = 2\n[defaults]\nlinger = 0\n"
#define FAIR_QUIET   "[quiet]\nlisten = 127.0.0.1:0\nhandler = builtin:echo\n"
#define FAIR_FLOODED "[flooded]\nlisten = 127.0.0.1:0\nhandler = sleep 0.2\n"

static void
global_limit__one_service_is_flooded__another_gets_its_turn(void **state)
{
	check_fair(*state, FAIR_DAEMON FAIR_QUIET FAIR_FLOODED);
}

static void
global_limit__flooded_one_stands_first__another_gets_its_turn(void **state)
{
	check_fair(*state, FAIR_DAEMON FAIR_FLOODED FAIR_QUIET);
}

static void
limit_file_size(void *arg)
{
	const struct rlimit limit = { 2048, 2048 };

	setrlimit(RLIMIT_FSIZE, &limit);
}

static void
file_size_limit__log_has_reached_it__goes_on_serving(void **state)
{
	struct harness *h = *state;
	const struct harness_options options = {
		.config = "[evinetd]\nlog = @DIR@/full.log\n"
			  "[echo]\nlisten = unix:@DIR@/socket\n"
			  "handler = builtin:echo\n",
		.prepare = limit_file_size,
	};

	harness_spawn(h, &options);
	HARNESS_WAIT_UNTIL(peer_try_unix(harness_path(h, "socket")) == 0);
	for (int i = 0; i < 50; i++) {
		const int fd =
		    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);
		char byte[1];

		peer_send(fd, "x", 1);
		peer_read(fd, byte, 1);
		peer_close(fd);
	}
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	h->finished = true;
}

static void
signals__of_later_versions__do_not_end_it(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\nlisten = 127.0.0.1:0\n"
			 "handler = builtin:echo\n");
	assert_int_equal(kill(h->pid, SIGHUP), 0);
	journal_wait(h, JOURNAL("reload", "signal=HUP"));
	assert_int_equal(kill(h->pid, SIGUSR2), 0);
	journal_wait(h, JOURNAL("reload", "signal=USR2"));
	assert_string_equal(peer_ask(h, "echo", "hi"), "hi");
	harness_finish(h);
}

static void
signals__quit__stops_in_order(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\nlisten = unix:@DIR@/socket\n"
			 "handler = builtin:echo\n");
	assert_int_equal(kill(h->pid, SIGQUIT), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	assert_int_equal(access(harness_path(h, "socket"), F_OK), -1);
	h->finished = true;
}

/* A client that does not hang up, and an hour of linger: with no handler left
 * there is nobody to terminate. */
static void
shutdown__only_a_polite_close_is_left__does_not_wait_for_it(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[bye]\nlisten = 127.0.0.1:0\nlinger = 1h\n"
			 "handler = echo bye\n");
	const int fd = peer_connect(h, "bye");
	char answer[4];
	peer_read(fd, answer, 4);
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	assert_int_equal(kill(h->pid, SIGTERM), 0);
	assert_int_equal(harness_wait_exit(h), 0);
	assert_int_equal(journal_count(h, JOURNAL("stop", "phase=drain")), 1);
	assert_int_equal(
	    journal_count(h, JOURNAL("stop", "phase=terminate")), 0);
	assert_int_equal(journal_count(h, JOURNAL("end", "service=bye")), 1);
	peer_close(fd);
	h->finished = true;
}

/* Makes setresuid(2) wait for an answer that nobody will give: the one who
 * could is the daemon itself, which knows nothing of this descriptor. */
static void
make_setresuid_hang(void *arg)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setresuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { HARNESS_COUNT(code), code };
	const long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);

	/* dup2(2): without its close-on-exec. */
	if (fd == -1 || dup2((int)fd, 100) == -1)
		_exit(125);
}

/* The supervisor is suspended until exec. Processes of the handler's user can
 * stop the new process before (SIGSTOP, just after setresuid), and file systems
 * may not answer; here it is a system call that does not return. */
static void
launch__does_not_get_to_exec__is_killed_and_others_are_served(void **state)
{
	struct harness *h = *state;
	const struct harness_options options = {
		.config = "[stuck]\nlisten = 127.0.0.1:0\nuser = nobody\n"
			  "handler = /bin/true\n"
			  "[echo]\nlisten = 127.0.0.1:0\n"
			  "handler = builtin:echo\n",
		.prepare = make_setresuid_hang,
	};

	contract_need_root();
	harness_start_with(h, &options);
	const int fd = peer_connect(h, "stuck");
	journal_wait(h,
	    JOURNAL("refuse", "service=stuck", "step=user", "errno=ETIMEDOUT"));
	assert_int_equal(journal_count(h, JOURNAL("start")), 0);
	assert_string_equal(peer_ask(h, "echo", "hi"), "hi");
	peer_close(fd);
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		HARNESS_TEST(so_linger__handler_sets_it__others_are_served),
		HARNESS_TEST(
		    stderr_path__link_to_a_file_of_root__is_not_opened),
		HARNESS_TEST(
		    global_limit__one_service_is_flooded__another_gets_its_turn),
		HARNESS_TEST(
		    global_limit__flooded_one_stands_first__another_gets_its_turn),
		HARNESS_TEST(
		    file_size_limit__log_has_reached_it__goes_on_serving),
		HARNESS_TEST(signals__of_later_versions__do_not_end_it),
		HARNESS_TEST(signals__quit__stops_in_order),
		HARNESS_TEST(
		    shutdown__only_a_polite_close_is_left__does_not_wait_for_it),
		HARNESS_TEST(
		    launch__does_not_get_to_exec__is_killed_and_others_are_served),
	};

	return harness_main(argc, argv, "hostile", tests, HARNESS_COUNT(tests));
}
