/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A configuration from the command line. The options become the same raw
 * sections that a file would: addresses are joined to a list, and the words of
 * the command are quoted to a value of `handler`, so that everything behind is
 * shared with the file form. Origins have the option's name for a file.
 */
#include "build.h"
#include "reader.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct config_origin adhoc_set = { .file = "--set" };
static const struct config_origin adhoc_listen = { .file = "--listen" };
static const struct config_origin adhoc_line = { .file = "command line" };

/* Joins the strings by blanks; quoted, or as they are. */
static int
adhoc_join(const struct config_strings *from,
    void (*print)(const char *item, FILE *out), char **ret)
{
	size_t size;
	FILE *out = open_memstream(ret, &size);
	bool failed;

	if (out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < from->count; i++) {
		if (i > 0)
			fputc(' ', out);
		print(from->items[i], out);
	}
	failed = ferror(out) != 0;
	failed = fclose(out) == EOF || failed;
	if (failed) {
		free(*ret);
		return -ENOMEM;
	}
	return 0;
}

static void
adhoc_print_plain(const char *item, FILE *out)
{
	fputs(item, out);
}

/* A section name from the program's: "/usr/bin/git" is "git". */
static void
adhoc_make_name(const char *program, char name[READER_SECTION_MAX + 1])
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._-";
	const char *base = program + strcspn(program, ":");
	const char *slash = strrchr(program, '/');
	size_t len = 0;

	if (strncmp(program, "builtin:", 8) == 0)
		base++;
	else
		base = slash != NULL ? slash + 1 : program;
	for (; *base != '\0' && len < READER_SECTION_MAX - 1; base++)
		name[len++] = strchr(allowed, *base) != NULL ? *base : '_';
	name[len] = '\0';
	/* A name of ours would be another section in the dump. */
	if (len == 0 || strcmp(name, "evinetd") == 0 ||
	    strcmp(name, "defaults") == 0)
		strcpy(name + len, "_");
}

/* What a file could not hold; the dump could not be read again. */
static bool
adhoc_is_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (((unsigned char)*text < ' ' && *text != '\t') ||
		    *text == 0x7f)
			return false;
	}
	return true;
}

static int
adhoc_set_text(struct raw *raw, struct raw_section *service, const char *key,
    const char *text)
{
	const bool daemon = schema_find(SCHEMA_DAEMON, key) != NULL;
	int error = 0;

	if (strcmp(key, "listen") == 0 || strcmp(key, "handler") == 0) {
		diag_add(raw->diag, adhoc_set,
		    "\"%s\" is not set here; write --listen ADDRESS and "
		    "-- PROGRAM ARG...",
		    key);
		return 0;
	}
	if (strcmp(key, "include") == 0) {
		diag_add(raw->diag, adhoc_set,
		    "\"include\" is for files; use -c FILE");
		return 0;
	}
	if (!adhoc_is_text(text)) {
		diag_add(raw->diag, adhoc_set,
		    "%s: there is a control character in the value", key);
		return 0;
	}
	/* max_connections is both, and all services are this one. */
	if (daemon)
		error = raw_set_value(raw, &raw->daemon, key, text, adhoc_set);
	if (error == 0 && (!daemon || schema_find(SCHEMA_SERVICE, key) != NULL))
		error = raw_set_value(raw, service, key, text, adhoc_set);
	return error;
}

/* KEY=VALUE, with blanks around both as in a file. */
static int
adhoc_take_set(
    struct raw *raw, struct raw_section *service, const char *setting)
{
	static const char blanks[] = " \t";
	const char *equals = strchr(setting, '=');
	char *key, *text;
	size_t len;
	int error;

	if (equals == NULL) {
		diag_add(raw->diag, adhoc_set, "\"%.80s\" is not KEY=VALUE",
		    setting);
		return 0;
	}
	setting += strspn(setting, blanks);
	len = (size_t)(equals - setting);
	while (len > 0 && strchr(blanks, setting[len - 1]) != NULL)
		len--;
	key = strndup(setting, len);
	equals++;
	equals += strspn(equals, blanks);
	len = strlen(equals);
	while (len > 0 && strchr(blanks, equals[len - 1]) != NULL)
		len--;
	text = strndup(equals, len);
	error = key == NULL || text == NULL
		    ? -ENOMEM
		    : adhoc_set_text(raw, service, key, text);
	free(key);
	free(text);
	return error;
}

static int
adhoc_take_joined(struct raw *raw, struct raw_section *service, const char *key,
    const struct config_strings *from, struct config_origin at)
{
	const bool words = strcmp(key, "handler") == 0;
	char *text;
	int error;

	if (from->count == 0)
		return 0;
	error =
	    adhoc_join(from, words ? words_print : adhoc_print_plain, &text);
	if (error != 0)
		return error;
	error = raw_set_value(raw, service, key, text, at);
	free(text);
	return error;
}

static int
adhoc_fill(const struct config_adhoc *from, struct raw *raw)
{
	char name[READER_SECTION_MAX + 1];
	const char *program = from->words.count > 0 ? from->words.items[0] : "";
	struct raw_section *service;
	int error;

	if (from->listen.count == 0)
		diag_add(
		    raw->diag, adhoc_listen, "missing; write --listen ADDRESS");
	if (from->words.count == 0)
		diag_add(raw->diag, adhoc_line,
		    "the handler is missing; write -- PROGRAM ARG...");
	if (from->listen.count == 0 || from->words.count == 0)
		return 0;
	adhoc_make_name(program, name);
	error = raw_begin_section(raw, name, adhoc_line, &service);
	if (error == 0)
		error = adhoc_take_joined(
		    raw, service, "listen", &from->listen, adhoc_listen);
	if (error == 0)
		error = adhoc_take_joined(
		    raw, service, "handler", &from->words, adhoc_line);
	for (size_t i = 0; i < from->set.count && error == 0; i++)
		error = adhoc_take_set(raw, service, from->set.items[i]);
	return error;
}

int
config_load_adhoc(
    const struct config_adhoc *from, struct diag *diag, struct config **ret)
{
	struct raw raw;
	struct config *c = build_new();
	int error = c == NULL ? -ENOMEM : raw_init(&raw, diag);

	if (error != 0) {
		config_free(c);
		return error;
	}
	error = adhoc_fill(from, &raw);
	if (error == 0)
		error = build_config(c, &raw);
	return build_finish(c, &raw, error, ret);
}
