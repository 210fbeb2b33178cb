/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Our own limit on open files, and what the configuration would need of it.
 * Nothing is sized by it, so it may be a thousand million.
 */
#include "core.h"

#include "farewell.h"
#include "service.h"

#include <fcntl.h>
#include <unistd.h>

/* What a launch needs for a moment: a pipe's other end, a cgroup. */
#define LIMITS_LAUNCH 4

void
limits_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	/* Not possible: then the limit stays what it was. */
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* Descriptors that stay open for each handler: the hold, standard error. */
static unsigned
limits_each(const struct config_service *c)
{
	return (c->hold ? 1 : 0) + (c->stderr_to == CONFIG_STDERR_LOG ? 1 : 0);
}

/* The dearest handlers first, up to max_connections in all. How many they are,
 * and *ret_need what all of them need. */
static uint64_t
limits_count(const struct supervisor *s, uint64_t *ret_need)
{
	uint64_t need = 0, left = s->config->max_connections;

	for (unsigned each = 3; each-- > 0;)
		for (size_t i = 0; i < s->nservices && left > 0; i++) {
			const struct service *service = s->services[i];
			const uint64_t limit = service_limit(service);
			const uint64_t count = limit < left ? limit : left;

			if (limits_each(service->config) != each)
				continue;
			need += each * count;
			left -= count;
		}
	*ret_need = need;
	return s->config->max_connections - left;
}

/* The lowest free descriptor: about as many are in use. */
static uint64_t
limits_in_use(const struct supervisor *s)
{
	const int fd = fcntl(s->null_fd, F_DUPFD_CLOEXEC, 0);

	if (fd == -1)
		return 0;
	close(fd);
	return (uint64_t)fd;
}

void
limits_check_files(struct supervisor *s)
{
	const uint64_t used = limits_in_use(s) + LIMITS_LAUNCH;
	uint64_t need;
	const uint64_t count = limits_count(s, &need);
	struct rlimit limit;
	struct log_record r;

	s->max_farewells = FAREWELL_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	if (limit.rlim_cur / 16 < FAREWELL_MAX)
		s->max_farewells = (unsigned)(limit.rlim_cur / 16);
	if (used + need <= limit.rlim_cur)
		return;
	log_begin(&r, LOG_LEVEL_WARNING, "limits");
	log_int(&r, "needed", (int64_t)(used + need));
	log_int(&r, "nofile", (int64_t)limit.rlim_cur);
	log_int(&r, "connections",
	    limit.rlim_cur > used
		? (int64_t)((limit.rlim_cur - used) * count / need)
		: 0);
	log_str(&r, "message",
	    "the limit on open files is too low for max_connections; about so "
	    "many connections are possible, more will wait; raise it (ulimit "
	    "-Hn, LimitNOFILE= of systemd), or lower max_connections");
	log_end(&r);
}
