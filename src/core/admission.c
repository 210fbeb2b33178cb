/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Asks for a verdict, and carries out a refusal. It costs a client that is
 * refused no process, no name look-up, and no memory that stays.
 */
#include "admission.h"

#include "farewell.h"
#include "service.h"

#include <evinetd/base/clock.h>

#include <limits.h>
#include <sys/sysinfo.h>
#include <time.h>

/* The kernel computes it anew every five seconds. */
#define ADMISSION_LOAD_NS UINT64_C(1000000000)

/* In hundredths, of one minute. */
static unsigned
admission_load(struct supervisor *s, uint64_t now_ns)
{
	struct sysinfo info;

	if (s->load_read_ns != 0 &&
	    now_ns - s->load_read_ns < ADMISSION_LOAD_NS)
		return s->load;
	s->load_read_ns = now_ns;
	/* Cannot fail with a valid address. */
	if (sysinfo(&info) == 0)
		s->load = (unsigned)((info.loads[0] * 100) >> SI_LOAD_SHIFT);
	return s->load;
}

void
admission_decide(struct service *s, const struct client *c,
    struct source *ret_source, struct admit_verdict *ret)
{
	static gid_t groups[NGROUPS_MAX + 1]; /* too large for the stack */
	struct admit_now now = {
		.monotonic_ns = clock_monotonic_ns(),
		.wall = time(NULL),
	};
	struct admit_peer peer = {
		.access = { .addr = &c->peer,
		    .uid = c->cred.uid,
		    .gids = groups },
	};

	if (admit_needs_groups(s->admit))
		peer.access.ngids = client_groups(
		    c, groups, sizeof(groups) / sizeof(groups[0]));
	if (admit_needs_load(s->admit))
		now.load = admission_load(s->supervisor, now.monotonic_ns);
	source_from_client(c, admit_prefixes(s->admit), &peer.source);
	*ret_source = peer.source;
	admit_decide(s->admit, &peer, &now, ret);
}

void
admission_send_away(struct service *s, struct client *c)
{
	const struct config_admission *config = &s->config->admission;

	switch (config->when_refused) {
	case CONFIG_REFUSAL_RESET:
		client_reset(c);
		break;
	case CONFIG_REFUSAL_CLOSE:
		client_close(c);
		break;
	case CONFIG_REFUSAL_MESSAGE:
		farewell_say(s->supervisor, c, config->refuse_message,
		    s->config->linger_ms);
		break;
	}
}

void
admission_refuse(
    struct service *s, struct client *c, const struct admit_verdict *verdict)
{
	s->supervisor->next_id++;
	refusals_add(s, c, verdict);
	admission_send_away(s, c);
}
