/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The time, as two numbers. Code that has to be tested takes it as an
 * argument instead of calling these.
 */
#ifndef EVINETD_BASE_CLOCK_H
#define EVINETD_BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_monotonic_ns(void);

/* CLOCK_REALTIME in milliseconds since 1970. */
int64_t clock_realtime_ms(void);

#endif
