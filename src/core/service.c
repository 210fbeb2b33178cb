/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A service while it runs. Opens its listeners as the configuration says,
 * and keeps what belongs to the service and not to one connection: counts,
 * the launch plan, and the back-off after failed launches.
 */
#include "service.h"

#include <evinetd/base/clock.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* So many launches may fail in a row before attempts are spaced out. */
#define SERVICE_FAILURES_FREE 5

/* Of the time, no more than one part in so many is lost to a user whose
 * handlers do not get to exec. */
#define SERVICE_STALL_FACTOR 20

static void
service_log_failure(const struct service *s, const struct config_listen *listen,
    const struct listener_failure *f)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_ERROR, "listen_failed");
	log_str(&r, "service", s->config->name);
	log_str(&r, "address", f->address);
	if (listen->origin.line > 0)
		log_fmt(&r, "at", "%s:%u", listen->origin.file,
		    listen->origin.line);
	else /* an option of the command line */
		log_str(&r, "at", listen->origin.file);
	log_str(&r, "step", f->step);
	log_errno(&r, f->error);
	if (f->hint[0] != '\0')
		log_str(&r, "hint", f->hint);
	log_end(&r);
}

static void
service_log_listen(const struct service *s, const struct listener *l)
{
	struct log_record r;
	char address[LISTENER_TEXT_MAX];

	log_begin(&r, LOG_LEVEL_NOTICE, "listen");
	log_str(&r, "service", s->config->name);
	log_str(&r, "address", listener_format(l, address, sizeof(address)));
	log_end(&r);
}

/* Listeners that were opened, and have no one yet who waits for them. */
struct service_listeners {
	struct listener *items;
	const char **names; /* for LISTEN_FDNAMES */
	size_t count, taken;
};

/* A name that says which; else that of the service, as systemd does it. */
static const char *
service_listener_name(
    const struct service *s, const struct config_listen *listen)
{
	static const char prefix[] = "fd:";

	return listen->kind == CONFIG_LISTEN_FD
		   ? listen->text + sizeof(prefix) - 1
		   : s->config->name;
}

/* A socket that was passed shows its kind only now. What would be void for it
 * is an error, as it is for other listeners when the configuration is read.
 * NULL: it fits. */
static const char *
service_find_misfit(const struct service *s, const struct listener *l)
{
	const struct config_service *c = s->config;
	const int family = addr_family(&l->addr);
	const bool tcp =
	    l->type == SOCK_STREAM && (family == AF_INET || family == AF_INET6);

	if (c->mode == CONFIG_MODE_WAIT && c->admission.access.count > 0 &&
	    l->type != SOCK_DGRAM)
		return "it is no datagram socket, and in mode = wait access "
		       "lists guard nothing else";
	if (c->idle_timeout_ms != CONFIG_NONE && !tcp)
		return "the kernel tells idle_timeout for TCP alone; set "
		       "idle_timeout = none, and perhaps max_lifetime";
	return NULL;
}

/* 0, or -EINVAL with *failure filled. */
static int
service_check_fit(const struct service *s, const struct listener *listeners,
    size_t count, struct listener_failure *failure)
{
	for (size_t i = 0; i < count; i++) {
		const char *misfit =
		    listeners[i].fd == -1
			? NULL
			: service_find_misfit(s, &listeners[i]);

		if (misfit == NULL)
			continue;
		*failure = (struct listener_failure){ .step = "check",
			.error = EINVAL };
		listener_format(
		    &listeners[i], failure->address, sizeof(failure->address));
		snprintf(failure->hint, sizeof(failure->hint), "%s", misfit);
		return -EINVAL;
	}
	return 0;
}

static int
service_open(struct service *s, const struct config_listen *listen,
    struct service_listeners *all)
{
	struct listener *l = &all->items[all->count];
	const size_t count = listener_count(listen);
	struct listener_failure failure;
	int error = listener_open(listen, &s->config->socket,
	    s->config->mode != CONFIG_MODE_NOWAIT, l, &failure);

	if (error == 0) {
		error = service_check_fit(s, l, count, &failure);
		for (size_t i = 0; i < count && error < 0; i++)
			listener_close(&l[i]);
	}
	if (error < 0) {
		service_log_failure(s, listen, &failure);
		return error;
	}
	/* Those that are not there (no IPv6) leave gaps. */
	for (size_t i = 0; i < count; i++) {
		if (l[i].fd == -1)
			continue;
		all->names[all->count] = service_listener_name(s, listen);
		all->items[all->count++] = l[i];
		service_log_listen(s, &l[i]);
	}
	return 0;
}

static int
service_open_all(struct service *s, struct service_listeners *all)
{
	const struct config_service *c = s->config;
	size_t count = 0;
	int first = 0;

	for (size_t i = 0; i < c->nlisten; i++)
		count += listener_count(&c->listen[i]);
	all->items = calloc(count + 1, sizeof(all->items[0]));
	all->names = calloc(count + 1, sizeof(all->names[0]));
	if (all->items == NULL || all->names == NULL)
		return -ENOMEM;
	/* All of them, so that one run shows everything that is wrong. */
	for (size_t i = 0; i < c->nlisten; i++) {
		const int error = service_open(s, &c->listen[i], all);

		if (error < 0 && first == 0)
			first = error;
	}
	return first;
}

/* Who waits for clients, or for whoever wants a handler. */
static int
service_attach(struct service *s, struct service_listeners *all)
{
	const bool nowait = s->config->mode == CONFIG_MODE_NOWAIT;
	const bool whole = s->config->mode == CONFIG_MODE_ACTIVATE;
	const size_t each = whole ? all->count : 1;
	int error = 0;

	if (nowait)
		s->acceptors = calloc(all->count + 1, sizeof(*s->acceptors));
	else
		s->runners = calloc(all->count + 1, sizeof(*s->runners));
	if (s->acceptors == NULL && s->runners == NULL)
		return -ENOMEM;
	for (; all->taken < all->count; all->taken += each) {
		const struct listener *l = &all->items[all->taken];

		if (nowait) {
			acceptor_init(&s->acceptors[s->nacceptors++], s, l);
			continue;
		}
		error = runner_init(&s->runners[s->nrunners], s, l,
		    &all->names[all->taken], each);
		if (error < 0)
			break;
		s->nrunners++;
	}
	return error;
}

static int
service_listen(struct service *s)
{
	struct service_listeners all = { .count = 0 };
	int error = service_open_all(s, &all);

	if (error == 0)
		error = service_attach(s, &all);
	for (size_t i = all.taken; i < all.count; i++)
		listener_close(&all.items[i]);
	free(all.items);
	free(all.names);
	return error;
}

int
service_new(struct supervisor *supervisor, const struct config_service *config,
    struct service **ret)
{
	struct service *s = calloc(1, sizeof(*s));
	int error;

	if (s == NULL)
		return -ENOMEM;
	s->supervisor = supervisor;
	s->config = config;
	room_init(s);
	error = admit_new(&config->admission, &s->admit);
	if (error == 0)
		error = launch_plan_new(config, &s->plan);
	if (error == 0)
		error = service_listen(s);
	if (error < 0) {
		service_free(s);
		return error;
	}
	*ret = s;
	return 0;
}

void
service_free(struct service *s)
{
	if (s == NULL)
		return;
	service_close(s);
	for (size_t i = 0; i < s->nrunners; i++)
		runner_fini(&s->runners[i]);
	free(s->acceptors);
	free(s->runners);
	launch_plan_free(s->plan);
	admit_free(s->admit);
	free(s);
}

void
service_hold(struct service *s, enum acceptor_hold reason)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_hold(&s->acceptors[i], reason);
	for (size_t i = 0; i < s->nrunners && reason == ACCEPTOR_HOLD_LIMIT;
	     i++)
		runner_set_held(&s->runners[i], true);
}

void
service_release(struct service *s, enum acceptor_hold reason)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_release(&s->acceptors[i], reason);
	for (size_t i = 0; i < s->nrunners && reason == ACCEPTOR_HOLD_LIMIT;
	     i++)
		runner_set_held(&s->runners[i], false);
}

void
service_resume(struct service *s)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_resume(&s->acceptors[i]);
	for (size_t i = 0; i < s->nrunners; i++)
		runner_resume(&s->runners[i]);
}

/* Of handlers that take listeners whole there are few: while something is short
 * they may try when they like. */
static bool
service_offer_runner(struct runner *r, enum acceptor_hold reason)
{
	if (reason == ACCEPTOR_HOLD_LIMIT)
		return runner_offer(r);
	runner_resume(r);
	return false;
}

/* A service has acceptors or runners. */
bool
service_offer(struct service *s, enum acceptor_hold reason)
{
	const size_t count = s->nacceptors + s->nrunners;

	for (size_t i = 0; i < count; i++) {
		s->offer_next = (s->offer_next + 1) % count;
		if (s->nacceptors > 0
			? acceptor_offer(&s->acceptors[s->offer_next], reason)
			: service_offer_runner(
			      &s->runners[s->offer_next], reason))
			return true;
	}
	return false;
}

unsigned
service_limit(const struct service *s)
{
	switch (s->config->mode) {
	case CONFIG_MODE_ACTIVATE:
		return s->config->processes;
	case CONFIG_MODE_WAIT:
		return (unsigned)s->nrunners;
	default:
		return s->config->admission.max_connections;
	}
}

void
service_close(struct service *s)
{
	room_fini(s);
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_fini(&s->acceptors[i]);
	s->nacceptors = 0;
	for (size_t i = 0; i < s->nrunners; i++)
		runner_close(&s->runners[i]);
}

static void
service_log_recovery(struct service *s)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_NOTICE, "resume");
	log_str(&r, "service", s->config->name);
	log_str(&r, "reason", "launch_failed");
	log_int(
	    &r, "suppressed", (int64_t)refusals_take(s, ADMIT_LAUNCH_FAILED));
	log_end(&r);
}

bool
service_may_launch(struct service *s)
{
	return clock_monotonic_ns() >= s->launch_retry_ns;
}

void
service_launched(struct service *s, bool succeeded)
{
	double delay;

	if (succeeded) {
		if (s->launches.failures > SERVICE_FAILURES_FREE)
			service_log_recovery(s);
		backoff_reset(&s->launches);
		return;
	}
	delay = backoff_fail(&s->launches, SERVICE_FAILURES_FREE);
	s->launch_retry_ns = clock_monotonic_ns() + (uint64_t)(delay * 1e9);
}

void
service_stalled(struct service *s, uint64_t stalled_ns)
{
	const uint64_t until =
	    clock_monotonic_ns() + stalled_ns * SERVICE_STALL_FACTOR;
	const struct supervisor *all = s->supervisor;

	for (size_t i = 0; i < all->nservices; i++) {
		struct service *other = all->services[i];

		if (other->config->user.set &&
		    other->config->user.uid == s->config->user.uid &&
		    other->launch_retry_ns < until)
			other->launch_retry_ns = until;
	}
}
