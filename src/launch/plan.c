/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Compiles a service of the configuration into a launch plan: every question
 * that a launch could ask is answered here, once, including those that need
 * the group database or our own state. Called by core when it loads.
 */
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* select(2) can be used up to here; what a program may rely on. */
#define PLAN_NOFILE_SOFT 1024

static int
plan_set_limits(struct launch_plan *p, const struct config_service *s)
{
	for (int i = 0; i < CONFIG_NLIMITS; i++) {
		const struct config_rlimit *want = &s->limits[i];
		struct child_limit *l = &p->limits[p->setup.nlimits];
		struct rlimit have;

		if (!want->set && i != CONFIG_LIMIT_NOFILE)
			continue;
		if (getrlimit(config_limit_resource(i), &have) == -1)
			return -errno;
		l->resource = config_limit_resource(i);
		l->value.rlim_cur = want->set ? want->soft : PLAN_NOFILE_SOFT;
		l->value.rlim_max = want->hard_set ? want->hard : have.rlim_max;
		if (l->value.rlim_cur > l->value.rlim_max) {
			/* Only the soft limit was given: either ours is lower
			 * than the default, or the hard one must go up too. */
			if (want->set)
				l->value.rlim_max = l->value.rlim_cur;
			else
				l->value.rlim_cur = l->value.rlim_max;
		}
		p->setup.nlimits++;
	}
	p->setup.limits = p->limits;
	return 0;
}

static int
plan_read_oom(void)
{
	char text[16] = "";
	const int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return 0;
	/* What cannot be read is taken for the default, 0. */
	if (read(fd, text, sizeof(text) - 1) == -1)
		text[0] = '\0';
	close(fd);
	return (int)strtol(text, NULL, 10);
}

static void
plan_set_priorities(struct launch_plan *p, const struct config_service *s)
{
	struct child_setup *setup = &p->setup;

	setup->nice = s->nice;
	setup->set_nice = s->nice != getpriority(PRIO_PROCESS, 0);
	setup->nice_required = s->nice != 0;
	setup->oom_required = s->oom_score_adj != 0;
	if (s->oom_score_adj != plan_read_oom()) {
		setup->oom_len = (size_t)snprintf(
		    p->oom_text, sizeof(p->oom_text), "%d", s->oom_score_adj);
		setup->oom_text = p->oom_text;
	}
}

/* The user's groups from the group database, however many. */
static int
plan_find_groups(struct launch_plan *p, const char *user, gid_t gid)
{
	int count = 64;

	for (;;) {
		gid_t *gids =
		    realloc(p->gids, (size_t)count * sizeof(p->gids[0]));
		if (gids == NULL)
			return -ENOMEM;
		p->gids = gids;
		if (getgrouplist(user, gid, gids, &count) != -1)
			break;
	}
	p->setup.ngroups = (size_t)count;
	return 0;
}

static int
plan_copy_groups(struct launch_plan *p, const struct config_groups *groups)
{
	p->gids = calloc(groups->count + 1, sizeof(p->gids[0]));
	if (p->gids == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < groups->count; i++)
		p->gids[i] = groups->gids[i];
	p->setup.ngroups = groups->count;
	return 0;
}

static int
plan_set_identity(struct launch_plan *p, const struct config_service *s)
{
	struct child_setup *setup = &p->setup;
	const bool root = geteuid() == 0;
	int error = 0;

	if (s->group.set || s->user.set) {
		setup->gid = s->group.set ? s->group.gid : s->user.gid;
		setup->set_gid = root || setup->gid != getegid();
	}
	if (s->user.set) {
		setup->uid = s->user.uid;
		setup->set_uid = root || setup->uid != geteuid();
	}
	if (s->supplementary_groups.set) {
		setup->set_groups = true;
		error = plan_copy_groups(p, &s->supplementary_groups);
	} else if (s->user.set && setup->set_uid) {
		setup->set_groups = true;
		error = plan_find_groups(p, s->user.name, setup->gid);
	}
	setup->groups = p->gids;
	return error;
}

static int
plan_copy_words(struct launch_plan *p, const struct config_service *s)
{
	p->service = strdup(s->name);
	p->path = strdup(s->path);
	p->argv0 = strdup(s->argv0);
	p->working_directory = strdup(s->working_directory);
	p->words.items = calloc(s->words.count + 1, sizeof(char *));
	if (p->service == NULL || p->path == NULL || p->argv0 == NULL ||
	    p->working_directory == NULL || p->words.items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->words.count; i++) {
		p->words.items[i] = strdup(s->words.items[i]);
		if (p->words.items[i] == NULL)
			return -ENOMEM;
		p->words.count++;
	}
	p->setup.path = p->path;
	p->setup.working_directory = p->working_directory;
	return 0;
}

int
launch_plan_new(const struct config_service *s, struct launch_plan **ret)
{
	struct launch_plan *p = calloc(1, sizeof(*p));
	int error;

	if (p == NULL)
		return -ENOMEM;
	p->setup.umask = s->umask;
	p->setup.no_new_privileges = s->no_new_privileges;
	plan_set_priorities(p, s);
	error = plan_copy_words(p, s);
	if (error == 0)
		error = launch_environment_new(s, &p->environment);
	if (error == 0)
		error = plan_set_limits(p, s);
	if (error == 0)
		error = plan_set_identity(p, s);
	if (error == 0)
		error = launch_frame_init(&p->frame, p);
	if (error < 0) {
		launch_plan_free(p);
		return error;
	}
	*ret = p;
	return 0;
}

int
launch_plan_set_variable(
    struct launch_plan *p, const char *name, const char *value)
{
	struct launch_frame frame;
	int error = launch_environment_set(&p->environment, name, value);

	if (error == 0)
		error = launch_frame_init(&frame, p);
	if (error < 0)
		return error;
	launch_frame_fini(&p->frame);
	p->frame = frame;
	return 0;
}

void
launch_plan_free(struct launch_plan *p)
{
	if (p == NULL)
		return;
	launch_frame_fini(&p->frame);
	launch_strings_fini(&p->environment);
	launch_strings_fini(&p->words);
	free(p->gids);
	free(p->service);
	free(p->path);
	free(p->argv0);
	free(p->working_directory);
	free(p);
}
