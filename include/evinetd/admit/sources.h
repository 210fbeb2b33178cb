/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Who is connected, counted by source: the client's address cut to a prefix,
 * or the uid of a Unix-socket peer; and each source's token bucket. Pure, but
 * for the random numbers that a table is made with.
 *
 * The table holds an entry while a source has live connections, or a bucket
 * that is not full. Of the latter, the idle ones, there are SOURCES_IDLE_MAX
 * at most: the one that has been idle longest goes first, and its source then
 * counts as a new one. Each change looks at two idle entries, so those whose
 * bucket is full again go without a timer.
 *
 * An entry takes SOURCES_ENTRY_SIZE bytes, those of the hash included, so all
 * idle ones 8 MiB at most; the others are bounded by the limit on connections.
 */
#ifndef EVINETD_ADMIT_SOURCES_H
#define EVINETD_ADMIT_SOURCES_H

#include <evinetd/base/bucket.h>
#include <evinetd/config/admission.h>
#include <evinetd/net/client.h>

#include <stddef.h>
#include <stdint.h>

#define SOURCES_IDLE_MAX   65536
#define SOURCES_ENTRY_SIZE 128

/* A key: compared byte by byte, so all of it is always set. */
struct source {
	uint32_t family;
	uint8_t bytes[16];
};

void source_from_client(const struct client *c,
    const struct config_prefixes *prefixes, struct source *ret);

struct sources;

/* A table whose buckets have that rate. 0, or -ENOMEM, or another negative
 * errno of getrandom(2). */
int sources_new(const struct bucket_rate *rate, struct sources **ret);
void sources_free(struct sources *t);

/* How many connections of a source are alive; and how long until it has a
 * token, as bucket_wait_ns() says it. */
unsigned sources_look(const struct sources *t, const struct source *s,
    uint64_t now_ns, uint64_t *ret_wait_ns);

/* Counts one more and takes a token, owed if there is none. 0 and its
 * connections, this one included, or -ENOMEM and nothing changed. */
int sources_enter(struct sources *t, const struct source *s, uint64_t now_ns,
    unsigned *ret_count);

/* Counts one less; it must have entered. */
void sources_leave(struct sources *t, const struct source *s, uint64_t now_ns);

/* The same, and gives the token back. */
void sources_cancel(struct sources *t, const struct source *s, uint64_t now_ns);

/* How many entries there are, and how many of them are idle. */
size_t sources_count(const struct sources *t);
size_t sources_count_idle(const struct sources *t);

#endif
