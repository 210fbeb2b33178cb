/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The polite way to refuse. Nobody else has such a connection, so a plain
 * watcher does, and nothing is recorded: the refusal itself was.
 */
#include "farewell.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct farewell {
	struct supervisor *supervisor;
	struct client client;
	ev_io watcher;
	ev_timer linger;
	TAILQ_ENTRY(farewell) entry;
};

static void
farewell_free(struct farewell *f)
{
	struct supervisor *s = f->supervisor;

	ev_io_stop(s->loop, &f->watcher);
	ev_timer_stop(s->loop, &f->linger);
	client_close(&f->client);
	TAILQ_REMOVE(&s->farewells, f, entry);
	s->nfarewells--;
	free(f);
	supervisor_gone(s);
}

static void
farewell_ready_cb(struct ev_loop *loop, ev_io *w, int revents)
{
	struct farewell *f = w->data;

	/* If it could not be watched (EV_ERROR), the time will end it. */
	if (client_drain(&f->client) != CLIENT_DRAINED_MORE)
		farewell_free(f);
}

static void
farewell_linger_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	farewell_free(w->data);
}

static void
farewell_wait(
    struct supervisor *s, const struct client *client, int64_t linger_ms)
{
	struct farewell *f =
	    reserve_has_memory() ? calloc(1, sizeof(*f)) : NULL;
	struct client leaving = *client;

	if (f == NULL) {
		client_close(&leaving);
		return;
	}
	f->supervisor = s;
	f->client = leaving;
	ev_io_init(&f->watcher, farewell_ready_cb, leaving.fd, EV_READ);
	ev_timer_init(
	    &f->linger, farewell_linger_cb, (double)linger_ms / 1e3, 0.);
	f->watcher.data = f;
	f->linger.data = f;
	ev_io_start(s->loop, &f->watcher);
	ev_timer_start(s->loop, &f->linger);
	TAILQ_INSERT_TAIL(&s->farewells, f, entry);
	s->nfarewells++;
}

void
farewell_say(struct supervisor *s, struct client *client, const char *message,
    int64_t linger_ms)
{
	/* A new connection has room for it, or the client is to blame. */
	(void)send(
	    client->fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)client_finish(client);
	if (client_drain(client) != CLIENT_DRAINED_MORE || linger_ms == 0 ||
	    s->max_farewells == 0) {
		client_close(client);
		return;
	}
	/* The one that has had most time makes room for the one that has had
	 * none. */
	if (s->nfarewells >= s->max_farewells)
		farewell_free(TAILQ_FIRST(&s->farewells));
	farewell_wait(s, client, linger_ms);
	client->fd = -1;
}

void
farewell_free_all(struct supervisor *s)
{
	while (!TAILQ_EMPTY(&s->farewells))
		farewell_free(TAILQ_FIRST(&s->farewells));
}
