/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Who belongs to a handler, and that they end with it. The main process has
 * been reaped when its remains are dealt with, so its number could be in use
 * again: the kernel does not reuse one that still names a group, so a process
 * with that number means that the old group is empty.
 */
#include "tree.h"

#include <evinetd/base/clock.h>
#include <evinetd/launch/cgroup.h>
#include <evinetd/launch/descendants.h>

#include "handler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

/* After SIGKILL only the kernel can delay an end; looked at so often. */
#define TREE_RETRY 0.2

/* Orphans may end by the thousand; what that means for the remains is looked
 * at once in so long. */
#define TREE_CHECK 0.1

/* A process in an uninterruptible sleep is left alone after so many looks; it
 * dies when it wakes. */
#define TREE_RETRIES 50

/* So many looks at /proc, at least so far apart, have to see none. */
#define TREE_LOOKS    3
#define TREE_APART_NS UINT64_C(60000000)

struct remains {
	struct tree tree;
	ev_timer timer;
	unsigned retries; /* after SIGKILL, or with none to be seen */
	int signal;	  /* the next one */
	double grace;	  /* seconds from the first to SIGKILL */
	unsigned nones;	  /* looks in a row that saw none */
	uint64_t none_ns; /* the last of them */
	LIST_ENTRY(remains) entry;
};

static int
tree_kill_group(const struct tree *t, int signal)
{
	return kill(-t->main, signal) == 0 ? 1 : 0;
}

static int
tree_kill_descendants(const struct tree *t, int signal)
{
	const struct handler *other;
	pid_t main = t->main;

	/* The number may be that of a new handler by now. */
	HASH_FIND_INT(t->supervisor->by_pid, &main, other);
	if (other != NULL && other->id != t->id)
		main = 0;
	return descendants_kill(main, t->id, signal);
}

/* How many it went to, or a negative errno. */
static int
tree_try_signal(const struct tree *t, int signal)
{
	switch (t->mode) {
	case CONFIG_KILL_MAIN:
		return kill(t->main, signal) == 0 ? 1 : 0;
	case CONFIG_KILL_GROUP:
		return tree_kill_group(t, signal);
	case CONFIG_KILL_TREE:
		break;
	}
	return t->cgroup ? cgroup_kill(t->supervisor->cgroups, t->id, signal)
			 : tree_kill_descendants(t, signal);
}

/* Clients may have taken all descriptors, but not those to end them with. */
static int
tree_signal(const struct tree *t, int signal)
{
	int count = tree_try_signal(t, signal);

	if (count != -EMFILE && count != -ENFILE)
		return count;
	reserve_lend(&t->supervisor->reserve);
	count = tree_try_signal(t, signal);
	reserve_fill(&t->supervisor->reserve);
	return count;
}

static bool
tree_is_by_walk(const struct tree *t)
{
	return t->mode == CONFIG_KILL_TREE && !t->cgroup;
}

void
tree_kill(const struct tree *t, int signal)
{
	const int count = tree_signal(t, signal);

	/* For want of descriptors or memory; or because a walk misses those who
	 * fork and exit all the time, which the kernel does not. */
	if (count < 0 || (tree_is_by_walk(t) && signal == SIGKILL))
		(void)tree_kill_group(t, signal);
}

const char *
tree_means(const struct tree *t)
{
	switch (t->mode) {
	case CONFIG_KILL_MAIN:
		return "main";
	case CONFIG_KILL_GROUP:
		return "group";
	case CONFIG_KILL_TREE:
		break;
	}
	return t->cgroup ? "cgroup" : "subreaper";
}

/* How many are left, now that the main process is reaped; or a negative errno
 * when that cannot be told. */
static int
tree_remain(const struct tree *t, int signal)
{
	const bool reused = kill(t->main, 0) == 0;

	if (t->mode == CONFIG_KILL_MAIN ||
	    (t->mode == CONFIG_KILL_GROUP && reused))
		return 0;
	const int count = tree_signal(t, signal);
	if (count < 0 || !tree_is_by_walk(t) || reused ||
	    (count > 0 && signal != SIGKILL))
		return count;
	/* As in tree_kill(). */
	const int group = tree_kill_group(t, signal);
	return count > group ? count : group;
}

static void
remains_free(struct remains *r)
{
	const struct tree *t = &r->tree;

	ev_timer_stop(t->supervisor->loop, &r->timer);
	if (t->cgroup) /* busy: it stays until we end, and is found empty then
			*/
		(void)cgroup_remove(t->supervisor->cgroups, t->id);
	LIST_REMOVE(r, entry);
	free(r);
}

static void
remains_log(const struct tree *t, int signal, int count)
{
	struct log_record r;

	log_begin(&r, LOG_LEVEL_NOTICE, "remains");
	log_int(&r, "conn", (int64_t)t->id);
	log_int(&r, "pid", t->main);
	log_str(&r, "means", tree_means(t));
	log_str(&r, "signal", sigabbrev_np(signal));
	if (t->mode == CONFIG_KILL_TREE)
		log_int(&r, "processes", count);
	log_end(&r);
}

static void
remains_arm(struct remains *r, double seconds)
{
	struct ev_loop *loop = r->tree.supervisor->loop;

	ev_timer_stop(loop, &r->timer);
	ev_timer_set(&r->timer, seconds, 0.);
	ev_timer_start(loop, &r->timer);
}

/* Nothing is left. /proc is no snapshot, shows no environment while a program
 * is being executed, and a look may be as old as before the end of the main
 * process: it takes several, apart. A leaf is busy until the kernel has done
 * with its last process. */
static bool
remains_are_over(struct remains *r, int count)
{
	const struct tree *t = &r->tree;
	const uint64_t now = clock_monotonic_ns();

	if (count != 0)
		r->nones = 0;
	else if (r->nones == 0 || now - r->none_ns > TREE_APART_NS) {
		r->nones++;
		r->none_ns = now;
	}
	if (r->nones < (tree_is_by_walk(t) ? TREE_LOOKS : 1))
		return false;
	return !t->cgroup || cgroup_remove(t->supervisor->cgroups, t->id) == 0;
}

/* Sends the next signal and says when to come again; r is gone when nothing is
 * left. */
static void
remains_signal(struct remains *r)
{
	const int signal = r->signal;
	const int count = tree_remain(&r->tree, signal);

	if (remains_are_over(r, count) || r->retries == TREE_RETRIES) {
		remains_free(r);
		return;
	}
	if (count < 0) { /* nobody got it */
		remains_arm(r, TREE_RETRY);
		return;
	}
	if (r->nones > 0) {
		r->retries++;
		remains_arm(r, TREE_CHECK);
		return;
	}
	if (signal != SIGKILL || r->retries++ == 0)
		remains_log(&r->tree, signal, count);
	r->signal = SIGKILL;
	remains_arm(r, signal == SIGKILL ? TREE_RETRY : r->grace);
}

static void
remains_timer_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct remains *r = w->data;
	struct supervisor *s = r->tree.supervisor;

	remains_signal(r);
	shutdown_check(s);
}

void
tree_release(const struct tree *t, int signal, double grace)
{
	const bool sure = t->mode != CONFIG_KILL_TREE || t->cgroup;

	/* Nearly always nothing is left: without an allocation. */
	if (sure && tree_remain(t, 0) == 0 &&
	    (!t->cgroup || cgroup_remove(t->supervisor->cgroups, t->id) == 0))
		return;
	struct remains *r = calloc(1, sizeof(*r));
	if (r == NULL) { /* no time to be polite */
		(void)tree_remain(t, SIGKILL);
		return;
	}
	r->tree = *t;
	r->signal = signal;
	r->grace = grace;
	ev_timer_init(&r->timer, remains_timer_cb, 0., 0.);
	r->timer.data = r;
	LIST_INSERT_HEAD(&t->supervisor->remains, r, entry);
	remains_signal(r);
}

static void
tree_check_cb(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct supervisor *s = w->data;
	struct remains *r, *next;

	for (r = LIST_FIRST(&s->remains); r != NULL; r = next) {
		next = LIST_NEXT(r, entry);
		if (remains_are_over(r, tree_remain(&r->tree, 0)))
			remains_free(r);
	}
	shutdown_check(s);
}

void
tree_init_remains(struct supervisor *s)
{
	LIST_INIT(&s->remains);
	ev_timer_init(&s->remains_timer, tree_check_cb, TREE_CHECK, 0.);
	s->remains_timer.data = s;
}

void
tree_check_remains(struct supervisor *s)
{
	if (!LIST_EMPTY(&s->remains))
		ev_timer_start(s->loop, &s->remains_timer);
}

bool
tree_kill_remains(struct supervisor *s)
{
	struct remains *r, *next;

	for (r = LIST_FIRST(&s->remains); r != NULL; r = next) {
		next = LIST_NEXT(r, entry);
		r->signal = SIGKILL;
		remains_signal(r);
	}
	return !LIST_EMPTY(&s->remains);
}

void
tree_free_remains(struct supervisor *s)
{
	ev_timer_stop(s->loop, &s->remains_timer);
	while (!LIST_EMPTY(&s->remains))
		remains_free(LIST_FIRST(&s->remains));
}
