/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The ports that have a built-in datagram service of ours behind them. All of
 * these are told, so that none answers another: one forged datagram would have
 * two of them talk to each other for ever (CERT CA-1996-01). Called once the
 * sockets are open, because a port may be of the kernel's choice.
 */
#include "core.h"

#include "service.h"

#include <evinetd/launch/plan.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define BUILTIN_PORTS_VARIABLE "EVINETD_BUILTIN_PORTS"

static bool
builtin_ports_has_some(const struct service *s)
{
	return s->config->builtin && s->nrunners > 0;
}

static void
builtin_ports_print(const struct service *s, FILE *out)
{
	for (size_t i = 0; i < s->nrunners; i++)
		for (size_t k = 0; k < s->runners[i].nsockets; k++) {
			const struct listener *l =
			    &s->runners[i].sockets[k].listener;

			if (l->type == SOCK_DGRAM && addr_port(&l->addr) > 0)
				fprintf(out, "%u,", addr_port(&l->addr));
		}
}

/* "7,5007,", or NULL without memory. */
static char *
builtin_ports_list(const struct supervisor *s)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < s->nservices; i++)
		if (builtin_ports_has_some(s->services[i]))
			builtin_ports_print(s->services[i], out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

int
builtin_ports_tell(const struct supervisor *s)
{
	char *text = builtin_ports_list(s);
	int error = text == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < s->nservices && error == 0; i++)
		if (builtin_ports_has_some(s->services[i]))
			error = launch_plan_set_variable(
			    s->services[i]->plan, BUILTIN_PORTS_VARIABLE, text);
	free(text);
	return error;
}
