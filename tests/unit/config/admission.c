/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The limits of a service, what becomes of whom they refuse, and all admission
 * keys in services that they mean nothing to.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CAT(name, listens)                   \
	"[" name "]\nlisten = " listens "\n" \
	"handler = /bin/cat\n"

static void
limits__not_said__are_the_defaults(void **state)
{
	struct config *c = support_load(CAT("a", "1"));
	const struct config_admission *a = &c->services[0]->admission;

	assert_int_equal(a->max_connections, 256);
	assert_int_equal(a->max_connections_per_source, 0);
	assert_int_equal(a->source_prefix.ipv4, 32);
	assert_int_equal(a->source_prefix.ipv6, 64);
	assert_int_equal(a->rate.count, 0);
	assert_int_equal(a->rate_per_source.count, 0);
	assert_int_equal(a->when_full, CONFIG_FULL_QUEUE);
	assert_int_equal(a->when_refused, CONFIG_REFUSAL_RESET);
	assert_null(a->refuse_message);
	assert_int_equal(a->max_load, 0);
	assert_int_equal(a->nhours, 0);
	config_free(c);
}

static void
limits__that_are_said__are_in_their_fields(void **state)
{
	struct config *c = support_load(
	    CAT("a", "1") "max_connections = 1000000\n"
			  "max_connections_per_source = 3\n"
			  "source_prefix = 24/48\nrate = 100/s burst 7\n"
			  "rate_per_source = 3/h\nwhen_full = refuse\n"
			  "when_refused = message\nrefuse_message = no\\n\n"
			  "max_load = 2.5\n"
			  "active_hours = Mon/08:00-12:00\n\t13:00-17:00\n");
	const struct config_admission *a = &c->services[0]->admission;

	assert_int_equal(a->max_connections, 1000000);
	assert_int_equal(a->max_connections_per_source, 3);
	assert_int_equal(a->source_prefix.ipv4, 24);
	assert_int_equal(a->source_prefix.ipv6, 48);
	assert_int_equal(a->rate.count, 100);
	assert_int_equal(a->rate.burst, 7);
	assert_int_equal(a->rate_per_source.period_ns, 3600000000000);
	assert_int_equal(a->when_full, CONFIG_FULL_REFUSE);
	assert_int_equal(a->when_refused, CONFIG_REFUSAL_MESSAGE);
	assert_string_equal(a->refuse_message, "no\n");
	assert_int_equal(a->max_load, 250);
	assert_int_equal(a->nhours, 2);
	assert_int_equal(a->hours[0].days, 0x02);
	assert_int_equal(a->hours[1].from, 780);
	config_free(c);
}

static void
limits__that_are_none__are_none(void **state)
{
	struct config *c = support_load(
	    "[defaults]\nmax_connections_per_source = 3\nrate = 1/s\n"
	    "max_load = 1\nactive_hours = 08:00-09:00\n" CAT(
		"a", "1") "max_connections_per_source = none\nrate = none\n"
			  "max_load = none\nactive_hours = none\n");
	const struct config_admission *a = &c->services[0]->admission;

	assert_int_equal(a->max_connections_per_source, 0);
	assert_int_equal(a->rate.count, 0);
	assert_int_equal(a->max_load, 0);
	assert_int_equal(a->nhours, 0);
	config_free(c);
}

static void
limits__out_of_range_or_misspelt__are_refused(void **state)
{
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{ "max_connections = 0",
		    "max_connections: 0 is out of range, 1 to 1000000" },
		{ "max_connections = none",
		    "max_connections: \"none\" is not a number" },
		{ "max_connections_per_source = 1000001",
		    "max_connections_per_source: 1000001 is out of range, 1 to "
		    "1000000, or none" },
		{ "rate = 100", "rate: \"100\" is not a rate; write one such "
				"as 100/s, 20/m, 5/h or 1/d" },
		{ "when_full = reset",
		    "when_full: \"reset\" is not one of queue or refuse" },
		{ "when_refused = drop", "when_refused: \"drop\" is not one of "
					 "reset, close or message" },
		{ "max_load = 0", "max_load: 0 is out of range, 0.01 to "
				  "10000, or none" },
		{ "active_hours = Mon-Fri 08:00-18:00",
		    "active_hours: \"Mon-Fri\" is not a window of time; write "
		    "it such as 08:00-18:00, Mon-Fri/08:00-18:00 or "
		    "Sat/22:00-06:00, without a blank" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[200], complaint[300];

		snprintf(
		    text, sizeof(text), CAT("a", "1") "%s\n", cases[i].line);
		snprintf(complaint, sizeof(complaint), "t.ini:4: %s\n",
		    cases[i].complaint);
		support_expect(text, complaint);
	}
}

static void
max_connections__of_a_service__may_be_above_that_of_all(void **state)
{
	config_free(support_load("[evinetd]\nmax_connections = 5\n" CAT(
	    "a", "1") "max_connections = 7\n"));
}

static void
message__without_the_other_key__is_refused(void **state)
{
	support_expect(CAT("a", "1") "refuse_message = x\n",
	    "t.ini:4: refuse_message: without effect, since when_refused is "
	    "reset\n");
	support_expect(
	    CAT("a", "1") "when_refused = close\nrefuse_message = x\n",
	    "t.ini:5: refuse_message: without effect, since when_refused is "
	    "close\n");
	support_expect(CAT("a", "1") "when_refused = message\n",
	    "t.ini:4: when_refused: there is no message in [a]; add "
	    "refuse_message = TEXT\n");
	config_free(support_load("[defaults]\nrefuse_message = x\n" CAT(
	    "a", "1") CAT("b", "2") "when_refused = message\n"));
}

static void
source_prefix__without_a_limit_by_source__is_refused(void **state)
{
	support_expect(CAT("a", "1") "source_prefix = 24 48\n",
	    "t.ini:4: source_prefix: without effect, since "
	    "max_connections_per_source and rate_per_source are none\n");
	config_free(support_load(
	    "[defaults]\nsource_prefix = 24 48\n" CAT("a", "1") CAT(
		"b", "2") "source_prefix = 24 48\nrate_per_source = 1/s\n"));
}

static void
entry__that_no_client_can_match__is_refused(void **state)
{
	support_expect(
	    CAT("a", "unix:/x unix-seqpacket:/y") "allow = uid:0 192.0.2.0/24\n"
						  "\t::1\ndeny = gid:0\n",
	    "t.ini:4: allow: 192.0.2.0/24 is nobody in [a], which has no TCP "
	    "or UDP address\n"
	    "t.ini:5: allow: ::1 is nobody in [a], which has no TCP or UDP "
	    "address\n");
	support_expect(CAT("a", "1 vsock:5") "deny = ::1 uid:0\n\tgid:0\n",
	    "t.ini:4: deny: uid:0 is nobody in [a], which has no unix: "
	    "address\n"
	    "t.ini:5: deny: gid:0 is nobody in [a], which has no unix: "
	    "address\n");
	support_expect_part(CAT("a", "vsock:5") "deny = ::1\n",
	    "::1 is nobody in [a], which has no TCP or UDP address");
	config_free(support_load(CAT("a", "fd:x") "allow = uid:0 ::1\n" CAT(
	    "b", "1 unix:/x") "allow = uid:0 ::1\n"));
	config_free(support_load("[defaults]\nallow = uid:0 ::1\n" CAT("a", "1")
		CAT("b", "unix:/x") CAT("c", "vsock:5")));
}

/* Each a line, with a value that is right. */
static const char *const limit_lines[] = { "max_connections = 5",
	"max_connections_per_source = 3", "source_prefix = 24 48", "rate = 1/s",
	"rate_per_source = 1/s", "when_full = refuse", "when_refused = close",
	"refuse_message = x", "max_load = 1", "active_hours = 08:00-18:00" };
static const char *const list_lines[] = { "allow = ::1", "deny = ::2",
	"allow_file = list", "deny_file = list" };

static void
expect_void(const char *listens, const char *mode, const char *line)
{
	char text[200], complaint[200];

	snprintf(text, sizeof(text), CAT("a", "%s") "mode = %s\n%s\n", listens,
	    mode, line);
	snprintf(complaint, sizeof(complaint),
	    "t.ini:5: %.*s: without effect, since mode is %s\n",
	    (int)strcspn(line, " "), line, mode);
	support_expect(text, complaint);
}

static void
keys__in_a_mode_where_nobody_is_asked__are_refused(void **state)
{
	support_write("list", "::3\n");
	for (size_t i = 0; i < COUNT(limit_lines); i++) {
		expect_void("1", "wait", limit_lines[i]);
		expect_void("udp:1", "wait", limit_lines[i]);
		expect_void("fd:x", "activate", limit_lines[i]);
	}
	for (size_t i = 0; i < COUNT(list_lines); i++) {
		expect_void("1 unix:/x", "wait", list_lines[i]);
		expect_void("udp:1", "activate", list_lines[i]);
	}
}

static void
lists__for_datagrams__are_taken(void **state)
{
	struct config *c;

	support_write("list", "::3\n");
	c = support_load(
	    CAT("a", "udp:1 unix-dgram:/x") "allow = ::1 uid:0\ndeny = ::2\n"
					    "allow_file = list\n"
					    "deny_file = list\n" CAT(
						"b", "fd:x") "mode = wait\n"
							     "allow = ::1\n");
	assert_int_equal(c->services[0]->admission.access.count, 4);
	assert_int_equal(c->services[1]->admission.access.count, 1);
	config_free(c);
}

static void
lists__that_guard_a_part_of_a_service__are_refused(void **state)
{
	support_write("list", "::3\n");
	support_expect(
	    CAT("a", "udp:1\n\t*:2") "mode = wait\ndeny_file = list\n",
	    "t.ini:6: deny_file: does not guard *:2, since mode is wait, and "
	    "the handler accepts the connections itself; make a service of its "
	    "own of that address\n");
	config_free(support_load("[defaults]\ndeny_file = list\n" CAT(
	    "a", "udp:1 *:2") "mode = wait\n"));
}

/* A configuration with all of them in [defaults]. */
static struct config *
load_defaults(const char *services)
{
	char text[1000] = "[defaults]\n";

	for (size_t i = 0; i < COUNT(limit_lines); i++)
		strcat(strcat(text, limit_lines[i]), "\n");
	for (size_t i = 0; i < COUNT(list_lines); i++)
		strcat(strcat(text, list_lines[i]), "\n");
	strcat(text, services);
	support_write("list", "::3\n");
	return support_load(text);
}

static void
keys__from_defaults__are_dropped_where_nobody_is_asked(void **state)
{
	struct config *c = load_defaults(CAT("a", "1") "mode = wait\n" CAT(
	    "b", "2") "mode = activate\n" CAT("c", "udp:3") CAT("d", "4"));
	static const size_t rules[] = { 0, 0, 4, 4 };

	for (size_t i = 0; i < 4; i++) {
		const struct config_admission *a = &c->services[i]->admission;

		assert_int_equal(a->access.count, rules[i]);
		assert_int_equal(a->allow.count, rules[i] / 4);
		assert_int_equal(a->deny_file.count, rules[i] / 4);
		if (i == 3)
			continue;
		assert_int_equal(a->max_connections, 0);
		assert_int_equal(a->max_connections_per_source, 0);
		assert_int_equal(a->rate.count, 0);
		assert_int_equal(a->rate_per_source.count, 0);
		assert_int_equal(a->when_full, CONFIG_FULL_QUEUE);
		assert_int_equal(a->when_refused, CONFIG_REFUSAL_RESET);
		assert_null(a->refuse_message);
		assert_int_equal(a->max_load, 0);
		assert_int_equal(a->nhours, 0);
	}
	assert_int_equal(c->services[3]->admission.max_connections, 5);
	assert_int_equal(c->services[3]->admission.nhours, 1);
	config_free(c);
}

static void
dump__of_dropped_keys__is_read_back(void **state)
{
	struct config *c = load_defaults(CAT("a", "1") "mode = wait\n" CAT(
	    "b", "2") "mode = activate\n" CAT("c", "udp:3") CAT("d", "4"));
	char *first = support_dump(c), *second;
	struct config *again = support_load(first);

	assert_non_null(strstr(first, "; default\n; without effect, since mode "
				      "is activate: deny_file = none\n"));
	second = support_dump(again);
	support_assert_same_dump(first, second);
	free(first);
	free(second);
	config_free(again);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits__not_said__are_the_defaults),
		cmocka_unit_test(limits__that_are_said__are_in_their_fields),
		cmocka_unit_test(limits__that_are_none__are_none),
		cmocka_unit_test(limits__out_of_range_or_misspelt__are_refused),
		cmocka_unit_test(
		    max_connections__of_a_service__may_be_above_that_of_all),
		cmocka_unit_test(message__without_the_other_key__is_refused),
		cmocka_unit_test(
		    source_prefix__without_a_limit_by_source__is_refused),
		cmocka_unit_test(entry__that_no_client_can_match__is_refused),
		cmocka_unit_test(
		    keys__in_a_mode_where_nobody_is_asked__are_refused),
		cmocka_unit_test(lists__for_datagrams__are_taken),
		cmocka_unit_test(
		    lists__that_guard_a_part_of_a_service__are_refused),
		cmocka_unit_test(
		    keys__from_defaults__are_dropped_where_nobody_is_asked),
		cmocka_unit_test(dump__of_dropped_keys__is_read_back),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
