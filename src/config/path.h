/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* File names in a configuration: relative ones are relative to the file that
 * they stand in (on the command line: to the current directory). */
#ifndef EVINETD_CONFIG_PATH_H
#define EVINETD_CONFIG_PATH_H

#include <evinetd/config/diag.h>

/* The absolute form of path, written at that place; the caller frees it. 0,
 * -ENOMEM, or the errno of getcwd(3). No symbolic link is resolved. */
int path_make_absolute(struct config_origin at, const char *path, char **ret);

/* The same, but as short as the name of the file itself was given. */
int path_make_beside(struct config_origin at, const char *path, char **ret);

/* The directory that the file is in, with its slash: "" for none. It is the
 * first *ret_len bytes of path. */
size_t path_directory_len(const char *path);

#endif
