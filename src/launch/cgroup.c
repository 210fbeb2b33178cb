/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Leaves below our own cgroup. All of it is files: a leaf is a folder, joining
 * and killing are writes. Called by core, never by the child, which gets a
 * descriptor to write to.
 */
#include <evinetd/base/clock.h>
#include <evinetd/launch/cgroup.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_PATH_MAX 4096
#define CGROUP_NAME_MAX 24

/* A handler that runs as the owner of its leaf may divide that. So deep we go
 * to be polite and to clean up; cgroup.kill and cgroup.events know no depth. */
#define CGROUP_DEPTH 16

/* For a signal a descriptor a level, and there may be no others than the
 * supervisor's reserve. */
#define CGROUP_DEPTH_SIGNAL 6

struct cgroups {
	int fd; /* our folder */
	char path[CGROUP_PATH_MAX];
};

/* Where the unified hierarchy is mounted: as the only one, or beside those of
 * version 1. */
static int
cgroup_find_mount(char *buf, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	int error = -ENOENT;

	if (mounts == NULL)
		return -errno;
	while (error != 0 && (m = getmntent(mounts)) != NULL)
		if (strcmp(m->mnt_type, "cgroup2") == 0 &&
		    snprintf(buf, size, "%s", m->mnt_dir) < (int)size)
			error = 0;
	endmntent(mounts);
	return error;
}

/* Our own place in it, from the line "0::/path" of cgroups(7). */
static int
cgroup_find_self(char *buf, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t room = 0;
	int error = -ENOENT;

	if (file == NULL)
		return -errno;
	while (error != 0 && getline(&line, &room, file) != -1)
		if (strncmp(line, "0::", 3) == 0) {
			line[strcspn(line, "\n")] = '\0';
			error = snprintf(buf, size, "%s", line + 3) < (int)size
				    ? 0
				    : -ENAMETOOLONG;
		}
	free(line);
	fclose(file);
	return error;
}

static int
cgroups_open(struct cgroups *g)
{
	if (mkdir(g->path, 0755) == -1 && errno != EEXIST)
		return -errno;
	g->fd = open(g->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (g->fd == -1)
		return -errno;
	if (faccessat(g->fd, "cgroup.kill", W_OK, AT_EACCESS) == -1)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	return 0;
}

int
cgroups_new(struct cgroups **ret)
{
	char mount[CGROUP_PATH_MAX / 4], self[CGROUP_PATH_MAX / 4];
	struct cgroups *g = calloc(1, sizeof(*g));
	int error;

	if (g == NULL)
		return -ENOMEM;
	g->fd = -1;
	error = cgroup_find_mount(mount, sizeof(mount));
	if (error == 0)
		error = cgroup_find_self(self, sizeof(self));
	if (error == 0) {
		/* With the time, because in a container the pid of one that was
		 * killed is that of the next one, too. */
		snprintf(g->path, sizeof(g->path), "%s%s/evinetd-%d-%lld",
		    mount, strcmp(self, "/") == 0 ? "" : self, (int)getpid(),
		    (long long)clock_realtime_ms());
		error = cgroups_open(g);
	}
	if (error < 0) {
		cgroups_free(g);
		return error;
	}
	*ret = g;
	return 0;
}

void
cgroups_free(struct cgroups *g)
{
	if (g == NULL)
		return;
	if (g->fd != -1)
		close(g->fd);
	/* Not empty when somebody outlived us; then it stays, with them. */
	if (g->path[0] != '\0')
		(void)rmdir(g->path);
	free(g);
}

static void
cgroup_name(uint64_t id, char name[CGROUP_NAME_MAX])
{
	snprintf(name, CGROUP_NAME_MAX, "%llu", (unsigned long long)id);
}

static int
cgroup_open(struct cgroups *g, uint64_t id, const char *file, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "%llu/%s", (unsigned long long)id, file);
	const int fd = openat(g->fd, name, flags | O_CLOEXEC);
	return fd == -1 ? -errno : fd;
}

int
cgroup_new(struct cgroups *g, uint64_t id, int *ret_fd)
{
	char name[CGROUP_NAME_MAX];

	cgroup_name(id, name);
	if (mkdirat(g->fd, name, 0755) == -1)
		return -errno;
	const int fd = cgroup_open(g, id, "cgroup.procs", O_WRONLY);
	if (fd < 0) {
		(void)unlinkat(g->fd, name, AT_REMOVEDIR);
		return fd;
	}
	*ret_fd = fd;
	return 0;
}

/* Goes from the bottom up, as rmdir(2) has to. */
struct cgroup_walk {
	bool remove;
	int signal; /* else */
	int count;  /* processes that it went to */
	int error;  /* the first one: not all was seen */
	int depth;
};

static void
cgroup_signal(struct cgroup_walk *w, int dir_fd)
{
	const int fd = openat(dir_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	int pid;

	if (fd == -1) {
		w->error = -errno;
		return;
	}
	FILE *file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		w->error = -ENOMEM;
		return;
	}
	while (fscanf(file, "%d", &pid) == 1) /* NOLINT(cert-err34-c) */
		w->count += pid > 0 && kill(pid, w->signal) == 0;
	fclose(file);
}

static void
cgroup_walk(struct cgroup_walk *w, int parent_fd, const char *name)
{
	const int fd =
	    openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		if (fd == -1 && errno != ENOENT)
			w->error = -errno;
		if (fd != -1)
			close(fd);
		return;
	}
	w->depth++;
	const int deepest = w->remove ? CGROUP_DEPTH : CGROUP_DEPTH_SIGNAL;
	while (w->depth < deepest && (entry = readdir(dir)) != NULL)
		if (entry->d_type == DT_DIR &&
		    strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			cgroup_walk(w, dirfd(dir), entry->d_name);
	w->depth--;
	if (w->remove) /* busy: whoever lives there is still to go */
		(void)unlinkat(parent_fd, name, AT_REMOVEDIR);
	else
		cgroup_signal(w, dirfd(dir));
	closedir(dir);
}

/* What a walk has not seen, because it is too deep or moved meanwhile. */
static bool
cgroup_is_populated(struct cgroups *g, uint64_t id)
{
	const int fd = cgroup_open(g, id, "cgroup.events", O_RDONLY);
	char text[128];

	if (fd < 0)
		return false;
	const ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return strstr(text, "populated 1") != NULL;
}

int
cgroup_kill(struct cgroups *g, uint64_t id, int signal)
{
	struct cgroup_walk w = { .signal = signal == SIGKILL ? 0 : signal };
	char name[CGROUP_NAME_MAX];

	cgroup_name(id, name);
	cgroup_walk(&w, g->fd, name);
	if (w.count == 0 && w.error == 0 && cgroup_is_populated(g, id))
		w.count = 1;
	if (signal != SIGKILL)
		return w.error < 0 ? w.error : w.count;
	const int fd = cgroup_open(g, id, "cgroup.kill", O_WRONLY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	/* Not in a threaded one, which root can make of it. */
	const bool failed = write(fd, "1", 1) == -1;
	close(fd);
	if (failed) {
		w = (struct cgroup_walk){ .signal = SIGKILL };
		cgroup_walk(&w, g->fd, name);
	}
	return w.count > 0 ? w.count : cgroup_is_populated(g, id);
}

int
cgroup_remove(struct cgroups *g, uint64_t id)
{
	struct cgroup_walk w = { .remove = true };
	char name[CGROUP_NAME_MAX];

	cgroup_name(id, name);
	if (unlinkat(g->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return -errno;
	cgroup_walk(&w, g->fd, name);
	return faccessat(g->fd, name, F_OK, 0) == 0 ? -EBUSY : 0;
}
