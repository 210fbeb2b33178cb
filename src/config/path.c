/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Joins file names. What is done to them is textual: symbolic links stay, as
 * programs such as busybox look at the name under which they were called.
 */
#include "path.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t
path_directory_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* "./x" is "x"; a path that is all of "./" stays ".". */
static const char *
path_skip_dot(const char *path)
{
	while (path[0] == '.' && path[1] == '/' && path[2] != '\0')
		path += 2 + strspn(path + 2, "/");
	return path;
}

int
path_make_beside(struct config_origin at, const char *path, char **ret)
{
	const char *file = at.line != 0 && at.file != NULL ? at.file : "";
	const size_t len = *path == '/' ? 0 : path_directory_len(file);
	char *joined;

	if (*path != '/')
		path = path_skip_dot(path);
	if (asprintf(&joined, "%.*s%s", (int)len, file, path) == -1)
		return -ENOMEM;
	*ret = joined;
	return 0;
}

int
path_make_absolute(struct config_origin at, const char *path, char **ret)
{
	char *beside, *cwd, *joined;
	int len;
	int error = path_make_beside(at, path, &beside);

	if (error != 0)
		return error;
	if (*beside == '/') {
		*ret = beside;
		return 0;
	}
	cwd = getcwd(NULL, 0);
	if (cwd == NULL) {
		error = -errno;
		free(beside);
		return error;
	}
	len = asprintf(&joined, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd,
	    path_skip_dot(beside));
	free(cwd);
	free(beside);
	if (len == -1)
		return -ENOMEM;
	*ret = joined;
	return 0;
}
