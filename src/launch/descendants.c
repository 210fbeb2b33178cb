/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* A walk through /proc. Slow beside a cgroup, a few milliseconds with a
 * thousand processes, and done only when a handler of a `kill_mode = tree`
 * service ends where no cgroup could be made.
 */
#include <evinetd/base/clock.h>
#include <evinetd/launch/descendants.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a look at /proc is as good as a new one. */
#define DESCENDANTS_RECENT_NS UINT64_C(50000000)

struct process {
	pid_t pid, parent, session;
	char state;
	bool looked;	     /* connection is known */
	uint64_t connection; /* from its environment; 0: none */
};

struct process_table {
	struct process *items;
	size_t count, room;
};

static ssize_t
process_read(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	const ssize_t n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* proc(5), /proc/[pid]/stat: the name in it may hold anything, so what
 * follows is found from its last parenthesis. */
static bool
process_load(pid_t pid, struct process *ret)
{
	char buf[1024];
	int parent, group, session;

	if (process_read(pid, "stat", buf, sizeof(buf)) <= 0)
		return false;
	const char *rest = strrchr(buf, ')');
	if (rest == NULL ||
	    /* NOLINTNEXTLINE(cert-err34-c): the kernel wrote it */
	    sscanf(rest, ") %c %d %d %d", &ret->state, &parent, &group,
		&session) != 4)
		return false;
	ret->looked = false;
	ret->connection = 0;
	ret->pid = pid;
	ret->parent = parent;
	ret->session = session;
	return true;
}

static int
process_table_add(struct process_table *t, const struct process *p)
{
	if (t->count == t->room) {
		const size_t room = t->room == 0 ? 256 : t->room * 2;
		struct process *items =
		    realloc(t->items, room * sizeof(*items));

		if (items == NULL)
			return -ENOMEM;
		t->items = items;
		t->room = room;
	}
	t->items[t->count++] = *p;
	return 0;
}

static int
process_compare(const void *a, const void *b)
{
	const pid_t x = ((const struct process *)a)->pid;
	const pid_t y = ((const struct process *)b)->pid;

	return (x > y) - (x < y);
}

/* Zombies are left out: there may be thousands of them, they have no children,
 * and nothing more can be done to them. */
static int
process_table_load(struct process_table *t)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	struct process p;
	int error = 0;

	if (dir == NULL)
		return -errno;
	while (error == 0 && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    process_load((pid_t)strtol(entry->d_name, NULL, 10), &p) &&
		    p.state != 'Z')
			error = process_table_add(t, &p);
	closedir(dir);
	if (t->count > 0)
		qsort(t->items, t->count, sizeof(t->items[0]), process_compare);
	return error;
}

static const struct process *
process_table_find(const struct process_table *t, pid_t pid)
{
	const struct process key = { .pid = pid };

	return bsearch(
	    &key, t->items, t->count, sizeof(t->items[0]), process_compare);
}

/* True when a is below ancestor. Bounded: a table read while processes come
 * and go may hold a circle. */
static bool
process_table_descends(
    const struct process_table *t, const struct process *p, pid_t ancestor)
{
	for (size_t i = 0; p != NULL && i < t->count; i++) {
		if (p->parent == ancestor)
			return true;
		p = process_table_find(t, p->parent);
	}
	return false;
}

/* Nothing is known of one that is being executed. */
static bool
process_has_connection(struct process *p, uint64_t connection)
{
	static const char name[] = "EVINETD_CONNECTION=";
	static char buf[128 * 1024];

	if (p->looked)
		return p->connection == connection;
	const ssize_t n = process_read(p->pid, "environ", buf, sizeof(buf));
	if (n <= 0)
		return false;
	p->looked = true;
	for (const char *v = buf; v < buf + n; v += strlen(v) + 1)
		if (strncmp(v, name, sizeof(name) - 1) == 0)
			p->connection =
			    strtoull(v + sizeof(name) - 1, NULL, 10);
	return p->connection == connection;
}

/* The table as it was a moment ago, or now: hundreds of handlers may end at
 * once, and each is looked for several times. In so short a time no number of
 * a process comes round again. */
static int
descendants_look(struct process_table *t, pid_t main_pid)
{
	static uint64_t looked_ns;
	const bool recent =
	    clock_monotonic_ns() - looked_ns < DESCENDANTS_RECENT_NS;

	/* One that was started since has to be there. */
	if (recent && t->count > 0 &&
	    (process_table_find(t, main_pid) != NULL ||
		kill(main_pid, 0) == -1))
		return 0;
	t->count = 0;
	const int error = process_table_load(t);
	looked_ns = clock_monotonic_ns();
	return error;
}

int
descendants_kill(pid_t main_pid, uint64_t connection, int signal)
{
	static struct process_table t;
	const pid_t self = getpid();
	const int error = descendants_look(&t, main_pid);
	int count = 0;

	for (size_t i = 0; error == 0 && i < t.count; i++) {
		struct process *p = &t.items[i];

		if (!process_table_descends(&t, p, self))
			continue;
		if (p->pid != main_pid && p->session != main_pid &&
		    !process_table_descends(&t, p, main_pid) &&
		    !process_has_connection(p, connection))
			continue;
		if (kill(p->pid, signal) == -1 && errno == ESRCH)
			continue; /* gone meanwhile */
		count++;
	}
	return error < 0 ? error : count;
}
