/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Splits a command into words, and quotes words again. The state is one
 * struct word under construction; each kind of quotes is a function that
 * moves it on. Pure but for memory.
 */
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct word {
	const char *text; /* what is split */
	size_t at;	  /* the next byte of it */
	char *buf;
	size_t len;
	struct value_error *err;
};

static int
word_append(struct word *w, char c)
{
	if (w->len == WORDS_MAX)
		return value_fail(
		    w->err, w->at, "a word is longer than %d bytes", WORDS_MAX);
	w->buf[w->len++] = c;
	return 0;
}

static int
word_fail_open(struct word *w, size_t start, const char *quote)
{
	return value_fail(w->err, start, "the quote %s has no end", quote);
}

static int
word_read_single(struct word *w)
{
	const size_t start = w->at;
	int error = 0;

	for (w->at++; error == 0 && w->text[w->at] != '\''; w->at++) {
		if (w->text[w->at] == '\0')
			return word_fail_open(w, start, "'");
		error = word_append(w, w->text[w->at]);
	}
	w->at++;
	return error;
}

static int
word_read_double(struct word *w)
{
	const size_t start = w->at;
	int error = 0;

	for (w->at++; error == 0 && w->text[w->at] != '"'; w->at++) {
		const char next = w->text[w->at + (w->text[w->at] != '\0')];

		if (w->text[w->at] == '\0')
			return word_fail_open(w, start, "\"");
		if (w->text[w->at] == '\\' && next != '\0' &&
		    strchr("\\\"$`\n", next) != NULL) {
			w->at++;
			if (next == '\n')
				continue;
		}
		error = word_append(w, w->text[w->at]);
	}
	w->at++;
	return error;
}

/* The two digits of \xHH; w->at is at the x. */
static int
word_read_hex(struct word *w)
{
	const char *digits = w->text + w->at + 1;
	char copy[3];
	char byte;

	if (!isxdigit((unsigned char)digits[0]) ||
	    !isxdigit((unsigned char)digits[1]))
		return value_fail(
		    w->err, w->at, "\\x is not followed by two digits");
	copy[0] = digits[0];
	copy[1] = digits[1];
	copy[2] = '\0';
	byte = (char)strtoul(copy, NULL, 16);
	if (byte == '\0')
		return value_fail(w->err, w->at, "a word cannot hold \\x00");
	w->at += 2;
	return word_append(w, byte);
}

static int
word_read_escape(struct word *w)
{
	static const char names[] = "ntr\\'\"";
	static const char values[] = "\n\t\r\\'\"";
	const char c = w->text[w->at];
	const char *name;

	if (c == 'x')
		return word_read_hex(w);
	name = c == '\0' ? NULL : strchr(names, c);
	if (name == NULL)
		return value_fail(w->err, w->at,
		    "\\%.1s is not known inside $'...'", w->text + w->at);
	return word_append(w, values[name - names]);
}

/* $'...'; w->at is at the dollar sign. */
static int
word_read_dollar(struct word *w)
{
	const size_t start = w->at;
	int error = 0;

	for (w->at += 2; error == 0 && w->text[w->at] != '\''; w->at++) {
		if (w->text[w->at] == '\0')
			return word_fail_open(w, start, "$'");
		if (w->text[w->at] == '\\') {
			w->at++;
			error = word_read_escape(w);
		} else
			error = word_append(w, w->text[w->at]);
	}
	w->at++;
	return error;
}

/* A backslash and the byte that it quotes; before a newline both vanish. */
static int
word_read_backslash(struct word *w)
{
	const char next = w->text[w->at + 1];

	if (next == '\0')
		return value_fail(
		    w->err, w->at, "a backslash at the end quotes nothing");
	w->at += 2;
	return next == '\n' ? 0 : word_append(w, next);
}

static int
word_read_piece(struct word *w)
{
	switch (w->text[w->at]) {
	case '\'':
		return word_read_single(w);
	case '"':
		return word_read_double(w);
	case '\\':
		return word_read_backslash(w);
	case '$':
		if (w->text[w->at + 1] == '\'')
			return word_read_dollar(w);
		break;
	default:
		break;
	}
	return word_append(w, w->text[w->at++]);
}

int
words_next(const char *text, size_t *at, char **ret, size_t *ret_start,
    struct value_error *err)
{
	struct word w = { .text = text, .err = err };
	const size_t start = *at + strspn(text + *at, " \t\n");
	int error = 0;

	w.at = start;
	if (text[w.at] == '\0') {
		*at = w.at;
		*ret = NULL;
		return 0;
	}
	w.buf = malloc(WORDS_MAX + 1);
	if (w.buf == NULL)
		return -ENOMEM;
	while (error == 0 && text[w.at] != '\0' &&
	       strchr(" \t\n", text[w.at]) == NULL)
		error = word_read_piece(&w);
	if (error != 0) {
		free(w.buf);
		return error;
	}
	w.buf[w.len] = '\0';
	*at = w.at;
	*ret_start = start;
	/* Making a block smaller cannot fail in a way that loses it. */
	*ret = realloc(w.buf, w.len + 1);
	if (*ret == NULL)
		*ret = w.buf;
	return 0;
}

static void
word_print_escaped(const char *word, FILE *out)
{
	fputs("$'", out);
	for (; *word != '\0'; word++) {
		const unsigned char c = (unsigned char)*word;

		if (c == '\'' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", out);
		else if (c < ' ' || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('\'', out);
}

static bool
word_has_control(const char *word)
{
	for (; *word != '\0'; word++) {
		if ((unsigned char)*word < ' ' || *word == 0x7f)
			return true;
	}
	return false;
}

void
words_print(const char *word, FILE *out)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "%+,-./:=@_";

	if (*word != '\0' && word[strspn(word, plain)] == '\0')
		fputs(word, out);
	else if (word_has_control(word) || strchr(word, '\'') != NULL)
		word_print_escaped(word, out);
	else
		fprintf(out, "'%s'", word);
}

const char *
words_find_percent(const char *word, const char *letters)
{
	const char *p = word;

	while ((p = strchr(p, '%')) != NULL && p[1] != '\0') {
		if (strchr(letters, p[1]) != NULL)
			return p;
		p += 2;
	}
	return NULL;
}

int
words_check_percent(const char *word, struct value_error *err)
{
	const char *p = word;

	while ((p = strchr(p, '%')) != NULL) {
		if (p[1] == '\0' || strchr("rplsc%", p[1]) == NULL)
			return value_fail(err, 0,
			    "%%%.1s in \"%.80s\" is not known; write %%%% for "
			    "a percent sign, or one of %%r %%p %%l %%s %%c",
			    p + 1, word);
		p += 2;
	}
	return 0;
}
