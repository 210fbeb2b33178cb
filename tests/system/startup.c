/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Starting: listeners that cannot be opened, the files of Unix sockets, the
 * pid file, and every form of `listen`.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const char startup_unix[] = "[echo]\n"
				   "listen = unix:@DIR@/socket\n"
				   "handler = builtin:echo\n";

/* A port of 127.0.0.1 that is taken, and its socket. */
static int
startup_take_port(uint16_t *ret_port)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in4);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in4, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in4, &len), 0);
	*ret_port = ntohs(in4.sin_port);
	return fd;
}

/* The daemon does not start, and ends with status 1. */
static void
startup_fail(struct harness *h, const char *config)
{
	harness_spawn(h, &(struct harness_options){ .config = config });
	assert_int_equal(harness_wait_exit(h), 1);
	assert_int_equal(journal_count(h, JOURNAL("ready")), 0);
}

static void
port__is_in_use__error_names_service_file_and_line(void **state)
{
	struct harness *h = *state;
	char config[512], address[64], at[256];
	uint16_t port;
	const int fd = startup_take_port(&port);

	snprintf(config, sizeof(config),
	    "; a comment\n"
	    "[first]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = builtin:echo\n"
	    "[taken]\n"
	    "listen = 127.0.0.1:%u\n"
	    "handler = builtin:echo\n"
	    "[gone]\n"
	    "handler = builtin:echo\n"
	    "listen = unix:/nonexistent/folder/socket\n",
	    port);
	startup_fail(h, config);
	snprintf(address, sizeof(address), "address=127.0.0.1:%u", port);
	snprintf(at, sizeof(at), "at=%s:6", h->config_path);
	journal_wait(
	    h, JOURNAL("listen_failed", "level=error", "service=taken", address,
		   at, "step=bind", "errno=EADDRINUSE", "hint="));
	/* The other one is told in the same run. */
	snprintf(at, sizeof(at), "at=%s:10", h->config_path);
	journal_wait(
	    h, JOURNAL("listen_failed", "service=gone", at, "errno=ENOENT"));
	peer_close(fd);
	harness_finish(h);
}

static int
startup_bind_unix(struct harness *h)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(
	    un.sun_path, sizeof(un.sun_path), "%s", harness_path(h, "socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, 5), 0);
	return fd;
}

static void
unix_socket__is_live__is_refused_and_left_serving(void **state)
{
	struct harness *h = *state;
	char address[256], at[256];
	const int fd = startup_bind_unix(h);

	startup_fail(h, startup_unix);
	snprintf(address, sizeof(address), "address=unix:%s",
	    harness_path(h, "socket"));
	snprintf(at, sizeof(at), "at=%s:2", h->config_path);
	journal_wait(h, JOURNAL("listen_failed", "service=echo", address, at,
			    "errno=EADDRINUSE"));
	assert_int_equal(peer_try_unix(harness_path(h, "socket")), 0);
	peer_close(fd);
	harness_finish(h);
}

static void
startup_ask_unix(struct harness *h)
{
	char buf[16];
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);

	peer_send_text(fd, "hello");
	peer_read(fd, buf, 5);
	peer_close(fd);
}

static void
unix_socket__is_stale__is_replaced_and_served(void **state)
{
	struct harness *h = *state;

	peer_close(startup_bind_unix(h));
	assert_int_equal(access(harness_path(h, "socket"), F_OK), 0);
	harness_start(h, startup_unix);
	startup_ask_unix(h);
	harness_finish(h);
	/* And nothing stale is left behind. */
	assert_int_equal(access(harness_path(h, "socket"), F_OK), -1);
}

static void
unix_socket__another_file_is_in_its_place__is_left_alone(void **state)
{
	struct harness *h = *state;
	char *text;

	harness_write_file(h, "socket", "precious", 0644);
	startup_fail(h, startup_unix);
	journal_wait(h, JOURNAL("listen_failed", "errno=EADDRINUSE"));
	text = harness_read_file(harness_path(h, "socket"), NULL);
	assert_string_equal(text, "precious");
	free(text);
	harness_finish(h);
}

static void
unix_socket__was_replaced_meanwhile__is_not_removed(void **state)
{
	struct harness *h = *state;

	harness_start(h, startup_unix);
	assert_int_equal(unlink(harness_path(h, "socket")), 0);
	harness_write_file(h, "socket", "another's", 0644);
	harness_finish(h);
	assert_int_equal(access(harness_path(h, "socket"), F_OK), 0);
}

static void
startup_set_umask(void *arg)
{
	umask(077);
}

static void
unix_socket__mode__is_as_configured_whatever_our_umask(void **state)
{
	struct harness *h = *state;
	struct stat st;

	harness_start_with(h,
	    &(struct harness_options){ .config = "[default]\n"
						 "listen = unix:@DIR@/default\n"
						 "handler = builtin:echo\n"
						 "[private]\n"
						 "listen = unix:@DIR@/private\n"
						 "socket_mode = 0640\n"
						 "handler = builtin:echo\n",
		.prepare = startup_set_umask });
	assert_int_equal(stat(harness_path(h, "default"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_int_equal(stat(harness_path(h, "private"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	harness_finish(h);
}

static void
unix_socket__owner__is_as_configured(void **state)
{
	struct harness *h = *state;
	const struct passwd *pw = getpwnam("nobody");
	const struct group *gr = getgrnam("daemon");
	struct stat st;

	contract_need_root();
	if (pw == NULL || gr == NULL)
		harness_skip("no user nobody, or no group daemon");
	harness_start(h, "[owned]\n"
			 "listen = unix:@DIR@/owned\n"
			 "socket_user = nobody\n"
			 "socket_group = daemon\n"
			 "socket_mode = 0600\n"
			 "handler = builtin:echo\n");
	assert_int_equal(stat(harness_path(h, "owned"), &st), 0);
	assert_int_equal(st.st_uid, pw->pw_uid);
	assert_int_equal(st.st_gid, gr->gr_gid);
	assert_int_equal(st.st_mode & 07777, 0600);
	harness_finish(h);
}

static void
pid_file__while_it_runs__is_there_and_locked(void **state)
{
	static const char config[] = "[evinetd]\n"
				     "pid_file = @DIR@/pid\n"
				     "[echo]\n"
				     "listen = 127.0.0.1:0\n"
				     "handler = builtin:echo\n";
	struct harness *h = *state;
	struct harness second = *h;
	char expected[32];
	char *text;

	/* One that a crash has left behind is taken over. */
	harness_write_file(h, "pid", "999999999999\n", 0644);
	harness_start(h, config);
	text = harness_read_file(harness_path(h, "pid"), NULL);
	snprintf(expected, sizeof(expected), "%d\n", (int)h->pid);
	assert_string_equal(text, expected);
	free(text);
	snprintf(second.log_path, sizeof(second.log_path), "%s/second", h->dir);
	startup_fail(&second, config);
	text = harness_read_file(second.log_path, NULL);
	assert_non_null(strstr(text, "another evinetd"));
	free(text);
	free(second.text);
	assert_int_equal(access(harness_path(h, "pid"), F_OK), 0);
	harness_finish(h);
	assert_int_equal(access(harness_path(h, "pid"), F_OK), -1);
}

/* One listener for each family, on one port, and no other. */
static void
startup_check_two(struct harness *h, const char *v4, const char *v6)
{
	char address[2][64];
	const uint16_t port = journal_port(h, "echo");

	snprintf(address[0], sizeof(address[0]), "address=%s:%u", v4, port);
	snprintf(address[1], sizeof(address[1]), "address=%s:%u", v6, port);
	assert_int_equal(journal_count(h, JOURNAL("listen")), 2);
	assert_int_equal(journal_count(h, JOURNAL("listen", address[0])), 1);
	assert_int_equal(journal_count(h, JOURNAL("listen", address[1])), 1);
	assert_int_equal(peer_try_ip("127.0.0.1", port), 0);
	assert_int_equal(peer_try_ip("::1", port), 0);
}

static void
listen__bare_port__is_loopback_of_both_families_on_one_port(void **state)
{
	struct harness *h = *state;

	contract_need_ipv6();
	harness_start(h, "[echo]\nlisten = 0\nhandler = builtin:echo\n");
	startup_check_two(h, "127.0.0.1", "[::1]");
	harness_finish(h);
}

static void
listen__star__is_every_address_of_both_families_on_one_port(void **state)
{
	struct harness *h = *state;

	contract_need_ipv6();
	harness_start(h, "[echo]\nlisten = *:0\nhandler = builtin:echo\n");
	startup_check_two(h, "0.0.0.0", "[::]");
	harness_finish(h);
}

static void
listen__dual_stack_star__is_one_socket_for_both(void **state)
{
	struct harness *h = *state;

	contract_need_ipv6();
	harness_start(h, "[echo]\n"
			 "listen = *:0\n"
			 "v6only = no\n"
			 "handler = builtin:echo\n");
	const uint16_t port = journal_port(h, "echo");
	assert_int_equal(journal_count(h, JOURNAL("listen")), 1);
	assert_int_equal(peer_try_ip("127.0.0.1", port), 0);
	assert_int_equal(peer_try_ip("::1", port), 0);
	harness_finish(h);
}

static void
listen__a_list__opens_every_item(void **state)
{
	struct harness *h = *state;
	char address[256];
	char buf[8];

	snprintf(address, sizeof(address), "address=unix:%s",
	    harness_path(h, "stream"));
	harness_start(h, "[echo]\n"
			 "listen = 127.0.0.1:0 unix:@DIR@/stream\n"
			 "\tunix-seqpacket:@DIR@/packet\n"
			 "handler = builtin:echo\n");
	assert_int_equal(journal_count(h, JOURNAL("listen")), 3);
	assert_string_equal(peer_ask(h, "echo", "tcp"), "tcp");
	int fd = peer_connect_unix(harness_path(h, "stream"), SOCK_STREAM);
	peer_send_text(fd, "x");
	peer_read(fd, buf, 1);
	peer_close(fd);
	fd = peer_connect_unix(harness_path(h, "packet"), SOCK_SEQPACKET);
	peer_send_text(fd, "packet");
	assert_int_equal(recv(fd, buf, sizeof(buf), 0), 6);
	peer_close(fd);
	journal_wait(h, JOURNAL("listen", "service=echo", address));
	harness_finish(h);
	assert_int_equal(access(harness_path(h, "stream"), F_OK), -1);
	assert_int_equal(access(harness_path(h, "packet"), F_OK), -1);
}

static void
enabled__no__does_not_listen(void **state)
{
	struct harness *h = *state;

	harness_start(h, "[echo]\n"
			 "listen = 127.0.0.1:0\n"
			 "handler = builtin:echo\n"
			 "[off]\n"
			 "enabled = no\n"
			 "listen = unix:@DIR@/off\n"
			 "handler = builtin:echo\n");
	assert_int_equal(journal_count(h, JOURNAL("listen")), 1);
	journal_wait(h, JOURNAL("ready", "services=1"));
	assert_int_equal(access(harness_path(h, "off"), F_OK), -1);
	harness_finish(h);
}

static void
listen__host_name__is_looked_up(void **state)
{
	struct harness *h = *state;

	harness_start(
	    h, "[echo]\nlisten = localhost:0\nhandler = builtin:echo\n");
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	harness_finish(h);
}

/* Its own address family; a connection within one machine needs a module
 * (vsock_loopback) that is not everywhere. */
static void
listen__vsock__is_open(void **state)
{
	struct harness *h = *state;
	const int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		harness_skip("this kernel has no vsock");
	peer_close(fd);
	harness_start(
	    h, "[echo]\nlisten = vsock:52107\nhandler = builtin:echo\n");
	const char *line = journal_wait(h, JOURNAL("listen", "service=echo"));
	const char *address = journal_field(line, "address");
	assert_int_equal(strncmp(address, "vsock:", 6), 0);
	assert_non_null(strstr(address, "52107"));
	harness_finish(h);
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    port__is_in_use__error_names_service_file_and_line),
		HARNESS_TEST(unix_socket__is_live__is_refused_and_left_serving),
		HARNESS_TEST(unix_socket__is_stale__is_replaced_and_served),
		HARNESS_TEST(
		    unix_socket__another_file_is_in_its_place__is_left_alone),
		HARNESS_TEST(
		    unix_socket__was_replaced_meanwhile__is_not_removed),
		HARNESS_TEST(
		    unix_socket__mode__is_as_configured_whatever_our_umask),
		HARNESS_TEST(unix_socket__owner__is_as_configured),
		HARNESS_TEST(pid_file__while_it_runs__is_there_and_locked),
		HARNESS_TEST(
		    listen__bare_port__is_loopback_of_both_families_on_one_port),
		HARNESS_TEST(
		    listen__star__is_every_address_of_both_families_on_one_port),
		HARNESS_TEST(listen__dual_stack_star__is_one_socket_for_both),
		HARNESS_TEST(listen__a_list__opens_every_item),
		HARNESS_TEST(enabled__no__does_not_listen),
		HARNESS_TEST(listen__host_name__is_looked_up),
		HARNESS_TEST(listen__vsock__is_open),
	};

	return harness_main(argc, argv, "startup", tests, HARNESS_COUNT(tests));
}
