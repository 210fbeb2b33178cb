/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Numbers and addresses on the command lines of the generators. What is wrong
 * with one is said on standard error, with the usage, and ends the program
 * with status 64.
 */
#ifndef EVINETD_TESTS_BENCH_OPTIONS_H
#define EVINETD_TESTS_BENCH_OPTIONS_H

#include <sys/socket.h>

#include <stddef.h>

/* What each program says about its options; "usage: NAME ..." */
extern const char options_usage[];

void options_fail(const char *what, const char *why) __attribute__((noreturn));

/* At least min, at most 1,000,000,000. */
size_t options_number(const char *s, size_t min);

/* HOST:PORT, [HOST]:PORT or unix:PATH, which may be written to. Returns the
 * length of the address. */
socklen_t options_resolve(char *where, struct sockaddr_storage *ret);

/* An address without a port. */
socklen_t options_address(const char *host, struct sockaddr_storage *ret);

#endif
