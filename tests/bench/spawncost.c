/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* spawncost: how long a launch holds up the parent, while the parent grows.
 * Times the call alone, until the parent goes on; the child is then waited for
 * outside the measurement. fork(2) copies page tables, so it pays for every
 * megabyte that the parent has touched; the others share the memory until
 * exec, evinetd's own launch (launch/spawn.h) among them. One line for each
 * size and way (on a busy machine look at p10: all but fork sleep until the
 * child has reached exec, and then have to wait for a processor):
 *
 *	mb= method= turns= p10_us= median_us= p90_us=
 */
#include "sample.h"

#include <evinetd/launch/spawn.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static struct {
	char *argv[2];
	struct launch_plan *plan;
	struct spawner *spawner;
	struct client client;
} spawncost;

static pid_t
spawncost_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execv(spawncost.argv[0], spawncost.argv);
		_exit(127);
	}
	return pid;
}

static pid_t
spawncost_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execv(spawncost.argv[0], spawncost.argv);
		_exit(127);
	}
	return pid;
}

static pid_t
spawncost_posix_spawn(void)
{
	pid_t pid;

	if (posix_spawn(&pid, spawncost.argv[0], NULL, NULL, spawncost.argv,
		environ) != 0)
		return -1;
	return pid;
}

static void
spawncost_launched_cb(void *arg, const struct spawn_result *result)
{
	pid_t *pid = arg;

	*pid = result->pid;
	if (result->pid == -1)
		warnx("launch: %s: %s", launch_step_name(result->step),
		    strerror(result->error));
}

static pid_t
spawncost_evinetd(void)
{
	const struct spawn_request request = {
		.plan = spawncost.plan,
		.client = &spawncost.client,
		.connection = 1,
		.concurrency = 1,
		.stderr_fd = -1,
		.cgroup_fd = -1,
	};
	pid_t pid = -1;

	spawn_submit(spawncost.spawner, &request, spawncost_launched_cb, &pid);
	return pid;
}

static const struct spawncost_method {
	const char *name;
	pid_t (*run)(void);
} methods[] = {
	{ "vfork", spawncost_vfork },
	{ "posix_spawn", spawncost_posix_spawn },
	{ "evinetd", spawncost_evinetd },
	{ "fork", spawncost_fork },
};

#define METHODS_COUNT (sizeof(methods) / sizeof(methods[0]))

static void
spawncost_time(const struct spawncost_method *m, struct sample *s)
{
	double start = sample_now_us();
	pid_t pid = m->run();
	double end = sample_now_us();
	int status;

	if (pid == -1 || waitpid(pid, &status, 0) == -1)
		errx(EXIT_FAILURE, "%s failed", m->name);
	if (status != 0)
		errx(EXIT_FAILURE, "%s: status %#x", m->name, (unsigned)status);
	sample_add(s, end - start);
}

/* Memory as a daemon's heap is: small pages, all of them touched. */
static void *
spawncost_grow(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(EXIT_FAILURE, "mmap");
	/* A kernel without huge pages refuses, and has none to avoid. */
	(void)madvise(p, size, MADV_NOHUGEPAGE);
	memset(p, 1, size);
	return p;
}

static void
spawncost_measure(size_t mb, size_t turns)
{
	struct sample samples[METHODS_COUNT];
	void *memory = spawncost_grow(mb << 20);

	for (size_t i = 0; i < METHODS_COUNT; i++)
		sample_init(&samples[i], turns);
	/* One way after the other, fork last: by turns, the others would pay
	 * for the page tables and caches that each fork leaves behind. */
	for (size_t i = 0; i < METHODS_COUNT; i++)
		for (size_t turn = 0; turn < turns; turn++)
			spawncost_time(&methods[i], &samples[i]);
	for (size_t i = 0; i < METHODS_COUNT; i++) {
		printf("mb=%zu method=%s turns=%zu p10_us=%.1f median_us=%.1f "
		       "p90_us=%.1f\n",
		    mb, methods[i].name, turns,
		    sample_quantile(&samples[i], 0.1),
		    sample_quantile(&samples[i], 0.5),
		    sample_quantile(&samples[i], 0.9));
		sample_fini(&samples[i]);
	}
	fflush(stdout);
	munmap(memory, mb << 20);
}

static void
spawncost_prepare(char *program)
{
	const struct config_service service = {
		.name = (char *)"bench",
		.path = program,
		.argv0 = program,
		.working_directory = (char *)"/",
		.umask = 022,
	};

	spawncost.argv[0] = program;
	spawncost.client.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (spawncost.client.fd == -1 ||
	    addr_parse_ip("127.0.0.1", 5022, &spawncost.client.peer) != 0 ||
	    addr_parse_ip("127.0.0.1", 7, &spawncost.client.local) != 0 ||
	    launch_plan_new(&service, &spawncost.plan) != 0 ||
	    spawner_new(&spawncost.spawner) != 0)
		errx(EXIT_FAILURE, "cannot prepare a launch");
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 1, 64, 512 };
	int turns = argc > 1 ? atoi(argv[1]) : 200;

	if (argc > 3 || turns <= 0) {
		fprintf(stderr, "usage: spawncost [TURNS [PROGRAM]]\n");
		return EX_USAGE;
	}
	spawncost_prepare(argc > 2 ? argv[2] : (char *)"/bin/true");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		spawncost_measure(sizes[i], (size_t)turns);
	spawner_free(spawncost.spawner);
	launch_plan_free(spawncost.plan);
	close(spawncost.client.fd);
	return EXIT_SUCCESS;
}
