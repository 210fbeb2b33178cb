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

/* Digits of a pid, and a NUL. */
#define CHILD_PID_MAX 12

/* One launch. The child writes step, error and pid_text, nothing else. */
struct child_launch {
	const struct child_setup *setup;
	char *const *argv;
	char *const *envp;
	int fds[3];	   /* what becomes 0, 1 and 2; themselves 3 or higher */
	const int *passed; /* what becomes 3 and so on */
	size_t npassed;
	int away;	    /* a number above all passed and all their places */
	char *pid_text;	    /* room for CHILD_PID_MAX; NULL: nobody asks */
	int cgroup_fd;	    /* or -1 */
	const int *signals; /* to be set to their default */
	size_t nsignals;

	volatile enum launch_step step;
	volatile int error;
};

/* For clone(2); arg is a struct child_launch. Returns only by failing. */
int child_main(void *arg);

#endif
