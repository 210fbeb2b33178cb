/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The test's side of the table of calls that fail.
 */
#include "inject.h"

#include "journal.h"
#include "peer.h"
#include "proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct inject_table *inject_table;
static size_t inject_fds; /* of the daemon at the beginning */

/* In the child, before exec. */
static void
inject_prepare(void *arg)
{
	setenv(INJECT_ENVIRONMENT, arg, 1);
	setenv("LD_PRELOAD", TEST_PRELOAD_INJECT, 1);
	/* The sanitizer wants to be first. */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
}

static void
inject_start(struct harness *h, const char *config)
{
	static char path[160];
	const struct harness_options options = {
		.config = config, .prepare = inject_prepare, .arg = path
	};

	harness_write_file(h, "inject", "", 0600);
	snprintf(path, sizeof(path), "%s", harness_path(h, "inject"));
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(ftruncate(fd, sizeof(*inject_table)), 0);
	if (inject_table != NULL)
		munmap(inject_table, sizeof(*inject_table));
	inject_table = mmap(NULL, sizeof(*inject_table), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	assert_ptr_not_equal(inject_table, MAP_FAILED);
	close(fd);
	harness_start_with(h, &options);
}

static void
inject_set(enum inject_call call, int error, int skip, int left)
{
	struct inject_rule *r = &inject_table->rules[call];

	r->left = 0; /* the daemon may be looking */
	r->error = error;
	r->skip = skip;
	r->failed = 0;
	r->left = left;
}

void
inject_fail(enum inject_call call, int error, int count)
{
	inject_set(call, error, 0, count);
}

void
inject_fail_after(enum inject_call call, int error, int skip)
{
	inject_set(call, error, skip, 1);
}

void
inject_stop(enum inject_call call)
{
	inject_table->rules[call].left = 0;
}

void
inject_wait_failed(enum inject_call call, int count)
{
	HARNESS_WAIT_UNTIL(inject_table->rules[call].failed >= count);
}

void
inject_wait_idle(struct harness *h)
{
	HARNESS_WAIT_UNTIL(proc_find_children(h->pid, NULL, 0) == 0);
	HARNESS_WAIT_UNTIL(proc_count_fds(h->pid) == inject_fds);
}

void
inject_begin(struct harness *h, const char *config)
{
	inject_start(h, config);
	inject_fds = proc_count_fds(h->pid);
	assert_string_equal(peer_ask(h, "echo", "hello"), "hello");
	inject_wait_idle(h);
}

void
inject_end(struct harness *h, unsigned clients)
{
	char connections[32];

	inject_wait_idle(h);
	assert_string_equal(peer_ask(h, "echo", "again"), "again");
	assert_int_equal(journal_count(h, JOURNAL("refuse")), 0);
	harness_finish(h);
	snprintf(
	    connections, sizeof(connections), "connections=%u", clients + 2);
	journal_wait(h, JOURNAL("stopped", connections));
}

const char *
inject_errno(const char *field, int error)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s%s", field, strerrorname_np(error));
	return text;
}
