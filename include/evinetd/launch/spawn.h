/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Starting a handler. The child shares our memory until exec (the semantics
 * of vfork(2)), so that a launch costs the same however large we have grown,
 * and reports a failure by writing it into our memory.
 *
 * What the handler finds is the contract in evinetd-handler(7).
 */
#ifndef EVINETD_LAUNCH_SPAWN_H
#define EVINETD_LAUNCH_SPAWN_H

#include <evinetd/launch/handover.h>
#include <evinetd/launch/plan.h>
#include <evinetd/net/client.h>

#include <stdint.h>
#include <sys/types.h>

/* The steps of a launch, in their order; X(name, what the log calls it). */
#define LAUNCH_STEPS(X)                                       \
	X(NONE, "none")                                       \
	X(STDERR, "stderr") /* the pipe or file for fd 2 */   \
	X(CGROUP, "cgroup") /* making or joining it */        \
	X(CLONE, "clone")   /* no process could be made */    \
	X(SESSION, "setsid")                                  \
	X(SIGNALS, "signals")                                 \
	X(DESCRIPTORS, "descriptors") /* dup2, close_range */ \
	X(NICE, "nice")                                       \
	X(OOM, "oom_score_adj")                               \
	X(LIMITS, "limits")                                   \
	X(GROUPS, "supplementary_groups")                     \
	X(GROUP, "group")                                     \
	X(USER, "user")                                       \
	X(DIRECTORY, "working_directory")                     \
	X(PRIVILEGES, "privileges")                           \
	X(EXEC, "exec")

enum launch_step {
#define LAUNCH_STEP_ENUM(name, text) LAUNCH_STEP_##name,
	LAUNCH_STEPS(LAUNCH_STEP_ENUM)
#undef LAUNCH_STEP_ENUM
};

const char *launch_step_name(enum launch_step step);

/* One launch: whom for, and the values that change from one to the next. */
struct spawn_request {
	struct launch_plan *plan;

	/* What becomes fd 0 and 1, and who is at its ends. A listener
	 * (`mode = wait`) has no peer. */
	const struct client *client;
	bool datagram; /* it is a datagram socket */

	/* Or, when not NULL (`mode = activate`): what is handed over from fd 3
	 * on. client is without a descriptor then, null_fd becomes fd 0, and
	 * stderr_fd fd 1 and 2. */
	const struct handover *handover;
	int null_fd;

	uint64_t connection; /* its id */
	unsigned
	    concurrency; /* connections of this source, this one included */
	int cgroup_fd;	 /* cgroup.procs of its leaf; -1: none */
	int stderr_fd;	 /* becomes fd 2; -1: the connection itself */
};

/* From clone to exec; a child of another user that takes longer is killed, and
 * the outcome is ETIMEDOUT. Less than a second. */
#define SPAWN_DEADLINE_NS 500000000

struct spawn_result {
	pid_t pid;	       /* -1: failed, and nothing of it runs */
	enum launch_step step; /* that failed, or LAUNCH_STEP_NONE */
	int error;	       /* errno of that step */
};

struct spawner; /* the child's stack, and which signals it must reset */

/* Call it after the process has set up its own signal handling: which
 * dispositions are not the default is read here. 0 or a negative errno. */
int spawner_new(struct spawner **ret);
void spawner_free(struct spawner *s);

/* Asynchronous in shape: cb is called exactly once, at present before the
 * call returns. request and what it points to must live until then. */
typedef void spawn_cb(void *arg, const struct spawn_result *result);
void spawn_submit(struct spawner *s, const struct spawn_request *request,
    spawn_cb *cb, void *arg);

#endif
