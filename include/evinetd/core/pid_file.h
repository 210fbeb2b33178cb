/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The file with our process id, locked while we live, so that a second
 * supervisor with the same file refuses to start.
 */
#ifndef EVINETD_CORE_PID_FILE_H
#define EVINETD_CORE_PID_FILE_H

/* path NULL: nothing to do. *ret_fd holds the lock; close-on-exec. 0, -EAGAIN
 * when a living process has it, or another negative errno. */
int pid_file_create(const char *path, int *ret_fd);

/* Removes the file and the lock. Safe on fd -1. */
void pid_file_remove(const char *path, int fd);

#endif
