/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What a right configuration becomes: every key in its field.
 */
#include "support.h"

#include <limits.h>
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

#define ECHO(port) "[a]\nlisten = " port "\nhandler = builtin:echo\n"

static void
load__daemon_keys__are_in_their_fields(void **state)
{
	char path[PATH_MAX + 20], *cwd = getcwd(NULL, 0);
	struct config *c = support_load("[evinetd]\nlog = ./x/log\n"
					"log_level = warning\n"
					"log_format = json\n"
					"log_connections = failures\n"
					"max_connections = 7\n"
					"drain_timeout = 1500ms\n"
					"pid_file = run/pid\n" ECHO("1"));

	assert_string_equal(c->path, "t.ini");
	assert_int_equal(c->log, LOG_TARGET_FILE);
	snprintf(path, sizeof(path), "%s/x/log", cwd);
	assert_string_equal(c->log_path, path);
	assert_int_equal(c->log_level, LOG_LEVEL_WARNING);
	assert_int_equal(c->log_format, LOG_FORMAT_JSON);
	assert_int_equal(c->log_connections, CONFIG_LOG_FAILURES);
	assert_int_equal(c->max_connections, 7);
	assert_int_equal(c->drain_timeout_ms, 1500);
	snprintf(path, sizeof(path), "%s/run/pid", cwd);
	assert_string_equal(c->pid_file, path);
	free(cwd);
	config_free(c);
}

static void
load__daemon_defaults__are_those_of_the_manual(void **state)
{
	struct config *c = support_load(ECHO("1"));

	assert_int_equal(c->log, LOG_TARGET_STDERR);
	assert_null(c->log_path);
	assert_int_equal(c->log_level, LOG_LEVEL_INFO);
	assert_int_equal(c->log_format, LOG_FORMAT_TEXT);
	assert_int_equal(c->log_connections, CONFIG_LOG_ALL);
	assert_int_equal(c->max_connections, 10000);
	assert_int_equal(c->drain_timeout_ms, 10000);
	assert_null(c->pid_file);
	config_free(c);
}

static void
load__service_defaults__are_those_of_the_manual(void **state)
{
	struct config *c = support_load("\n" ECHO("1"));
	const struct config_service *s = c->services[0];

	assert_string_equal(s->name, "a");
	assert_int_equal(s->origin.line, 2);
	assert_true(s->enabled);
	assert_null(s->description);
	assert_null(s->environment.items);
	assert_int_equal(s->pass_environment.count, 0);
	assert_string_equal(s->working_directory, "/");
	assert_int_equal(s->umask, 022);
	assert_int_equal(s->nice, 0);
	assert_int_equal(s->oom_score_adj, 0);
	assert_int_equal(s->stderr_to, CONFIG_STDERR_LOG);
	assert_false(s->user.set);
	assert_false(s->group.set);
	assert_false(s->supplementary_groups.set);
	for (int i = 0; i < CONFIG_NLIMITS; i++)
		assert_false(s->limits[i].set);
	assert_true(s->no_new_privileges);
	assert_true(s->hold);
	assert_int_equal(s->linger_ms, 2000);
	config_free(c);
}

static void
load__socket_defaults__are_those_of_the_manual(void **state)
{
	struct config *c = support_load(ECHO("1"));
	const struct config_socket *s = &c->services[0]->socket;

	assert_int_equal(s->backlog, 1024);
	assert_true(s->nodelay);
	assert_int_equal(s->keepalive_ms, 60000);
	assert_int_equal(s->user_timeout_ms, CONFIG_NONE);
	assert_int_equal(s->defer_accept_ms, CONFIG_NONE);
	assert_int_equal(s->fast_open, 0);
	assert_false(s->reuse_port);
	assert_true(s->v6only);
	assert_false(s->freebind);
	assert_false(s->transparent);
	assert_null(s->bind_device);
	assert_int_equal(s->mark, CONFIG_NONE);
	assert_int_equal(s->tos, CONFIG_NONE);
	assert_int_equal(s->receive_buffer, CONFIG_NONE);
	assert_int_equal(s->send_buffer, CONFIG_NONE);
	assert_false(s->user.set);
	assert_false(s->group.set);
	assert_int_equal(s->mode, 0666);
	config_free(c);
}

static void
load__socket_keys__are_in_their_fields(void **state)
{
	struct config *c = support_load(
	    ECHO("1 unix:/x") "backlog = 5\nnodelay = no\nkeepalive = 2m\n"
			      "user_timeout = 250ms\ndefer_accept = 3s\n"
			      "fast_open = 16\nreuse_port = yes\nv6only = no\n"
			      "freebind = on\ntransparent = true\n"
			      "bind_device = eth0\nmark = 0x10\ntos = 46\n"
			      "receive_buffer = 64K\nsend_buffer = 1M\n"
			      "socket_user = root\nsocket_group = root\n"
			      "socket_mode = 0600\n");
	const struct config_socket *s = &c->services[0]->socket;

	assert_int_equal(s->backlog, 5);
	assert_false(s->nodelay);
	assert_int_equal(s->keepalive_ms, 120000);
	assert_int_equal(s->user_timeout_ms, 250);
	assert_int_equal(s->defer_accept_ms, 3000);
	assert_int_equal(s->fast_open, 16);
	assert_true(s->reuse_port);
	assert_false(s->v6only);
	assert_true(s->freebind);
	assert_true(s->transparent);
	assert_string_equal(s->bind_device, "eth0");
	assert_int_equal(s->mark, 16);
	assert_int_equal(s->tos, 46);
	assert_int_equal(s->receive_buffer, 65536);
	assert_int_equal(s->send_buffer, 1048576);
	assert_true(s->user.set);
	assert_true(s->group.set);
	assert_int_equal(s->mode, 0600);
	config_free(c);
}

static void
load__service_keys__are_in_their_fields(void **state)
{
	struct config *c = support_load(
	    ECHO("1") "description = what it\n\tis\nargv0 = -x%s\n"
		      "environment = A=1 'B=2 3'\n\tC=\n"
		      "pass_environment = LANG, TZ\nworking_directory = /tmp\n"
		      "umask = 077\nnice = 5\noom_score_adj = 100\n"
		      "stderr = null\nno_new_privileges = no\nlinger = 1m\n");
	const struct config_service *s = c->services[0];

	assert_string_equal(s->description, "what it is");
	assert_string_equal(s->argv0, "-x%s");
	assert_int_equal(s->environment.count, 3);
	assert_string_equal(s->environment.items[0], "A=1");
	assert_string_equal(s->environment.items[1], "B=2 3");
	assert_string_equal(s->environment.items[2], "C=");
	assert_null(s->environment.items[3]);
	assert_int_equal(s->pass_environment.count, 2);
	assert_string_equal(s->pass_environment.items[1], "TZ");
	assert_string_equal(s->working_directory, "/tmp");
	assert_int_equal(s->umask, 077);
	assert_int_equal(s->nice, 5);
	assert_int_equal(s->oom_score_adj, 100);
	assert_int_equal(s->stderr_to, CONFIG_STDERR_NULL);
	assert_false(s->no_new_privileges);
	assert_int_equal(s->linger_ms, 60000);
	config_free(c);
}

static void
load__users_and_limits__are_in_their_fields(void **state)
{
	struct config *c;
	const struct config_service *s;

	c = support_load(
	    ECHO("1") "user = root\ngroup = 12345\n"
		      "supplementary_groups = root, 77\nlimit_nofile = 64\n"
		      "limit_cpu = 1m:1h\nlimit_as = 1G\nlimit_fsize = 1M\n"
		      "limit_nproc = 10:20\nlimit_core = 0\nlimit_data = 2M\n"
		      "limit_stack = 3M\nhold = no\n");
	s = c->services[0];
	assert_int_equal(s->user.uid, 0);
	assert_string_equal(s->user.home, "/root");
	assert_int_equal(s->group.gid, 12345);
	assert_true(s->supplementary_groups.set);
	assert_int_equal(s->supplementary_groups.count, 2);
	assert_int_equal(s->supplementary_groups.gids[1], 77);
	assert_int_equal(s->limits[CONFIG_LIMIT_NOFILE].soft, 64);
	assert_false(s->limits[CONFIG_LIMIT_NOFILE].hard_set);
	assert_int_equal(s->limits[CONFIG_LIMIT_CPU].soft, 60);
	assert_int_equal(s->limits[CONFIG_LIMIT_CPU].hard, 3600);
	assert_int_equal(s->limits[CONFIG_LIMIT_AS].soft, 1 << 30);
	assert_int_equal(s->limits[CONFIG_LIMIT_FSIZE].soft, 1 << 20);
	assert_int_equal(s->limits[CONFIG_LIMIT_NPROC].hard, 20);
	assert_true(s->limits[CONFIG_LIMIT_CORE].set);
	assert_int_equal(s->limits[CONFIG_LIMIT_CORE].soft, 0);
	assert_int_equal(s->limits[CONFIG_LIMIT_DATA].soft, 2 << 20);
	assert_int_equal(s->limits[CONFIG_LIMIT_STACK].soft, 3 << 20);
	assert_false(s->hold);
	config_free(c);
}

static void
load__no_groups__is_not_the_default(void **state)
{
	struct config *c;

	c = support_load(ECHO("1") "supplementary_groups = none\n");
	assert_true(c->services[0]->supplementary_groups.set);
	assert_int_equal(c->services[0]->supplementary_groups.count, 0);
	config_free(c);
}

static void
load__values_of_defaults__can_be_unset(void **state)
{
	struct config *c = support_load(
	    "[defaults]\nenvironment = A=1\nbind_device = eth0\n"
	    "keepalive = 1s\ndescription = x\nlimit_core = 0\n" ECHO(
		"1") "environment = none\nbind_device = none\nkeepalive = "
		     "none\n"
		     "description = none\nlimit_core = default\n");
	const struct config_service *s = c->services[0];

	assert_int_equal(s->environment.count, 0);
	assert_null(s->socket.bind_device);
	assert_int_equal(s->socket.keepalive_ms, CONFIG_NONE);
	assert_null(s->description);
	assert_false(s->limits[CONFIG_LIMIT_CORE].set);
	config_free(c);
}

static void
load__listen_items__know_their_lines(void **state)
{
	struct config *c = support_load("[a]\nhandler = builtin:echo\n"
					"listen = 1\n\n; c\n\t2 *:3\n");
	const struct config_service *s = c->services[0];

	assert_int_equal(s->nlisten, 3);
	assert_string_equal(s->listen[0].text, "1");
	assert_int_equal(s->listen[0].origin.line, 3);
	assert_int_equal(s->listen[1].origin.line, 6);
	assert_string_equal(s->listen[2].text, "*:3");
	assert_int_equal(s->listen[2].naddrs, 2);
	assert_true(s->listen[2].optional_ipv6);
	config_free(c);
}

static void
load__star_without_v6only__is_one_socket_for_both(void **state)
{
	struct config *c = support_load(ECHO("*:3 4") "v6only = no\n");
	const struct config_service *s = c->services[0];

	assert_int_equal(s->listen[0].naddrs, 1);
	assert_int_equal(addr_family(&s->listen[0].addrs[0]), AF_INET6);
	assert_false(s->listen[0].optional_ipv6);
	assert_int_equal(s->listen[1].naddrs, 2);
	config_free(c);
}

static void
load__builtin__is_the_program_with_its_name(void **state)
{
	struct config *c = support_load(ECHO("1"));
	const struct config_service *s = c->services[0];

	assert_true(s->builtin);
	assert_string_equal(strrchr(s->path, '/'), "/evinetd-builtin");
	assert_int_equal(access(s->path, X_OK), 0);
	assert_int_equal(s->words.count, 1);
	assert_string_equal(s->words.items[0], "echo");
	assert_string_equal(s->argv0, s->path);
	config_free(c);
}

static void
load__command__is_words_and_an_absolute_path(void **state)
{
	struct config *c = support_load("[a]\nlisten = 1\n"
					"handler = sh -c 'echo %r'\n"
					"\tx \"y z\"\n");
	const struct config_service *s = c->services[0];

	assert_false(s->builtin);
	assert_int_equal(s->path[0], '/');
	assert_string_equal(strrchr(s->path, '/'), "/sh");
	assert_int_equal(s->words.count, 4);
	assert_string_equal(s->words.items[1], "echo %r");
	assert_string_equal(s->words.items[3], "y z");
	assert_null(s->words.items[4]);
	config_free(c);
}

static void
load__relative_paths__are_beside_the_file(void **state)
{
	char path[PATH_MAX + 30], *cwd = getcwd(NULL, 0);
	const struct config_service *s;
	struct config *c;

	mkdir("sub", 0755);
	mkdir("sub/100%", 0755);
	support_write("sub/100%/run", "#!/bin/sh\n");
	chmod("sub/100%/run", 0755);
	support_write("sub/s.ini",
	    "[a]\nlisten = 1\nhandler = ./100%/run 5%%\n"
	    "working_directory = 100%\nstderr = ./err\n");
	c = support_load("[evinetd]\ninclude = sub/s.ini\n");
	s = c->services[0];
	snprintf(path, sizeof(path), "%s/sub/100%%/run", cwd);
	assert_string_equal(s->path, path);
	snprintf(path, sizeof(path), "%s/sub/100%%%%/run", cwd);
	assert_string_equal(s->argv0, path);
	snprintf(path, sizeof(path), "%s/sub/100%%", cwd);
	assert_string_equal(s->working_directory, path);
	assert_int_equal(s->stderr_to, CONFIG_STDERR_FILE);
	snprintf(path, sizeof(path), "%s/sub/err", cwd);
	assert_string_equal(s->stderr_path, path);
	free(cwd);
	config_free(c);
}

static void
load__disabled_service__need_not_work_here(void **state)
{
	struct config *c = support_load(
	    ECHO("1") "[b]\nenabled = no\nlisten = 1\n"
		      "handler = /not/there x\nworking_directory = /not\n"
		      "user = 54321\ngroup = 54321\n");

	assert_int_equal(c->nservices, 2);
	assert_false(c->services[1]->enabled);
	assert_string_equal(c->services[1]->path, "/not/there");
	assert_string_equal(c->services[1]->argv0, "/not/there");
	config_free(c);
}

static void
load__disabled_service__is_still_read_strictly(void **state)
{
	support_expect(ECHO("1") "enabled = no\nnice = 77\nfoo = 1\n",
	    "t.ini:5: nice: 77 is out of range, -20 to 19\n"
	    "t.ini:6: unknown key \"foo\" in [a]\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__daemon_keys__are_in_their_fields),
		cmocka_unit_test(
		    load__daemon_defaults__are_those_of_the_manual),
		cmocka_unit_test(
		    load__service_defaults__are_those_of_the_manual),
		cmocka_unit_test(
		    load__socket_defaults__are_those_of_the_manual),
		cmocka_unit_test(load__socket_keys__are_in_their_fields),
		cmocka_unit_test(load__service_keys__are_in_their_fields),
		cmocka_unit_test(load__users_and_limits__are_in_their_fields),
		cmocka_unit_test(load__no_groups__is_not_the_default),
		cmocka_unit_test(load__values_of_defaults__can_be_unset),
		cmocka_unit_test(load__listen_items__know_their_lines),
		cmocka_unit_test(
		    load__star_without_v6only__is_one_socket_for_both),
		cmocka_unit_test(load__builtin__is_the_program_with_its_name),
		cmocka_unit_test(load__command__is_words_and_an_absolute_path),
		cmocka_unit_test(load__relative_paths__are_beside_the_file),
		cmocka_unit_test(load__disabled_service__need_not_work_here),
		cmocka_unit_test(
		    load__disabled_service__is_still_read_strictly),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
