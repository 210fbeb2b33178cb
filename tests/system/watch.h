/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The daemon's last moment: it has done all that it does, and is stopped just
 * before it ends, by ptrace(2). What still runs then, it has left behind. That
 * cannot be told later of a PID 1, with which the kernel ends everything.
 *
 *	watch_exit(h);
 *	kill(h->pid, SIGTERM);
 *	watch_wait_exiting(h);
 *	assert_int_equal(... what is left ..., 0);
 *	assert_int_equal(harness_wait_exit(h), 0);
 *
 * With sanitizers nothing is watched, for they use ptrace(2) themselves when
 * they look for leaks; then what is left is seen after the end.
 */
#ifndef EVINETD_TESTS_WATCH_H
#define EVINETD_TESTS_WATCH_H

#include "harness.h"

/* From now on. Signals of which it knows nothing would stop it, too. */
void watch_exit(struct harness *h);

/* Waits for that moment. Returns with the daemon stopped there, or gone. */
void watch_wait_exiting(struct harness *h);

/* Lets it end; harness_wait_exit() does it, and the teardown. */
void watch_release(struct harness *h);

#endif
