/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The dump: every key with its origin, and as good as the file that it came
 * from. And the ad-hoc form, which has no file.
 */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uid_t __wrap_geteuid(void);

/* Whoever runs the tests, the keys that need root are to be read. */
uid_t
__wrap_geteuid(void)
{
	return 0;
}

#define ECHO(name, listens)                  \
	"[" name "]\nlisten = " listens "\n" \
	"handler = builtin:echo\n"

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		assert_string_equal(text, part);
}

/* Dumps, loads that, dumps again. */
static void
assert_round_trip(struct config *c)
{
	char *first = support_dump(c), *second;
	struct config *again = support_load(first);

	second = support_dump(again);
	support_assert_same_dump(first, second);
	free(first);
	free(second);
	config_free(again);
	config_free(c);
}

static void
dump__every_value__has_its_origin(void **state)
{
	struct config *c;
	char *text;

	support_write("u", "[defaults]\nnice = 3\n" ECHO("b", "2"));
	c = support_load("[evinetd]\ninclude = u\nlog_level = debug\n" ECHO(
	    "a", "1") "nice = 4\n");
	text = support_dump(c);
	assert_has(text, "; read from t.ini\n; included u\n[evinetd]\n"
			 "; default\nlog = stderr\n"
			 "; t.ini:3\nlog_level = debug\n");
	assert_has(text, "\n[a]\n; t.ini:5\nlisten = 1\n"
			 "; t.ini:6\nhandler = builtin:echo\n");
	assert_has(text, "; t.ini:7\nnice = 4\n");
	assert_has(text, "; [defaults] u:2\nnice = 3\n");
	assert_null(strstr(text, "include ="));
	free(text);
	config_free(c);
}

static void
dump__key_without_effect__is_a_comment(void **state)
{
	struct config *c =
	    support_load("[defaults]\nsocket_mode = 0600\n" ECHO("a", "1"));
	char *text = support_dump(c);

	assert_has(text, "; [defaults] t.ini:2\n; without effect, since the "
			 "service has no unix: address: socket_mode = 0600\n");
	free(text);
	assert_round_trip(c);
}

static void
dump__of_defaults__is_read_back(void **state)
{
	assert_round_trip(support_load(ECHO("a", "1")));
}

static void
dump__of_everything__is_read_back(void **state)
{
	mkdir("dir", 0755);
	support_write("run", "#!/bin/sh\n");
	chmod("run", 0755);
	support_write("list", "192.0.2.7\n");
	assert_round_trip(support_load(
	    "[evinetd]\nlog = ./log\nlog_level = error\nlog_format = json\n"
	    "log_connections = none\nmax_connections = 5\npid_file = pid\n"
	    "drain_timeout = 1500ms\n"
	    "[defaults]\numask = 027\n"
	    "[a]\nlisten = *:1 unix:/a/rather/long/path [::1]:3 localhost:4\n"
	    "handler = ./run %r 'a b' \"it's\" $'x\\ny\\x01' ''\n"
	    "\tand a command that is long enough to be written in lines\n"
	    "description = ; what [it]\n\tis\nenabled = yes\nargv0 = x %%\n"
	    "environment = A='b c' D='; x'\npass_environment = TZ LANG\n"
	    "working_directory = dir\nnice = -3\noom_score_adj = -5\n"
	    "stderr = ./err\nlimit_cpu = 90s:1h\nlimit_as = 3000:unlimited\n"
	    "no_new_privileges = no\nlinger = 250ms\nbacklog = 7\n"
	    "keepalive = none\nmark = 0xff\ntos = 0x10\nfast_open = 3\n"
	    "receive_buffer = 65537\nbind_device = eth0\n"
	    "allow = 192.0.2.0/24 ::/0\n\tuid:root gid:5\ndeny = ::1\n"
	    "deny_file = list, ./list\nmax_connections = 7\n"
	    "max_connections_per_source = 2\nsource_prefix = 24/56\n"
	    "rate = 100/s burst 1\nrate_per_source = 1/d\n"
	    "when_full = refuse\nwhen_refused = message\n"
	    "refuse_message = ; 421 no\\r\\n\\tcome \\\\ back\n"
	    "max_load = 2.05\nactive_hours = Sat-Sun/22:00-06:00\n"
	    "\t08:00-24:00 Mon/00:00-12:00, Tue/00:00-12:00\n"
	    "[b]\nlisten = vsock:7 unix-seqpacket:/y\nhandler = builtin:time\n"
	    "socket_mode = 0\nsocket_user = 0\nsocket_group = 54321\n"
	    "stderr = client\nhold = no\n"
	    "[c]\nlisten = udp:*:5 unix-dgram:/z fd:dns 7\nhandler = ./run\n"
	    "mode = activate\nprocesses = 3\nstart = boot\ntos = 3\n"));
}

static void
dump__of_ids__is_read_back(void **state)
{
	assert_round_trip(support_load(
	    ECHO("a", "1") "user = root\ngroup = 54321\n"
			   "supplementary_groups = root 12\n" ECHO(
			       "b", "2") "user = 54321\ngroup = root\n"
					 "supplementary_groups = none\n"));
}

static void
dump__to_a_full_disk__is_an_error(void **state)
{
	struct config *c = support_load(ECHO("a", "1"));
	FILE *out = fopen("/dev/full", "w");

	assert_non_null(out);
	assert_int_equal(config_dump(c, out), -ENOSPC);
	fclose(out);
	config_free(c);
}

/* A command line of at most three strings each, and what is said of it. */
struct command_line {
	const char *listen[3], *set[3], *words[3];
};

static struct config_strings
as_strings(const char *const strings[3])
{
	struct config_strings s = { .items = (char **)strings };

	while (s.count < 3 && strings[s.count] != NULL)
		s.count++;
	return s;
}

static int
load_adhoc(
    const struct command_line *line, struct config **ret, char **ret_complaints)
{
	const struct config_adhoc from = {
		.listen = as_strings(line->listen),
		.set = as_strings(line->set),
		.words = as_strings(line->words),
	};
	struct diag *diag = diag_new();
	size_t size;
	FILE *out = open_memstream(ret_complaints, &size);
	int error = config_load_adhoc(&from, diag, ret);

	diag_print(diag, out);
	fclose(out);
	diag_free(diag);
	return error;
}

static void
adhoc__program_and_settings__are_one_service(void **state)
{
	const struct command_line line = {
		.listen = { "*:7007", "unix:/x" },
		.set = { "nice=3", " log_level = debug ", "description=a=b" },
		.words = { "/bin/sh", "-c", "echo \"%r\"\n'x'" },
	};
	char *complaints, *text;
	struct config *c = NULL;
	const struct config_service *s;

	assert_int_equal(load_adhoc(&line, &c, &complaints), 0);
	assert_string_equal(complaints, "");
	assert_null(c->path);
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->nservices, 1);
	s = c->services[0];
	assert_string_equal(s->name, "sh");
	assert_int_equal(s->nlisten, 2);
	assert_string_equal(s->path, "/bin/sh");
	assert_string_equal(s->words.items[1], line.words[2]);
	assert_string_equal(s->description, "a=b");
	assert_int_equal(s->nice, 3);
	text = support_dump(c);
	assert_has(text, "[sh]\n; command line\nlisten = *:7007\n");
	assert_has(text, "; command line\nnice = 3\n");
	free(text);
	free(complaints);
	assert_round_trip(c);
}

static void
adhoc__name__is_made_from_the_program(void **state)
{
	static const struct {
		const char *program, *name;
	} cases[] = {
		{ "builtin:echo", "echo" },
		{ "true", "true" },
		{ "./a b:c", "a_b_c" },
		{ "./evinetd", "evinetd_" },
		{ "./defaults", "defaults_" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct command_line line = { .listen = { "0" },
			.words = { cases[i].program } };
		char *complaints;
		struct config *c = NULL;

		if (*cases[i].program == '.') {
			support_write(cases[i].program, "#!/bin/sh\n");
			chmod(cases[i].program, 0755);
		}
		load_adhoc(&line, &c, &complaints);
		assert_string_equal(complaints, "");
		assert_string_equal(c->services[0]->name, cases[i].name);
		free(complaints);
		assert_round_trip(c);
	}
}

static void
adhoc__relative_program__is_in_the_current_directory(void **state)
{
	const struct command_line line = { .listen = { "0" },
		.words = { "./run" } };
	char *complaints, *cwd = getcwd(NULL, 0);
	struct config *c = NULL;

	support_write("run", "#!/bin/sh\n");
	chmod("run", 0755);
	assert_int_equal(load_adhoc(&line, &c, &complaints), 0);
	assert_memory_equal(c->services[0]->path, cwd, strlen(cwd));
	assert_string_equal(c->services[0]->path + strlen(cwd), "/run");
	free(cwd);
	free(complaints);
	config_free(c);
}

static void
adhoc__mistakes__name_the_option(void **state)
{
	static const struct {
		const char *listen, *set, *program, *complaint;
	} cases[] = {
		{ NULL, NULL, "true",
		    "--listen: missing; write --listen ADDRESS\n" },
		{ "1", NULL, NULL,
		    "command line: the handler is missing; write "
		    "-- PROGRAM ARG...\n" },
		{ ":1", NULL, "true",
		    "--listen: listen: \":1\" has no address; write *:1 for "
		    "every address, or 1 for loopback only\n" },
		{ "1", "nice", "true", "--set: \"nice\" is not KEY=VALUE\n" },
		{ "1", "nice=x", "true",
		    "--set: nice: \"x\" is not a number\n" },
		{ "1", "nize=1", "true",
		    "--set: unknown key \"nize\" in [true]; did you mean "
		    "\"nice\"?\n" },
		{ "1", "listen=2", "true",
		    "--set: \"listen\" is not set here; write --listen "
		    "ADDRESS and -- PROGRAM ARG...\n" },
		{ "1", "include=x", "true",
		    "--set: \"include\" is for files; use -c FILE\n" },
		{ "1", "description=a\nb", "true",
		    "--set: description: there is a control character in the "
		    "value\n" },
		{ "1", "nice=", "true", "--set: nice: the value is missing\n" },
		{ "1", NULL, "/not/there",
		    "command line: handler: /not/there: No such file or "
		    "directory\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct command_line line = {
			.listen = { cases[i].listen },
			.set = { cases[i].set },
			.words = { cases[i].program },
		};
		char *complaints;
		struct config *c = NULL;

		assert_int_equal(load_adhoc(&line, &c, &complaints), -EINVAL);
		assert_null(c);
		assert_string_equal(complaints, cases[i].complaint);
		free(complaints);
	}
}

static void
adhoc__key_set_twice__is_refused(void **state)
{
	const struct command_line line = { .listen = { "1" },
		.set = { "nice=1", "nice=2" },
		.words = { "true" } };
	char *complaints;
	struct config *c = NULL;

	assert_int_equal(load_adhoc(&line, &c, &complaints), -EINVAL);
	assert_string_equal(complaints, "--set: \"nice\" is repeated\n");
	free(complaints);
}

static void
adhoc__max_connections__is_that_of_all_and_of_the_service(void **state)
{
	const struct command_line line = {
		.listen = { "7" },
		.set = { "max_connections=1000", "allow = ::1" },
		.words = { "builtin:echo" },
	};
	const struct command_line wrong = {
		.listen = { "7" },
		.set = { "max_connections=0" },
		.words = { "builtin:echo" },
	};
	const struct config_access_set *allow;
	struct config *c = NULL;
	char *complaints;

	assert_int_equal(load_adhoc(&line, &c, &complaints), 0);
	free(complaints);
	assert_int_equal(c->max_connections, 1000);
	assert_int_equal(c->services[0]->admission.max_connections, 1000);
	allow = c->services[0]->admission.access.rules[0].set;
	assert_string_equal(allow->file, "--set");
	assert_int_equal(allow->items[0].line, 0);
	assert_round_trip(c);
	assert_int_equal(load_adhoc(&wrong, &c, &complaints), -EINVAL);
	assert_string_equal(complaints,
	    "--set: max_connections: 0 is out of range, 1 to 1000000\n");
	free(complaints);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dump__every_value__has_its_origin),
		cmocka_unit_test(dump__key_without_effect__is_a_comment),
		cmocka_unit_test(dump__of_defaults__is_read_back),
		cmocka_unit_test(dump__of_everything__is_read_back),
		cmocka_unit_test(dump__of_ids__is_read_back),
		cmocka_unit_test(dump__to_a_full_disk__is_an_error),
		cmocka_unit_test(adhoc__program_and_settings__are_one_service),
		cmocka_unit_test(adhoc__name__is_made_from_the_program),
		cmocka_unit_test(
		    adhoc__relative_program__is_in_the_current_directory),
		cmocka_unit_test(adhoc__mistakes__name_the_option),
		cmocka_unit_test(adhoc__key_set_twice__is_refused),
		cmocka_unit_test(
		    adhoc__max_connections__is_that_of_all_and_of_the_service),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
