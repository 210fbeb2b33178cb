/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Finds the program of a handler and says now what exec would say for every
 * connection: that it is not there, not a file, not executable, or that its
 * interpreter is missing (for which execve(2) reports that the script itself
 * is). Reads the first line of a script and nothing else.
 */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM_BUILTIN "evinetd-builtin"

/* As the kernel's BINPRM_BUF_SIZE: so much of a first line counts. */
#define PROGRAM_HEAD 256

static bool
program_is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static int
program_join(const char *directory, size_t len, const char *name, char **ret)
{
	char *joined;

	if (asprintf(&joined, "%.*s/%s", (int)len, directory, name) == -1)
		return -ENOMEM;
	*ret = joined;
	return 0;
}

/* The daemon's own directory comes first, so that it runs from where it was
 * built with the built-ins that were built with it. */
static int
program_find_builtin(
    struct config_service *s, struct config_origin at, struct diag *diag)
{
	char self[PATH_MAX];
	char *path;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
	const char *slash = len > 0 ? memrchr(self, '/', (size_t)len) : NULL;
	const size_t dir_len = slash != NULL ? (size_t)(slash - self) : 0;

	if (slash != NULL) {
		if (program_join(self, dir_len, PROGRAM_BUILTIN, &path) != 0)
			return -ENOMEM;
		if (program_is_executable(path)) {
			s->path = path;
			return 0;
		}
		free(path);
	}
	if (program_is_executable(EVINETD_LIBEXECDIR "/" PROGRAM_BUILTIN)) {
		s->path = strdup(EVINETD_LIBEXECDIR "/" PROGRAM_BUILTIN);
		return s->path == NULL ? -ENOMEM : 0;
	}
	diag_add(diag, at,
	    "handler: the program %s of the built-in handlers is neither in "
	    "%.*s nor in %s; install it there",
	    PROGRAM_BUILTIN, (int)dir_len, self, EVINETD_LIBEXECDIR);
	return -EINVAL;
}

static int
program_search_path(
    struct config_service *s, struct config_origin at, struct diag *diag)
{
	for (const char *p = CONFIG_HANDLER_PATH; *p != '\0';) {
		const size_t len = strcspn(p, ":");
		char *path;

		if (program_join(p, len, s->path, &path) != 0)
			return -ENOMEM;
		if (program_is_executable(path)) {
			free(s->path);
			s->path = path;
			return 0;
		}
		free(path);
		p += len + (p[len] == ':');
	}
	diag_add(diag, at,
	    "handler: there is no program \"%s\" in /usr/local, /usr or /, "
	    "sbin and bin; install it or write its path",
	    s->path);
	return -EINVAL;
}

static int
program_check_file(const char *path, struct config_origin at, struct diag *diag)
{
	struct stat st;

	if (stat(path, &st) == -1)
		diag_add(diag, at, "handler: %s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		diag_add(diag, at, "handler: %s is a directory", path);
	else if (!S_ISREG(st.st_mode))
		diag_add(diag, at, "handler: %s is not a regular file", path);
	else if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == -1)
		diag_add(diag, at,
		    errno == EACCES
			? "handler: %s is not executable; try chmod +x %s"
			: "handler: %s cannot be executed (its file system?)",
		    path, path);
	else
		return 0;
	return -EINVAL;
}

/* The interpreter in the first bytes of a script; NULL when it is no script.
 * The end is put into head. */
static char *
program_find_interpreter(char *head, size_t len)
{
	char *name;

	if (len < 2 || head[0] != '#' || head[1] != '!')
		return NULL;
	head[len] = '\0';
	name = head + 2 + strspn(head + 2, " \t");
	name[strcspn(name, " \t\n")] = '\0';
	return name;
}

/* A script that we may run but not read goes unchecked. */
static int
program_check_interpreter(
    const char *path, struct config_origin at, struct diag *diag)
{
	char head[PROGRAM_HEAD + 1];
	const char *name;
	size_t name_len;
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd == -1)
		return 0;
	len = read(fd, head, PROGRAM_HEAD);
	close(fd);
	name = len == -1 ? NULL : program_find_interpreter(head, (size_t)len);
	if (name == NULL || program_is_executable(name))
		return 0;
	name_len = strlen(name);
	if (name_len > 0 && name[name_len - 1] == '\r')
		diag_add(diag, at,
		    "handler: the lines of the script %s end in CR LF; take "
		    "the carriage returns out",
		    path);
	else if (access(name, F_OK) == -1)
		diag_add(diag, at,
		    "handler: the interpreter \"%s\" of the script %s does "
		    "not exist",
		    name, path);
	else
		diag_add(diag, at,
		    "handler: the interpreter \"%s\" of the script %s is not "
		    "executable",
		    name, path);
	return -EINVAL;
}

int
program_find(
    struct config_service *s, struct config_origin at, struct diag *diag)
{
	int error;

	if (s->builtin)
		return program_find_builtin(s, at, diag);
	if (strchr(s->path, '/') == NULL)
		error = program_search_path(s, at, diag);
	else
		error = program_check_file(s->path, at, diag);
	if (error == 0)
		error = program_check_interpreter(s->path, at, diag);
	return error;
}
