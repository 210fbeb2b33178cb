/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The contract: arguments and environment, compared with what the client's
 * own socket says about both ends.
 */
#include "contract.h"
#include "journal.h"
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS_PATH                                                          \
	"env.PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:" \
	"/bin\n"

/* Reads the report of a connection that was made already. */
static const char *
words_report(int fd)
{
	static char report[65536];

	peer_finish(fd);
	peer_read_to_end(fd, report, sizeof(report));
	return report;
}

static void
words_get_name(int fd, bool peer, char *ret_host, unsigned *ret_port)
{
	struct sockaddr_storage sa;
	const struct sockaddr_in *in4 = (struct sockaddr_in *)&sa;
	const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&sa;
	socklen_t len = sizeof(sa);

	if (peer)
		assert_int_equal(
		    getpeername(fd, (struct sockaddr *)&sa, &len), 0);
	else
		assert_int_equal(
		    getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	if (sa.ss_family == AF_INET) {
		inet_ntop(AF_INET, &in4->sin_addr, ret_host, INET6_ADDRSTRLEN);
		*ret_port = ntohs(in4->sin_port);
	} else {
		inet_ntop(
		    AF_INET6, &in6->sin6_addr, ret_host, INET6_ADDRSTRLEN);
		*ret_port = ntohs(in6->sin6_port);
	}
}

/* All that a handler of service `probe` may have in its environment. Returns
 * the report. */
static const char *
words_check_tcp(int fd)
{
	char expected[2048], ours[INET6_ADDRSTRLEN], theirs[INET6_ADDRSTRLEN];
	unsigned our_port, their_port;

	words_get_name(fd, false, ours, &our_port);
	words_get_name(fd, true, theirs, &their_port);
	snprintf(expected, sizeof(expected),
	    "env.EVINETD_CONNECTION=1\n"
	    "env.EVINETD_SERVICE=probe\n" WORDS_PATH "env.PROTO=TCP\n"
	    "env.REMOTE_ADDR=%s\n"
	    "env.REMOTE_HOST=%s\n"
	    "env.REMOTE_PORT=%u\n"
	    "env.TCPCONNNUM=1\n"
	    "env.TCPLOCALIP=%s\n"
	    "env.TCPLOCALPORT=%u\n"
	    "env.TCPREMOTEIP=%s\n"
	    "env.TCPREMOTEPORT=%u\n",
	    ours, ours, our_port, theirs, their_port, ours, our_port);
	const char *report = words_report(fd);
	assert_string_equal(contract_lines(report, "env."), expected);
	return report;
}

static void
words_set_environment(void *arg)
{
	setenv("SECRET", "x", 1);
	setenv("WANTED", "two words", 1);
	setenv("TCPREMOTEIP", "192.0.2.1", 1);
	setenv("LD_BIND_NOW", "1", 1);
	unsetenv("ABSENT");
}

static void
words_start(struct harness *h, const char *config)
{
	harness_start_with(h, &(struct harness_options){ .config = config,
				  .prepare = words_set_environment });
}

static void
environment__ipv4__is_exact_and_clean(void **state)
{
	struct harness *h = *state;

	words_start(h, "[probe]\n"
		       "listen = 127.0.0.1:0\n"
		       "handler = @PROBE@\n");
	words_check_tcp(peer_connect(h, "probe"));
	harness_finish(h);
}

static void
environment__ipv6__is_exact(void **state)
{
	struct harness *h = *state;

	contract_need_ipv6();
	words_start(h, "[probe]\n"
		       "listen = [::1]:0\n"
		       "handler = @PROBE@ %r\n");
	const int fd = peer_connect_ip("::1", journal_port(h, "probe"));
	const char *report = words_check_tcp(fd);
	assert_string_equal(peer_value(report, "argv.1"), "::1");
	harness_finish(h);
}

static void
environment__ipv4_client_of_a_dual_stack_socket__is_ipv4(void **state)
{
	struct harness *h = *state;
	char ours[INET6_ADDRSTRLEN], field[128];
	unsigned port;

	contract_need_ipv6();
	words_start(h, "[probe]\n"
		       "listen = [::]:0\n"
		       "v6only = no\n"
		       "handler = @PROBE@\n");
	const int fd = peer_connect(h, "probe");
	words_get_name(fd, false, ours, &port);
	const char *report = words_check_tcp(fd);
	assert_string_equal(peer_value(report, "fd.0.family"), "inet6");
	snprintf(field, sizeof(field), "peer=127.0.0.1:%u", port);
	journal_wait(h, JOURNAL("start", field));
	harness_finish(h);
}

static void
words_check_unix(struct harness *h, int fd, const char *remote)
{
	char expected[2048];

	snprintf(expected, sizeof(expected),
	    "env.EVINETD_CONNECTION=1\n"
	    "env.EVINETD_SERVICE=probe\n"
	    "env.IPCCONNNUM=1\n"
	    "env.IPCLOCALPATH=%s\n"
	    "env.IPCREMOTEEGID=%u\n"
	    "env.IPCREMOTEEUID=%u\n"
	    "env.IPCREMOTEPATH=%s\n"
	    "env.IPCREMOTEPID=%d\n" WORDS_PATH "env.PROTO=IPC\n",
	    harness_path(h, "socket"), getegid(), geteuid(), remote,
	    (int)getpid());
	assert_string_equal(contract_lines(words_report(fd), "env."), expected);
}

static void
environment__unix_socket__has_the_credentials(void **state)
{
	struct harness *h = *state;

	words_start(h, "[probe]\n"
		       "listen = unix:@DIR@/socket\n"
		       "handler = @PROBE@\n");
	const int fd =
	    peer_connect_unix(harness_path(h, "socket"), SOCK_STREAM);
	words_check_unix(h, fd, "");
	harness_finish(h);
}

static void
environment__unix_client_with_a_name__has_its_path(void **state)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX }, to = un;
	struct harness *h = *state;

	words_start(h, "[probe]\n"
		       "listen = unix:@DIR@/socket\n"
		       "handler = @PROBE@\n");
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(
	    un.sun_path, sizeof(un.sun_path), "%s", harness_path(h, "client"));
	snprintf(
	    to.sun_path, sizeof(to.sun_path), "%s", harness_path(h, "socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	words_check_unix(h, fd, un.sun_path);
	harness_finish(h);
}

static void
environment__several_connections_of_a_source__are_counted(void **state)
{
	struct harness *h = *state;
	char text[16];
	int fds[3];

	words_start(h, "[probe]\n"
		       "listen = 127.0.0.1:0\n"
		       "handler = @PROBE@ --wait-eof\n");
	for (size_t i = 0; i < 3; i++) {
		fds[i] = peer_connect(h, "probe");
		journal_wait_nth(h, JOURNAL("start"), i + 1);
	}
	for (int i = 0; i < 3; i++) {
		const char *report = words_report(fds[i]);

		snprintf(text, sizeof(text), "%d", i + 1);
		assert_string_equal(peer_value(report, "env.TCPCONNNUM"), text);
		assert_string_equal(
		    peer_value(report, "env.EVINETD_CONNECTION"), text);
	}
	harness_finish(h);
}

static void
environment__additions__are_there_and_cannot_forge(void **state)
{
	static const struct contract_row rows[] = {
		{ "environment = A=1 'B=two words' EMPTY=", "env.A", "1" },
		{ "environment = A=1 'B=two words' EMPTY=", "env.B",
		    "two words" },
		{ "environment = A=1 'B=two words' EMPTY=", "env.EMPTY", "" },
		{ "environment = PATH=/opt/bin", "env.PATH", "/opt/bin" },
		{ "environment = TCPREMOTEIP=192.0.2.9", "env.TCPREMOTEIP",
		    "127.0.0.1" },
		{ "pass_environment = WANTED ABSENT", "env.WANTED",
		    "two words" },
		{ "pass_environment = TCPREMOTEIP", "env.TCPREMOTEIP",
		    "127.0.0.1" },
		{ "pass_environment = WANTED\nenvironment = WANTED=3",
		    "env.WANTED", "3" },
	};
	struct harness *h = *state;

	contract_start(h, rows, HARNESS_COUNT(rows), words_set_environment);
	contract_check(h, rows, HARNESS_COUNT(rows));
	/* Nor does a second one stand beside the true one. */
	static const char *const forged[] = { "row4", "row6" };
	for (size_t i = 0; i < HARNESS_COUNT(forged); i++)
		assert_string_equal(contract_lines(peer_ask(h, forged[i], ""),
					"env.TCPREMOTEIP="),
		    "env.TCPREMOTEIP=127.0.0.1\n");
	const char *report = peer_ask(h, "row5", "");
	assert_null(peer_find_value(report, "env.ABSENT"));
	assert_null(peer_find_value(report, "env.SECRET"));
	harness_finish(h);
}

static void
environment__user_is_set__has_home_user_logname_shell(void **state)
{
	const struct passwd *pw = getpwnam("nobody");

	contract_need_root();
	if (pw == NULL)
		harness_skip("this machine has no user nobody");
	const struct contract_row rows[] = {
		{ "user = nobody", "env.USER", "nobody" },
		{ "user = nobody", "env.LOGNAME", "nobody" },
		{ "user = nobody", "env.HOME", pw->pw_dir },
		{ "user = nobody", "env.SHELL", pw->pw_shell },
		{ "user = nobody\nenvironment = HOME=/x", "env.HOME", "/x" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

static void
arguments__quoted_as_in_a_shell__are_split_so(void **state)
{
	struct harness *h = *state;

	harness_start(h,
	    "[probe]\n"
	    "listen = 127.0.0.1:0\n"
	    "handler = @PROBE@ plain 'single ; quoted' \"double \\\" # one\"\n"
	    "\tback\\ slash '' $HOME *\n");
	assert_string_equal(contract_lines(peer_ask(h, "probe", ""), "arg") +
				strlen("argc=8\nargv.0=" TEST_PROBE "\n"),
	    "argv.1=plain\n"
	    "argv.2=single ; quoted\n"
	    "argv.3=double \" # one\n"
	    "argv.4=back slash\n"
	    "argv.5=\n"
	    "argv.6=$HOME\n"
	    "argv.7=*\n");
	harness_finish(h);
}

static void
arguments__percent_sequences__are_the_connections_own(void **state)
{
	struct harness *h = *state;
	char expected[512], ours[INET6_ADDRSTRLEN], theirs[INET6_ADDRSTRLEN];
	unsigned our_port, their_port;

	harness_start(h, "[probe]\n"
			 "listen = 127.0.0.1:0\n"
			 "argv0 = %s-%c\n"
			 "handler = @PROBE@ %r %p,%l %s %c 100%%\n");
	const int fd = peer_connect(h, "probe");
	words_get_name(fd, false, ours, &our_port);
	words_get_name(fd, true, theirs, &their_port);
	snprintf(expected, sizeof(expected),
	    "argc=6\n"
	    "argv.0=probe-1\n"
	    "argv.1=127.0.0.1\n"
	    "argv.2=%u,%u\n"
	    "argv.3=probe\n"
	    "argv.4=1\n"
	    "argv.5=100%%\n",
	    our_port, their_port);
	assert_string_equal(contract_lines(words_report(fd), "arg"), expected);
	harness_finish(h);
}

static void
arguments__default_argv0__is_the_path(void **state)
{
	static const struct contract_row rows[] = {
		{ "", "argv.0", TEST_PROBE },
		{ "argv0 = other", "argv.0", "other" },
	};

	contract_test(*state, rows, HARNESS_COUNT(rows));
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(environment__ipv4__is_exact_and_clean),
		HARNESS_TEST(environment__ipv6__is_exact),
		HARNESS_TEST(
		    environment__ipv4_client_of_a_dual_stack_socket__is_ipv4),
		HARNESS_TEST(environment__unix_socket__has_the_credentials),
		HARNESS_TEST(
		    environment__unix_client_with_a_name__has_its_path),
		HARNESS_TEST(
		    environment__several_connections_of_a_source__are_counted),
		HARNESS_TEST(
		    environment__additions__are_there_and_cannot_forge),
		HARNESS_TEST(
		    environment__user_is_set__has_home_user_logname_shell),
		HARNESS_TEST(arguments__quoted_as_in_a_shell__are_split_so),
		HARNESS_TEST(
		    arguments__percent_sequences__are_the_connections_own),
		HARNESS_TEST(arguments__default_argv0__is_the_path),
	};

	return harness_main(
	    argc, argv, "contract_words", tests, HARNESS_COUNT(tests));
}
