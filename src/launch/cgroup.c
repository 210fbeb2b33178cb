/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Leaves below our own cgroup. All of it is files: a leaf is a folder, joining
 * and killing are writes. Called by core, never by the child, which gets a
 * descriptor to write to.
 */
#include <evinetd/base/clock.h>
#include <evinetd/launch/cgroup.h>

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_PATH_MAX 4096

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
	char name[24];

	snprintf(name, sizeof(name), "%llu", (unsigned long long)id);
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

static int
cgroup_signal_each(struct cgroups *g, uint64_t id, int signal)
{
	const int fd = cgroup_open(g, id, "cgroup.procs", O_RDONLY);
	int count = 0, pid;

	if (fd < 0)
		return fd;
	FILE *file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		return -ENOMEM;
	}
	while (fscanf(file, "%d", &pid) == 1) /* NOLINT(cert-err34-c) */
		count += pid > 0 && kill(pid, signal) == 0;
	fclose(file);
	return count;
}

int
cgroup_kill(struct cgroups *g, uint64_t id, int signal)
{
	if (signal != SIGKILL)
		return cgroup_signal_each(g, id, signal);
	const int count = cgroup_signal_each(g, id, 0);
	const int fd = cgroup_open(g, id, "cgroup.kill", O_WRONLY);
	if (fd < 0)
		return fd;
	const ssize_t n = write(fd, "1", 1);
	const int error = errno;
	close(fd);
	return n == -1 ? -error : count;
}

int
cgroup_remove(struct cgroups *g, uint64_t id)
{
	char name[24];

	snprintf(name, sizeof(name), "%llu", (unsigned long long)id);
	if (unlinkat(g->fd, name, AT_REMOVEDIR) == -1 && errno != ENOENT)
		return -errno;
	return 0;
}
