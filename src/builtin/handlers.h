/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The built-in handlers: two functions for each name of EVINETD_BUILTINS. One
 * serves the one client on descriptors 0 and 1 (a stream or seqpacket socket,
 * or two pipes) until it is done or the client has left; the other answers a
 * datagram, for dgram.c.
 */
#ifndef EVINETD_BUILTIN_HANDLERS_H
#define EVINETD_BUILTIN_HANDLERS_H

#include <evinetd/builtin.h>

#include <sys/types.h>

#include <stddef.h>

/* int builtin_echo(void) and so on: 0 when the service was given to its end,
 * or the negative errno that stopped it. ssize_t builtin_echo_dgram(char *buf,
 * size_t len) and so on: see dgram_answer_fn. */
#define BUILTIN_DECLARE(name, help) \
	int builtin_##name(void);   \
	ssize_t builtin_##name##_dgram(char *buf, size_t len);
EVINETD_BUILTINS(BUILTIN_DECLARE)
#undef BUILTIN_DECLARE

#endif
