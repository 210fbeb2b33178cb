/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Preloaded into the daemon: makes it believe that its limit on open files is
 * the thousand million of Docker, which few machines let a test set. Whatever
 * counts up to the limit then takes minutes.
 */
#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#define PRELOAD_NOFILE 1073741816

int
getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	const struct rlimit docker = { PRELOAD_NOFILE, PRELOAD_NOFILE };

	if (resource != RLIMIT_NOFILE)
		return prlimit(0, resource, NULL, limit);
	*limit = docker;
	return 0;
}

int
setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	if (resource != RLIMIT_NOFILE)
		return prlimit(0, resource, limit, NULL);
	return 0;
}

int
getdtablesize(void)
{
	return PRELOAD_NOFILE;
}

long
sysconf(int name)
{
	static long (*real)(int);

	if (name == _SC_OPEN_MAX)
		return PRELOAD_NOFILE;
	if (real == NULL)
		real = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
	return real(name);
}
