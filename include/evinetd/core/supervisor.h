/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The supervisor: one process, one loop, all services. The only header of
 * core that a main program needs.
 */
#ifndef EVINETD_CORE_SUPERVISOR_H
#define EVINETD_CORE_SUPERVISOR_H

#include <evinetd/config/config.h>

struct supervisor;

/* Sets up signals, opens every listener, and starts nothing yet. The config
 * must outlive it. Logs what fails. 0, or a negative errno. */
int supervisor_new(const struct config *config, struct supervisor **ret);

/* Serves until SIGTERM or SIGINT has been carried out: stop accepting, wait
 * `drain_timeout`, then TERM to the handlers, five seconds, KILL. A second
 * signal skips a wait. */
void supervisor_run(struct supervisor *s);

void supervisor_free(struct supervisor *s);

#endif
