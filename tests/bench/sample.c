/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Quantiles rather than means: on a shared machine a few turns are always
 * disturbed, and they say nothing about the code.
 */
#include "sample.h"

#include <assert.h>
#include <err.h>
#include <stdlib.h>
#include <time.h>

void
sample_init(struct sample *s, size_t room)
{
	s->values = calloc(room, sizeof(*s->values));
	if (s->values == NULL)
		err(EXIT_FAILURE, "calloc");
	s->room = room;
	s->count = 0;
}

void
sample_fini(struct sample *s)
{
	free(s->values);
	s->values = NULL;
}

void
sample_add(struct sample *s, double value)
{
	assert(s->count < s->room);
	s->values[s->count++] = value;
}

static int
sample_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double
sample_quantile(struct sample *s, double part)
{
	if (s->count == 0)
		return 0.;
	qsort(s->values, s->count, sizeof(*s->values), sample_compare);
	return s->values[(size_t)(part * (double)(s->count - 1) + 0.5)];
}

double
sample_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}
