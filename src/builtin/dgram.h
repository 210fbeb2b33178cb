/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Serving a datagram socket that a super-server shares with its handler
 * (`wait` in inetd.conf(5)): unconnected, bound, UDP or AF_UNIX.
 */
#ifndef EVINETD_BUILTIN_DGRAM_H
#define EVINETD_BUILTIN_DGRAM_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* How long nobody has sent anything when a handler ends, in ms. It is there
 * again for the next datagram after one launch. */
#define DGRAM_IDLE_DEFAULT 10000

/* Room in the buffer of an answer, whatever the request was. */
#define DGRAM_ANSWER_MAX 1024

/* One request and its answer: buf holds a datagram of len bytes, 0 too, and
 * is to hold the answer afterwards. Returns the answer's length, at most len
 * or DGRAM_ANSWER_MAX, or -1 for no answer. */
typedef ssize_t dgram_answer_fn(char *buf, size_t len);

/* Whether fd is a socket of type SOCK_DGRAM. */
bool dgram_is_socket(int fd);

/* Answers the datagrams of all peers until none has come for idle ms. No
 * answer goes where guard.h or the kernel forbids it, nor to a peer without
 * an address. The options and flags of fd are afterwards as they were.
 * Returns 0, or the negative errno that makes fd useless. */
int dgram_serve(int fd, int idle, dgram_answer_fn *answer);

#endif
