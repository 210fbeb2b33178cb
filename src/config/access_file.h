/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Files of access lists: one entry a line, see evinetd.ini(5). */
#ifndef EVINETD_CONFIG_ACCESS_FILE_H
#define EVINETD_CONFIG_ACCESS_FILE_H

#include <evinetd/config/config.h>

#include <sys/stat.h>

/* Opens a regular file, and nothing else. 0, or -EINVAL and why not in
 * *ret_problem (a string that is not to be freed), or -ENOMEM. */
int access_file_open(const char *path, struct stat *ret_st, FILE **ret,
    const char **ret_problem);

/* Appends the entries to the set, and reports every line that is wrong, under
 * the name set->file. 0, -EINVAL (reported) or -ENOMEM. */
int
access_file_read(FILE *in, struct config_access_set *set, struct diag *diag);

#endif
