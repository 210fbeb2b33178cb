/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* `mode`: the default, what does not fit it, and what a service without a
 * connection goes without.
 */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ECHO(name, listens)                  \
	"[" name "]\nlisten = " listens "\n" \
	"handler = /bin/cat\n"

static void
assert_mode(const char *listens, const char *lines, enum config_mode mode)
{
	char text[200];
	struct config *c;

	snprintf(text, sizeof(text), ECHO("a", "%s") "%s", listens, lines);
	c = support_load(text);
	assert_int_equal(c->services[0]->mode, mode);
	config_free(c);
}

static void
mode__of_connections__is_nowait_by_default(void **state)
{
	static const char *const listens[] = { "1", "unix:/x",
		"unix-seqpacket:/x", "vsock:1", "fd:x", "1 fd:x" };

	for (size_t i = 0; i < COUNT(listens); i++) {
		assert_mode(listens[i], "", CONFIG_MODE_NOWAIT);
		assert_mode(listens[i], "mode = default\n", CONFIG_MODE_NOWAIT);
		assert_mode(listens[i], "mode = nowait\n", CONFIG_MODE_NOWAIT);
	}
}

static void
mode__of_datagrams__is_wait_by_default(void **state)
{
	static const char *const listens[] = { "udp:1", "unix-dgram:/x",
		"udp:*:1 unix-dgram:/x" };

	for (size_t i = 0; i < COUNT(listens); i++) {
		assert_mode(listens[i], "", CONFIG_MODE_WAIT);
		assert_mode(listens[i], "mode = default\n", CONFIG_MODE_WAIT);
		assert_mode(listens[i], "mode = wait\n", CONFIG_MODE_WAIT);
	}
}

static void
mode__that_is_said__is_taken_for_any_listener(void **state)
{
	static const char *const listens[] = { "1", "udp:1", "1 udp:1", "fd:x",
		"fd:x udp:1" };

	for (size_t i = 0; i < COUNT(listens); i++) {
		assert_mode(listens[i], "mode = wait\n", CONFIG_MODE_WAIT);
		assert_mode(
		    listens[i], "mode = activate\n", CONFIG_MODE_ACTIVATE);
	}
}

static void
mode__not_said_for_both_kinds__is_refused(void **state)
{
	support_expect(ECHO("a", "*:1\n\tudp:1"),
	    "t.ini:3: listen: udp:1 takes datagrams, and *:1 connections; make "
	    "two services of them, or set mode = wait (a handler for each "
	    "address) or mode = activate (a handler for all of them)\n");
	support_expect(ECHO("a", "unix-dgram:/x fd:y"),
	    "t.ini:2: listen: unix-dgram:/x takes datagrams, and fd:y "
	    "connections, for all that is known; make two services of them, or "
	    "set mode = wait (a handler for each address) or mode = activate "
	    "(a handler for all of them)\n");
}

static void
mode__nowait_of_datagrams__is_refused(void **state)
{
	support_expect(ECHO("a", "udp:1") "mode = nowait\n",
	    "t.ini:4: mode: nowait runs a handler for each connection, and "
	    "there is none at udp:1, only datagrams; set mode = wait in [a], "
	    "or leave the key out\n");
	support_expect(ECHO("a", "1 udp:1") "mode = nowait\n",
	    "t.ini:4: mode: nowait runs a handler for each connection, and "
	    "there is none at udp:1, only datagrams; make a service of its "
	    "own of it, or set mode = wait in [a]\n");
	support_expect_part("[defaults]\nmode = nowait\n" ECHO("a", "udp:1"),
	    "t.ini:2: mode: nowait runs a handler");
	config_free(support_load(
	    "[defaults]\nmode = nowait\n" ECHO("a", "udp:1") "mode = wait\n"));
}

static void
mode__of_another_name__is_refused(void **state)
{
	support_expect(ECHO("a", "1") "mode = accept\n",
	    "t.ini:4: mode: \"accept\" is not one of default, nowait, wait or "
	    "activate\n");
}

static void
activate__its_keys__are_in_their_fields(void **state)
{
	struct config *c = support_load(ECHO("a",
	    "1") "mode = activate\nprocesses = 1000\nstart = boot\n" ECHO("b",
	    "2") "mode = activate\n");

	assert_int_equal(c->services[0]->processes, 1000);
	assert_int_equal(c->services[0]->start, CONFIG_START_BOOT);
	assert_int_equal(c->services[1]->processes, 1);
	assert_int_equal(c->services[1]->start, CONFIG_START_DEMAND);
	config_free(c);
}

static void
activate__its_keys_in_other_modes__are_refused(void **state)
{
	support_expect(ECHO("a", "1") "processes = 2\nstart = boot\n" ECHO(
			   "b", "udp:2") "processes = 1\n",
	    "t.ini:4: processes: without effect, since mode is nowait\n"
	    "t.ini:5: start: without effect, since mode is nowait\n"
	    "t.ini:9: processes: without effect, since mode is wait\n");
	support_expect(
	    ECHO("a", "1") "mode = activate\nprocesses = 0\nstart = now\n",
	    "t.ini:5: processes: 0 is out of range, 1 to 1000\n"
	    "t.ini:6: start: \"now\" is not one of demand or boot\n");
	support_expect(ECHO("a", "1") "mode = activate\nprocesses = 1001\n",
	    "t.ini:5: processes: 1001 is out of range, 1 to 1000\n");
}

static void
activate__its_keys_from_defaults__are_for_activate(void **state)
{
	struct config *c = support_load(
	    "[defaults]\nprocesses = 2\nstart = boot\n" ECHO("a", "1")
		ECHO("b", "2") "mode = activate\n");

	assert_int_equal(c->services[0]->processes, 1);
	assert_int_equal(c->services[0]->start, CONFIG_START_DEMAND);
	assert_int_equal(c->services[1]->processes, 2);
	assert_int_equal(c->services[1]->start, CONFIG_START_BOOT);
	config_free(c);
}

static void
connection__its_keys_without_one__are_refused(void **state)
{
	static const char *const modes[] = { "wait", "activate" };

	for (size_t i = 0; i < COUNT(modes); i++) {
		char text[300], complaints[600] = "";
		static const char *const keys[] = { "hold", "linger",
			"idle_timeout", "on_disconnect", "disconnect_grace" };

		snprintf(text, sizeof(text),
		    ECHO("a", "1") "mode = %s\nhold = no\nlinger = 1s\n"
				   "idle_timeout = 1m\non_disconnect = hup\n"
				   "disconnect_grace = 1s\n",
		    modes[i]);
		for (size_t k = 0; k < COUNT(keys); k++) {
			const size_t len = strlen(complaints);

			snprintf(complaints + len, sizeof(complaints) - len,
			    "t.ini:%zu: %s: without effect, since mode is %s\n",
			    5 + k, keys[k], modes[i]);
		}
		support_expect(text, complaints);
	}
}

static void
connection__its_keys_from_defaults__are_not_applied(void **state)
{
	struct config *c = support_load(
	    "[defaults]\nhold = yes\nidle_timeout = 1m\nlinger = 1s\n"
	    "on_disconnect = term\ndisconnect_grace = 1s\n" ECHO("a", "udp:1")
		ECHO("b", "1 unix:/x") "mode = activate\n" ECHO("c", "2"));

	for (size_t i = 0; i < 2; i++) {
		const struct config_service *s = c->services[i];

		assert_false(s->hold);
		assert_int_equal(s->idle_timeout_ms, CONFIG_NONE);
		assert_int_equal(s->on_disconnect, CONFIG_DISCONNECT_IGNORE);
	}
	assert_true(c->services[2]->hold);
	assert_int_equal(c->services[2]->idle_timeout_ms, 60000);
	assert_int_equal(c->services[2]->on_disconnect, CONFIG_DISCONNECT_TERM);
	config_free(c);
}

static void
client__as_standard_error_without_one__is_refused(void **state)
{
	support_expect(ECHO("a", "udp:1") "stderr = client\n",
	    "t.ini:4: stderr: there is no one client in [a], since mode is "
	    "wait; set stderr = log in it\n");
	support_expect("[defaults]\nstderr = client\n" ECHO(
			   "a", "1") "mode = activate\n" ECHO("b", "2"),
	    "t.ini:2: stderr: there is no one client in [a], since mode is "
	    "activate; set stderr = log in it\n");
}

static void
client__in_words_without_one__is_refused(void **state)
{
	support_expect("[a]\nlisten = 1\nhandler = true %r x%%%p\nmode = wait\n"
		       "argv0 = x%p\n",
	    "t.ini:3: handler: %r in \"%r\" stands for nothing in [a], since "
	    "mode is wait, and a handler has no one client; leave it out\n"
	    "t.ini:3: handler: %p in \"x%%%p\" stands for nothing in [a], "
	    "since mode is wait, and a handler has no one client; leave it "
	    "out\n"
	    "t.ini:5: argv0: %p in \"x%p\" stands for nothing in [a], since "
	    "mode is wait, and a handler has no one client; leave it out\n");
	support_expect("[a]\nlisten = 1\nhandler = true %l\nmode = activate\n",
	    "t.ini:3: handler: %l in \"%l\" stands for nothing in [a], since "
	    "mode is activate, and a handler has all addresses; leave it "
	    "out\n");
	support_expect_part(
	    "[a]\nlisten = 1\nhandler = true %r\nmode = activate\n",
	    "handler: %r in \"%r\" stands for nothing in [a]");
}

static void
words__that_need_no_client__are_taken(void **state)
{
	config_free(support_load("[a]\nlisten = udp:1\n"
				 "handler = true %l %s %c %%r %%p\n"
				 "argv0 = %s%%r\n"
				 "[b]\nlisten = 1\nmode = activate\n"
				 "handler = true %s %c %%l\n"));
}

/* Dumps, loads that, dumps again. */
static void
mode__in_a_dump__is_the_one_in_force(void **state)
{
	struct config *c = support_load(
	    "[defaults]\nidle_timeout = 1m\nprocesses = 3\n" ECHO("a", "udp:1")
		ECHO("b", "2") ECHO("c", "3 udp:3") "mode = "
						    "activate\n");
	char *first = support_dump(c), *second;
	struct config *again = support_load(first);

	assert_non_null(strstr(first, "; default\nmode = wait\n"));
	assert_non_null(strstr(first, "; default\nmode = nowait\n"));
	assert_non_null(strstr(first, "\nmode = activate\n"));
	assert_non_null(strstr(first,
	    "; default\n; without effect, since mode is wait: idle_timeout = "
	    "none\n"));
	assert_non_null(strstr(first,
	    "; default\n; without effect, since mode is wait: hold = no\n"));
	assert_non_null(strstr(first,
	    "; default\n; without effect, since mode is nowait: processes = "
	    "1\n"));
	second = support_dump(again);
	support_assert_same_dump(first, second);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    c->services[i]->mode, again->services[i]->mode);
	free(first);
	free(second);
	config_free(again);
	config_free(c);
}

static void
builtin__that_would_have_to_accept__is_refused(void **state)
{
	static const char head[] = "[a]\nhandler = builtin:echo\n";
	static const char *const rest[] = { "listen = 1\nmode = wait\n",
		"listen = 1\nmode = activate\n",
		"listen = udp:1\nmode = activate\n",
		"listen = udp:1 2\nmode = wait\n" };
	char text[200];

	for (size_t i = 0; i < COUNT(rest); i++) {
		snprintf(text, sizeof(text), "%s%s", head, rest[i]);
		support_expect_part(text,
		    "handler: the built-ins do not accept connections "
		    "themselves");
	}
	snprintf(text, sizeof(text), "%slisten = fd:x\nmode = wait\n", head);
	config_free(support_load(text));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode__of_connections__is_nowait_by_default),
		cmocka_unit_test(mode__of_datagrams__is_wait_by_default),
		cmocka_unit_test(mode__that_is_said__is_taken_for_any_listener),
		cmocka_unit_test(mode__not_said_for_both_kinds__is_refused),
		cmocka_unit_test(mode__nowait_of_datagrams__is_refused),
		cmocka_unit_test(mode__of_another_name__is_refused),
		cmocka_unit_test(activate__its_keys__are_in_their_fields),
		cmocka_unit_test(
		    activate__its_keys_in_other_modes__are_refused),
		cmocka_unit_test(
		    activate__its_keys_from_defaults__are_for_activate),
		cmocka_unit_test(connection__its_keys_without_one__are_refused),
		cmocka_unit_test(
		    connection__its_keys_from_defaults__are_not_applied),
		cmocka_unit_test(
		    client__as_standard_error_without_one__is_refused),
		cmocka_unit_test(client__in_words_without_one__is_refused),
		cmocka_unit_test(words__that_need_no_client__are_taken),
		cmocka_unit_test(mode__in_a_dump__is_the_one_in_force),
		cmocka_unit_test(
		    builtin__that_would_have_to_accept__is_refused),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
