/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A handler's processes as one thing that can be signalled, whatever
 * `kill_mode` and the kernel make of it: the main process, its group, a cgroup,
 * or what is found in /proc. And the remains: what is still alive when the main
 * process has ended. Private to core.
 */
#ifndef EVINETD_CORE_TREE_H
#define EVINETD_CORE_TREE_H

#include "core.h"

/* Which processes belong to a handler. Copied from it, because they may
 * outlive it. */
struct tree {
	struct supervisor *supervisor;
	enum config_kill_mode mode;
	pid_t main;  /* process, group and session id */
	uint64_t id; /* of the handler */
	bool cgroup; /* it has a leaf */
};

/* Sends the signal to all of them, while the main process has not been
 * reaped. */
void tree_kill(const struct tree *t, int signal);

/* What `kill_mode` is really done with: "main", "group", "cgroup",
 * "subreaper". */
const char *tree_means(const struct tree *t);

/* The main process was reaped. If anything else is alive it gets the signal,
 * and SIGKILL after grace seconds; a leaf is removed when it is empty. Nothing
 * is left to do for the caller. */
void tree_release(const struct tree *t, int signal, double grace);

void tree_init_remains(struct supervisor *s);

/* A process that is no main process was reaped: perhaps that was the last one
 * of some remains. */
void tree_check_remains(struct supervisor *s);

/* SIGKILL to all remains, at the end. True when there are any. */
bool tree_kill_remains(struct supervisor *s);
void tree_free_remains(struct supervisor *s);

#endif
