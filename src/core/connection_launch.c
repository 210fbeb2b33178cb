/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* From an accepted client to a running handler: the state NEW. Collects what
 * the launch needs, submits it, and decides what a failure means: for want of
 * descriptors or processes the client waits, for anything else it is refused.
 */
#include "connection.h"

#include "record.h"
#include "service.h"

#include <evinetd/base/clock.h>
#include <evinetd/launch/cgroup.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <unistd.h>

static bool
connection_is_shortage(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE ||
	       error == ENFILE;
}

/* No room at the moment: the client waits with those who are not accepted
 * yet. */
static void
connection_postpone(struct connection *c, enum launch_step step, int error)
{
	acceptor_return(c->acceptor, &c->client, launch_step_name(step), error);
	c->client.fd = -1;
	connection_free(c);
}

static void
connection_refuse(struct connection *c, const struct spawn_result *result)
{
	struct service *service = c->service;

	record_refuse(c, result, service->suppressed);
	service->suppressed = 0;
	service_launched(service, false);
	client_reset(&c->client);
	connection_free(c);
}

/* c is gone. */
static void
connection_fail(struct connection *c, const struct spawn_result *result)
{
	if (c->tree.cgroup) /* empty: its one process, if any, has exited */
		(void)cgroup_remove(c->service->supervisor->cgroups, c->id);
	/* Where a process was made, it may have spoken to the client. exec(2)
	 * says EAGAIN when the user has too many processes. */
	const bool shortage =
	    (result->step <= LAUNCH_STEP_CLONE &&
		connection_is_shortage(result->error)) ||
	    (result->step == LAUNCH_STEP_EXEC && result->error == EAGAIN);
	if (c->pid <= 0 && shortage)
		connection_postpone(c, result->step, result->error);
	else
		connection_refuse(c, result);
}

static int
connection_enter(struct connection *c)
{
	struct supervisor *s = c->service->supervisor;

	HASH_ADD_INT(s->by_pid, pid, c);
	if (c->hh.tbl == NULL) /* how uthash says that it had no memory */
		return -ENOMEM;
	connection_set_state(c, CONNECTION_RUNNING);
	return 0;
}

static void
connection_launched_cb(void *arg, const struct spawn_result *result)
{
	struct connection *c = arg;
	struct spawn_result failure = *result;

	c->pid = result->pid;
	c->tree.main = result->pid;
	if (failure.step == LAUNCH_STEP_NONE && connection_enter(c) < 0) {
		/* Nobody would look after it. */
		(void)kill(-c->pid, SIGKILL);
		failure.step = LAUNCH_STEP_CLONE;
		failure.error = ENOMEM;
	}
	if (failure.step != LAUNCH_STEP_NONE) {
		sources_leave(c->service->sources, &c->source);
		connection_fail(c, &failure);
		return;
	}
	service_launched(c->service, true);
	handler_log_start(&c->log);
	record_start(c);
	lifetime_start(c);
	if (!c->service->config->hold)
		client_close(&c->client);
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
connection_open_stderr_file(const struct config_service *config, int *ret_fd)
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
connection_open_stderr(struct connection *c, int *ret_fd)
{
	const struct config_service *config = c->service->config;

	switch (config->stderr_to) {
	case CONFIG_STDERR_LOG:
		return handler_log_init(&c->log, c, ret_fd);
	case CONFIG_STDERR_CLIENT:
		*ret_fd = -1;
		return 0;
	case CONFIG_STDERR_NULL:
		*ret_fd = c->service->supervisor->null_fd;
		return 0;
	case CONFIG_STDERR_FILE:
		break;
	}
	return connection_open_stderr_file(config, ret_fd);
}

/* The leaf that the handler will run in; *ret_fd -1 where there is none. */
static int
connection_open_cgroup(struct connection *c, int *ret_fd)
{
	struct supervisor *s = c->service->supervisor;

	*ret_fd = -1;
	if (c->tree.mode != CONFIG_KILL_TREE || s->cgroups == NULL)
		return 0;
	const int error = cgroup_new(s->cgroups, c->id, ret_fd);
	c->tree.cgroup = error == 0;
	return error;
}

static void
connection_spawn(struct connection *c, struct spawn_request *request)
{
	struct supervisor *s = c->service->supervisor;
	struct spawn_result failure = { .pid = -1, .step = LAUNCH_STEP_CGROUP };
	int error = connection_open_cgroup(c, &request->cgroup_fd);

	if (error == 0)
		error = sources_enter(
		    c->service->sources, &c->source, &request->concurrency);
	if (error == 0)
		spawn_submit(s->spawner, request, connection_launched_cb, c);
	/* c may be gone from here on. */
	if (request->cgroup_fd != -1)
		close(request->cgroup_fd);
	if (error < 0) {
		failure.error = -error;
		connection_fail(c, &failure);
	}
}

static void
connection_launch(struct connection *c)
{
	struct supervisor *s = c->service->supervisor;
	struct spawn_request request = { .plan = c->service->plan,
		.client = &c->client,
		.connection = c->id };
	const int error = connection_open_stderr(c, &request.stderr_fd);

	if (error < 0) {
		const struct spawn_result failure = {
			.pid = -1, .step = LAUNCH_STEP_STDERR, .error = -error
		};

		connection_fail(c, &failure);
		return;
	}
	connection_spawn(c, &request);
	if (request.stderr_fd != -1 && request.stderr_fd != s->null_fd)
		close(request.stderr_fd);
}

void
connection_open(struct acceptor *acceptor, const struct client *client)
{
	struct service *service = acceptor->service;
	struct client refused = *client;

	service->supervisor->next_id++;
	if (!service_may_launch(service)) {
		service->suppressed++;
		client_reset(&refused);
		return;
	}
	struct connection *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		acceptor_return(acceptor, client, "connection", ENOMEM);
		return;
	}
	c->service = service;
	c->acceptor = acceptor;
	c->id = service->supervisor->next_id;
	c->client = *client;
	c->log.fd = -1;
	c->tree = (struct tree){ .supervisor = service->supervisor,
		.mode = service->config->kill_mode,
		.connection = c->id };
	c->started_ns = clock_monotonic_ns();
	source_from_client(client, &c->source);
	LIST_INSERT_HEAD(&service->supervisor->all, c, entry);
	connection_launch(c);
}
