/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What is refused though every value is right by itself: handlers that cannot
 * run, keys without effect, ids and limits that we may not set, and comments
 * that are none.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ECHO(name, listens)                  \
	"[" name "]\nlisten = " listens "\n" \
	"handler = builtin:echo\n"

static uid_t pretended_uid, pretended_gid;

uid_t __wrap_geteuid(void);
gid_t __wrap_getegid(void);

uid_t
__wrap_geteuid(void)
{
	return pretended_uid;
}

gid_t
__wrap_getegid(void)
{
	return pretended_gid;
}

static int
be_root(void **state)
{
	pretended_uid = 0;
	pretended_gid = 0;
	return 0;
}

static void
expect_handler(const char *handler, const char *part)
{
	char text[300];

	snprintf(
	    text, sizeof(text), "[a]\nlisten = 1\nhandler = %s\n", handler);
	support_expect_part(text, part);
}

static void
handler__that_cannot_run__says_why(void **state)
{
	mkdir("dir", 0755);
	mkfifo("fifo", 0755);
	support_write("plain", "#!/bin/sh\n");
	chmod("plain", 0644);
	expect_handler("/not/there", "t.ini:3: handler: /not/there: No such "
				     "file or directory\n");
	expect_handler("./dir", "/dir is a directory\n");
	expect_handler("./fifo", "/fifo is not a regular file\n");
	expect_handler("./plain", "/plain is not executable; try chmod +x /");
	expect_handler("no-such-program",
	    "t.ini:3: handler: there is no program \"no-such-program\" in "
	    "/usr/local, /usr or /, sbin and bin; install it or write its "
	    "path\n");
	expect_handler("''", "the name of the program is empty");
	expect_handler("'./plain", "the quote ' has no end");
	expect_handler("/bin/true +%H", "%H in \"+%H\" is not known");
}

static void
handler__script_without_interpreter__says_so(void **state)
{
	static const struct {
		const char *script, *part;
	} cases[] = {
		{ "#!/no/such/sh\n", "the interpreter \"/no/such/sh\" of the "
				     "script /" },
		{ "#! \t/no/such/sh -e\n", "\"/no/such/sh\"" },
		{ "#!/no/such/sh", "\"/no/such/sh\"" },
		{ "#!/tmp\n", "is not executable" },
		{ "#!\n", "the interpreter \"\"" },
		{ "#!/bin/sh\r\n", "end in CR LF" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		support_write("script", cases[i].script);
		chmod("script", 0755);
		expect_handler("./script", cases[i].part);
	}
}

static void
handler__right_scripts_and_programs__are_taken(void **state)
{
	static const char *const scripts[] = { "#!/bin/sh\n",
		"#! /usr/bin/env sh\n", "\177ELF", "", "#", "# comment" };

	for (size_t i = 0; i < COUNT(scripts); i++) {
		support_write("script", scripts[i]);
		chmod("script", 0755);
		config_free(
		    support_load("[a]\nlisten = 1\nhandler = ./script\n"));
	}
}

static void
handler__unknown_builtin__lists_the_known(void **state)
{
	expect_handler("builtin:ecko",
	    "t.ini:3: handler: \"ecko\" is not one of echo, discard, chargen, "
	    "daytime or time\n");
	expect_handler("builtin:echo x",
	    "t.ini:3: handler: a built-in handler takes no arguments\n");
}

static void
working_directory__that_is_none__is_refused(void **state)
{
	support_write("file", "");
	support_expect_part(ECHO("a", "1") "working_directory = /not/there\n",
	    "t.ini:4: working_directory: /not/there: No such file");
	support_expect_part(ECHO("a", "1") "working_directory = file\n",
	    "/file is not a directory\n");
}

static void
key__without_effect__is_refused(void **state)
{
	support_expect(ECHO("a", "1") "socket_mode = 0600\n",
	    "t.ini:4: socket_mode: without effect, since the service has no "
	    "unix: address\n");
	support_expect(ECHO("a", "unix:/x") "nodelay = no\n",
	    "t.ini:4: nodelay: without effect, since the service has no TCP "
	    "address\n");
	support_expect(ECHO("a", "udp:1") "nodelay = no\n",
	    "t.ini:4: nodelay: without effect, since the service has no TCP "
	    "address\n");
	support_expect(ECHO("a", "unix:/x") "tos = 1\n",
	    "t.ini:4: tos: without effect, since the service has no TCP or UDP "
	    "address\n");
	support_expect(ECHO("a", "udp:1 unix-dgram:/x") "backlog = 5\n",
	    "t.ini:4: backlog: without effect, since datagrams do not wait to "
	    "be accepted\n");
	support_expect(ECHO("a", "1") "hold = no\nlinger = 3s\n",
	    "t.ini:5: linger: without effect, since hold is no\n");
}

static void
key__of_datagram_sockets__is_taken(void **state)
{
	config_free(support_load(ECHO(
	    "a", "udp:*:53") "reuse_port = yes\nv6only = no\nfreebind = yes\n"
			     "transparent = yes\nbind_device = eth0\nmark = 1\n"
			     "tos = 1\nreceive_buffer = 1M\n"));
	config_free(
	    support_load(ECHO("a", "unix-dgram:/x") "socket_mode = 0\n"));
	config_free(support_load("[a]\nlisten = 1 udp:1\nhandler = /bin/cat\n"
				 "mode = wait\nbacklog = 5\nnodelay = no\n"));
}

static void
key__of_any_socket__is_taken_for_passed_ones(void **state)
{
	config_free(support_load(
	    ECHO("a", "fd:x") "nodelay = no\nkeepalive = 5s\ntos = 1\n"
			      "mark = 1\nsend_buffer = 1M\nlinger = 3s\n"
			      "defer_accept = 1s\nidle_timeout = 5s\n"));
	config_free(support_load(
	    ECHO("a", "fd:x unix:/x") "socket_mode = 0600\nbacklog = 5\n"));
}

static void
key__of_binding__is_refused_for_passed_sockets(void **state)
{
	static const char *const lines[] = { "reuse_port = yes", "v6only = no",
		"freebind = yes", "transparent = yes", "bind_device = eth0",
		"socket_user = 0", "socket_group = 0", "socket_mode = 0600",
		"backlog = 5" };

	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[200], complaint[200];

		snprintf(text, sizeof(text), ECHO("a", "fd:x fd:y") "%s\n",
		    lines[i]);
		snprintf(complaint, sizeof(complaint),
		    "t.ini:4: %.*s: without effect, since the socket was made "
		    "by who passed it\n",
		    (int)strcspn(lines[i], " "), lines[i]);
		support_expect(text, complaint);
	}
	support_expect(ECHO("a", "fd:x unix:/x") "reuse_port = yes\n",
	    "t.ini:4: reuse_port: without effect, since the service has no TCP "
	    "or UDP address\n");
}

static void
idle_timeout__beside_a_passed_socket__is_taken(void **state)
{
	config_free(support_load(ECHO("a", "fd:x 1") "idle_timeout = 5s\n"));
	support_expect_part(ECHO("a", "1 unix:/x") "idle_timeout = 5s\n",
	    "the kernel does not tell it for unix:/x, only for TCP");
}

static void
listen__wrong_item__leads_to_no_other_complaint(void **state)
{
	support_expect(ECHO("a", "udp:1 65536") "hold = yes\nnodelay = no\n",
	    "t.ini:2: listen: 65536 is out of range, 0 to 65535\n");
}

static void
comment__behind_a_value__is_explained(void **state)
{
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{ "nice = 3 ; x", "nice: \"3 ; x\" is not a number" },
		{ "hold = yes # x", "hold: \"yes # x\" is neither yes nor no" },
		{ "tos = 3\t#x", "tos: \"3?#x\" is not a number" },
		{ "pass_environment = LANG ; is 1=2",
		    "pass_environment: \";\" is not the name of a variable" },
		{ "environment = A=1 #",
		    "environment: \"#\" is not NAME=VALUE" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[200], complaint[300];

		snprintf(
		    text, sizeof(text), ECHO("a", "1") "%s\n", cases[i].line);
		snprintf(complaint, sizeof(complaint),
		    "t.ini:4: %s; a comment needs a line of its own\n",
		    cases[i].complaint);
		support_expect(text, complaint);
	}
}

static void
comment__behind_an_address__is_one_complaint(void **state)
{
	support_expect(ECHO("a", "*:873 ; the port\n\t65536 ;x"),
	    "t.ini:2: listen: \";\" is neither a port nor a known service; "
	    "write PORT or ADDRESS:PORT; a comment needs a line of its own\n"
	    "t.ini:3: listen: 65536 is out of range, 0 to 65535\n"
	    "t.ini:3: listen: \";x\" is neither a port nor a known service; "
	    "write PORT or ADDRESS:PORT; a comment needs a line of its own\n");
}

static void
key__without_effect_from_defaults__is_meant_for_others(void **state)
{
	config_free(support_load(
	    "[defaults]\nnodelay = no\nsocket_mode = 0600\n"
	    "linger = 3s\n" ECHO("a", "1") "hold = no\n" ECHO("b", "unix:/x")));
}

static void
user__without_root__is_refused_with_the_remedy(void **state)
{
	pretended_uid = 12;
	pretended_gid = 34;
	support_expect(ECHO("a", "1") "user = root\ngroup = root\n"
				      "supplementary_groups = none\n",
	    "t.ini:4: user: only root can run handlers as root, and this is "
	    "uid 12; start evinetd as root, or leave \"user\" out\n"
	    "t.ini:5: group: only root can run handlers as group root, and "
	    "this is gid 34; start evinetd as root, or leave \"group\" out\n"
	    "t.ini:6: supplementary_groups: only root can set them; start "
	    "evinetd as root, or leave the key out\n");
}

static void
user__our_own__is_taken_without_root(void **state)
{
	pretended_uid = 54321;
	pretended_gid = 54322;
	config_free(
	    support_load(ECHO("a", "1") "user = 54321\ngroup = 54322\n"));
}

static void
user__unknown_or_without_group__is_refused(void **state)
{
	support_expect(ECHO("a", "1") "user = no-such-one\n",
	    "t.ini:4: user: no user \"no-such-one\"\n");
	support_expect_part(ECHO("a", "1") "user = 54321\n",
	    "t.ini:4: user: 54321 is in no user database, which could tell "
	    "its group; add a \"group\"\n");
	support_expect(ECHO("a", "1") "supplementary_groups = root nope\n"
				      "\tno\n",
	    "t.ini:4: supplementary_groups: no group \"nope\"\n"
	    "t.ini:5: supplementary_groups: no group \"no\"\n");
}

static void
limit__above_ours__is_refused(void **state)
{
	struct rlimit before, low = { 100, 100 };

	getrlimit(RLIMIT_CORE, &before);
	low.rlim_max = low.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_CORE, &low), 0);
	support_expect(ECHO("a", "1") "limit_core = 8K\n",
	    "t.ini:4: limit_core: above the hard limit in force, 4096; write "
	    "SOFT:HARD to raise that too\n");
	config_free(support_load(ECHO("a", "1") "limit_core = 8K:8K\n"));
	config_free(support_load(ECHO("a", "1") "limit_core = 4K\n"));
	pretended_uid = 12;
	support_expect(ECHO("a", "1") "limit_core = 8K:8K\n",
	    "t.ini:4: limit_core: only root can raise the hard limit above "
	    "the one in force, 4096\n");
	setrlimit(RLIMIT_CORE, &before);
}

static void
value__out_of_range_or_missing__is_refused(void **state)
{
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{ "backlog = 0", "backlog: 0 is out of range, 1 to 65535" },
		{ "umask = 1000", "umask: 1000 is out of range, 000 to 777" },
		{ "linger = 2h", "linger: 2h is out of range, 0 to 1h" },
		{ "keepalive = 500ms", "keepalive: 500ms is out of range, 1s "
				       "to 32767s, or none" },
		{ "receive_buffer = 2G", "receive_buffer: 2G is out of range, "
					 "1 to 1073741823, or none" },
		{ "tos = 256", "tos: 256 is out of range, 0 to 255, or none" },
		{ "linger = none", "linger: \"none\" does not begin with a "
				   "number" },
		{ "nice =", "nice: the value is missing" },
		{ "pass_environment = , ,", "pass_environment: the list has "
					    "no items" },
		{ "environment =", "environment: the value is missing" },
		{ "environment = A", "environment: \"A\" is not NAME=VALUE" },
		{ "environment = 1=2", "environment: \"1=2\" is not "
				       "NAME=VALUE" },
		{ "environment = A=1 A=2", "environment: A is set twice" },
		{ "environment = 'A=1", "environment: the quote ' has no end" },
		{ "pass_environment = A A", "pass_environment: \"A\" is there "
					    "twice" },
		{ "pass_environment = A=1", "pass_environment: \"A=1\" is not "
					    "the name of a variable" },
		{ "argv0 = %x", "argv0: %x in \"%x\" is not known; write %% "
				"for a percent sign, or one of %r %p %l %s "
				"%c" },
		{ "bind_device = a/b", "bind_device: \"a/b\" is not the name "
				       "of an interface" },
		{ "stderr = nul", "stderr: \"nul\" is not one of log, client "
				  "or null; a path has a \"/\" in it" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[200], complaint[300];

		snprintf(
		    text, sizeof(text), ECHO("a", "1") "%s\n", cases[i].line);
		snprintf(complaint, sizeof(complaint), "t.ini:4: %s\n",
		    cases[i].complaint);
		support_expect(text, complaint);
	}
}

static void
listen__none__is_not_a_listener(void **state)
{
	support_expect_part("[a]\nlisten = none\nhandler = builtin:echo\n",
	    "t.ini:2: listen: \"none\" is neither a port");
}

static void
value__of_several_lines__is_refused_where_it_goes_on(void **state)
{
	support_expect(ECHO("a", "1") "nice = 1\n; c\n  2\n",
	    "t.ini:6: nice: the value has more than one line\n");
	config_free(support_load(ECHO("a", "1") "nice =\n\n  2\n"));
	support_expect(ECHO("a", "1") "nice =\n\n  x\n",
	    "t.ini:6: nice: \"x\" is not a number\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handler__that_cannot_run__says_why),
		cmocka_unit_test(handler__script_without_interpreter__says_so),
		cmocka_unit_test(
		    handler__right_scripts_and_programs__are_taken),
		cmocka_unit_test(handler__unknown_builtin__lists_the_known),
		cmocka_unit_test(working_directory__that_is_none__is_refused),
		cmocka_unit_test(key__without_effect__is_refused),
		cmocka_unit_test_setup(
		    key__of_datagram_sockets__is_taken, be_root),
		cmocka_unit_test(key__of_any_socket__is_taken_for_passed_ones),
		cmocka_unit_test(
		    key__of_binding__is_refused_for_passed_sockets),
		cmocka_unit_test(
		    idle_timeout__beside_a_passed_socket__is_taken),
		cmocka_unit_test(
		    listen__wrong_item__leads_to_no_other_complaint),
		cmocka_unit_test(comment__behind_a_value__is_explained),
		cmocka_unit_test(comment__behind_an_address__is_one_complaint),
		cmocka_unit_test(
		    key__without_effect_from_defaults__is_meant_for_others),
		cmocka_unit_test_setup(
		    user__without_root__is_refused_with_the_remedy, be_root),
		cmocka_unit_test_setup(
		    user__our_own__is_taken_without_root, be_root),
		cmocka_unit_test_setup(
		    user__unknown_or_without_group__is_refused, be_root),
		cmocka_unit_test_setup(limit__above_ours__is_refused, be_root),
		cmocka_unit_test_setup(
		    value__out_of_range_or_missing__is_refused, be_root),
		cmocka_unit_test(listen__none__is_not_a_listener),
		cmocka_unit_test(
		    value__of_several_lines__is_refused_where_it_goes_on),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
