/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The only code between clone and exec. It runs in a child that shares our
 * memory while we are suspended: system calls only, no allocation, no NSS, no
 * logging, no locks, and nothing written but the failed step, its errno, and
 * the text of its own pid.
 *
 * Order: what needs privileges comes before they go; groups before user; the
 * working directory as the user who will use it.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* We are suspended as long as this child is. Once it has become another user
 * every process of that user may signal it, and could stop it for ever.
 * SIGKILL ends that, too, and a file system that does not answer. The timer is
 * gone with exec. */
static void
child_set_deadline(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGKILL };
	const struct itimerspec in = { .it_value.tv_nsec = SPAWN_DEADLINE_NS };
	timer_t timer;

	/* Where no timer can be had the launch is worth the risk. */
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		(void)timer_settime(timer, 0, &in, NULL);
}

/* First, so that nothing of this child can be elsewhere. */
static int
child_join_cgroup(const struct child_launch *c)
{
	if (c->cgroup_fd == -1)
		return 0;
	return write(c->cgroup_fd, "0", 1) == 1 ? 0 : -1;
}

static int
child_reset_signals(const struct child_launch *c)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < c->nsignals; i++)
		if (sigaction(c->signals[i], &dfl, NULL) == -1)
			return -1;
	return 0;
}

static int
child_set_descriptors(const struct child_launch *c)
{
	const int first = STDERR_FILENO + 1, count = (int)c->npassed;

	/* dup2(2) clears close-on-exec in the copy. */
	for (int i = 0; i < first; i++)
		if (dup2(c->fds[i], i) == -1)
			return -1;
	/* Away first: the place of one may be where another is now. */
	for (int i = 0; i < count; i++)
		if (dup2(c->passed[i], c->away + i) == -1)
			return -1;
	for (int i = 0; i < count; i++)
		if (dup2(c->away + i, first + i) == -1)
			return -1;
	return close_range((unsigned)(first + count), ~0U, 0);
}

/* What LISTEN_PID says, which nobody can know before. */
static void
child_write_pid(const struct child_launch *c)
{
	char digits[CHILD_PID_MAX];
	size_t count = 0;
	char *to = c->pid_text;

	if (to == NULL)
		return;
	for (pid_t pid = getpid(); pid > 0; pid /= 10)
		digits[count++] = (char)('0' + pid % 10);
	while (count > 0)
		*to++ = digits[--count];
	*to = '\0';
}

static int
child_set_nice(const struct child_setup *s)
{
	/* Back to 0 from a nicer start needs a privilege that we may lack;
	 * that is only an error when somebody asked for it. */
	if (s->set_nice && setpriority(PRIO_PROCESS, 0, s->nice) == -1 &&
	    s->nice_required)
		return -1;
	return 0;
}

static int
child_set_oom(const struct child_setup *s)
{
	if (s->oom_text == NULL)
		return 0;
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd == -1)
		return s->oom_required ? -1 : 0;
	const ssize_t n = write(fd, s->oom_text, s->oom_len);
	const int error = errno;
	close(fd);
	errno = error;
	return n == -1 && s->oom_required ? -1 : 0;
}

static int
child_set_limits(const struct child_setup *s)
{
	for (size_t i = 0; i < s->nlimits; i++)
		if (setrlimit(s->limits[i].resource, &s->limits[i].value) == -1)
			return -1;
	return 0;
}

/* The wrappers of glibc want all threads of the process to follow; this is
 * about the child alone, so the system calls are made directly. */
static int
child_set_groups(const struct child_setup *s)
{
	if (!s->set_groups)
		return 0;
	return (int)syscall(SYS_setgroups, s->ngroups, s->groups);
}

static int
child_set_group(const struct child_setup *s)
{
	if (!s->set_gid)
		return 0;
	return (int)syscall(SYS_setresgid, s->gid, s->gid, s->gid);
}

static int
child_set_user(const struct child_setup *s)
{
	uid_t real, effective, saved;

	if (!s->set_uid)
		return 0;
	if (syscall(SYS_setresuid, s->uid, s->uid, s->uid) == -1 ||
	    syscall(SYS_getresuid, &real, &effective, &saved) == -1)
		return -1;
	if (real != s->uid || effective != s->uid || saved != s->uid) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

static int
child_set_privileges(const struct child_setup *s)
{
	/* Whoever runs us with ambient capabilities gave them to us alone. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1)
		return -1;
	if (!s->no_new_privileges)
		return 0;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static int
child_exec(const struct child_launch *c)
{
	sigset_t none;

	/* Last: no handler of ours can run any more, as all that were set are
	 * the default again. */
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		return -1;
	return execve(c->setup->path, c->argv, c->envp);
}

int
child_main(void *arg)
{
	struct child_launch *c = arg;
	const struct child_setup *s = c->setup;

	if (s->set_uid)
		child_set_deadline();
	umask(s->umask);
	child_write_pid(c);
	if ((c->step = LAUNCH_STEP_CGROUP, child_join_cgroup(c) == -1) ||
	    (c->step = LAUNCH_STEP_SESSION, setsid() == -1) ||
	    (c->step = LAUNCH_STEP_SIGNALS, child_reset_signals(c) == -1) ||
	    (c->step = LAUNCH_STEP_DESCRIPTORS,
		child_set_descriptors(c) == -1) ||
	    (c->step = LAUNCH_STEP_NICE, child_set_nice(s) == -1) ||
	    (c->step = LAUNCH_STEP_OOM, child_set_oom(s) == -1) ||
	    (c->step = LAUNCH_STEP_LIMITS, child_set_limits(s) == -1) ||
	    (c->step = LAUNCH_STEP_GROUPS, child_set_groups(s) == -1) ||
	    (c->step = LAUNCH_STEP_GROUP, child_set_group(s) == -1) ||
	    (c->step = LAUNCH_STEP_USER, child_set_user(s) == -1) ||
	    (c->step = LAUNCH_STEP_DIRECTORY,
		chdir(s->working_directory) == -1) ||
	    (c->step = LAUNCH_STEP_PRIVILEGES, child_set_privileges(s) == -1) ||
	    (c->step = LAUNCH_STEP_EXEC, child_exec(c) == -1))
		c->error = errno;
	_exit(127);
}
