/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The list of what is wrong with a configuration. Every part of the config
 * layer adds to it; the program that asked for the configuration prints it.
 *
 * Messages are found in several passes, and a value from [defaults] is looked
 * at once for each service, so they are put into the order of files and lines,
 * and a message that was there before is dropped. Never fails: a message that
 * there is no memory for still counts as an error.
 */
#include <evinetd/config/diag.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIAG_MAX 1000

struct diag_message {
	size_t file; /* index in files */
	unsigned line;
	size_t sequence;
	char *text;
};

struct diag {
	char **files;
	size_t nfiles;
	struct diag_message *messages;
	size_t nmessages;
	size_t count;
	size_t reports;
};

struct diag *
diag_new(void)
{
	struct diag *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->messages = calloc(DIAG_MAX, sizeof(*d->messages));
	if (d->messages == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

void
diag_free(struct diag *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->nmessages; i++)
		free(d->messages[i].text);
	for (size_t i = 0; i < d->nfiles; i++)
		free(d->files[i]);
	free(d->messages);
	free(d->files);
	free(d);
}

/* The newest first: messages come in runs of one file. */
static bool
diag_find_file(const struct diag *d, const char *file, size_t *ret)
{
	for (size_t i = d->nfiles; i-- > 0;) {
		if (strcmp(d->files[i], file) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

int
diag_add_file(struct diag *d, const char *file)
{
	char **files = realloc(d->files, (d->nfiles + 1) * sizeof(*files));

	if (files == NULL)
		return -ENOMEM;
	d->files = files;
	d->files[d->nfiles] = strdup(file);
	if (d->files[d->nfiles] == NULL)
		return -ENOMEM;
	d->nfiles++;
	return 0;
}

/* What came from a file can hold anything; a terminal must not obey it. */
static void
diag_clean_text(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == '\177')
			*text = '?';
	}
}

static bool
diag_has(const struct diag *d, const struct diag_message *m)
{
	for (size_t i = d->nmessages; i-- > 0;) {
		const struct diag_message *other = &d->messages[i];

		if (other->file == m->file && other->line == m->line &&
		    strcmp(other->text, m->text) == 0)
			return true;
	}
	return false;
}

void
diag_add(struct diag *d, struct config_origin at, const char *format, ...)
{
	struct diag_message m = { .line = at.line, .sequence = d->nmessages };
	const char *file = at.file != NULL ? at.file : "default";
	va_list args;
	int len;

	d->reports++;
	if (d->nmessages == DIAG_MAX || (!diag_find_file(d, file, &m.file) &&
					    diag_add_file(d, file) != 0)) {
		d->count++;
		return;
	}
	(void)diag_find_file(d, file, &m.file); /* there since just now */

	va_start(args, format);
	len = vasprintf(&m.text, format, args);
	va_end(args);
	if (len == -1) {
		d->count++;
		return;
	}
	diag_clean_text(m.text);
	if (diag_has(d, &m)) {
		free(m.text);
		return;
	}
	d->messages[d->nmessages++] = m;
	d->count++;
}

size_t
diag_count(const struct diag *d)
{
	return d->count;
}

size_t
diag_reports(const struct diag *d)
{
	return d->reports;
}

static int
diag_compare_cb(const void *a, const void *b)
{
	const struct diag_message *x = *(const struct diag_message *const *)a;
	const struct diag_message *y = *(const struct diag_message *const *)b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->sequence < y->sequence ? -1 : 1;
}

void
diag_print(const struct diag *d, FILE *out)
{
	const struct diag_message *sorted[DIAG_MAX];

	for (size_t i = 0; i < d->nmessages; i++)
		sorted[i] = &d->messages[i];
	qsort(sorted, d->nmessages, sizeof(sorted[0]), diag_compare_cb);
	for (size_t i = 0; i < d->nmessages; i++) {
		const struct diag_message *m = sorted[i];

		if (m->line != 0)
			fprintf(out, "%s:%u: %s\n", d->files[m->file], m->line,
			    m->text);
		else
			fprintf(out, "%s: %s\n", d->files[m->file], m->text);
	}
	if (d->count > d->nmessages)
		fprintf(out, "%zu more errors\n", d->count - d->nmessages);
}
