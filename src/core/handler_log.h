/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What a handler writes to its standard error, line by line, to our log.
 * Bounded in every direction: a piece of line, a rate of lines, and a rate of
 * bytes beyond which the handler has to wait. Private to core.
 */
#ifndef EVINETD_CORE_HANDLER_LOG_H
#define EVINETD_CORE_HANDLER_LOG_H

#include "core.h"

#include <evinetd/base/bucket.h>
#include <evinetd/base/lines.h>

struct handler_log {
	const struct handler *handler;
	int fd; /* our end of the pipe, or -1 */
	ev_io watcher;
	ev_timer throttle;   /* active: not reading until it fires */
	struct lines *lines; /* NULL until something was written */
	struct bucket bucket;
	uint64_t window_bytes; /* read since the last throttling */
	uint64_t window_start_ns;
	uint64_t dropped; /* lines not logged and not yet reported */
};

/* Makes the pipe; *ret_handler_fd is for the handler and belongs to the
 * caller. 0 or a negative errno. */
int handler_log_init(
    struct handler_log *h, const struct handler *handler, int *ret_handler_fd);
/* Begins to read; the handler's pid is known now. */
void handler_log_start(struct handler_log *h);
/* The main process has ended: logs what it left in the pipe. */
void handler_log_drain(struct handler_log *h);
void handler_log_fini(struct handler_log *h);

#endif
