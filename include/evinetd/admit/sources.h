/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Who is connected, counted by source: the client's address cut to a prefix,
 * or the uid of a Unix-socket peer. Pure.
 *
 * The table holds an entry only while a source has live connections, so it is
 * bounded by the limit on connections.
 */
#ifndef EVINETD_ADMIT_SOURCES_H
#define EVINETD_ADMIT_SOURCES_H

#include <evinetd/net/client.h>

#include <stdint.h>

/* Prefix lengths in bits. An IPv6 site has a /64 at least, so counting single
 * addresses there would count nothing. */
#define SOURCE_PREFIX_IPV4 32
#define SOURCE_PREFIX_IPV6 64

/* A key: compared byte by byte, so all of it is always set. */
struct source {
	uint32_t family;
	uint8_t bytes[16];
};

void source_from_client(const struct client *c, struct source *ret);

struct sources;

struct sources *sources_new(void); /* NULL: out of memory */
void sources_free(struct sources *t);

/* Counts one more. 0 and its connections, this one included, or -ENOMEM. */
int
sources_enter(struct sources *t, const struct source *s, unsigned *ret_count);

/* Counts one less; it must have entered. */
void sources_leave(struct sources *t, const struct source *s);

#endif
