/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What /proc says about a process, see proc(5).
 */
#ifndef EVINETD_TESTS_PROC_H
#define EVINETD_TESTS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Its children, zombies included: how many, and the first of them in pids. */
size_t proc_find_children(pid_t parent, pid_t *pids, size_t size);

/* How many processes there are, whosever children, with that word as one of
 * their arguments, all of it. signal is sent to each; 0: none. */
size_t proc_count_word(const char *word, int signal);

bool proc_is_zombie(pid_t pid);
/* Open descriptors. */
size_t proc_count_fds(pid_t pid);
/* A line of /proc/PID/status that is a number, such as "VmRSS"; -1: none. */
long proc_status_number(pid_t pid, const char *name);
/* Processor time, user and system, in seconds. */
double proc_cpu_seconds(pid_t pid);
/* What it takes of one processor in so long a time from now on: 0.05 is five
 * per cent. Waits for so long. */
double proc_measure_cpu(pid_t pid, unsigned ms);
/* A file such as "oom_score_adj" as a number. */
long proc_read_number(pid_t pid, const char *name);

#endif
