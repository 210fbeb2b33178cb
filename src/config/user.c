/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Looks users and groups up while the configuration is read, so that nobody
 * has to between clone and exec. The _r functions want a buffer of unknown
 * size; it grows until they are content.
 */
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#define USER_BUFFER_MAX (1 << 20)

/* A numeric id; the largest one means "no change" to the kernel. */
static bool
user_parse_id(const char *text, unsigned *ret)
{
	unsigned long number;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	errno = 0;
	number = strtoul(text, NULL, 10);
	if (errno == ERANGE || number >= (uid_t)-1)
		return false;
	*ret = (unsigned)number;
	return true;
}

/* POSIX lets the functions say "no such entry" in several ways. */
static int
user_check_result(int error)
{
	switch (error) {
	case ENOENT:
	case ESRCH:
	case EBADF:
	case EPERM:
		return 0;
	default:
		return -error;
	}
}

/* The entry by name or, without one, by id. 0 with *ret NULL when there is
 * none. *ret_buffer is to be freed in any case. */
static int
user_find(const char *name, uid_t uid, struct passwd *entry, char **ret_buffer,
    struct passwd **ret)
{
	int error = ERANGE;

	*ret_buffer = NULL;
	for (size_t size = 1024; error == ERANGE && size <= USER_BUFFER_MAX;
	     size *= 4) {
		free(*ret_buffer);
		*ret_buffer = malloc(size);
		if (*ret_buffer == NULL)
			return -ENOMEM;
		error = name != NULL
			    ? getpwnam_r(name, entry, *ret_buffer, size, ret)
			    : getpwuid_r(uid, entry, *ret_buffer, size, ret);
	}
	return user_check_result(error);
}

static int
group_find(const char *name, gid_t gid, struct group *entry, char **ret_buffer,
    struct group **ret)
{
	int error = ERANGE;

	*ret_buffer = NULL;
	for (size_t size = 1024; error == ERANGE && size <= USER_BUFFER_MAX;
	     size *= 4) {
		free(*ret_buffer);
		*ret_buffer = malloc(size);
		if (*ret_buffer == NULL)
			return -ENOMEM;
		error = name != NULL
			    ? getgrnam_r(name, entry, *ret_buffer, size, ret)
			    : getgrgid_r(gid, entry, *ret_buffer, size, ret);
	}
	return user_check_result(error);
}

void
user_fini(struct config_user *u)
{
	free(u->name);
	free(u->home);
	free(u->shell);
	*u = (struct config_user){ 0 };
}

static int
user_fill(struct config_user *u, const struct passwd *entry)
{
	*u = (struct config_user){
		.set = true,
		.uid = entry->pw_uid,
		.gid = entry->pw_gid,
		.name = strdup(entry->pw_name),
		.home = strdup(entry->pw_dir),
		.shell = strdup(
		    *entry->pw_shell != '\0' ? entry->pw_shell : "/bin/sh"),
	};
	if (u->name != NULL && u->home != NULL && u->shell != NULL)
		return 0;
	user_fini(u);
	return -ENOMEM;
}

int
user_parse(const char *text, struct config_user *ret, struct value_error *err)
{
	char root[] = "/", shell[] = "/bin/sh";
	struct passwd entry, *found = NULL;
	struct config_user u;
	unsigned uid = 0;
	bool numeric;
	char *buffer;
	int error = user_find(text, 0, &entry, &buffer, &found);

	numeric = found == NULL && user_parse_id(text, &uid);
	if (error == 0 && numeric) {
		free(buffer);
		error = user_find(NULL, uid, &entry, &buffer, &found);
	}
	if (error == 0 && numeric && found == NULL) {
		entry = (struct passwd){ .pw_name = (char *)text,
			.pw_uid = uid,
			.pw_gid = (gid_t)-1,
			.pw_dir = root,
			.pw_shell = shell };
		found = &entry;
	}
	if (error != 0 && error != -ENOMEM)
		error = value_fail(err, 0, "cannot look up user \"%.80s\": %s",
		    text, strerror(-error));
	else if (error == 0 && found == NULL)
		error = value_fail(err, 0, "no user \"%.80s\"", text);
	else if (error == 0)
		error = user_fill(&u, found);
	free(buffer);
	if (error == 0)
		*ret = u;
	return error;
}

void
group_fini(struct config_group *g)
{
	free(g->name);
	*g = (struct config_group){ 0 };
}

int
group_parse(const char *text, struct config_group *ret, struct value_error *err)
{
	struct group entry, *found = NULL;
	struct config_group g = { .set = true };
	unsigned gid = 0;
	bool numeric;
	char *buffer;
	int error = group_find(text, 0, &entry, &buffer, &found);

	numeric = found == NULL && user_parse_id(text, &gid);
	if (error == 0 && numeric) {
		free(buffer);
		error = group_find(NULL, gid, &entry, &buffer, &found);
	}
	if (error != 0 && error != -ENOMEM)
		error = value_fail(err, 0, "cannot look up group \"%.80s\": %s",
		    text, strerror(-error));
	else if (error == 0 && found == NULL && !numeric)
		error = value_fail(err, 0, "no group \"%.80s\"", text);
	else if (error == 0) {
		g.gid = found != NULL ? found->gr_gid : gid;
		g.name = strdup(found != NULL ? found->gr_name : text);
		if (g.name == NULL)
			error = -ENOMEM;
	}
	free(buffer);
	if (error == 0)
		*ret = g;
	return error;
}

int
user_parse_uid(const char *text, uid_t *ret, struct value_error *err)
{
	struct config_user u;
	int error;

	if (user_parse_id(text, ret))
		return 0;
	error = user_parse(text, &u, err);
	if (error != 0)
		return error;
	*ret = u.uid;
	user_fini(&u);
	return 0;
}

int
user_parse_gid(const char *text, gid_t *ret, struct value_error *err)
{
	struct config_group g;
	int error;

	if (user_parse_id(text, ret))
		return 0;
	error = group_parse(text, &g, err);
	if (error != 0)
		return error;
	*ret = g.gid;
	group_fini(&g);
	return 0;
}
