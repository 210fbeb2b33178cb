/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A cgroup v2 leaf for each handler, so that all its descendants can be found
 * and ended, whatever they did to get away; see cgroups(7). Below the cgroup
 * that we run in ourselves, which root can write, or whom it was delegated to.
 * No controller is used, so nothing has to be enabled.
 */
#ifndef EVINETD_LAUNCH_CGROUP_H
#define EVINETD_LAUNCH_CGROUP_H

#include <stdint.h>

struct cgroups; /* our folder of leaves */

/* Makes the folder. 0, or a negative errno: -ENOENT without cgroup v2,
 * -EACCES or -EROFS where it may not be written, -EOPNOTSUPP on a kernel
 * before 5.14, which has no cgroup.kill. */
int cgroups_new(struct cgroups **ret);

/* Removes the folder; leaves that are not empty keep it. */
void cgroups_free(struct cgroups *g);

/* Makes the leaf of a connection. *ret_fd belongs to the caller: a process
 * that writes "0" to it joins. 0 or a negative errno. */
int cgroup_new(struct cgroups *g, uint64_t id, int *ret_fd);

/* Sends a signal to each process in the leaf, and in what a handler has made
 * below it; SIGKILL reaches all at once, also those that fork meanwhile, 0 only
 * counts. How many it went to (at least 1 when there were any), or a negative
 * errno: then not all were reached. */
int cgroup_kill(struct cgroups *g, uint64_t id, int signal);

/* Removes the leaf, and what is below it. 0, or -EBUSY while a process lives in
 * it. */
int cgroup_remove(struct cgroups *g, uint64_t id);

#endif
