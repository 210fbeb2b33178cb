/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The descriptors of sd_listen_fds(3), read without its library: which there
 * are, how they are called and who has taken them. Does not look at what they
 * are; that is adopt.c. main calls passed_init(), core closes the rest.
 */
#include <evinetd/net/passed.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSED_FIRST 3 /* SD_LISTEN_FDS_START */

static struct {
	struct passed_fd *fds;
	size_t count;
	char *names; /* LISTEN_FDNAMES, cut at its colons */
} passed;

/* Digits and nothing else. */
static int
passed_parse(const char *text, unsigned long max, unsigned long *ret)
{
	unsigned long number;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -EINVAL;
	errno = 0;
	number = strtoul(text, NULL, 10);
	if (errno == ERANGE || number > max)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* How many were passed to us; 0 when none were. */
static int
passed_read_count(unsigned long *ret)
{
	const char *pid_text = getenv("LISTEN_PID");
	const char *fds_text = getenv("LISTEN_FDS");
	unsigned long pid;
	int error;

	*ret = 0;
	if (pid_text == NULL)
		return 0;
	if ((error = passed_parse(pid_text, INT_MAX, &pid)) < 0)
		return error;
	/* They were for a process that started us, and forgot to say so. */
	if ((pid_t)pid != getpid() || fds_text == NULL)
		return 0;
	return passed_parse(fds_text, INT_MAX - PASSED_FIRST, ret);
}

/* Ends at the first number that is not open, so that a count that is far too
 * large costs nothing. */
static int
passed_close_on_exec(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int fd = PASSED_FIRST + (int)i;
		const int flags = fcntl(fd, F_GETFD);

		if (flags == -1 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == -1)
			return -errno;
	}
	return 0;
}

/* Each colon ends a name, also an empty one. */
static int
passed_set_names(struct passed_fd *fds, size_t count, char *names)
{
	size_t i = 0;

	for (char *name; (name = strsep(&names, ":")) != NULL; i++) {
		if (i == count)
			return -EINVAL;
		fds[i].name = name;
	}
	return i == count ? 0 : -EINVAL;
}

static int
passed_build(size_t count)
{
	const char *text = getenv("LISTEN_FDNAMES");
	struct passed_fd *fds = calloc(count, sizeof(*fds));
	char *names = text != NULL ? strdup(text) : NULL;
	int error = 0;

	if (fds == NULL || (text != NULL && names == NULL))
		error = -ENOMEM;
	for (size_t i = 0; error == 0 && i < count; i++)
		fds[i] = (struct passed_fd){ .fd = PASSED_FIRST + (int)i,
			.name = "unknown" };
	if (error == 0 && names != NULL)
		error = passed_set_names(fds, count, names);
	if (error < 0) {
		free(names);
		free(fds);
		return error;
	}
	passed.fds = fds;
	passed.count = count;
	passed.names = names;
	return 0;
}

static int
passed_read(void)
{
	unsigned long count;
	int error = passed_read_count(&count);

	if (error < 0 || count == 0)
		return error;
	error = passed_close_on_exec(count);
	return error < 0 ? error : passed_build(count);
}

int
passed_init(void)
{
	static const char *const variables[] = { "LISTEN_PID", "LISTEN_FDS",
		"LISTEN_FDNAMES", "LISTEN_PIDFDID" };

	free(passed.fds);
	free(passed.names);
	memset(&passed, 0, sizeof(passed));
	const int error = passed_read();
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	return error;
}

/* The first of that name that can be taken, or NULL. */
static struct passed_fd *
passed_find(const char *name)
{
	for (size_t i = 0; i < passed.count; i++) {
		struct passed_fd *p = &passed.fds[i];

		if (p->fd != -1 && !p->taken && strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

size_t
passed_count(const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < passed.count; i++) {
		const struct passed_fd *p = &passed.fds[i];

		count += p->fd != -1 && !p->taken && strcmp(p->name, name) == 0;
	}
	return count;
}

int
passed_take(const char *name)
{
	struct passed_fd *p = passed_find(name);

	if (p == NULL)
		return -1;
	p->taken = true;
	return p->fd;
}

void
passed_return(int fd)
{
	for (size_t i = 0; i < passed.count; i++) {
		if (passed.fds[i].fd == fd)
			passed.fds[i].taken = false;
	}
}

const struct passed_fd *
passed_list(size_t *ret_count)
{
	*ret_count = passed.count;
	return passed.fds;
}

void
passed_close_unused(void)
{
	for (size_t i = 0; i < passed.count; i++) {
		struct passed_fd *p = &passed.fds[i];

		if (p->fd == -1 || p->taken)
			continue;
		close(p->fd);
		p->fd = -1;
	}
}
