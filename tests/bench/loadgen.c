/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* loadgen: opens connections to a server, many at a time, sends, reads the
 * answer, closes, and prints one line of key=value:
 *
 *	connections= concurrency= ok= connect= reset= short= wrong= timeout=
 *	seconds= rate= p50_us= p99_us= max_us= bytes=
 *
 * rate is good connections a second; the latency of a connection is from
 * before connect(2) until its answer is complete. The failures are explained
 * in load.h. Exit status: 0 all good, 1 some failed, 64 usage.
 */
#include "load.h"
#include "options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

const char options_usage[] =
    "usage: loadgen [OPTION]... HOST:PORT | [HOST]:PORT | unix:PATH\n"
    "  -n COUNT    connections in all (1000)\n"
    "  -c COUNT    at a time (16)\n"
    "  -s BYTES    sent by each (64)\n"
    "  -e ANSWER   expected: same (bytes back), eof, or a number of bytes;\n"
    "              with eof the client half-closes when it has sent (same)\n"
    "  -w SECONDS  for a connection, then it counts as a timeout (10)\n"
    "  -t SECONDS  for all of it, then what is left is a timeout (60)\n";

static void
loadgen_expect(struct load *l, const char *answer)
{
	if (strcmp(answer, "same") == 0) {
		l->expect = LOAD_SAME;
	} else if (strcmp(answer, "eof") == 0) {
		l->expect = LOAD_EOF;
	} else {
		l->expect = LOAD_BYTES;
		l->answer = options_number(answer, 0);
	}
}

static void
loadgen_parse(struct load *l, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:c:s:e:w:t:")) != -1) {
		switch (c) {
		case 'n':
			l->count = options_number(optarg, 1);
			break;
		case 'c':
			l->concurrency = options_number(optarg, 1);
			break;
		case 's':
			l->payload = options_number(optarg, 0);
			break;
		case 'e':
			loadgen_expect(l, optarg);
			break;
		case 'w':
			l->timeout_us = options_number(optarg, 1) * 1000000;
			break;
		case 't':
			l->limit_us = options_number(optarg, 1) * 1000000;
			break;
		default:
			fputs(options_usage, stderr);
			exit(EX_USAGE);
		}
	}
	if (optind + 1 != argc)
		options_fail("arguments", "one address is needed");
	l->addr_len = options_resolve(argv[optind], &l->addr);
}

/* The latency that this part of the good connections kept within. */
static uint32_t
loadgen_quantile(const struct load *l, double part)
{
	size_t n = l->outcomes[LOAD_OK];

	if (n == 0)
		return 0;
	return l->latencies[(size_t)(part * (double)(n - 1) + 0.5)];
}

static void
loadgen_print(const struct load *l)
{
	static const char *const names[LOAD_OUTCOMES] = {
		[LOAD_OK] = "ok",
		[LOAD_CONNECT] = "connect",
		[LOAD_RESET] = "reset",
		[LOAD_SHORT] = "short",
		[LOAD_WRONG] = "wrong",
		[LOAD_TIMEOUT] = "timeout",
	};
	double seconds = (double)l->elapsed_us / 1e6;

	printf("connections=%zu concurrency=%zu", l->count, l->concurrency);
	for (int i = 0; i < LOAD_OUTCOMES; i++)
		printf(" %s=%zu", names[i], l->outcomes[i]);
	printf(" seconds=%.3f rate=%.1f", seconds,
	    seconds > 0 ? (double)l->outcomes[LOAD_OK] / seconds : 0.0);
	printf(" p50_us=%u p99_us=%u max_us=%u", loadgen_quantile(l, 0.50),
	    loadgen_quantile(l, 0.99), loadgen_quantile(l, 1.00));
	printf(" bytes=%llu\n", (unsigned long long)l->bytes);
}

int
main(int argc, char **argv)
{
	struct load l = {
		.count = 1000,
		.concurrency = 16,
		.payload = 64,
		.expect = LOAD_SAME,
		.timeout_us = 10 * 1000000,
		.limit_us = 60 * 1000000,
	};
	bool good;
	int error;

	loadgen_parse(&l, argc, argv);
	error = load_run(&l);
	if (error != 0) {
		fprintf(stderr, "loadgen: %s\n", strerror(-error));
		return EXIT_FAILURE;
	}
	loadgen_print(&l);
	good = l.outcomes[LOAD_OK] == l.count;
	free(l.latencies);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
