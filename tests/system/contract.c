/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Runs the probe with a table of settings, and compares what it reports.
 * Called by the contract_ tests only.
 */
#include "contract.h"

#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
contract_start(struct harness *h, const struct contract_row *rows, size_t count,
    void (*prepare)(void *arg))
{
	struct harness_options options = { .prepare = prepare, .arg = h };
	char *config = NULL;
	size_t len;
	FILE *out = open_memstream(&config, &len);

	assert_non_null(out);
	/* Another user may not reach the original, below /root for instance. */
	harness_copy_program(h, TEST_PROBE, "probe");
	for (size_t i = 0; i < count; i++)
		fprintf(out,
		    "[row%zu]\n"
		    "listen = 127.0.0.1:0\n"
		    "handler = %s\n"
		    "%s\n",
		    i,
		    strstr(rows[i].settings, "user =") != NULL ? "@DIR@/probe"
							       : "@PROBE@",
		    rows[i].settings);
	assert_int_equal(fclose(out), 0);
	options.config = config;
	harness_start_with(h, &options);
	free(config);
}

void
contract_check(struct harness *h, const struct contract_row *rows, size_t count)
{
	char name[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "row%zu", i);
		const char *report = peer_ask(h, name, "");
		const char *found = peer_value(report, rows[i].key);

		if (strcmp(found, rows[i].expected) != 0)
			fail_msg("%s: with \"%s\" it is %s, not %s",
			    rows[i].key, rows[i].settings, found,
			    rows[i].expected);
	}
}

void
contract_test(struct harness *h, const struct contract_row *rows, size_t count)
{
	contract_start(h, rows, count, NULL);
	contract_check(h, rows, count);
	harness_finish(h);
}

const char *
contract_lines(const char *report, const char *prefix)
{
	static char lines[16384];
	size_t used = 0;

	lines[0] = '\0';
	for (const char *end; (end = strchr(report, '\n')) != NULL;
	     report = end + 1)
		if (strncmp(report, prefix, strlen(prefix)) == 0 &&
		    used < sizeof(lines))
			used +=
			    (size_t)snprintf(lines + used, sizeof(lines) - used,
				"%.*s\n", (int)(end - report), report);
	return lines;
}

void
contract_need_root(void)
{
	if (geteuid() != 0)
		harness_skip("only root can do this");
}

void
contract_need_ipv6(void)
{
	if (access("/proc/net/if_inet6", F_OK) == -1)
		harness_skip("this machine has no IPv6");
}
