/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The launch plan: all that starting a service's handler needs, computed when
 * the configuration is loaded, so that a launch allocates nothing, looks up
 * nothing and can be described as data.
 */
#ifndef EVINETD_LAUNCH_PLAN_H
#define EVINETD_LAUNCH_PLAN_H

#include <evinetd/config/config.h>

struct launch_plan;

/* Copies what it needs of the service, resolves the supplementary groups, and
 * reads our own limits, nice value and the variables of `pass_environment`.
 * 0, -ENOMEM, or another negative errno. */
int
launch_plan_new(const struct config_service *service, struct launch_plan **ret);

/* Adds a variable to what all handlers get, or replaces it. 0 or -ENOMEM; then
 * the plan must not be used. */
int launch_plan_set_variable(
    struct launch_plan *plan, const char *name, const char *value);

void launch_plan_free(struct launch_plan *plan);

#endif
