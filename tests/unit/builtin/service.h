/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A datagram service as a super-server has it: a bound socket that outlives
 * the handlers started on it, and clients of it. What fails here fails the
 * test; all waiting has a deadline.
 */
#ifndef EVINETD_TESTS_BUILTIN_SERVICE_H
#define EVINETD_TESTS_BUILTIN_SERVICE_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prog.h"

enum service_kind {
	SERVICE_V4,
	SERVICE_V6,
	SERVICE_MAPPED, /* IPv4 clients of an IPv6 socket */
	SERVICE_UNIX,
	SERVICE_ABSTRACT, /* the same, not in the file system */
	SERVICE_KINDS,
};

struct service {
	enum service_kind kind;
	int fd;
	struct sockaddr_storage addr;
	socklen_t len;
	uint16_t port; /* 0 for Unix sockets */
	struct prog prog;
};

/* Binds to every address and a free port, or to a path in service_dir(). */
void service_open(struct service *s, enum service_kind kind);

void service_close(struct service *s);

/* A temporary directory, removed at the end of the program. */
const char *service_dir(void);

/* Runs the handler on the socket, with an idle time in ms, or one that no
 * test reaches. */
void service_start_idle(struct service *s, const char *name, const char *idle);
void service_start(struct service *s, const char *name);

/* Waits for its end by itself, which is to be a good one. */
void service_wait(struct service *s);

/* Ends it by SIGTERM, unless it has ended already: that fails the test. */
void service_stop(struct service *s);

/* The address of a host, as clients of the service write it. Multicast groups
 * are those of the loopback interface. */
socklen_t client_address(const struct service *s, const char *host,
    uint16_t port, struct sockaddr_storage *ret_addr);

/* A socket of UDP, bound to an address (NULL: loopback) and port (0: any). */
int client_bind(const struct service *s, const char *host, uint16_t port);

/* Sends "?" to the service by one of its UDP addresses. */
void client_send_to(const struct service *s, int fd, const char *host);

/* A socket with an address of its own that is connected to the service, so
 * that answers from another address than the one it asked do not reach it. */
int client_open(const struct service *s);
int client_open_to(const struct service *s, const char *host);

void client_send(int fd, const void *data, size_t len);

/* The length of the next answer. */
size_t client_recv(int fd, void *buf, size_t size);

/* Sends data and expects to get the same back. */
void client_echo(int fd, const void *data, size_t len);

/* Returns when a datagram waits at a service that is not running. */
void service_await_datagram(const struct service *s);

/* Asserts that nothing that was sent so far is answered on fd: what is sent
 * afterwards by another client is, and datagrams are served in order. */
void service_check_silent(const struct service *s, int fd);

#endif
