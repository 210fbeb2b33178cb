/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The values that only admission knows: what makes a source, a load, and what
 * a client is told that is sent away. Pure.
 */
#include "value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_LOAD_MAX 10000

static const char value_digits[] = "0123456789";

/* Digits, at most five of them, without leading zeros. Moves *text. */
static bool
value_read_small(const char **text, unsigned *ret)
{
	const size_t len = strspn(*text, value_digits);

	if (len == 0 || len > 5 || (len > 1 && **text == '0'))
		return false;
	*ret = (unsigned)strtoul(*text, NULL, 10);
	*text += len;
	return true;
}

int
value_parse_lengths(const char *text, unsigned *ret_ipv4, unsigned *ret_ipv6,
    struct value_error *err)
{
	const char *rest = text;
	unsigned ipv4 = 0, ipv6 = 0;
	size_t blanks;
	bool good = value_read_small(&rest, &ipv4);

	blanks = strspn(rest, " \t");
	if (blanks == 0 && *rest == '/')
		blanks = 1;
	rest += blanks;
	good = good && blanks > 0 && value_read_small(&rest, &ipv6);
	if (!good || *rest != '\0')
		return value_fail(err, 0,
		    "\"%.80s\" is not a pair of prefix lengths; write that of "
		    "IPv4 and that of IPv6, such as 32 64",
		    text);
	if (ipv4 < 1 || ipv4 > 32)
		return value_fail(
		    err, 0, "%u is out of range for IPv4, 1 to 32", ipv4);
	if (ipv6 < 1 || ipv6 > 128)
		return value_fail(err, (size_t)(rest - text) - 1,
		    "%u is out of range for IPv6, 1 to 128", ipv6);
	*ret_ipv4 = ipv4;
	*ret_ipv6 = ipv6;
	return 0;
}

/* The digits behind the point, one or two. */
static bool
value_read_hundredths(const char **text, unsigned *ret)
{
	const size_t len = strspn(*text, value_digits);

	if (len == 0 || len > 2)
		return false;
	*ret = (unsigned)strtoul(*text, NULL, 10) * (len == 1 ? 10 : 1);
	*text += len;
	return true;
}

int
value_parse_load(const char *text, unsigned *ret, struct value_error *err)
{
	const char *rest = text;
	unsigned whole = 0, hundredths = 0;
	bool good = value_read_small(&rest, &whole);

	if (good && *rest == '.') {
		rest++;
		good = value_read_hundredths(&rest, &hundredths);
	}
	if (!good || *rest != '\0')
		return value_fail(err, 0,
		    "\"%.80s\" is not a load; write a number such as 4 or 2.5, "
		    "with two digits behind the point at most",
		    text);
	hundredths += whole * 100;
	if (hundredths == 0 || hundredths > VALUE_LOAD_MAX * 100)
		return value_fail(err, 0,
		    "%s is out of range, 0.01 to %d, or none", text,
		    VALUE_LOAD_MAX);
	*ret = hundredths;
	return 0;
}

const char *
value_format_load(unsigned hundredths, char buf[VALUE_TEXT_MAX])
{
	const unsigned whole = hundredths / 100, rest = hundredths % 100;

	if (rest == 0)
		snprintf(buf, VALUE_TEXT_MAX, "%u", whole);
	else if (rest % 10 == 0)
		snprintf(buf, VALUE_TEXT_MAX, "%u.%u", whole, rest / 10);
	else
		snprintf(buf, VALUE_TEXT_MAX, "%u.%02u", whole, rest);
	return buf;
}

/* Escapes: what is written behind the backslash, and what it stands for. */
static const char value_escapes[] = "rnt\\";
static const char value_escaped[] = "\r\n\t\\";

int
value_parse_message(const char *text, char **ret, struct value_error *err)
{
	/* With room for the CR LF. */
	char *message = malloc(strlen(text) + 3), *to = message;

	if (message == NULL)
		return -ENOMEM;
	for (const char *from = text; *from != '\0'; from++) {
		const char *found;

		*to++ = *from;
		if (*from != '\\')
			continue;
		from++;
		found = *from == '\0' ? NULL : strchr(value_escapes, *from);
		if (found == NULL) {
			free(message);
			return value_fail(err, (size_t)(from - text) - 1,
			    "\"%.2s\" stands for nothing; write \\\\ for a "
			    "backslash, or one of \\r, \\n and \\t",
			    from - 1);
		}
		to[-1] = value_escaped[found - value_escapes];
	}
	if (to == message || to[-1] != '\n') {
		*to++ = '\r';
		*to++ = '\n';
	}
	if (to - message > VALUE_MESSAGE_MAX) {
		free(message);
		return value_fail(err, 0,
		    "the text is longer than %d bytes, its newline included",
		    VALUE_MESSAGE_MAX);
	}
	*to = '\0';
	*ret = message;
	return 0;
}

void
value_print_message(const char *message, FILE *out)
{
	for (; *message != '\0'; message++) {
		const char *found = strchr(value_escaped, *message);

		if (found == NULL)
			fputc(*message, out);
		else
			fprintf(
			    out, "\\%c", value_escapes[found - value_escaped]);
	}
}
