/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A network of the test's own, in which it may do what root may, with nothing
 * but a loopback interface: 127.0.0.1/8, ::1 and fd00::5.
 */
#ifndef EVINETD_TESTS_BUILTIN_NETNS_H
#define EVINETD_TESTS_BUILTIN_NETNS_H

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>

/* Moves the program there for good. Returns false where that is forbidden. */
bool netns_enter(void);

/* Sets the largest packet of the loopback interface. */
void netns_set_mtu(int mtu);

/* Sends a datagram of one byte by IPv4 that says it comes from somewhere. */
void netns_send_forged(
    const char *from, uint16_t from_port, const char *to, uint16_t to_port);

#endif
