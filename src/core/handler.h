/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* One run of a service's program: its main process, the tree that this makes,
 * and what it says. Whom it serves is its owner's affair: a connection, or a
 * listener. Private to core.
 *
 *     handler_launch()             main process exits
 *  NEW --------------> RUNNING -----------------------> ENDED
 *   |                     | handler_end()                 ^
 *   | launch failed       v                               |
 *   +--> NEW           ENDING ----------------------------+
 *                         kill_signal, kill_grace, KILL
 *
 * It counts against limits while RUNNING or ENDING.
 */
#ifndef EVINETD_CORE_HANDLER_H
#define EVINETD_CORE_HANDLER_H

#include "core.h"
#include "handler_log.h"
#include "tree.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum handler_state {
	HANDLER_NEW,
	HANDLER_RUNNING,
	HANDLER_ENDING, /* as RUNNING, but asked to end */
	HANDLER_ENDED,
};

/* Why it ended. */
enum handler_reason {
	HANDLER_BY_ITSELF,
	HANDLER_BY_LIFETIME,
	HANDLER_BY_IDLE,
	HANDLER_BY_DISCONNECT,
	HANDLER_BY_SHUTDOWN,
};

struct handler;
struct log_record;

/* What the owner of a handler is asked and told. */
struct handler_owner {
	/* Whom it serves, for records: peer= or address=. */
	void (*describe)(struct log_record *r, const struct handler *h);
	/* What it was started for, in the start record; or NULL. */
	void (*tell_origin)(struct log_record *r, const struct handler *h);
	/* What went through, for the end record; or NULL. */
	void (*account)(struct log_record *r, const struct handler *h);
	/* It runs, or it could not be started and is NEW again. May free it. */
	void (*launched)(struct handler *h, const struct spawn_result *result);
	/* It has ended, and has said all that it had to say. May free it. */
	void (*exited)(struct handler *h);
};

struct handler {
	struct service *service;
	const struct handler_owner *owner;
	enum handler_state state;
	uint64_t id; /* of the connection, or of the run */
	pid_t pid;
	struct tree tree; /* the processes that are this handler */
	enum handler_reason reason;
	bool killed;   /* got SIGKILL from us */
	ev_timer max;  /* max_lifetime */
	ev_timer kill; /* kill_grace */
	struct handler_log log;
	uint64_t started_ns;

	/* Since ENDED: */
	int status; /* of wait(2) */
	uint64_t ended_ns;
	struct rusage usage;

	UT_hash_handle hh;	   /* supervisor.by_pid */
	LIST_ENTRY(handler) entry; /* supervisor.handlers: not yet ENDED */
};

/* Gives it the next id. */
void handler_init(struct handler *h, struct service *service,
    const struct handler_owner *owner);

/* It has not come to be, and is tried again as another one: gives the id
 * back. */
void handler_return_id(struct handler *h);

/* Starts it: opens what `stderr` and `kill_mode` need, and spawns. request
 * says whom it is for; the rest is filled in. Tells the owner how it went,
 * before it returns. */
void handler_launch(struct handler *h, struct spawn_request *request);

/* For handler_launch.c: the process is there. 0 or -ENOMEM. */
int handler_enter(struct handler *h, pid_t pid);

/* True when the failure is no fault of the service: for want of processes,
 * descriptors or memory, and nothing of the handler has run. */
bool handler_was_shortage(const struct spawn_result *failure);

bool handler_is_alive(const struct handler *h);

/* Asks it to end, and ends it after `kill_grace`. Once: later reasons change
 * nothing. */
void handler_end(struct handler *h, enum handler_reason reason, int signal);

/* Tells the main process alone that it should end, and lets it take its
 * time. */
void handler_ask(struct handler *h, enum handler_reason reason);

/* SIGKILL, now. */
void handler_kill(struct handler *h);

/* For the supervisor: the main process was reaped. */
void handler_exited(struct handler *h, int status, const struct rusage *usage);

/* Stops looking after it, whatever runs. */
void handler_fini(struct handler *h);

#endif
