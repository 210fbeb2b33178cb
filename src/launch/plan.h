/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The launch plan's inside. Private to launch.
 */
#ifndef EVINETD_LAUNCH_PLAN_PRIVATE_H
#define EVINETD_LAUNCH_PLAN_PRIVATE_H

#include <evinetd/launch/plan.h>
#include <evinetd/launch/spawn.h>

#include "child.h"

/* Room for argv, the environment and their text, reused for each launch.
 * Sizes are bounds known from the configuration. */
struct launch_frame {
	char **argv;
	char **envp;
	char *text;
	size_t text_size;
};

struct launch_plan {
	char *service;
	char *path;
	char *argv0;
	struct config_strings words;
	struct config_strings environment; /* what is the same every time */

	struct child_setup setup; /* points into this plan */
	char *working_directory;
	char oom_text[16];
	gid_t *gids;
	struct child_limit limits[CONFIG_NLIMITS];

	struct launch_frame frame;
};

/* The part of the environment that does not change: clean, then ours, then
 * the user's, then `pass_environment`, then `environment`. 0 or -ENOMEM. */
int launch_environment_new(
    const struct config_service *service, struct config_strings *ret);
/* Adds NAME=VALUE, or replaces it. 0 or -ENOMEM. */
int launch_environment_set(
    struct config_strings *env, const char *name, const char *value);
void launch_strings_fini(struct config_strings *s);

/* Allocates a frame that no connection can overflow. 0 or -ENOMEM. */
int launch_frame_init(struct launch_frame *f, const struct launch_plan *plan);
void launch_frame_fini(struct launch_frame *f);

/* Writes the arguments and the environment of one launch. Allocates nothing.
 * The place for the value of LISTEN_PID, CHILD_PID_MAX bytes, or NULL. */
char *
launch_frame_fill(struct launch_frame *f, const struct spawn_request *request);

#endif
