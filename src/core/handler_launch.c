/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Starts a handler: collects what the launch needs, submits it, and tells the
 * owner the outcome. What a failure means for whoever waits is decided there.
 */
#include "handler.h"

#include "record.h"
#include "service.h"

#include <evinetd/launch/cgroup.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/fsuid.h>
#include <unistd.h>

bool
handler_was_shortage(const struct spawn_result *failure)
{
	if (failure->pid != -1)
		return false; /* the handler may have spoken to the client */
	switch (failure->error) {
	case EAGAIN: /* of exec(2), too: the user has too many processes */
	case ENOMEM:
	case ENFILE:
		return true;
	case EMFILE: /* later on it is about a limit of the service */
		return failure->step <= LAUNCH_STEP_CLONE;
	case ENOSPC: /* all ids of the memory controller are taken */
		return failure->step == LAUNCH_STEP_CGROUP;
	default:
		return false;
	}
}

static void
handler_fail(struct handler *h, const struct spawn_result *failure)
{
	if (h->tree.cgroup) /* empty: its one process, if any, has exited */
		(void)cgroup_remove(h->service->supervisor->cgroups, h->id);
	h->tree.cgroup = false;
	h->owner->launched(h, failure);
}

/* Before anything was spawned. */
static void
handler_fail_before(struct handler *h, enum launch_step step, int error)
{
	const struct spawn_result failure = {
		.pid = -1, .step = step, .error = error
	};

	handler_fail(h, &failure);
}

static void
handler_launched_cb(void *arg, const struct spawn_result *result)
{
	struct handler *h = arg;

	if (result->step != LAUNCH_STEP_NONE) {
		handler_fail(h, result);
		return;
	}
	if (handler_enter(h, result->pid) < 0) {
		const struct spawn_result failure = { .pid = result->pid,
			.step = LAUNCH_STEP_EXEC,
			.error = ENOMEM };

		/* Nobody would look after it. */
		(void)kill(-result->pid, SIGKILL);
		handler_fail(h, &failure);
		return;
	}
	h->service->started++;
	handler_log_start(&h->log);
	record_start(h);
	h->owner->launched(h, result);
}

/* Opens the file of `stderr` as the service's user would, so that nobody gets
 * at a file through us that they could not open themselves. */
static int
priv_open_as(const struct config_service *config)
{
	const bool other = config->user.set && geteuid() == 0;
	int fd, error;

	if (other) {
		setfsgid(
		    config->group.set ? config->group.gid : config->user.gid);
		setfsuid(config->user.uid);
	}
	/* NONBLOCK: a FIFO without a reader must not stop us. */
	fd = open(config->stderr_path,
	    O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	    0640);
	error = errno;
	if (other) {
		setfsuid(geteuid());
		setfsgid(getegid());
	}
	return fd == -1 ? -error : fd;
}

/* Anew each time, so that a rotated file needs no signal. */
static int
handler_open_stderr_file(const struct config_service *config, int *ret_fd)
{
	const int fd = priv_open_as(config);

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETFL, O_APPEND) == -1) { /* blocking again */
		const int error = errno;

		close(fd);
		return -error;
	}
	*ret_fd = fd;
	return 0;
}

/* What becomes fd 2; -1 for the connection itself. Owned by the caller, but
 * for null_fd. 0 or a negative errno. */
static int
handler_open_stderr(struct handler *h, int *ret_fd)
{
	const struct config_service *config = h->service->config;

	switch (config->stderr_to) {
	case CONFIG_STDERR_LOG:
		return handler_log_init(&h->log, h, ret_fd);
	case CONFIG_STDERR_CLIENT:
		*ret_fd = -1;
		return 0;
	case CONFIG_STDERR_NULL:
		*ret_fd = h->service->supervisor->null_fd;
		return 0;
	case CONFIG_STDERR_FILE:
		break;
	}
	return handler_open_stderr_file(config, ret_fd);
}

/* The leaf that the handler will run in; *ret_fd -1 where there is none. */
static int
handler_open_cgroup(struct handler *h, int *ret_fd)
{
	struct supervisor *s = h->service->supervisor;

	*ret_fd = -1;
	if (h->tree.mode != CONFIG_KILL_TREE || s->cgroups == NULL)
		return 0;
	const int error = cgroup_new(s->cgroups, h->id, ret_fd);
	h->tree.cgroup = error == 0;
	return error;
}

static void
handler_spawn(struct handler *h, struct spawn_request *request)
{
	struct supervisor *s = h->service->supervisor;
	const int error = handler_open_cgroup(h, &request->cgroup_fd);

	if (error == 0)
		spawn_submit(s->spawner, request, handler_launched_cb, h);
	else
		handler_fail_before(h, LAUNCH_STEP_CGROUP, -error);
	/* h may be gone. */
	if (request->cgroup_fd != -1)
		close(request->cgroup_fd);
}

void
handler_launch(struct handler *h, struct spawn_request *request)
{
	struct supervisor *s = h->service->supervisor;
	const int error = handler_open_stderr(h, &request->stderr_fd);

	request->plan = h->service->plan;
	request->connection = h->id;
	request->null_fd = s->null_fd;
	request->cgroup_fd = -1;
	if (error < 0) {
		handler_fail_before(h, LAUNCH_STEP_STDERR, -error);
		return;
	}
	handler_spawn(h, request);
	if (request->stderr_fd != -1 && request->stderr_fd != s->null_fd)
		close(request->stderr_fd);
}
