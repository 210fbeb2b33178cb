/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A connection, from accept to the last byte. Private to core.
 *
 *            launch               main process exits
 *   (client) -------> RUNNING --------------------------> CLOSING --> gone
 *       |                | connection_end()                 ^ |
 *       | refused,       v                                  | | client has
 *       | launch       ENDING ------------------------------+ | finished, is
 *       v failed         |  kill_signal, kill_grace, KILL     | dead, or
 *     gone (reset)       |                                    | linger is
 *                        +--> hold = no: straight to gone     | over
 *
 * It counts against limits while RUNNING or ENDING. In CLOSING the client has
 * been told that no more comes, and what it still sends is discarded.
 */
#ifndef EVINETD_CORE_CONNECTION_H
#define EVINETD_CORE_CONNECTION_H

#include "core.h"
#include "handler_log.h"
#include "lifetime.h"
#include "tree.h"

#include <evinetd/admit/sources.h>
#include <evinetd/net/client.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum connection_state {
	CONNECTION_NEW,
	CONNECTION_RUNNING,
	CONNECTION_ENDING, /* as RUNNING, but asked to end */
	CONNECTION_CLOSING,
};

/* Why a handler ended. */
enum connection_reason {
	CONNECTION_BY_ITSELF,
	CONNECTION_BY_LIFETIME,
	CONNECTION_BY_IDLE,
	CONNECTION_BY_DISCONNECT,
	CONNECTION_BY_SHUTDOWN,
};

struct connection {
	struct service *service;
	struct acceptor *acceptor; /* while NEW */
	enum connection_state state;
	uint64_t id;
	struct client client; /* the hold; fd -1 with hold = no */
	struct source source;
	pid_t pid;
	struct tree tree; /* the processes that are its handler */
	enum connection_reason reason;
	struct lifetime lifetime;
	ev_timer kill; /* kill_grace */
	uint64_t started_ns;

	/* Since the main process has ended: */
	int status; /* of wait(2) */
	uint64_t ended_ns;
	struct rusage usage;
	bool finished;	     /* the client was there to be told of the end */
	enum client_end end; /* how it then ended, from its side */

	struct handler_log log;
	bool watched; /* holds.c */
	ev_timer linger;
	UT_hash_handle hh;	      /* supervisor.by_pid */
	LIST_ENTRY(connection) entry; /* supervisor.all */
};

/* connection_launch.c: takes the client, launches the service's handler for it,
 * or refuses it. */
void connection_open(struct acceptor *acceptor, const struct client *client);

/* What counts a connection follows its state, and nothing else does. For the
 * files of the connection only. */
void connection_set_state(struct connection *c, enum connection_state state);

/* Something has happened to the hold: the client has hung up, or, while
 * CLOSING, has sent something. May free it. */
void connection_event(struct connection *c, uint32_t events);

/* The main process was reaped. */
void
connection_exited(struct connection *c, int status, const struct rusage *usage);

/* Asks the handler to end, and ends it after `kill_grace`. Once: later reasons
 * change nothing. */
void
connection_end(struct connection *c, enum connection_reason reason, int signal);

/* SIGKILL, now. */
void connection_kill(struct connection *c);

/* Closes and frees without ceremony; for the end of the supervisor. */
void connection_free(struct connection *c);

#endif
