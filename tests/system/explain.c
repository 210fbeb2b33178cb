/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* --explain: which rule decides, where it stands, and exit statuses.
 */
#include "harness.h"
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPLAIN_WORDS(...) JOURNAL("-c", "@DIR@/explain.ini", __VA_ARGS__)

/* Lines are counted below. */
static const char explain_text[] = "[defaults]\n"
				   "max_connections_per_source = 10\n"
				   "[ssh]\n"
				   "listen = 7022\n"
				   "handler = /bin/cat\n"
				   "allow = 192.0.2.7 198.51.100.0/24\n"
				   "  2001:db8::/32\n"
				   "deny = 192.0.2.0/24\n"
				   "rate_per_source = 20/m burst 40\n"
				   "source_prefix = 24 56\n"
				   "[echo]\n"
				   "listen = 7007\n"
				   "handler = builtin:echo\n"
				   "active_hours = 00:00-24:00\n"
				   "[git]\n"
				   "listen = unix:@DIR@/git\n"
				   "handler = /bin/cat\n"
				   "allow = uid:0\n"
				   "deny_file = deny.txt\n"
				   "[off]\n"
				   "enabled = no\n"
				   "listen = 7009\n"
				   "handler = /bin/cat\n";

static int
explain_run(struct harness *h, const char *const *words)
{
	harness_write_file(h, "explain.ini", explain_text, 0644);
	harness_write_file(h, "deny.txt", "# nobody\nuid:65534\n", 0644);
	return harness_run(h, words);
}

/* The part of a line that does not depend on the folder is enough. */
static void
explain_expect(struct harness *h, const char *path, const char *what)
{
	char *text = harness_read_file(path, NULL);

	if (strstr(text, what) == NULL)
		fail_msg("no \"%s\" in: %s", what, text);
	free(text);
}

static void
explain_expect_none(struct harness *h, const char *what)
{
	char *text = harness_read_file(h->out_path, NULL);

	if (strstr(text, what) != NULL)
		fail_msg("\"%s\" in: %s", what, text);
	free(text);
}

static void
explain__address_is_allowed__says_by_what_and_its_limits(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "192.0.2.7", "ssh")), 0);
	explain_expect(
	    h, h->out_path, "[ssh] 192.0.2.7: allowed by 192.0.2.7, ");
	explain_expect(h, h->out_path, "/explain.ini:6\n");
	explain_expect(h, h->out_path,
	    "    source 192.0.2.0/24: at most 10 connections, [defaults] ");
	explain_expect(h, h->out_path, "/explain.ini:2\n");
	explain_expect(
	    h, h->out_path, "    source 192.0.2.0/24: at most 20/m burst 40, ");
	explain_expect(h, h->out_path, "/explain.ini:9\n");
	explain_expect(
	    h, h->out_path, "    service: at most 256 connections, default\n");
	explain_expect_none(h, "hours");
	explain_expect_none(h, "machine");
	explain_expect_none(h, "[echo]");
	h->finished = true;
}

static void
explain__address_is_denied__says_by_what(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "192.0.2.8")), 1);
	explain_expect(
	    h, h->out_path, "[ssh] 192.0.2.8: denied by 192.0.2.0/24, ");
	explain_expect(h, h->out_path, "/explain.ini:8\n");
	/* And all others, but those where it cannot come. */
	explain_expect(h, h->out_path,
	    "[echo] 192.0.2.8: allowed: there is no access list\n");
	explain_expect(h, h->out_path, "    hours: open now: 00:00-24:00, ");
	explain_expect_none(h, "[git]");
	explain_expect_none(h, "[off]");
	h->finished = true;
}

static void
explain__ipv6_and_mapped__are_what_they_are(void **state)
{
	struct harness *h = *state;

	assert_int_equal(explain_run(h, EXPLAIN_WORDS("--explain",
					    "2001:DB8:1:2FF::9", "ssh")),
	    0);
	explain_expect(h, h->out_path,
	    "[ssh] 2001:db8:1:2ff::9: allowed by 2001:db8::/32, ");
	explain_expect(h, h->out_path, "/explain.ini:7\n");
	explain_expect(h, h->out_path, "    source 2001:db8:1:200::/56: ");
	assert_int_equal(explain_run(h, EXPLAIN_WORDS("--explain",
					    "::ffff:192.0.2.9", "ssh")),
	    1);
	explain_expect(
	    h, h->out_path, "[ssh] 192.0.2.9: denied by 192.0.2.0/24, ");
	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "2001:db9::", "ssh")), 1);
	explain_expect(h, h->out_path,
	    "denied: no entry of its list matches, and others are allowed\n");
	h->finished = true;
}

static void
explain__unix_peer__is_looked_up(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "uid:root")), 0);
	explain_expect(h, h->out_path, "[git] uid:0: allowed by uid:0, ");
	explain_expect(h, h->out_path, "/explain.ini:18\n");
	explain_expect_none(h, "[ssh]");
	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "uid:65534")), 1);
	explain_expect(
	    h, h->out_path, "[git] uid:65534: denied by uid:65534, ");
	explain_expect(h, h->out_path, "/deny.txt:2\n");
	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "uid:no one")), 2);
	h->finished = true;
}

static void
explain__disabled_service__is_denied(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "192.0.2.7", "off")), 1);
	explain_expect(
	    h, h->out_path, "[off] 192.0.2.7: denied: it is disabled, ");
	explain_expect(h, h->out_path, "/explain.ini:21\n");
	h->finished = true;
}

static void
explain__wrong_words__are_usage_errors(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "192.0.2.7", "shh")), 2);
	explain_expect(
	    h, h->log_path, "no service \"shh\"; did you mean \"ssh\"?");
	assert_int_equal(
	    explain_run(h, EXPLAIN_WORDS("--explain", "192.0.2")), 2);
	explain_expect(h, h->log_path, "\"192.0.2\" is neither");
	assert_int_equal(explain_run(h, EXPLAIN_WORDS("--explain", "192.0.2.7",
					    "ssh", "echo")),
	    2);
	assert_int_equal(explain_run(h, EXPLAIN_WORDS("--explain")), 2);
	assert_int_equal(harness_run(h, JOURNAL("-c", "@DIR@/absent.ini",
					    "--explain", "192.0.2.7")),
	    78);
	h->finished = true;
}

static void
explain__ad_hoc__asks_about_the_program(void **state)
{
	struct harness *h = *state;

	assert_int_equal(
	    harness_run(h,
		JOURNAL("--listen", "7007", "--set", "deny=10.0.0.0/8", "--set",
		    "rate=5/s", "--explain", "192.0.2.7", "--", "/bin/cat")),
	    0);
	explain_expect(h, h->out_path, "[cat] 192.0.2.7: allowed: no entry");
	explain_expect(
	    h, h->out_path, "    service: at most 5/s, command line\n");
	h->finished = true;
}

int
main(int argc, char *argv[])
{
	static const struct CMUnitTest tests[] = {
		HARNESS_TEST(
		    explain__address_is_allowed__says_by_what_and_its_limits),
		HARNESS_TEST(explain__address_is_denied__says_by_what),
		HARNESS_TEST(explain__ipv6_and_mapped__are_what_they_are),
		HARNESS_TEST(explain__unix_peer__is_looked_up),
		HARNESS_TEST(explain__disabled_service__is_denied),
		HARNESS_TEST(explain__wrong_words__are_usage_errors),
		HARNESS_TEST(explain__ad_hoc__asks_about_the_program),
	};

	return harness_main(argc, argv, "explain", tests, HARNESS_COUNT(tests));
}
