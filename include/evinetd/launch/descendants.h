/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Finding what a handler has left behind where there is no cgroup: in /proc,
 * among our descendants, by what they inherited (their session, or
 * EVINETD_CONNECTION in the environment that they were started with). We are
 * a child subreaper (prctl(2)), so orphans stay our descendants. A program that
 * leaves the session and replaces its environment is not found this way.
 */
#ifndef EVINETD_LAUNCH_DESCENDANTS_H
#define EVINETD_LAUNCH_DESCENDANTS_H

#include <stdint.h>
#include <sys/types.h>

/* Sends a signal (0: counts only) to each process that descends from us and
 * belongs to the connection whose main process is, or was, main_pid; zombies
 * do not count. How many there were, or a negative errno. */
int descendants_kill(pid_t main_pid, uint64_t connection, int signal);

#endif
