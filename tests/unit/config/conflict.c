/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listeners in each other's way, and listeners that seem to be.
 */
#include "support.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ECHO(name, listens)                  \
	"[" name "]\nlisten = " listens "\n" \
	"handler = builtin:echo\n"

static void
conflict__listeners_on_one_address__are_refused(void **state)
{
	static const struct {
		const char *a, *b, *complaint;
	} cases[] = {
		{ "80", "127.0.0.1:80",
		    "127.0.0.1:80 of [b] is taken by "
		    "127.0.0.1:80 of [a] in t.ini:2" },
		{ "*:80", "192.0.2.1:80",
		    "192.0.2.1:80 of [b] is taken by "
		    "0.0.0.0:80 of [a] in t.ini:2" },
		{ "[2001:db8::1]:80", "[::]:80",
		    "[::]:80 of [b] is taken by "
		    "[2001:db8::1]:80 of [a] in "
		    "t.ini:2" },
		{ "unix:/x", "unix-seqpacket:/x",
		    "unix-seqpacket:/x of [b] is taken by "
		    "unix:/x of [a] in t.ini:2" },
		{ "unix-dgram:/x", "unix:/x",
		    "unix:/x of [b] is taken by "
		    "unix-dgram:/x of [a] in t.ini:2" },
		{ "udp:*:80", "udp:127.0.0.1:80",
		    "udp:127.0.0.1:80 of [b] is taken by "
		    "udp:0.0.0.0:80 of [a] in t.ini:2" },
		{ "fd:web", "fd:web",
		    "fd:web of [b] is taken by "
		    "fd:web of [a] in t.ini:2" },
		{ "vsock:5", "vsock:3:5",
		    "vsock:3:5 of [b] is taken by vsock:5 "
		    "of [a] in t.ini:2" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[300], complaint[300];

		snprintf(text, sizeof(text),
		    "[a]\nlisten = %s\nhandler = builtin:echo\n"
		    "[b]\nlisten = %s\nhandler = builtin:echo\n",
		    cases[i].a, cases[i].b);
		snprintf(complaint, sizeof(complaint), "t.ini:5: listen: %s\n",
		    cases[i].complaint);
		support_expect(text, complaint);
	}
}

static void
conflict__listeners_beside_each_other__are_taken(void **state)
{
	static const struct {
		const char *a, *b;
	} cases[] = {
		{ "80", "81" },
		{ "0", "0" },
		{ "127.0.0.1:80", "[::1]:80" },
		{ "0.0.0.0:80", "[::]:80" },
		{ "127.0.0.1:80", "127.0.0.2:80" },
		{ "unix:/x", "unix:/y" },
		{ "vsock:5", "vsock:6" },
		{ "vsock:0", "vsock:0" },
		{ "vsock:5", "127.0.0.1:5" },
		{ "*:53", "udp:*:53" },
		{ "udp:0", "udp:0" },
		{ "udp:127.0.0.1:53", "udp:127.0.0.2:53" },
		{ "unix-dgram:/x", "unix:/y" },
		{ "fd:web", "fd:dns" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[300];

		snprintf(text, sizeof(text),
		    "[a]\nlisten = %s\nhandler = builtin:echo\n"
		    "[b]\nlisten = %s\nhandler = builtin:echo\n",
		    cases[i].a, cases[i].b);
		config_free(support_load(text));
	}
}

static void
conflict__long_names_of_descriptors__are_compared_whole(void **state)
{
	char text[800], name[255] = "";

	memset(name, 'x', sizeof(name) - 1);
	snprintf(text, sizeof(text), ECHO("a", "fd:%sa") ECHO("b", "fd:%sb"),
	    name, name);
	config_free(support_load(text));
}

static void
conflict__dual_stack_wildcard__takes_ipv4_too(void **state)
{
	support_expect(
	    ECHO("a", "*:80") "v6only = no\n" ECHO("b", "127.0.0.1:80"),
	    "t.ini:6: listen: 127.0.0.1:80 of [b] is taken by [::]:80 of [a] "
	    "in t.ini:2\n");
	support_expect(
	    ECHO("a", "udp:*:80") "v6only = no\n" ECHO("b", "udp:80"),
	    "t.ini:6: listen: udp:[::1]:80 of [b] is taken by udp:[::]:80 of "
	    "[a] in t.ini:2\n"
	    "t.ini:6: listen: udp:127.0.0.1:80 of [b] is taken by "
	    "udp:[::]:80 of [a] in t.ini:2\n");
	config_free(support_load(
	    ECHO("a", "[::1]:80") "v6only = no\n" ECHO("b", "127.0.0.1:80")));
}

static void
conflict__devices__keep_apart_when_both_have_one(void **state)
{
	config_free(support_load(ECHO("a", "*:80") "bind_device = eth0\n" ECHO(
	    "b", "*:80") "bind_device = eth1\n"));
	support_expect_part(
	    ECHO("a", "*:80") "bind_device = eth0\n" ECHO("b", "*:80"),
	    "is taken by");
	support_expect_part(ECHO("a", "*:80") "bind_device = eth0\n" ECHO(
				"b", "*:80") "bind_device = eth0\n",
	    "is taken by");
}

static void
conflict__within_a_service__is_refused(void **state)
{
	support_expect(ECHO("a", "127.0.0.1:80\n\t127.0.0.1:80"),
	    "t.ini:3: listen: 127.0.0.1:80 of [a] is taken by 127.0.0.1:80 of "
	    "[a] in t.ini:2\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    conflict__listeners_on_one_address__are_refused),
		cmocka_unit_test(
		    conflict__listeners_beside_each_other__are_taken),
		cmocka_unit_test(
		    conflict__long_names_of_descriptors__are_compared_whole),
		cmocka_unit_test(conflict__dual_stack_wildcard__takes_ipv4_too),
		cmocka_unit_test(
		    conflict__devices__keep_apart_when_both_have_one),
		cmocka_unit_test(conflict__within_a_service__is_refused),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
