/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Clients of the daemon under test. Every descriptor has a deadline for
 * sending and receiving; what passes it fails the test.
 */
#ifndef EVINETD_TESTS_PEER_H
#define EVINETD_TESTS_PEER_H

#include "harness.h"

#include <sys/socket.h>

/* To the service's first listener, at 127.0.0.1. */
int peer_connect(struct harness *h, const char *service);
/* The same, where a refusal is expected: it may come before connect(2) has
 * returned, which then says so. 0: connected, or the errno. */
int peer_try_connect(struct harness *h, const char *service, int *ret_fd);
/* The same from another address of 127.0.0.0/8. */
int peer_connect_from(struct harness *h, const char *service, const char *from);
/* What becomes of a client, from that address, that sends a byte to an echo
 * service: "served", "reset", or "closed" without an answer. */
const char *peer_fate(struct harness *h, const char *service, const char *from);
const char *peer_fate_of(int fd);
/* "127.0.0.1" or "::1". */
int peer_connect_ip(const char *host, uint16_t port);
/* A datagram socket that is connected to the service's first listener, at
 * 127.0.0.1. */
int peer_connect_udp(struct harness *h, const char *service);
int
peer_connect_udp_from(struct harness *h, const char *service, const char *from);
int peer_connect_udp_at(
    struct harness *h, const char *service, const char *from, uint16_t port);
/* type is SOCK_STREAM, SOCK_SEQPACKET or SOCK_DGRAM. */
int peer_connect_unix(const char *path, int type);
/* 0, or the errno of a connection that was not made. */
int peer_try_unix(const char *path);
int peer_try_ip(const char *host, uint16_t port);

void peer_send(int fd, const void *data, size_t len);
void peer_send_text(int fd, const char *text);
void peer_finish(int fd); /* sends no more */
void peer_close(int fd);
void peer_reset(int fd); /* closes with a reset */

/* Reads to the end, at most size - 1 bytes, and adds a NUL. The end must be a
 * clean one. */
size_t peer_read_to_end(int fd, char *buf, size_t size);
/* Reads just so many bytes. */
void peer_read(int fd, char *buf, size_t len);
/* Discards everything up to the end: 0 for a clean one, or its errno. */
int peer_wait_end(int fd, size_t *ret_len);

/* Connects, sends, finishes, reads to the end, closes. The answer stays until
 * the next call. */
const char *
peer_ask(struct harness *h, const char *service, const char *request);

/* Sends len bytes of a pattern and, at the same time, reads until the end and
 * compares. finish: half-closes after the last byte. */
void peer_exchange_pattern(int fd, size_t len, bool finish);

/* The value of KEY=VALUE in a text of lines, in one of a few static buffers;
 * fails when there is no such line. */
const char *peer_value(const char *text, const char *key);
/* NULL when there is no such line. */
const char *peer_find_value(const char *text, const char *key);

#endif
