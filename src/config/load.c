/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Opens configuration files and follows `include`. Every file is read once:
 * its device and inode tell whether it was there before, under whatever name,
 * so that a circle ends with a message. Names of included files are relative
 * to the file that includes them.
 */
#define HASH_NONFATAL_OOM 1

#include "load.h"

#include "path.h"
#include "reader.h"
#include "strings.h"
#include "value.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that was read. */
struct load_file {
	struct {
		dev_t dev;
		ino_t ino;
	} key;
	bool open; /* it is being read, or its includes are */
	UT_hash_handle hh;
};

struct load {
	struct raw *raw;
	struct config_strings *files;
	struct load_file *seen;	     /* uthash */
	struct raw_section *section; /* that is being read; NULL: skipped */
	unsigned depth;
};

static int
load_file(struct load *l, const char *path, struct config_origin from);

/* Says so when the section that ends here was empty. */
static void
load_end_section(struct load *l)
{
	if (l->section != NULL && !l->section->filled)
		diag_add(l->raw->diag, l->section->at, "[%s] is empty",
		    l->section->name);
	l->section = NULL;
}

static int
load_section_cb(void *arg, const char *name, struct config_origin at)
{
	struct load *l = arg;

	load_end_section(l);
	return raw_begin_section(l->raw, name, at, &l->section);
}

static int
load_value_cb(
    void *arg, const char *key, const char *text, struct config_origin at)
{
	struct load *l = arg;

	if (l->section == NULL)
		return 0;
	return raw_set_value(l->raw, l->section, key, text, at);
}

static int
load_broken_cb(void *arg)
{
	struct load *l = arg;

	if (l->section != NULL)
		l->section->filled = true;
	return 0;
}

/* What an included file must be is a regular file, so that a FIFO in a
 * directory of fragments does not block a reload for ever. The file on the
 * command line may also be /dev/stdin, whatever that is. */
static const char *
load_judge_kind(const struct load *l, const struct stat *st)
{
	if (S_ISDIR(st->st_mode))
		return "is a directory";
	if (S_ISREG(st->st_mode))
		return NULL;
	if (l->depth > 0 || S_ISBLK(st->st_mode) || S_ISSOCK(st->st_mode))
		return "is not a regular file";
	return NULL;
}

static int
load_remember(struct load *l, const struct stat *st, struct load_file **ret)
{
	struct load_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	f->key.dev = st->st_dev;
	f->key.ino = st->st_ino;
	HASH_ADD(hh, l->seen, key, sizeof(f->key), f);
	if (f->hh.tbl == NULL) {
		free(f);
		return -ENOMEM;
	}
	*ret = f;
	return 0;
}

static struct load_file *
load_find(struct load *l, const struct stat *st)
{
	struct load_file wanted, *f;

	/* The key is compared byte by byte, padding and all. */
	memset(&wanted, 0, sizeof(wanted));
	wanted.key.dev = st->st_dev;
	wanted.key.ino = st->st_ino;
	HASH_FIND(hh, l->seen, &wanted.key, sizeof(wanted.key), f);
	return f;
}

/* The file on the command line is not mentioned anywhere. */
static void
load_report(struct load *l, const char *name, struct config_origin from,
    const char *problem)
{
	const struct config_origin itself = { .file = name };

	if (from.file == NULL)
		diag_add(l->raw->diag, itself, "%s", problem);
	else
		diag_add(l->raw->diag, from, "include: %s: %s", name, problem);
}

static int
load_open(struct load *l, const char *name, struct config_origin from,
    struct stat *ret_st, FILE **ret)
{
	const int flags = l->depth > 0 ? O_NONBLOCK : 0;
	const char *problem = NULL;
	FILE *in;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);

	if (fd == -1 || fstat(fd, ret_st) == -1)
		problem = strerror(errno);
	else
		problem = load_judge_kind(l, ret_st);
	if (problem != NULL) {
		load_report(l, name, from, problem);
		if (fd != -1)
			close(fd);
		return -EINVAL;
	}
	in = fdopen(fd, "r");
	if (in == NULL) {
		close(fd);
		return -ENOMEM;
	}
	*ret = in;
	return 0;
}

/* The pattern as a path beside the including file, whose own directory must
 * not be taken for a pattern. */
static int
load_make_pattern(const struct raw_value *include, const char *item, char **ret)
{
	const char *file = include->at.file;
	size_t len = *item == '/' ? 0 : path_directory_len(file);
	char *pattern = malloc(2 * len + strlen(item) + 1);
	char *to = pattern;

	if (pattern == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < len; i++) {
		if (strchr("*?[\\", file[i]) != NULL)
			*to++ = '\\';
		*to++ = file[i];
	}
	strcpy(to, item);
	*ret = pattern;
	return 0;
}

/* A directory that is not there matches nothing; one that cannot be read is
 * an error. */
static int
load_glob_error_cb(const char *path, int error)
{
	errno = error; /* for who sees GLOB_ABORTED */
	return error != ENOENT && error != ENOTDIR;
}

static int
load_glob(struct load *l, const char *pattern, const char *item,
    struct config_origin at)
{
	glob_t found;
	int error = 0;
	int result = glob(pattern, 0, load_glob_error_cb, &found);

	if (result == GLOB_NOSPACE)
		return -ENOMEM;
	if (result == GLOB_ABORTED)
		diag_add(
		    l->raw->diag, at, "include: %s: %s", item, strerror(errno));
	else if (result == 0) {
		for (size_t i = 0; i < found.gl_pathc && error == 0; i++)
			error = load_file(l, found.gl_pathv[i], at);
	}
	globfree(&found);
	return error;
}

static int
load_item(struct load *l, const struct raw_value *include, const char *item,
    struct config_origin at)
{
	char *path = NULL;
	int error;

	if (strpbrk(item, "*?[") != NULL) {
		error = load_make_pattern(include, item, &path);
		if (error == 0)
			error = load_glob(l, path, item, at);
	} else {
		error = path_make_beside(include->at, item, &path);
		if (error == 0)
			error = load_file(l, path, at);
	}
	free(path);
	return error;
}

static int
load_include(struct load *l, const struct raw_value *include)
{
	struct config_origin here = include->at;
	const char *item;
	size_t at = 0, len, counted = 0;

	if (strcmp(include->text + strspn(include->text, "\n"), "none") == 0)
		return 0;
	while (value_next_item(include->text, &at, &item, &len)) {
		char *copy = strndup(item, len);
		int error;

		if (copy == NULL)
			return -ENOMEM;
		for (; include->text + counted < item; counted++)
			here.line += include->text[counted] == '\n';
		error = load_item(l, include, copy, here);
		free(copy);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Reads the open file, then what it includes, so that the services of a file
 * come before those of its includes. */
static int
load_contents(struct load *l, FILE *in, const char *name)
{
	const struct reader_handler handler = {
		.section_cb = load_section_cb,
		.value_cb = load_value_cb,
		.broken_cb = load_broken_cb,
		.arg = l,
	};
	const size_t first = l->raw->nincludes;
	size_t end;
	int error = reader_read(in, name, &handler, l->raw->diag);

	load_end_section(l);
	end = l->raw->nincludes;
	l->depth++;
	for (size_t i = first; i < end && error == 0; i++) {
		/* A copy: the array grows. */
		const struct raw_value include = l->raw->includes[i];

		error = load_include(l, &include);
	}
	l->depth--;
	return error;
}

/* Reads an open file that was not there before. */
static int
load_new_file(struct load *l, const char *path, const struct stat *st, FILE *in)
{
	struct load_file *f;
	const char *name;
	int error = strings_take(l->files, strdup(path));

	if (error != 0)
		return error;
	name = l->files->items[l->files->count - 1];
	error = diag_add_file(l->raw->diag, name);
	if (error == 0)
		error = load_remember(l, st, &f);
	if (error != 0)
		return error;
	f->open = true;
	error = load_contents(l, in, name);
	f->open = false;
	return error;
}

static int
load_file(struct load *l, const char *path, struct config_origin from)
{
	const struct load_file *f;
	struct stat st;
	FILE *in;
	int error;

	if (l->depth > LOAD_DEPTH_MAX) {
		load_report(l, path, from, "too many includes in includes");
		return 0;
	}
	error = load_open(l, path, from, &st, &in);
	if (error == -EINVAL)
		return 0;
	if (error != 0)
		return error;
	f = load_find(l, &st);
	if (f == NULL)
		error = load_new_file(l, path, &st, in);
	else
		load_report(l, path, from,
		    f->open ? "the file includes itself"
			    : "the file was read before");
	fclose(in);
	return error;
}

int
load_files(const char *path, struct raw *raw, struct config_strings *files)
{
	const struct config_origin nowhere = { 0 };
	struct load l = { .raw = raw, .files = files };
	struct load_file *f, *next;
	int error = load_file(&l, path, nowhere);

	HASH_ITER (hh, l.seen, f, next) {
		HASH_DEL(l.seen, f);
		free(f);
	}
	return error;
}
