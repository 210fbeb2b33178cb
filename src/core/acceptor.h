/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A listener and the watcher that waits for its clients. It accepts a bounded
 * number a wake-up, so that no service starves another, and stops being
 * watched while there is a reason to hold it. Private to core.
 *
 *                 hold(reason)              hold(other)
 *     WATCHED ----------------> HELD {reason} --------> HELD {several}
 *        ^  <----------------------  <------------------
 *            release(last reason)        release(one)
 */
#ifndef EVINETD_CORE_ACCEPTOR_H
#define EVINETD_CORE_ACCEPTOR_H

#include "core.h"

#include <evinetd/base/backoff.h>
#include <evinetd/net/listener.h>

/* Why a listener is not watched; bits, each with one owner. */
enum acceptor_hold {
	ACCEPTOR_HOLD_LIMIT = 1,     /* supervisor: max_connections */
	ACCEPTOR_HOLD_RESOURCES = 2, /* acceptor: back-off after EMFILE */
	ACCEPTOR_HOLD_SERVICE = 4,   /* room: the service's own limits */
};

struct acceptor {
	struct service *service;
	struct listener listener;
	struct client pending; /* taken back; fd -1: none */
	bool starved;	       /* it was, for want of descriptors */
	unsigned held;	       /* ACCEPTOR_HOLD_ bits; 0: watched */
	ev_io watcher;
	struct backoff backoff;
	ev_timer retry; /* its end; or a look at the queue */
	bool episode;	/* pausing was logged, resuming will be */
};

/* Takes the open listener. */
void acceptor_init(struct acceptor *a, struct service *service,
    const struct listener *listener);
/* Stops watching and closes. */
void acceptor_fini(struct acceptor *a);

void acceptor_hold(struct acceptor *a, enum acceptor_hold reason);
void acceptor_release(struct acceptor *a, enum acceptor_hold reason);

/* Out of descriptors, memory or processes: holds it a while, longer each time
 * (100 ms to 5 s), and logs once an episode. */
void acceptor_pause(struct acceptor *a, const char *step, int error);

/* Takes back a client for whom there was no room to launch, and pauses. It is
 * the first when the pause ends: nobody is sent away for a shortage. */
void acceptor_return(struct acceptor *a, const struct client *client,
    const char *step, int error);

/* There is a place, and the listener is held for this reason alone: takes one
 * client if one waits. True when it did. */
bool acceptor_offer(struct acceptor *a, enum acceptor_hold reason);

/* Takes back a client: it is the next one, when nothing holds the listener. */
void acceptor_keep(struct acceptor *a, const struct client *client);

/* Something was freed: ends such a pause early. */
void acceptor_resume(struct acceptor *a);

#endif
