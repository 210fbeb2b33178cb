/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Puts the access list of each service together. A file is read once, however
 * many services name it, and under whatever names: which file it is tell its
 * device and inode, and the time of its last change, since an inode may be
 * given to another file while we read.
 */
#define HASH_NONFATAL_OOM 1

#include "access_list.h"

#include "access_file.h"
#include "build.h"
#include "entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct access_list_key {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
};

struct access_list_file {
	struct access_list_key key;
	const struct config_access_set *set; /* NULL: wrong, and reported */
	UT_hash_handle hh;
};

void
access_list_fini(struct access_list_reader *r)
{
	struct access_list_file *f, *next;

	HASH_ITER (hh, r->files, f, next) {
		HASH_DEL(r->files, f);
		free(f);
	}
}

void
access_list_free_files(struct config *c)
{
	for (size_t i = 0; i < c->naccess_files; i++) {
		entry_free_all(c->access_files[i]);
		free((char *)c->access_files[i]->file);
		free(c->access_files[i]);
	}
	free(c->access_files);
}

/* An empty set of that name, which the config owns. */
static int
access_list_new_set(
    struct config *c, const char *path, struct config_access_set **ret)
{
	struct config_access_set *set, **files = c->access_files;

	/* Room for a power of two, so that n appends copy O(n). */
	if ((c->naccess_files & (c->naccess_files + 1)) == 0) {
		files =
		    realloc(files, 2 * (c->naccess_files + 1) * sizeof(*files));
		if (files == NULL)
			return -ENOMEM;
		c->access_files = files;
	}
	set = calloc(1, sizeof(*set));
	if (set == NULL)
		return -ENOMEM;
	set->file = strdup(path);
	if (set->file == NULL) {
		free(set);
		return -ENOMEM;
	}
	files[c->naccess_files++] = set;
	*ret = set;
	return 0;
}

static int
access_list_find_file(struct access_list_reader *r, const struct stat *st,
    struct access_list_file **ret, bool *ret_new)
{
	struct access_list_key key;
	struct access_list_file *f;

	/* It is compared byte by byte, padding and all. */
	memset(&key, 0, sizeof(key));
	key.dev = st->st_dev;
	key.ino = st->st_ino;
	key.changed = st->st_ctim;
	HASH_FIND(hh, r->files, &key, sizeof(key), f);
	*ret_new = f == NULL;
	if (f == NULL) {
		f = calloc(1, sizeof(*f));
		if (f == NULL)
			return -ENOMEM;
		memcpy(&f->key, &key, sizeof(key));
		HASH_ADD(hh, r->files, key, sizeof(f->key), f);
		if (f->hh.tbl == NULL) {
			free(f);
			return -ENOMEM;
		}
	}
	*ret = f;
	return 0;
}

/* The entries of an open file. */
static int
access_list_read(struct access_list_reader *r, const char *path,
    const struct stat *st, FILE *in, const struct config_access_set **ret)
{
	struct access_list_file *f;
	struct config_access_set *set;
	bool new;
	int error = access_list_find_file(r, st, &f, &new);

	if (error == 0 && new) {
		error = access_list_new_set(r->config, path, &set);
		if (error == 0)
			error = access_file_read(in, set, r->diag);
		if (error == 0)
			f->set = set;
	}
	if (error != 0)
		return error;
	if (f->set == NULL)
		return -EINVAL;
	*ret = f->set;
	return 0;
}

static int
access_list_add_rule(struct config_access_list *list,
    const struct config_access_set *set, bool deny)
{
	struct config_access_rule *rules =
	    realloc(list->rules, (list->count + 1) * sizeof(*rules));

	if (rules == NULL)
		return -ENOMEM;
	rules[list->count++] =
	    (struct config_access_rule){ .set = set, .deny = deny };
	list->rules = rules;
	return 0;
}

static int
access_list_add_file(struct access_list_reader *r, struct config_service *s,
    const char *key, const char *path)
{
	const struct config_access_set *set;
	const char *problem;
	struct stat st;
	FILE *in;
	int error = access_file_open(path, &st, &in, &problem);

	if (error == -EINVAL)
		diag_add(r->diag, build_origin(s, key), "%s: %s: %s", key, path,
		    problem);
	if (error != 0)
		return error;
	error = access_list_read(r, path, &st, in, &set);
	fclose(in);
	if (error != 0)
		return error;
	return access_list_add_rule(
	    &s->admission.access, set, strcmp(key, "deny_file") == 0);
}

/* All that are wrong are reported. */
static int
access_list_add_files(struct access_list_reader *r, struct config_service *s,
    const char *key, const struct config_strings *paths)
{
	int result = 0;

	for (size_t i = 0; i < paths->count; i++) {
		int error = access_list_add_file(r, s, key, paths->items[i]);

		if (error == -EINVAL)
			result = error;
		else if (error != 0)
			return error;
	}
	return result;
}

int
access_list_fill(struct access_list_reader *r, struct config_service *s)
{
	struct config_admission *a = &s->admission;
	int error = 0, allowed, denied;

	if (a->allow.count > 0)
		error = access_list_add_rule(&a->access, &a->allow, false);
	if (error == 0 && a->deny.count > 0)
		error = access_list_add_rule(&a->access, &a->deny, true);
	if (error != 0)
		return error;
	allowed = access_list_add_files(r, s, "allow_file", &a->allow_file);
	if (allowed == -ENOMEM)
		return allowed;
	denied = access_list_add_files(r, s, "deny_file", &a->deny_file);
	return denied != 0 ? denied : allowed;
}
