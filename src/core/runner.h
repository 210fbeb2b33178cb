/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listeners that handlers take whole: one listener that is descriptor 0 of one
 * handler (`mode = wait`), or all of a service's, passed to `processes` of them
 * (`mode = activate`). While fewer run than may, the listeners are watched, or
 * with `start = boot` there is nothing to wait for. A handler is never given
 * up: one that fails is started again, later each time. Private to core.
 *
 *               somebody waits, or boot
 *     WATCHING --------------------------> all that may run
 *        ^   ^                                   | one ends
 *        |   +--------- it did its work ---------+
 *        |                                       | it failed, and again
 *        +--------------- RESTING <--------------+
 */
#ifndef EVINETD_CORE_RUNNER_H
#define EVINETD_CORE_RUNNER_H

#include "core.h"
#include "handler.h"

#include <evinetd/base/backoff.h>
#include <evinetd/base/bucket.h>
#include <evinetd/net/listener.h>

struct runner_socket {
	struct runner *runner;
	struct listener listener;
	ev_io watcher;
};

/* One handler of a runner. */
struct run {
	struct handler handler;
	struct runner *runner;
	const struct runner_socket *woken_by; /* NULL: nobody, at boot */
	struct listener_datagram first; /* what woke it, of a datagram socket */
	int waiting; /* of a stream socket: clients in its queue, or -1 */
	LIST_ENTRY(run) entry; /* runner.runs */
};

LIST_HEAD(run_list, run);

/* Why a runner rests, in its log records. */
enum runner_rest {
	RUNNER_AWAKE,
	RUNNER_REST_CRASH,   /* handlers exit with a status, or by a signal */
	RUNNER_REST_UNTAKEN, /* they leave what woke them */
	RUNNER_REST_DOUBT,   /* they may have left it */
	RUNNER_REST_SHORT,   /* they end at once, and were to stay */
	RUNNER_REST_LAUNCH,  /* they cannot be started */
	RUNNER_REST_BROKEN,  /* they broke a listener, and it stays so */
	RUNNER_REST_RESOURCES,
};

struct runner {
	struct service *service;
	struct runner_socket *sockets;
	size_t nsockets;
	struct handover *handover; /* NULL: `mode = wait` */
	struct run_list runs;
	unsigned running;
	bool held;   /* max_connections */
	bool closed; /* nothing is started any more */
	bool broken; /* a listener has to be put right before */

	ev_timer rest; /* active: nothing is started before */
	enum runner_rest reason;
	enum runner_rest episode; /* what was logged and is not over */
	struct backoff backoff;
	struct bucket doubts; /* runs that may have left what woke them */
};

/* Takes the open listeners; those of `mode = activate` have names, which are
 * not kept. 0 or -ENOMEM, and then they are the caller's still. */
int runner_init(struct runner *r, struct service *service,
    const struct listener *listeners, const char *const *names, size_t count);
/* Stops watching and closes; its handlers run on and are told to end. */
void runner_close(struct runner *r);
/* Handlers that still run are left to themselves. */
void runner_fini(struct runner *r);

/* For run.c. What came of a run: reason RUNNER_AWAKE is well. failure is set
 * when it could not be started. */
void runner_judged(struct runner *r, enum runner_rest reason,
    const struct spawn_result *failure);

/* A listener of it is ready. */
bool runner_somebody_waits(const struct runner_socket *s);
/* A run has ended, and that came of it. */
void runner_ended(struct runner *r, enum runner_rest outcome);

/* run.c: starts one handler, for whoever waits at the socket, or without a
 * reason. True when it runs. */
bool run_start(struct runner *r, const struct runner_socket *woken_by);

/* max_connections is reached, or not any more. */
void runner_set_held(struct runner *r, bool held);
/* There is a place while it is held: starts one handler if there is reason.
 * True when it did. */
bool runner_offer(struct runner *r);
/* Something was freed: ends a rest for want of resources. */
void runner_resume(struct runner *r);

#endif
