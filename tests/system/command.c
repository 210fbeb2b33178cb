/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The command line: what is printed where, and exit statuses.
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

#define COMMAND_WORDS(...) JOURNAL(__VA_ARGS__)

static const char command_good[] =
    "[evinetd]\n"
    "drain_timeout = 3s\n"
    "[defaults]\n"
    "linger = 750ms\n"
    "[echo]\n"
    "listen = 7007 unix:@DIR@/socket\n"
    "handler = builtin:echo\n"
    "[odd]\n"
    "enabled = no\n"
    "listen = 7008\n"
    "linger = 1s\n"
    "environment = 'A=two words' B=x\n"
    "handler = /bin/echo 'a b' \"c;d\" %r $'e\\nf'\n";

static char *
command_read_out(struct harness *h)
{
	return harness_read_file(h->out_path, NULL);
}

static char *
command_read_err(struct harness *h)
{
	return harness_read_file(h->log_path, NULL);
}

static void
command_expect_err(struct harness *h, const char *what)
{
	char *text = command_read_err(h);

	if (strstr(text, what) == NULL)
		fail_msg("no \"%s\" in: %s", what, text);
	free(text);
}

static void
check__good_file__says_ok(void **state)
{
	struct harness *h = *state;
	char *text;

	harness_write_file(h, "good.ini", command_good, 0644);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/good.ini", "--check")),
	    0);
	text = command_read_out(h);
	assert_non_null(strstr(text, "ok, 1 of 2 services enabled"));
	free(text);
	text = command_read_err(h);
	assert_string_equal(text, "");
	free(text);
	h->finished = true;
}

static void
check__many_errors__all_of_them_with_file_and_line(void **state)
{
	struct harness *h = *state;
	static const char *const expected[] = {
		"bad.ini:2: ",
		"bad.ini:5: ",
		"linger",
		"bad.ini:6: ",
		"bad.ini:8: ",
		"bad.ini:12: ",
	};

	harness_write_file(h, "bad.ini",
	    "[evinetd]\n"
	    "max_connections = many\n"
	    "[echo]\n"
	    "listen = 127.0.0.1:7007\n"
	    "lingr = 2s\n"
	    "umask = 999\n"
	    "handler = builtin:echo\n"
	    "[two]\n"
	    "handler = builtin:echo\n"
	    "[three]\n"
	    "listen = 7009\n"
	    "handler = /nonexistent/program\n",
	    0644);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/bad.ini", "--check")),
	    78);
	for (size_t i = 0; i < HARNESS_COUNT(expected); i++)
		command_expect_err(h, expected[i]);
	/* Serving says the same. */
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/bad.ini")), 78);
	for (size_t i = 0; i < HARNESS_COUNT(expected); i++)
		command_expect_err(h, expected[i]);
	h->finished = true;
}

static void
command_become_nobody(void *arg)
{
	const struct passwd *pw = getpwnam("nobody");

	if (pw == NULL || setgroups(0, NULL) == -1 ||
	    setgid(pw->pw_gid) == -1 || setuid(pw->pw_uid) == -1)
		_exit(125);
}

/* It would fail for each client. */
static void
user__is_set_without_root__is_a_configuration_error(void **state)
{
	struct harness *h = *state;
	char program[256];

	contract_need_root();
	harness_copy_program(h, TEST_EVINETD, "evinetd");
	snprintf(program, sizeof(program), "%s", harness_path(h, "evinetd"));
	harness_spawn(
	    h, &(struct harness_options){ .config = "[root]\n"
						    "listen = 127.0.0.1:0\n"
						    "user = root\n"
						    "handler = /bin/true\n",
		   .program = program,
		   .prepare = command_become_nobody });
	assert_int_equal(harness_wait_exit(h), 78);
	command_expect_err(h, "evinetd.ini:3: user: only root can");
	h->finished = true;
}

static void
configuration__does_not_exist__is_status_78(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/absent.ini")), 78);
	command_expect_err(h, "absent.ini");
	h->finished = true;
}

/* Without the comments, which say where a value is from. */
static void
command_strip_comments(char *text)
{
	char *to = text;

	for (char *line = text; *line != '\0';) {
		char *end = strchrnul(line, '\n');
		const size_t len = (size_t)(end - line) + (*end == '\n');

		if (*line != ';' && *line != '#') {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
}

static void
dump__is_read_again__gives_the_same(void **state)
{
	struct harness *h = *state;

	harness_write_file(h, "good.ini", command_good, 0644);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/good.ini", "--dump")), 0);
	char *first = command_read_out(h);
	assert_int_equal(rename(h->out_path, harness_path(h, "dumped.ini")), 0);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/dumped.ini", "--dump")),
	    0);
	char *second = command_read_out(h);
	/* Each value says where it is from. */
	assert_non_null(strstr(first, "good.ini:2"));
	command_strip_comments(first);
	command_strip_comments(second);
	assert_string_equal(first, second);
	assert_non_null(strstr(first, "linger = 750ms"));
	assert_non_null(strstr(first, "linger = 1s"));
	free(first);
	free(second);
	h->finished = true;
}

static void
usage__wrong_in_many_ways__is_status_2(void **state)
{
	struct harness *h = *state;

	assert_int_equal(harness_run(h, COMMAND_WORDS("--nonsense")), 2);
	command_expect_err(h, "usage:");
	assert_int_equal(harness_run(h, COMMAND_WORDS("-c")), 2);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("--log-level", "loud")), 2);
	assert_int_equal(harness_run(h, COMMAND_WORDS("stray", "words")), 2);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("--listen", "127.0.0.1:0")), 2);
	assert_int_equal(harness_run(h, COMMAND_WORDS("-c", "@DIR@/x",
					    "--listen", "0", "--", "/bin/cat")),
	    2);
	assert_int_equal(harness_run(h, COMMAND_WORDS("-c", "@DIR@/x", "--set",
					    "linger=1s")),
	    2);
	h->finished = true;
}

static void
help_and_version__asked_for__are_on_standard_output(void **state)
{
	struct harness *h = *state;
	char *text;

	assert_int_equal(harness_run(h, COMMAND_WORDS("--help")), 0);
	text = command_read_out(h);
	assert_non_null(strstr(text, "usage: evinetd"));
	free(text);
	assert_int_equal(harness_run(h, COMMAND_WORDS("--version")), 0);
	text = command_read_out(h);
	assert_int_equal(strncmp(text, "evinetd ", 8), 0);
	free(text);
	h->finished = true;
}

static void
ad_hoc__program_with_options__is_served(void **state)
{
	struct harness *h = *state;

	harness_start_with(
	    h, &(struct harness_options){
		   .words = COMMAND_WORDS("--listen", "127.0.0.1:0", "--listen",
		       "unix:@DIR@/socket", "--set", "linger=1s", "--set",
		       "max_connections=7", "--", "/bin/cat", "-u", "-") });
	assert_string_equal(peer_ask(h, "cat", "a cat\n"), "a cat\n");
	journal_wait(h, JOURNAL("start", "service=cat", "active=1/7"));
	assert_int_equal(access(harness_path(h, "socket"), F_OK), 0);
	harness_finish(h);
}

static void
ad_hoc__arguments_with_blanks_and_quotes__arrive_whole(void **state)
{
	struct harness *h = *state;

	harness_start_with(
	    h, &(struct harness_options){
		   .words =
		       COMMAND_WORDS("--listen", "127.0.0.1:0", "--", "@PROBE@",
			   "two words", "it's", "a\"b\\c", "", "$HOME;x") });
	const char *report = peer_ask(h, "probe", "");
	assert_string_equal(peer_value(report, "argv.1"), "two words");
	assert_string_equal(peer_value(report, "argv.2"), "it's");
	assert_string_equal(peer_value(report, "argv.3"), "a\"b\\\\c");
	assert_string_equal(peer_value(report, "argv.4"), "");
	assert_string_equal(peer_value(report, "argv.5"), "$HOME;x");
	harness_finish(h);
}

static void
ad_hoc__builtin__is_served(void **state)
{
	struct harness *h = *state;

	harness_start_with(h, &(struct harness_options){
				  .words = COMMAND_WORDS("--listen",
				      "127.0.0.1:0", "--", "builtin:echo") });
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	harness_finish(h);
}

static void
ad_hoc__bad_setting__is_status_78_and_names_the_option(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("--listen", "127.0.0.1:0", "--set",
			       "lingr=1s", "--", "/bin/cat")),
	    78);
	command_expect_err(h, "--set");
	command_expect_err(h, "linger");
	assert_int_equal(harness_run(h, COMMAND_WORDS("--listen", "127.0.0.1:0",
					    "--", "/nonexistent/program")),
	    78);
	command_expect_err(h, "/nonexistent/program");
	h->finished = true;
}

static void
ad_hoc__dump__can_be_read_as_a_file(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("--listen", "127.0.0.1:7007", "--dump",
			       "--", "/bin/echo", "it's", "100%%")),
	    0);
	assert_int_equal(rename(h->out_path, harness_path(h, "dumped.ini")), 0);
	assert_int_equal(
	    harness_run(h, COMMAND_WORDS("-c", "@DIR@/dumped.ini", "--check")),
	    0);
	h->finished = true;
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(check__good_file__says_ok),
		HARNESS_TEST(
		    check__many_errors__all_of_them_with_file_and_line),
		HARNESS_TEST(
		    user__is_set_without_root__is_a_configuration_error),
		HARNESS_TEST(configuration__does_not_exist__is_status_78),
		HARNESS_TEST(dump__is_read_again__gives_the_same),
		HARNESS_TEST(usage__wrong_in_many_ways__is_status_2),
		HARNESS_TEST(
		    help_and_version__asked_for__are_on_standard_output),
		HARNESS_TEST(ad_hoc__program_with_options__is_served),
		HARNESS_TEST(
		    ad_hoc__arguments_with_blanks_and_quotes__arrive_whole),
		HARNESS_TEST(ad_hoc__builtin__is_served),
		HARNESS_TEST(
		    ad_hoc__bad_setting__is_status_78_and_names_the_option),
		HARNESS_TEST(ad_hoc__dump__can_be_read_as_a_file),
	};

	return harness_main(argc, argv, "command", tests, HARNESS_COUNT(tests));
}
