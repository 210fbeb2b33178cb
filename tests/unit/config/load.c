/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Files of every broken kind, [defaults], and files that include files.
 */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SERVICE(name, port) \
	"[" name "]\nlisten = " port "\nhandler = builtin:echo\n"

static void
load__file_that_cannot_be_read__says_why(void **state)
{
	static const struct {
		const char *name, *complaint;
	} cases[] = {
		{ "not-there", "not-there: No such file or directory\n" },
		{ "/", "/: is a directory\n" },
		{ "", ": No such file or directory\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = support_complaints_of(cases[i].name);

		assert_string_equal(text, cases[i].complaint);
		free(text);
	}
}

static void
load__without_a_service__is_an_error(void **state)
{
	static const char say[] =
	    "t.ini: there is no service: every [section] but [evinetd] and "
	    "[defaults] is one, with \"listen\" and \"handler\"\n";

	support_expect("", say);
	support_expect("; nothing\n", say);
	support_expect("[evinetd]\nlog_level = debug\n", say);
}

static void
load__binary_file__is_an_error(void **state)
{
	char bytes[5000];
	char *text;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31 + i / 7);
	support_write_bytes("t.ini", bytes, sizeof(bytes));
	text = support_complaints_of("t.ini");
	assert_non_null(strstr(text, "a NUL byte: this is not a text file"));
	free(text);
}

static void
load__line_of_a_megabyte__names_file_and_line(void **state)
{
	const size_t size = 1 << 20;
	char *bytes = malloc(size);
	char *text;

	memset(bytes, 'x', size);
	memcpy(bytes, "[a]\nlisten = ", 13);
	support_write_bytes("t.ini", bytes, size);
	free(bytes);
	text = support_complaints_of("t.ini");
	assert_non_null(
	    strstr(text, "t.ini:2: the line is longer than 65536 bytes\n"));
	free(text);
}

static void
load__hundred_thousand_sections__is_one_error_soon(void **state)
{
	FILE *out = fopen("t.ini", "w");
	const clock_t start = clock();
	char *text;

	for (int i = 0; i < 100000; i++)
		fprintf(out,
		    "[s%d]\nlisten = unix:/run/%d\n"
		    "handler = builtin:echo\n",
		    i, i);
	fclose(out);
	text = support_complaints_of("t.ini");
	assert_string_equal(text, "t.ini:30001: more than 10000 services\n");
	free(text);
	/* Processor time, under valgrind too; quadratic takes an hour. */
	assert_true(clock() - start < 60 * CLOCKS_PER_SEC);
}

static void
load__ten_thousand_services__are_taken(void **state)
{
	struct config *c;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < 10000; i++)
		fprintf(out,
		    "[s%d]\nlisten = 127.0.0.1:%d\n"
		    "handler = builtin:echo\n",
		    i, i + 1);
	fclose(out);
	c = support_load(text);
	assert_int_equal(c->nservices, 10000);
	assert_string_equal(c->services[9999]->name, "s9999");
	config_free(c);
	free(text);
}

static void
load__empty_sections__are_errors(void **state)
{
	support_expect("[evinetd]\n\n[defaults]\n" SERVICE("a", "1") "[b]\n"
								     "[c]",
	    "t.ini:1: [evinetd] is empty\n"
	    "t.ini:3: [defaults] is empty\n"
	    "t.ini:7: [b] is empty\n"
	    "t.ini:8: [c] is empty\n");
}

static void
load__repeated_sections_and_keys__name_the_first(void **state)
{
	support_expect(SERVICE("a", "1") "listen = 2\n" SERVICE("a", "3"),
	    "t.ini:4: \"listen\" is repeated; it was first in t.ini:2\n"
	    "t.ini:5: [a] is repeated; it was first in t.ini:1\n");
	support_expect(
	    "[evinetd]\nlog = stderr\n[evinetd]\nlog = syslog\n" SERVICE(
		"a", "1"),
	    "t.ini:3: [evinetd] is repeated; it began in line 1\n"
	    "t.ini:4: \"log\" is repeated; it was first in t.ini:2\n");
}

static void
load__repeated_section__is_checked_too(void **state)
{
	/* But not against the first one. */
	support_expect(SERVICE("a", "1") SERVICE("a", "1"),
	    "t.ini:4: [a] is repeated; it was first in t.ini:1\n");
	support_expect_part(SERVICE("a", "1") "[a]\nlissten = 2\n",
	    "t.ini:5: unknown key \"lissten\" in [a]; did you mean "
	    "\"listen\"?\n");
}

static void
load__defaults__hold_wherever_they_stand(void **state)
{
	struct config *c = support_load(SERVICE(
	    "a", "1") "umask = 07\n"
		      "[defaults]\numask = 077\nnice = 5\n" SERVICE("b", "2"));

	assert_int_equal(c->services[0]->umask, 07);
	assert_int_equal(c->services[0]->nice, 5);
	assert_int_equal(c->services[1]->umask, 077);
	assert_int_equal(c->services[1]->nice, 5);
	config_free(c);
}

static void
load__mistakes_in_defaults__are_said_once(void **state)
{
	support_expect("[defaults]\nnice = x\nnize = 3\n" SERVICE("a", "1")
			   SERVICE("b", "2") "nice = 3\n",
	    "t.ini:2: nice: \"x\" is not a number\n"
	    "t.ini:3: unknown key \"nize\" in [defaults]; did you mean "
	    "\"nice\"?\n");
}

static void
load__misspelt_special_section__is_recognised(void **state)
{
	support_expect(
	    "[evinted]\nlog_level = debug\n[default]\nnice = 3\n" SERVICE(
		"a", "1"),
	    "t.ini:1: [evinted] is no service, since it has not both "
	    "\"listen\" and \"handler\"; did you mean [evinetd]?\n"
	    "t.ini:3: [default] is no service, since it has not both "
	    "\"listen\" and \"handler\"; did you mean [defaults]?\n");
}

static void
load__key_of_the_other_scope__is_sent_there(void **state)
{
	support_expect(
	    "[evinetd]\nlisten = 1\n" SERVICE("a", "1") "log_level = debug\n",
	    "t.ini:2: \"listen\" is a key of a service, and this is "
	    "[evinetd]\n"
	    "t.ini:6: \"log_level\" is a key of [evinetd], and this is "
	    "[a]\n");
}

static void
load__service_without_required_keys__is_an_error(void **state)
{
	support_expect("\n[a]\nnice = 3\n",
	    "t.ini:2: [a] has no \"listen\"\n"
	    "t.ini:2: [a] has no \"handler\"\n");
}

static void
load__everything_wrong__is_said_in_one_run(void **state)
{
	support_expect("[evinetd]\nlog_level = loud\n[a]\nlisten = 99999 x\n"
		       "   y 5\nhandler = /not/there\nlissten = 3\nnice = 99\n",
	    "t.ini:2: log_level: \"loud\" is not one of error, warning, "
	    "notice, info or debug\n"
	    "t.ini:4: listen: 99999 is out of range, 0 to 65535\n"
	    "t.ini:4: listen: \"x\" is neither a port nor a known service; "
	    "write PORT or ADDRESS:PORT\n"
	    "t.ini:5: listen: \"y\" is neither a port nor a known service; "
	    "write PORT or ADDRESS:PORT\n"
	    "t.ini:6: handler: /not/there: No such file or directory\n"
	    "t.ini:7: unknown key \"lissten\" in [a]; did you mean "
	    "\"listen\"?\n"
	    "t.ini:8: nice: 99 is out of range, -20 to 19\n");
}

/* A message that is there already is not added again, but still an error. */
static void
load__same_mistake_again__is_an_error_again(void **state)
{
	struct diag *diag = diag_new();
	struct config *c = NULL;

	assert_int_equal(config_load("not-there", diag, &c), -EINVAL);
	assert_int_equal(config_load("not-there", diag, &c), -EINVAL);
	assert_int_equal(diag_count(diag), 1);
	support_write("t.ini", "");
	assert_int_equal(config_load("t.ini", diag, &c), -EINVAL);
	assert_int_equal(diag_count(diag), 2);
	support_write("t.ini", SERVICE("a", "1"));
	assert_int_equal(config_load("t.ini", diag, &c), 0);
	config_free(c);
	diag_free(diag);
}

static void
include__files_and_patterns__are_read_after_this_one(void **state)
{
	struct config *c;

	mkdir("conf.d", 0755);
	support_write("conf.d/2.ini", SERVICE("c", "3"));
	support_write("conf.d/1.ini", SERVICE("b", "2"));
	support_write("conf.d/x.txt", "nonsense");
	support_write("other", SERVICE("d", "4"));
	c = support_load("[evinetd]\ninclude = conf.d/*.ini ./other\n"
			 "\tnothere/*.ini\n" SERVICE("a", "1"));
	assert_int_equal(c->nservices, 4);
	assert_string_equal(c->services[0]->name, "a");
	assert_string_equal(c->services[1]->name, "b");
	assert_string_equal(c->services[2]->name, "c");
	assert_string_equal(c->services[3]->name, "d");
	assert_string_equal(c->services[1]->origin.file, "conf.d/1.ini");
	assert_int_equal(c->services[1]->origin.line, 1);
	assert_int_equal(c->files.count, 4);
	assert_string_equal(c->files.items[0], "t.ini");
	assert_string_equal(c->files.items[3], "other");
	config_free(c);
}

static void
include__path__is_relative_to_the_including_file(void **state)
{
	struct config *c;

	mkdir("x[1]", 0755);
	mkdir("x[1]/y", 0755);
	support_write("x[1]/a.ini", "[evinetd]\ninclude = y/*.ini\n");
	support_write("x[1]/y/b.ini",
	    "[evinetd]\ninclude = ../c.ini\n" SERVICE("b", "2"));
	support_write("x[1]/c.ini", SERVICE("c", "3"));
	c = support_load("[evinetd]\ninclude = none\n" SERVICE("a", "1"));
	config_free(c);
	assert_int_equal(symlink("x[1]", "link"), 0);
	c = support_load("[evinetd]\ninclude = link/a.ini\n");
	assert_int_equal(c->nservices, 2);
	assert_string_equal(c->services[0]->origin.file, "link/y/b.ini");
	assert_string_equal(c->services[1]->origin.file, "link/y/../c.ini");
	config_free(c);
	/* The directory's own brackets are no pattern. */
	c = support_load("[evinetd]\ninclude = x[[]1]/a.ini\n");
	assert_int_equal(c->nservices, 2);
	assert_string_equal(c->services[0]->origin.file, "x[1]/y/b.ini");
	config_free(c);
}

static void
include__mistakes__name_the_included_file(void **state)
{
	support_write("bad", "[b]\nlisten = 5\nfoo = 1\n");
	support_expect("[evinetd]\ninclude = bad\nlog = x\n" SERVICE("a", "1"),
	    "t.ini:3: log: \"x\" is not one of stderr, syslog or journal; a "
	    "path has a \"/\" in it\n"
	    "bad:1: [b] has no \"handler\"\n"
	    "bad:3: unknown key \"foo\" in [b]\n");
}

static void
include__what_cannot_be_read__is_an_error_at_its_line(void **state)
{
	mkdir("dir", 0755);
	mkfifo("fifo", 0644);
	support_expect(
	    "[evinetd]\ninclude = nothere\n\tdir\n\tfifo\n" SERVICE("a", "1"),
	    "t.ini:2: include: nothere: No such file or directory\n"
	    "t.ini:3: include: dir: is a directory\n"
	    "t.ini:4: include: fifo: is not a regular file\n");
}

static void
include__of_itself__is_an_error(void **state)
{
	support_expect("[evinetd]\ninclude = t.ini\n" SERVICE("a", "1"),
	    "t.ini:2: include: t.ini: the file includes itself\n");
	support_expect("[evinetd]\ninclude = t*.ini\n" SERVICE("a", "1"),
	    "t.ini:2: include: t.ini: the file includes itself\n");
	support_write("u", "[evinetd]\ninclude = ./t.ini\n");
	support_expect("[evinetd]\ninclude = u\n" SERVICE("a", "1"),
	    "u:2: include: t.ini: the file includes itself\n");
}

static void
include__twice__is_an_error(void **state)
{
	support_write("u", SERVICE("b", "2"));
	link("u", "v");
	support_expect("[evinetd]\ninclude = u v\n" SERVICE("a", "1"),
	    "t.ini:2: include: v: the file was read before\n");
}

static void
include__too_deep__is_an_error(void **state)
{
	char name[20], text[60];

	for (int i = 1; i < 12; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(
		    text, sizeof(text), "[evinetd]\ninclude = deep%d\n", i + 1);
		support_write(name, text);
	}
	support_expect("[evinetd]\ninclude = deep1\n" SERVICE("a", "1"),
	    "deep8:2: include: deep9: too many includes in includes\n");
}

static void
include__special_sections__are_put_together(void **state)
{
	struct config *c;

	support_write("u", "[evinetd]\nlog_level = debug\n"
			   "[defaults]\nnice = 3\n");
	c = support_load("[evinetd]\ninclude = u\nlog_format = json\n"
			 "[defaults]\numask = 077\n" SERVICE("a", "1"));
	assert_int_equal(c->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(c->log_format, LOG_FORMAT_JSON);
	assert_int_equal(c->services[0]->nice, 3);
	assert_int_equal(c->services[0]->umask, 077);
	config_free(c);
	support_expect(
	    "[evinetd]\ninclude = u\nlog_level = info\n" SERVICE("a", "1"),
	    "u:2: \"log_level\" is repeated; it was first in t.ini:3\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load__file_that_cannot_be_read__says_why),
		cmocka_unit_test(load__without_a_service__is_an_error),
		cmocka_unit_test(load__binary_file__is_an_error),
		cmocka_unit_test(load__line_of_a_megabyte__names_file_and_line),
		cmocka_unit_test(
		    load__hundred_thousand_sections__is_one_error_soon),
		cmocka_unit_test(load__ten_thousand_services__are_taken),
		cmocka_unit_test(load__empty_sections__are_errors),
		cmocka_unit_test(
		    load__repeated_sections_and_keys__name_the_first),
		cmocka_unit_test(load__repeated_section__is_checked_too),
		cmocka_unit_test(load__defaults__hold_wherever_they_stand),
		cmocka_unit_test(load__mistakes_in_defaults__are_said_once),
		cmocka_unit_test(load__misspelt_special_section__is_recognised),
		cmocka_unit_test(load__key_of_the_other_scope__is_sent_there),
		cmocka_unit_test(
		    load__service_without_required_keys__is_an_error),
		cmocka_unit_test(load__everything_wrong__is_said_in_one_run),
		cmocka_unit_test(load__same_mistake_again__is_an_error_again),
		cmocka_unit_test(
		    include__files_and_patterns__are_read_after_this_one),
		cmocka_unit_test(
		    include__path__is_relative_to_the_including_file),
		cmocka_unit_test(include__mistakes__name_the_included_file),
		cmocka_unit_test(
		    include__what_cannot_be_read__is_an_error_at_its_line),
		cmocka_unit_test(include__of_itself__is_an_error),
		cmocka_unit_test(include__twice__is_an_error),
		cmocka_unit_test(include__too_deep__is_an_error),
		cmocka_unit_test(include__special_sections__are_put_together),
	};

	return cmocka_run_group_tests(
	    tests, support_enter_folder, support_leave_folder);
}
