/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Reads the daemon's log anew each time: it is short, and a test that asks
 * twice wants to know what is true now. Knows the text format of evinetd(8).
 */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The field in the line; it begins after a blank and ends with the value. */
static const char *
journal_find_field(const char *line, const char *field)
{
	const size_t len = strlen(field);
	const char *at = line;

	while ((at = strstr(at, field)) != NULL) {
		if (at > line && at[-1] == ' ' &&
		    (field[len - 1] == '=' || at[len] == ' ' ||
			at[len] == '\0'))
			return at;
		at++;
	}
	return NULL;
}

/* "TIME event key=value ..." */
static bool
journal_matches(const char *line, const char *const *what)
{
	const char *event = strchr(line, ' ');
	const size_t len = strlen(what[0]);

	if (event == NULL || strncmp(event + 1, what[0], len) != 0 ||
	    (event[1 + len] != ' ' && event[1 + len] != '\0'))
		return false;
	for (size_t i = 1; what[i] != NULL; i++)
		if (journal_find_field(line, what[i]) == NULL)
			return false;
	return true;
}

/* Lines that match; the nth of them, when it is there, in h->line. */
static size_t
journal_scan(struct harness *h, const char *const *what, size_t nth)
{
	size_t count = 0;
	char *rest;

	free(h->text);
	h->text = NULL;
	if (access(h->log_path, R_OK) == -1)
		return 0;
	h->text = harness_read_file(h->log_path, NULL);
	rest = h->text;
	for (char *end; (end = strchr(rest, '\n')) != NULL; rest = end + 1) {
		*end = '\0';
		if (!journal_matches(rest, what))
			continue;
		if (++count == nth)
			snprintf(h->line, sizeof(h->line), "%s", rest);
	}
	return count;
}

static void
journal_fail(const char *const *what, size_t count)
{
	char text[1024];
	size_t used = 0;

	for (size_t i = 0; what[i] != NULL && used < sizeof(text); i++)
		used += (size_t)snprintf(
		    text + used, sizeof(text) - used, " %s", what[i]);
	fail_msg("%zu times in the log, waited in vain for:%s", count, text);
}

const char *
journal_wait_nth(struct harness *h, const char *const *what, size_t count)
{
	const uint64_t until = harness_now_ms() + HARNESS_DEADLINE_MS;

	while (journal_scan(h, what, count) < count) {
		if (harness_now_ms() >= until)
			journal_fail(what, count);
		harness_nap();
	}
	return h->line;
}

const char *
journal_wait(struct harness *h, const char *const *what)
{
	return journal_wait_nth(h, what, 1);
}

size_t
journal_count(struct harness *h, const char *const *what)
{
	return journal_scan(h, what, 0);
}

const char *
journal_field(const char *line, const char *key)
{
	static char value[4096];
	char field[64];
	const char *at;

	snprintf(field, sizeof(field), "%s=", key);
	at = journal_find_field(line, field);
	if (at == NULL)
		fail_msg("no %s in: %s", field, line);
	at += strlen(field);
	const char stop = *at == '"' ? '"' : ' ';
	at += stop == '"';
	snprintf(
	    value, sizeof(value), "%.*s", (int)(strchrnul(at, stop) - at), at);
	return value;
}

double
journal_number(const char *line, const char *key)
{
	return strtod(journal_field(line, key), NULL);
}

uint16_t
journal_port(struct harness *h, const char *service)
{
	char field[128];

	snprintf(field, sizeof(field), "service=%s", service);
	const char *line = journal_wait(h, JOURNAL("listen", field));
	const char *address = journal_field(line, "address");
	const char *port = strrchr(address, ':');

	assert_non_null(port);
	return (uint16_t)atoi(port + 1);
}
