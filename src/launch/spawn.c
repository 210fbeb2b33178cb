/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The parent's side of a launch: blocks signals, clones, and reads what the
 * child has written about its failure. An ordinary return value, without a
 * pipe, because the memory is shared until exec.
 *
 * glibc's clone(2) wrapper is used: it gives the child a stack of its own,
 * which vfork(2) in C does not. There is no CLONE_PIDFD: nobody but us reaps
 * our children, so a pid cannot be reused before we have seen its end, and a
 * pidfd would cost a descriptor a connection.
 */
#include <evinetd/launch/spawn.h>

#include "plan.h"

#include <evinetd/base/clock.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SPAWNER_STACK_SIZE (64 * 1024)

/* How long a process that was killed may take to be gone. */
#define SPAWN_EXIT_MS 100

struct spawner {
	char *stack; /* its lowest page is a guard */
	int signals[NSIG];
	size_t nsignals;
	bool handled; /* one of them has a handler */
};

const char *
launch_step_name(enum launch_step step)
{
	static const char *const names[] = {
#define LAUNCH_STEP_TEXT(name, text) [LAUNCH_STEP_##name] = text,
		LAUNCH_STEPS(LAUNCH_STEP_TEXT)
#undef LAUNCH_STEP_TEXT
	};

	return names[step];
}

/* exec resets handled signals, but the child unblocks them before; and it
 * keeps ignored ones, such as SIGPIPE. */
static void
spawner_find_signals(struct spawner *s)
{
	struct sigaction old;

	for (int i = 1; i < NSIG; i++)
		if (i != SIGKILL && i != SIGSTOP &&
		    sigaction(i, NULL, &old) == 0 &&
		    old.sa_handler != SIG_DFL) {
			s->signals[s->nsignals++] = i;
			s->handled |= old.sa_handler != SIG_IGN;
		}
}

int
spawner_new(struct spawner **ret)
{
	const long page = sysconf(_SC_PAGESIZE);
	struct spawner *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->stack = mmap(NULL, SPAWNER_STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (s->stack == MAP_FAILED) {
		free(s);
		return -ENOMEM;
	}
	if (mprotect(s->stack, (size_t)page, PROT_NONE) == -1) {
		const int error = errno;

		spawner_free(s);
		return -error;
	}
	spawner_find_signals(s);
	*ret = s;
	return 0;
}

void
spawner_free(struct spawner *s)
{
	if (s == NULL)
		return;
	munmap(s->stack, SPAWNER_STACK_SIZE);
	free(s);
}

/* A child that failed has exited, or is about to: this does not wait long. */
static void
spawn_reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}

/* Whether a child that has taken so long was killed before it got to exec, and
 * is not a handler by now. It lets go of our memory a little before it can be
 * waited for. */
static bool
spawn_was_late(pid_t pid, uint64_t began_ns)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	if (clock_monotonic_ns() - began_ns < SPAWN_DEADLINE_NS)
		return false;
	for (int i = 0; i < SPAWN_EXIT_MS; i++) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_PID, (id_t)pid, &info,
			WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid == pid)
			return info.si_code == CLD_KILLED;
		nanosleep(&nap, NULL);
	}
	return false;
}

static struct spawn_result
spawn_clone(struct spawner *s, struct child_launch *launch)
{
	struct spawn_result result = { .pid = -1 };
	sigset_t all, old;

	/* A handler of ours must not run in the child, on shared memory. With
	 * signalfd(2) there is none. */
	sigfillset(&all);
	if (s->handled)
		sigprocmask(SIG_SETMASK, &all, &old);
	const uint64_t began_ns = clock_monotonic_ns();
	const pid_t pid = clone(child_main, s->stack + SPAWNER_STACK_SIZE,
	    CLONE_VM | CLONE_VFORK | SIGCHLD, launch);
	const int error = errno;
	if (s->handled)
		sigprocmask(SIG_SETMASK, &old, NULL);

	if (pid == -1) {
		result.step = LAUNCH_STEP_CLONE;
		result.error = error;
	} else if (launch->error != 0) {
		result.step = launch->step;
		result.error = launch->error;
		spawn_reap(pid);
	} else if (spawn_was_late(pid, began_ns)) {
		result.step = launch->step;
		result.error = ETIMEDOUT;
		spawn_reap(pid);
	} else
		result.pid = pid;
	return result;
}

static void
spawn_set_descriptors(
    struct child_launch *launch, const struct spawn_request *r)
{
	const struct handover *h = r->handover;
	const int fd = r->client->fd;
	const int stderr_fd = r->stderr_fd != -1 ? r->stderr_fd : fd;

	launch->fds[STDIN_FILENO] = h == NULL ? fd : r->null_fd;
	launch->fds[STDOUT_FILENO] = h == NULL ? fd : stderr_fd;
	launch->fds[STDERR_FILENO] = stderr_fd;
	if (h == NULL)
		return;
	launch->passed = h->fds;
	launch->npassed = h->count;
	launch->away = h->away;
}

void
spawn_submit(struct spawner *s, const struct spawn_request *request,
    spawn_cb *cb, void *arg)
{
	struct launch_plan *plan = request->plan;
	struct child_launch launch = {
		.setup = &plan->setup,
		.argv = plan->frame.argv,
		.envp = plan->frame.envp,
		.cgroup_fd = request->cgroup_fd,
		.signals = s->signals,
		.nsignals = s->nsignals,
	};

	spawn_set_descriptors(&launch, request);
	launch.pid_text = launch_frame_fill(&plan->frame, request);
	const struct spawn_result result = spawn_clone(s, &launch);
	cb(arg, &result);
}
