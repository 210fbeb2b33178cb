/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The log records of connections. What is in them, and with what names and
 * units, is the interface of evinetd(8); nothing else is done here.
 */
#include "record.h"

#include "service.h"

#include <evinetd/base/clock.h>

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static double
record_seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

void
record_connection(struct log_record *r, const struct connection *c)
{
	char peer[ADDR_TEXT_MAX];

	log_str(r, "service", c->service->config->name);
	log_int(r, "conn", (int64_t)c->id);
	log_str(r, "peer", client_format_peer(&c->client, peer, sizeof(peer)));
	if (c->pid > 0)
		log_int(r, "pid", c->pid);
}

void
record_start(const struct connection *c)
{
	const struct config *config = c->service->supervisor->config;
	struct log_record r;

	if (config->log_connections != CONFIG_LOG_ALL)
		return;
	log_begin(&r, LOG_LEVEL_INFO, "start");
	record_connection(&r, c);
	log_fmt(&r, "active", "%u/%u", c->service->supervisor->running,
	    config->max_connections);
	if (c->tree.mode == CONFIG_KILL_TREE)
		log_str(&r, "tree", tree_means(&c->tree));
	log_end(&r);
}

static void
record_traffic(struct log_record *r, const struct connection *c)
{
	struct client_traffic t;

	if (c->client.fd == -1)
		return;
	client_traffic(&c->client, c->end, &t);
	if (!t.known)
		return;
	log_int(r, "in", (int64_t)t.bytes_in);
	log_int(r, "out", (int64_t)t.bytes_out);
	log_real(r, "rtt", (double)t.rtt_us / 1e3, 1, "ms");
}

/* Until exec the child runs in our memory, and the kernel counts the peak of
 * that as its own: a figure that is not above ours says nothing about the
 * handler. Ours only grows, so it is asked for just when it could matter. */
static bool
record_maxrss_is_its_own(long maxrss)
{
	static long ours_max;
	struct rusage ours;

	if (maxrss > ours_max && getrusage(RUSAGE_SELF, &ours) == 0)
		ours_max = ours.ru_maxrss;
	return maxrss > ours_max;
}

static void
record_usage(struct log_record *r, const struct rusage *usage)
{
	log_real(r, "utime", record_seconds(&usage->ru_utime), 3, "");
	log_real(r, "stime", record_seconds(&usage->ru_stime), 3, "");
	if (record_maxrss_is_its_own(usage->ru_maxrss))
		log_real(r, "maxrss", (double)usage->ru_maxrss, 0, "K");
}

static const char *
record_reason(const struct connection *c)
{
	switch (c->reason) {
	case CONNECTION_BY_LIFETIME:
		return "lifetime";
	case CONNECTION_BY_IDLE:
		return "idle";
	case CONNECTION_BY_DISCONNECT:
		return "disconnect";
	case CONNECTION_BY_SHUTDOWN:
		return "shutdown";
	case CONNECTION_BY_ITSELF:
		break;
	}
	return WIFSIGNALED(c->status) ? "signal" : "exit";
}

static void
record_status(struct log_record *r, const struct connection *c)
{
	const char *name;

	log_str(r, "reason", record_reason(c));
	if (!WIFSIGNALED(c->status)) {
		log_int(r, "status", WEXITSTATUS(c->status));
		return;
	}
	name = sigabbrev_np(WTERMSIG(c->status));
	if (name != NULL)
		log_str(r, "signal", name);
	else
		log_int(r, "signal", WTERMSIG(c->status));
}

void
record_end(const struct connection *c)
{
	struct log_record r;
	const enum config_log_connections which =
	    c->service->supervisor->config->log_connections;

	if (which == CONFIG_LOG_NOTHING ||
	    (which == CONFIG_LOG_FAILURES && c->status == 0 &&
		c->reason == CONNECTION_BY_ITSELF))
		return;
	log_begin(&r, LOG_LEVEL_INFO, "end");
	record_connection(&r, c);
	record_status(&r, c);
	log_real(
	    &r, "duration", (double)(c->ended_ns - c->started_ns) / 1e9, 3, "");
	record_traffic(&r, c);
	record_usage(&r, &c->usage);
	log_end(&r);
}

void
record_refuse(const struct connection *c, const struct spawn_result *result,
    uint64_t suppressed)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_WARNING, "refuse");
	record_connection(&r, c);
	log_str(&r, "reason", "launch_failed");
	log_str(&r, "step", launch_step_name(result->step));
	if (result->step == LAUNCH_STEP_EXEC)
		log_str(&r, "path", c->service->config->path);
	log_errno(&r, result->error);
	if (suppressed > 0)
		log_int(&r, "suppressed", (int64_t)suppressed);
	log_end(&r);
}
