/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Stops the daemon at its exit. It is our child, so that we may trace it
 * wherever ptrace(2) is permitted at all.
 */
#include "watch.h"

#include "proc.h"

#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

void
watch_exit(struct harness *h)
{
	if (TEST_SANITIZED)
		return;
	if (ptrace(PTRACE_SEIZE, h->pid, NULL, PTRACE_O_TRACEEXIT) == -1)
		harness_skip("ptrace is not permitted: %s", strerror(errno));
	h->watched = true;
}

static bool
watch_is_exiting(struct harness *h)
{
	int status;

	if (!h->watched)
		return proc_is_zombie(h->pid);
	if (waitpid(h->pid, &status, WNOHANG) != h->pid)
		return false;
	if (!WIFSTOPPED(status))
		fail_msg("it has ended without an exit");
	if (status >> 16 == PTRACE_EVENT_EXIT)
		return true;
	ptrace(PTRACE_CONT, h->pid, NULL, WSTOPSIG(status));
	return false;
}

void
watch_wait_exiting(struct harness *h)
{
	HARNESS_WAIT_UNTIL(watch_is_exiting(h));
}

void
watch_release(struct harness *h)
{
	if (h->watched)
		ptrace(PTRACE_DETACH, h->pid, NULL, NULL);
	h->watched = false;
}
