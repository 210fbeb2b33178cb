/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The daemon as PID 1 of a PID namespace with a /proc of its own, as a
 * container has it; see pid_namespaces(7). EVINETD_TEST_PID1=1 in the
 * environment makes all tests run it so.
 *
 * What the daemon and its handlers call a pid is then one of that namespace;
 * the tests look from outside, where all of its processes have another one.
 */
#ifndef EVINETD_TESTS_PIDNS_H
#define EVINETD_TESTS_PIDNS_H

#include <stdbool.h>
#include <sys/types.h>

/* True for EVINETD_TEST_PID1=1. */
bool pidns_is_wanted(void);

/* Skips the test where such namespaces cannot be made. */
void pidns_need(void);

/* As fork(2); the child is PID 1 of a new namespace, whose /proc is mounted in
 * a mount namespace of its own. */
pid_t pidns_fork(void);

/* The pid, as seen from here, of the process that the namespace of member (as
 * seen from here) calls by that number; 0 when there is none. */
pid_t pidns_translate(pid_t member, pid_t pid);

/* Starts a process in the namespace of member from outside, with its /proc, as
 * nsenter(1) does: it runs that shell command, and is our child. */
pid_t pidns_inject(pid_t member, const char *command);

#endif
