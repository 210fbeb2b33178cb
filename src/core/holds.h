/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The holds that are watched: one epoll descriptor for all of them, because
 * libev has no event for EPOLLRDHUP, and because a hold has to be taken out
 * before it is closed: others may have the description open, and then closing
 * takes nothing out. Private to core.
 */
#ifndef EVINETD_CORE_HOLDS_H
#define EVINETD_CORE_HOLDS_H

#include "core.h"

/* 0 or a negative errno. */
int holds_init(struct supervisor *s);
void holds_fini(struct supervisor *s);

/* Tells connection_event() of these events (epoll_ctl(2)); a watched one is
 * watched for these instead. 0 or a negative errno. */
int holds_watch(struct connection *c, uint32_t events);

/* Before the hold is closed; a hold that is not watched is fine. */
void holds_forget(struct connection *c);

#endif
