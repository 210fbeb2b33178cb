/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What the files of core share: the supervisor's state and how they are
 * woven. Who may change what:
 *
 *   supervisor.c   the loop, signals, start and end
 *   shutdown.c     the way from SIGTERM to the end of supervisor_run()
 *   service.c      services, their listeners and launch back-off
 *   acceptor.c     a listener's watcher, and when it pauses
 *   admission.c    who may enter, and how the others are sent away
 *   offer.c        who is next, of all services
 *   room.c         clients that wait for a place in their service
 *   refusals.c     who was sent away: counters, and their log records
 *   episode.c      what is said once in ten seconds
 *   reserve.c      descriptors and memory for bad times
 *   limits.c       our own limits, held against the configuration
 *   builtin_ports.c  which built-ins must not answer each other
 *   connection.c   a connection's states, until the last byte
 *   farewell.c     clients that are sent away with a message
 *   holds.c        what happens to the connections that we hold
 *   lifetime.c     when it has been silent, or left, for too long
 *   runner.c       listeners that handlers take whole: wait, activate
 *   backoff.c      how long to leave alone what fails
 *   handler.c      a run of a service's program, from start to end
 *   handler_launch.c     what its start needs
 *   tree.c         who ends with it, and what remains
 *   record.c       the log records of handlers
 *   handler_log.c  a handler's standard error
 */
#ifndef EVINETD_CORE_H
#define EVINETD_CORE_H

#include "episode.h"
#include "reserve.h"

#include <evinetd/config/config.h>
#include <evinetd/launch/spawn.h>

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/resource.h>

struct cgroups;
struct connection;
struct farewell;
struct handler;
struct remains;
struct service;

LIST_HEAD(connection_list, connection);
TAILQ_HEAD(farewell_list, farewell);
LIST_HEAD(handler_list, handler);
LIST_HEAD(remains_list, remains);

/* RUNNING -> DRAINING -> TERMINATING -> KILLING -> the loop ends; each step
 * has its time, and falls through at once when no connection is left. */
enum shutdown_phase {
	SHUTDOWN_RUNNING,
	SHUTDOWN_DRAINING,
	SHUTDOWN_TERMINATING,
	SHUTDOWN_KILLING,
};

struct supervisor {
	const struct config *config;
	struct ev_loop *loop;
	struct spawner *spawner;
	int null_fd;

	struct service **services;
	size_t nservices;

	uint64_t next_id;
	unsigned running; /* main processes alive: what the limit counts */
	struct handler *by_pid;		/* the running ones (uthash) */
	struct handler_list handlers;	/* the same */
	struct connection_list all;	/* and those that are closing */
	struct farewell_list farewells; /* clients sent away */
	unsigned nfarewells;
	bool full; /* max_connections is reached */
	struct episode full_episode;
	struct episode unwatched; /* connections that cannot be; never ends */
	ev_timer offer;		  /* there is more to offer */
	size_t offer_next;  /* the service that was offered a place last */
	unsigned starved;   /* acceptors with a client for whom there were
			       no descriptors */
	uint64_t shortages; /* how often something was found to be short */
	unsigned load;	    /* of the machine, in hundredths: admission.c */
	uint64_t load_read_ns;
	struct reserve reserve;
	unsigned max_farewells;
	unsigned paused; /* acceptors that back off */

	struct cgroups *cgroups;     /* for kill_mode = tree; or NULL */
	struct remains_list remains; /* of trees whose main has ended */
	ev_timer reap; /* there were more children than one turn takes */
	ev_timer remains_timer;
	ev_io holds;	      /* holds.c: the epoll descriptor */
	ev_timer holds_retry; /* it could not be watched */
	ev_async turn;	      /* the loop must not sleep yet */

	ev_signal signals[7];
	ev_prepare log_flush;	 /* before the loop sleeps */
	ev_timer log_retry;	 /* the log's reader did not keep up */
	ev_timer refusals_timer; /* some are in no log record yet */
	ev_timer shutdown_timer;
	bool closing; /* at shutdown: only polite closes are left */
	enum shutdown_phase phase;
};

/* A connection or a run is gone and has given back its descriptors. */
void supervisor_gone(struct supervisor *s);

/* limits.c: the limit on open files goes up as far as it can. */
void limits_raise_files(void);
/* When all is open: says so if clients would have to wait for want of
 * descriptors before they have to for a limit of the configuration. */
void limits_check_files(struct supervisor *s);

/* builtin_ports.c: when all is open. 0 or -ENOMEM. */
int builtin_ports_tell(const struct supervisor *s);

/* SIGTERM or SIGINT has come; again: skip the wait. */
void shutdown_advance(struct supervisor *s, int signal);
void shutdown_init(struct supervisor *s);
/* Ends the loop if a shutdown is on and nothing is left. */
void shutdown_check(struct supervisor *s);

#endif
