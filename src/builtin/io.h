/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Reading and writing for a program that was handed its descriptors and does
 * not know what they are: sockets or pipes, blocking or (when whoever had
 * them before left it so) not.
 */
#ifndef EVINETD_BUILTIN_IO_H
#define EVINETD_BUILTIN_IO_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* Waits until something is there. Returns the number of bytes read, 0 at the
 * end of the input, or a negative errno. */
ssize_t io_read(int fd, void *buf, size_t len);

/* As io_read(), for bytes that nobody wants to see: buf is scratch, and where
 * the kernel can throw a stream away by itself nothing is copied there. */
ssize_t io_skip(int fd, void *buf, size_t len);

/* Throws away what has arrived, len bytes at most, without waiting for more.
 * Says nothing of errors: they show when the descriptor is written to. */
void io_skip_pending(int fd, void *buf, size_t len);

/* Writes all of buf, however little the kernel takes at a time. Returns 0 or
 * a negative errno. */
int io_write_all(int fd, const void *buf, size_t len);

/* Whether error, a negative errno, only says that the client has left. */
bool io_client_left(int error);

#endif
