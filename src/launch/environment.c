/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The part of a handler's environment that is the same for every connection.
 * It starts empty: nothing of ours reaches a handler unless it is asked for.
 * Built once, with the plan.
 */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Variables that the connection itself sets; frame.c is where. A value from
 * the configuration would stand beside the true one, so it is left out. */
static const char *const environment_of_connection[] = { "EVINETD_SERVICE",
	"EVINETD_CONNECTION", "PROTO", "TCPREMOTEIP", "TCPREMOTEPORT",
	"TCPLOCALIP", "TCPLOCALPORT", "TCPCONNNUM", "REMOTE_ADDR",
	"REMOTE_HOST", "REMOTE_PORT", "IPCREMOTEEUID", "IPCREMOTEEGID",
	"IPCREMOTEPID", "IPCREMOTEPATH", "IPCLOCALPATH", "IPCCONNNUM",
	"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES" };

void
launch_strings_fini(struct config_strings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i]);
	free(s->items);
	*s = (struct config_strings){ 0 };
}

/* Takes ownership of entry, NAME=VALUE; replaces one of the same name. */
static int
environment_take(struct config_strings *env, char *entry)
{
	if (entry == NULL)
		return -ENOMEM;
	const size_t len = (size_t)(strchr(entry, '=') - entry) + 1;

	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->items[i], entry, len) == 0) {
			free(env->items[i]);
			env->items[i] = entry;
			return 0;
		}
	char **items =
	    realloc(env->items, (env->count + 2) * sizeof(env->items[0]));
	if (items == NULL) {
		free(entry);
		return -ENOMEM;
	}
	env->items = items;
	env->items[env->count++] = entry;
	env->items[env->count] = NULL;
	return 0;
}

int
launch_environment_set(
    struct config_strings *env, const char *name, const char *value)
{
	char *entry;

	if (asprintf(&entry, "%s=%s", name, value) == -1)
		return -ENOMEM;
	return environment_take(env, entry);
}

static bool
environment_is_reserved(const char *name, size_t len)
{
	const size_t count = sizeof(environment_of_connection) /
			     sizeof(environment_of_connection[0]);

	for (size_t i = 0; i < count; i++)
		if (strlen(environment_of_connection[i]) == len &&
		    memcmp(environment_of_connection[i], name, len) == 0)
			return true;
	return false;
}

static int
environment_set_user(struct config_strings *env, const struct config_user *user)
{
	int error = launch_environment_set(env, "HOME", user->home);

	if (error == 0)
		error = launch_environment_set(env, "USER", user->name);
	if (error == 0)
		error = launch_environment_set(env, "LOGNAME", user->name);
	if (error == 0)
		error = launch_environment_set(env, "SHELL", user->shell);
	return error;
}

/* Names of `pass_environment` that we have ourselves. */
static int
environment_pass(struct config_strings *env, const struct config_strings *names)
{
	int error = 0;

	for (size_t i = 0; i < names->count && error == 0; i++) {
		const char *name = names->items[i];
		const char *value = getenv(name);

		if (value != NULL &&
		    !environment_is_reserved(name, strlen(name)))
			error = launch_environment_set(env, name, value);
	}
	return error;
}

static int
environment_add(
    struct config_strings *env, const struct config_strings *entries)
{
	int error = 0;

	for (size_t i = 0; i < entries->count && error == 0; i++) {
		const char *entry = entries->items[i];

		if (!environment_is_reserved(entry, strcspn(entry, "=")))
			error = environment_take(env, strdup(entry));
	}
	return error;
}

int
launch_environment_new(
    const struct config_service *service, struct config_strings *ret)
{
	struct config_strings env = { 0 };
	int error = launch_environment_set(&env, "PATH", CONFIG_HANDLER_PATH);

	if (error == 0)
		error = launch_environment_set(
		    &env, "EVINETD_SERVICE", service->name);
	if (error == 0 && service->user.set)
		error = environment_set_user(&env, &service->user);
	if (error == 0)
		error = environment_pass(&env, &service->pass_environment);
	if (error == 0)
		error = environment_add(&env, &service->environment);
	if (error < 0) {
		launch_strings_fini(&env);
		return error;
	}
	*ret = env;
	return 0;
}
