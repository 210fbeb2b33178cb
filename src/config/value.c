/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The plain value types: booleans, numbers, modes, enumerations, and how a
 * list falls into items. Pure functions on text, called by the types of the
 * schema table; nothing here knows of keys or files.
 */
#include "value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
value_fail(struct value_error *err, size_t at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	err->at = at;
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return -EINVAL;
}

int
value_parse_bool(const char *text, bool *ret, struct value_error *err)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true },
		{ "no", false },
		{ "true", true },
		{ "false", false },
		{ "on", true },
		{ "off", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].word) == 0) {
			*ret = words[i].value;
			return 0;
		}
	}
	return value_fail(err, 0, "\"%.80s\" is neither yes nor no", text);
}

int
value_parse_integer(const char *text, int64_t *ret, struct value_error *err)
{
	const char *digits = text + (*text == '-' || *text == '+');
	const bool hex = strncmp(digits, "0x", 2) == 0;
	const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
	const char *first = hex ? digits + 2 : digits;
	long long number;

	/* strtoll(3) alone would take blanks and a second sign. */
	if (*first == '\0' || first[strspn(first, allowed)] != '\0')
		return value_fail(err, 0, "\"%.80s\" is not a number", text);
	if (!hex && first[0] == '0' && first[1] != '\0')
		return value_fail(err, 0,
		    "\"%.80s\" begins with a zero; write it without, or as "
		    "0x for hexadecimal",
		    text);
	errno = 0;
	number = strtoll(text, NULL, hex ? 16 : 10);
	if (errno == ERANGE)
		return value_fail(err, 0, "%.80s is out of range", text);
	*ret = number;
	return 0;
}

int
value_parse_mode(const char *text, mode_t *ret, struct value_error *err)
{
	const size_t len = strlen(text);

	if (len == 0 || len > 4 || strspn(text, "01234567") != len)
		return value_fail(err, 0,
		    "\"%.80s\" is not a mode; write octal digits such as 022",
		    text);
	*ret = (mode_t)strtoul(text, NULL, 8);
	return 0;
}

int
value_parse_enum(const char *text, const char *const *names, unsigned *ret,
    struct value_error *err)
{
	char known[200];
	size_t used = 0;

	for (unsigned i = 0; names[i] != NULL; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	known[0] = '\0';
	for (unsigned i = 0; names[i] != NULL && used < sizeof(known); i++)
		used +=
		    (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
			i == 0		       ? ""
			: names[i + 1] == NULL ? " or "
					       : ", ",
			names[i]);
	return value_fail(err, 0, "\"%.80s\" is not one of %s", text, known);
}

bool
value_next_item(const char *text, size_t *at, const char **ret, size_t *ret_len)
{
	static const char separators[] = " \t\n,";
	const char *item = text + *at + strspn(text + *at, separators);

	*ret = item;
	*ret_len = strcspn(item, separators);
	*at = (size_t)(item - text) + *ret_len;
	return *ret_len > 0;
}
