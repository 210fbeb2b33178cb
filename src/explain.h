/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* evinetd --explain: what would become of a client, before it comes. */
#ifndef EVINETD_EXPLAIN_H
#define EVINETD_EXPLAIN_H

#include <evinetd/config/config.h>

enum explain_outcome {
	EXPLAIN_ALLOWED, /* by the lists of all services that were asked */
	EXPLAIN_DENIED,	 /* by one of them at least */
	EXPLAIN_USAGE,	 /* no such address, user or service; said so */
	EXPLAIN_FAILED,	 /* said so */
};

/* Prints to standard output who decides about the peer, "192.0.2.7",
 * "2001:db8::1", "uid:1000" or "uid:git", and the limits that it then counts
 * against. service NULL: of all that are enabled and have a listener for such a
 * peer. */
enum explain_outcome
explain(const struct config *config, const char *peer, const char *service);

#endif
