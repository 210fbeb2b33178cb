/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A series of measured times, in microseconds, and its quantiles. */
#ifndef EVINETD_TESTS_BENCH_SAMPLE_H
#define EVINETD_TESTS_BENCH_SAMPLE_H

#include <stddef.h>

struct sample {
	double *values;
	size_t count;
	size_t room;
};

/* Ends the program when there is no memory for room values. */
void sample_init(struct sample *s, size_t room);
void sample_fini(struct sample *s);

/* At most room times. */
void sample_add(struct sample *s, double value);

/* 0.5 is the median. Sorts the values; 0 when there are none. */
double sample_quantile(struct sample *s, double part);

/* Microseconds on CLOCK_MONOTONIC. */
double sample_now_us(void);

#endif
