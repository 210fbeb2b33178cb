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
#include <stdlib.h>

/* So many launches may fail in a row before attempts are spaced out. */
#define SERVICE_FAILURES_FREE 5

#define SERVICE_RETRY_MIN_NS UINT64_C(100000000) /* 100 ms */
#define SERVICE_RETRY_MAX_NS UINT64_C(5000000000)

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

static int
service_open(struct service *s, const struct config_listen *listen)
{
	const enum config_mode mode = s->config->mode;
	const bool shared =
	    mode == CONFIG_MODE_WAIT || mode == CONFIG_MODE_ACTIVATE;
	const size_t count = listener_count(listen);
	struct listener_failure failure;
	struct listener *l = calloc(count + 1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	const int error =
	    listener_open(listen, &s->config->socket, shared, l, &failure);
	if (error < 0)
		service_log_failure(s, listen, &failure);
	for (size_t i = 0; error == 0 && i < count; i++) {
		if (l[i].fd == -1)
			continue;
		acceptor_init(&s->acceptors[s->nacceptors++], s, &l[i]);
		service_log_listen(s, &l[i]);
	}
	free(l);
	return error;
}

/* All of them, so that one run shows everything that is wrong. */
static int
service_open_all(struct service *s)
{
	const struct config_service *c = s->config;
	size_t count = 0;
	int first = 0;

	for (size_t i = 0; i < c->nlisten; i++)
		count += listener_count(&c->listen[i]);
	s->acceptors = calloc(count + 1, sizeof(*s->acceptors));
	if (s->acceptors == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->nlisten; i++) {
		const int error = service_open(s, &c->listen[i]);

		if (error < 0 && first == 0)
			first = error;
	}
	return first;
}

int
service_new(struct supervisor *supervisor, const struct config_service *config,
    struct service **ret)
{
	struct service *s = calloc(1, sizeof(*s));
	int error = 0;

	if (s == NULL)
		return -ENOMEM;
	s->supervisor = supervisor;
	s->config = config;
	s->sources = sources_new();
	if (s->sources == NULL)
		error = -ENOMEM;
	if (error == 0)
		error = launch_plan_new(config, &s->plan);
	if (error == 0)
		error = service_open_all(s);
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
	free(s->acceptors);
	launch_plan_free(s->plan);
	sources_free(s->sources);
	free(s);
}

void
service_hold(struct service *s, enum acceptor_hold reason)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_hold(&s->acceptors[i], reason);
}

void
service_release(struct service *s, enum acceptor_hold reason)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_release(&s->acceptors[i], reason);
}

void
service_resume(struct service *s)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_resume(&s->acceptors[i]);
}

bool
service_offer(struct service *s)
{
	for (size_t i = 0; i < s->nacceptors; i++) {
		s->offer_next = (s->offer_next + 1) % s->nacceptors;
		if (acceptor_offer(&s->acceptors[s->offer_next]))
			return true;
	}
	return false;
}

void
service_close(struct service *s)
{
	for (size_t i = 0; i < s->nacceptors; i++)
		acceptor_fini(&s->acceptors[i]);
	s->nacceptors = 0;
}

static void
service_log_recovery(const struct service *s)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_NOTICE, "resume");
	log_str(&r, "service", s->config->name);
	log_str(&r, "reason", "launch_failed");
	log_int(&r, "suppressed", (int64_t)s->suppressed);
	log_end(&r);
}

bool
service_may_launch(struct service *s)
{
	return s->launch_failures <= SERVICE_FAILURES_FREE ||
	       clock_monotonic_ns() >= s->launch_retry_ns;
}

void
service_launched(struct service *s, bool succeeded)
{
	uint64_t delay = SERVICE_RETRY_MIN_NS;

	if (succeeded) {
		if (s->suppressed > 0)
			service_log_recovery(s);
		s->suppressed = 0;
		s->launch_failures = 0;
		return;
	}
	s->launch_failures++;
	for (unsigned i = SERVICE_FAILURES_FREE + 1;
	     i < s->launch_failures && delay < SERVICE_RETRY_MAX_NS; i++)
		delay *= 2;
	if (delay > SERVICE_RETRY_MAX_NS)
		delay = SERVICE_RETRY_MAX_NS;
	s->launch_retry_ns = clock_monotonic_ns() + delay;
}
