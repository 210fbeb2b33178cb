/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* allow, deny, allow_file and deny_file: from the text to the list of a
 * service, and what is wrong with files.
 */
#include "support.h"

#include "access_file.h"
#include "entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ECHO(name, listens)                  \
	"[" name "]\nlisten = " listens "\n" \
	"handler = builtin:echo\n"

/* Everything that decides in a service: "+" or "-", the entry, and where it
 * stands, the folder left out; to be freed. */
static char *
list_rules(const struct config_service *s)
{
	const struct config_access_list *list = &s->admission.access;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < list->count; i++) {
		const struct config_access_set *set = list->rules[i].set;
		const char *slash = strrchr(set->file, '/');

		for (size_t k = 0; k < set->count; k++) {
			char buf[ENTRY_TEXT_MAX];

			fprintf(out, "%c%s %s:%u\n",
			    list->rules[i].deny ? '-' : '+',
			    entry_format(&set->items[k], buf),
			    slash == NULL ? set->file : slash + 1,
			    set->items[k].line);
		}
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

static void
assert_rules(const struct config_service *s, const char *expected)
{
	char *text = list_rules(s);

	assert_string_equal(text, expected);
	free(text);
}

static void
service__without_lists__has_no_rules(void **state)
{
	struct config *c = support_load(ECHO("a", "1") "allow = none\n"
						       "deny_file = none\n");

	assert_int_equal(c->services[0]->admission.access.count, 0);
	assert_int_equal(c->naccess_files, 0);
	config_free(c);
}

static void
entries__of_a_value__have_their_lines(void **state)
{
	struct config *c =
	    support_load(ECHO("a", "1 unix:/x") "allow = 192.0.2.0/24, ::1\n"
						"\t2001:db8::/32 uid:root\n"
						"; a comment\n\n"
						"\tgid:5\n"
						"deny =\n\t192.0.2.7\n");

	assert_rules(c->services[0], "+192.0.2.0/24 t.ini:4\n"
				     "+::1 t.ini:4\n"
				     "+2001:db8::/32 t.ini:5\n"
				     "+uid:0 t.ini:5\n"
				     "+gid:5 t.ini:8\n"
				     "-192.0.2.7 t.ini:10\n");
	config_free(c);
}

static void
entries__that_are_wrong__are_named_in_their_lines(void **state)
{
	support_expect(ECHO("a", "1 unix:/x") "allow = 192.0.2.7/24 ::1\n"
					      "\tuid:no-such-one\n"
					      "deny = gid: ; x\n",
	    "t.ini:4: allow: \"192.0.2.7/24\" has bits beyond its length; the "
	    "network is 192.0.2.0/24\n"
	    "t.ini:5: allow: no user \"no-such-one\"\n"
	    "t.ini:6: deny: no group \"\"\n"
	    "t.ini:6: deny: \";\" is not an IPv4 or IPv6 address; a comment "
	    "needs a line of its own\n");
	support_expect(ECHO("a", "1") "allow =\n",
	    "t.ini:4: allow: the value is missing\n");
	support_expect(ECHO("a", "1") "allow = ,\n",
	    "t.ini:4: allow: the list has no items\n");
}

static void
entries__twice_or_on_both_sides__are_taken(void **state)
{
	struct config *c =
	    support_load(ECHO("a", "1") "allow = 192.0.2.0/24 192.0.2.0/24\n"
					"deny = 192.0.2.0/24\n");

	assert_rules(c->services[0], "+192.0.2.0/24 t.ini:4\n"
				     "+192.0.2.0/24 t.ini:4\n"
				     "-192.0.2.0/24 t.ini:5\n");
	config_free(c);
}

static void
entries__from_defaults__are_in_every_service(void **state)
{
	struct config *c = support_load(
	    "[defaults]\nallow = 192.0.2.0/24\ndeny = uid:0\n" ECHO("a", "1")
		ECHO("b", "unix:/x") "allow = uid:0\n");

	assert_rules(c->services[0], "+192.0.2.0/24 t.ini:2\n-uid:0 t.ini:3\n");
	assert_rules(c->services[1], "+uid:0 t.ini:10\n-uid:0 t.ini:3\n");
	config_free(c);
}

static void
file__every_form_of_a_line__is_read(void **state)
{
	struct config *c;

	support_write("list", "\xef\xbb\xbf# first\r\n"
			      "192.0.2.1\r\n"
			      "\r\n"
			      " \t2001:db8::/32 \t\r\n"
			      "\t; indented\n"
			      "192.0.2.3 # behind it\n"
			      "192.0.2.4\t;SBL1 # more\n"
			      "uid:0 #\n"
			      "gid:7\n"
			      "#192.0.2.5\n"
			      "   \n"
			      "# the end");
	c = support_load(ECHO("a", "1") "deny_file = list\n");
	assert_rules(c->services[0], "-192.0.2.1 list:2\n"
				     "-2001:db8::/32 list:4\n"
				     "-192.0.2.3 list:6\n"
				     "-192.0.2.4 list:7\n"
				     "-uid:0 list:8\n"
				     "-gid:7 list:9\n");
	assert_int_equal(*c->services[0]->admission.deny_file.items[0], '/');
	config_free(c);
}

static void
file__of_several_services__is_read_once(void **state)
{
	struct config *c;

	mkdir("sub", 0755);
	support_write("one", "192.0.2.1\n");
	support_write("two", "192.0.2.2\n");
	assert_int_equal(link("one", "same"), 0);
	assert_int_equal(symlink("../two", "sub/two"), 0);
	support_write("sub/inc.ini", ECHO("c", "3") "deny_file = two\n");
	c = support_load("[evinetd]\ninclude = sub/inc.ini\n"
			 "[defaults]\nallow_file = one\n" ECHO("a", "1")
			     ECHO("b", "2") "deny_file = two, same\n\t./one\n");
	assert_int_equal(c->naccess_files, 2);
	assert_rules(c->services[0], "+192.0.2.1 one:1\n");
	assert_rules(c->services[1], "+192.0.2.1 one:1\n-192.0.2.2 two:1\n"
				     "-192.0.2.1 one:1\n-192.0.2.1 one:1\n");
	assert_rules(c->services[2], "+192.0.2.1 one:1\n-192.0.2.2 two:1\n");
	assert_ptr_equal(c->services[0]->admission.access.rules[0].set,
	    c->services[1]->admission.access.rules[0].set);
	config_free(c);
	unlink("same");
}

static void
file__empty__is_a_list_of_nobody(void **state)
{
	static const char *const contents[] = { "", "\n", "# nobody\n", ";",
		"\xef\xbb\xbf" };

	for (size_t i = 0; i < COUNT(contents); i++) {
		const struct config_access_list *list;
		struct config *c;

		support_write("list", contents[i]);
		c = support_load(
		    ECHO("a", "1") "allow_file = list\ndeny_file = list\n");
		list = &c->services[0]->admission.access;
		assert_int_equal(list->count, 2);
		assert_false(list->rules[0].deny);
		assert_int_equal(list->rules[0].set->count, 0);
		assert_true(list->rules[1].deny);
		config_free(c);
	}
}

/* What is said of a list with these contents: once, though two services have
 * it. The folder, which is another one each time, is left out. */
static void
expect_of_file(const void *bytes, size_t size, const char *expected)
{
	char *text, *from, *to;

	support_write_bytes("list", bytes, size);
	text = support_complaints(ECHO("a", "1") "deny_file = list\n" ECHO(
	    "b", "2") "allow_file = list\n");
	for (from = to = text; *from != '\0';) {
		const size_t len = strcspn(from, "\n") + 1;
		char *name = strstr(from, "list:");

		assert_non_null(name);
		memmove(to, name, len - (size_t)(name - from));
		to += len - (size_t)(name - from);
		from += len;
	}
	*to = '\0';
	assert_string_equal(text, expected);
	free(text);
}

static void
file__with_lines_that_are_wrong__names_them_once(void **state)
{
	static const char text[] = "192.0.2.1\n"
				   "192.0.2.1/24\n"
				   "192.0.2.1;x\n"
				   "192.0.2.1, 192.0.2.2\n"
				   "uid:no-such-one\n";

	expect_of_file(text, sizeof(text) - 1,
	    "list:2: \"192.0.2.1/24\" has bits beyond its length; the network "
	    "is 192.0.2.0/24\n"
	    "list:3: \"192.0.2.1;x\" is not an IPv4 or IPv6 address\n"
	    "list:4: \"192.0.2.1, 192.0.2.2\" is more than one entry; write "
	    "one a line\n"
	    "list:5: no user \"no-such-one\"\n");
}

static void
file__cut_off__is_refused(void **state)
{
	static const char text[] = "192.0.2.1\n192.0.0.0/2";

	expect_of_file(text, sizeof(text) - 1,
	    "list:2: the last line does not end, so the file may have been "
	    "cut off; end it with a newline\n");
}

static void
file__that_is_no_text__is_refused(void **state)
{
	static const char binary[] = "\177ELF\2\1\1\0\0\n";
	static const char control[] = "192.0.2.1\n\33[2J\n\r192.0.2.3\n";
	char *giant = malloc(1 << 20);

	expect_of_file(binary, sizeof(binary) - 1,
	    "list:1: a NUL byte: this is not a text file\n");
	expect_of_file(control, sizeof(control) - 1,
	    "list:2: control character 0x1b in column 1\n"
	    "list:3: control character 0x0d in column 1\n");
	assert_non_null(giant);
	memset(giant, '1', 1 << 20);
	expect_of_file(
	    giant, 1 << 20, "list:1: the line is longer than 65536 bytes\n");
	free(giant);
}

static void
file__that_is_no_file__is_named_at_the_key(void **state)
{
	static const struct {
		const char *path, *complaint;
	} cases[] = {
		{ "/not/there", "/not/there: No such file or directory" },
		{ "/dev/null", "/dev/null: is not a regular file" },
		{ "/dev/zero", "/dev/zero: is not a regular file" },
		{ "/", "/: is a directory" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[300], complaint[300];

		snprintf(text, sizeof(text),
		    ECHO("a", "1") "deny =\n\t::1\nallow_file = %s\n",
		    cases[i].path);
		snprintf(complaint, sizeof(complaint),
		    "t.ini:6: allow_file: %s\n", cases[i].complaint);
		support_expect(text, complaint);
	}
}

static void
file__fifo__is_refused_without_waiting(void **state)
{
	assert_int_equal(mkfifo("fifo", 0600), 0);
	support_expect_part(ECHO("a", "1") "deny_file = fifo\n",
	    "/fifo: is not a regular file\n");
}

static void
file__path_with_a_blank__is_refused(void **state)
{
	mkdir("a b", 0755);
	support_write("a b/list", "");
	support_write("a b/x.ini", ECHO("c", "3") "deny_file = list\n");
	support_expect_part("[evinetd]\ninclude = a?b/x.ini\n",
	    "a b/x.ini:4: deny_file: there is a blank or a comma in the path "
	    "\"/");
}

static void
file__of_defaults__has_to_be_there_for_nobody_too(void **state)
{
	support_expect("[defaults]\nallow_file = /not/there\n" ECHO(
			   "a", "1") "allow_file = none\n" ECHO("b", "2"),
	    "t.ini:2: allow_file: /not/there: No such file or directory\n");
}

static void
file__with_more_than_a_thousand_mistakes__is_told_in_short(void **state)
{
	FILE *out = fopen("list", "w");
	char *text;

	for (int i = 0; i < 5000; i++)
		fprintf(out, "x%d\n", i);
	fclose(out);
	text = support_complaints(ECHO("a", "1") "deny_file = list\n");
	assert_non_null(strstr(text, "\n4000 more errors\n"));
	free(text);
}

static void
access_file_read__that_fails__says_why(void **state)
{
	struct config_access_set set = { .file = "x" };
	struct diag *diag = diag_new();
	FILE *in = fopen("/", "r");

	assert_non_null(in);
	assert_int_equal(access_file_read(in, &set, diag), -EINVAL);
	assert_int_equal(diag_count(diag), 1);
	fclose(in);
	diag_free(diag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(service__without_lists__has_no_rules),
		cmocka_unit_test(entries__of_a_value__have_their_lines),
		cmocka_unit_test(
		    entries__that_are_wrong__are_named_in_their_lines),
		cmocka_unit_test(entries__twice_or_on_both_sides__are_taken),
		cmocka_unit_test(entries__from_defaults__are_in_every_service),
		cmocka_unit_test(file__every_form_of_a_line__is_read),
		cmocka_unit_test(file__of_several_services__is_read_once),
		cmocka_unit_test(file__empty__is_a_list_of_nobody),
		cmocka_unit_test(
		    file__with_lines_that_are_wrong__names_them_once),
		cmocka_unit_test(file__cut_off__is_refused),
		cmocka_unit_test(file__that_is_no_text__is_refused),
		cmocka_unit_test(file__that_is_no_file__is_named_at_the_key),
		cmocka_unit_test(file__fifo__is_refused_without_waiting),
		cmocka_unit_test(file__path_with_a_blank__is_refused),
		cmocka_unit_test(
		    file__of_defaults__has_to_be_there_for_nobody_too),
		cmocka_unit_test(
		    file__with_more_than_a_thousand_mistakes__is_told_in_short),
		cmocka_unit_test(access_file_read__that_fails__says_why),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
