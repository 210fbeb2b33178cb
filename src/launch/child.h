/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What runs between clone and exec, and the data that it reads.
 *
 * The child shares our memory, and in a process with threads any lock may be
 * held: only system calls are allowed there. A test compares the undefined
 * symbols of child.c with an allow-list.
 */
#ifndef EVINETD_LAUNCH_CHILD_H
#define EVINETD_LAUNCH_CHILD_H

#include <evinetd/launch/spawn.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

struct child_limit {
	int resource; /* RLIMIT_... */
	struct rlimit value;
};

/* The same for all launches of a service. */
struct child_setup {
	const char *path;
	const char *working_directory;
	mode_t umask;

	bool set_nice, nice_required;
	int nice;
	bool oom_required;
	const char *oom_text; /* NULL: as inherited */
	size_t oom_len;
	const struct child_limit *limits;
	size_t nlimits;

	bool set_groups, set_gid, set_uid;
	const gid_t *groups;
	size_t ngroups;
	gid_t gid;
	uid_t uid;
	bool no_new_privileges;
};

/* One launch. The child writes step and error, nothing else. */
struct child_launch {
	const struct child_setup *setup;
	char *const *argv;
	char *const *envp;
	int connection_fd; /* 3 or higher, as is stderr_fd */
	int stderr_fd;
	int cgroup_fd;	    /* or -1 */
	const int *signals; /* to be set to their default */
	size_t nsignals;

	volatile enum launch_step step;
	volatile int error;
};

/* For clone(2); arg is a struct child_launch. Returns only by failing. */
int child_main(void *arg);

#endif
