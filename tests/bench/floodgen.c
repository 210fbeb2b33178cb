/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* floodgen: opens connections to a server from many addresses, sees how the
 * server gets rid of them, and prints one line of key=value:
 *
 *	started= served= reset= closed= said= connect= timeout= cut= failed=
 *	seconds= refused= refused_rate= refused_p50_us= refused_p99_us=
 *	served_rate= served_p50_us= served_p99_us=
 *
 * The outcomes are explained in flood.h; refused is the sum of reset, closed,
 * said and connect, rates are a second, latencies from before connect(2). With
 * -k the connections stay open after that line, until a SIGTERM, for as long
 * as -t says at most. A SIGTERM earlier ends the flood, with the line for what
 * there was. Exit status: 0, or 1 when a connection failed on our side, 64
 * usage.
 */
#include "flood.h"
#include "options.h"

#include <sys/resource.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

const char options_usage[] =
    "usage: floodgen [OPTION]... HOST:PORT | [HOST]:PORT\n"
    "  -n COUNT    connections in all (1000)\n"
    "  -c COUNT    undecided at a time (64)\n"
    "  -r COUNT    started a second, at most (any)\n"
    "  -b ADDRESS  the first source; the address has to be routed here\n"
    "  -m COUNT    so many sources from there on, one after the other (1)\n"
    "  -i NUMBER   from one to the next (1)\n"
    "  -s BYTES    sent by each, and expected back; 0 expects refusal (0)\n"
    "  -k WHICH    stay open after the result: served or all\n"
    "  -p PID      bursts of -c connections that come while PID is stopped;\n"
    "              only the time after that counts\n"
    "  -w SECONDS  for a connection, then it counts as a timeout (10)\n"
    "  -t SECONDS  for all of it (60)\n";

static void
floodgen_stop(int signal)
{
	(void)signal; /* there is only one */
	flood_stop = 1;
}

static enum flood_keep
floodgen_keep(const char *which)
{
	if (strcmp(which, "served") == 0)
		return FLOOD_KEEP_SERVED;
	if (strcmp(which, "all") == 0)
		return FLOOD_KEEP_ALL;
	options_fail(which, "served or all");
}

static void
floodgen_option(struct flood *f, int option, const char *value)
{
	switch (option) {
	case 'n':
		f->count = options_number(value, 1);
		break;
	case 'c':
		f->concurrency = options_number(value, 1);
		break;
	case 'r':
		f->rate = options_number(value, 1);
		break;
	case 'b':
		options_address(value, &f->source);
		break;
	case 'm':
		f->sources = options_number(value, 1);
		break;
	case 'i':
		f->stride = options_number(value, 1);
		break;
	case 's':
		f->payload = options_number(value, 0);
		break;
	case 'k':
		f->keep = floodgen_keep(value);
		break;
	case 'p':
		f->burst_pid = (pid_t)options_number(value, 2);
		break;
	case 'w':
		f->timeout_us = options_number(value, 1) * 1000000;
		break;
	case 't':
		f->limit_us = options_number(value, 1) * 1000000;
		break;
	default:
		fputs(options_usage, stderr);
		exit(EX_USAGE);
	}
}

static void
floodgen_parse(struct flood *f, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:c:r:b:m:i:s:k:p:w:t:")) != -1)
		floodgen_option(f, c, optarg);
	if (optind + 1 != argc)
		options_fail("arguments", "one address is needed");
	f->addr_len = options_resolve(argv[optind], &f->addr);
	if (f->source.ss_family != AF_UNSPEC &&
	    f->source.ss_family != f->addr.ss_family)
		options_fail("-b", "not of the server's family");
	if (f->payload > FLOOD_PAYLOAD_MAX)
		options_fail("-s", "too many");
}

/* The latency that this part of n kept within. */
static uint32_t
floodgen_quantile(const uint32_t *sorted, size_t n, double part)
{
	return n == 0 ? 0 : sorted[(size_t)(part * (double)(n - 1) + 0.5)];
}

static void
floodgen_print(const struct flood *f)
{
	static const char *const names[FLOOD_OUTCOMES] = {
		[FLOOD_SERVED] = "served",
		[FLOOD_RESET] = "reset",
		[FLOOD_CLOSED] = "closed",
		[FLOOD_SAID] = "said",
		[FLOOD_CONNECT] = "connect",
		[FLOOD_TIMEOUT] = "timeout",
		[FLOOD_CUT] = "cut",
		[FLOOD_FAILED] = "failed",
	};
	const double seconds = (double)(f->elapsed_us + 1) / 1e6;
	const size_t served = f->outcomes[FLOOD_SERVED];
	const size_t refused = f->refused_count;

	printf("started=%zu", f->started);
	for (int i = 0; i < FLOOD_OUTCOMES; i++)
		printf(" %s=%zu", names[i], f->outcomes[i]);
	printf(" seconds=%.3f refused=%zu", seconds, refused);
	printf(" refused_rate=%.1f refused_p50_us=%u refused_p99_us=%u",
	    (double)refused / seconds,
	    floodgen_quantile(f->refused, refused, 0.50),
	    floodgen_quantile(f->refused, refused, 0.99));
	printf(" served_rate=%.1f served_p50_us=%u served_p99_us=%u\n",
	    (double)served / seconds,
	    floodgen_quantile(f->served, served, 0.50),
	    floodgen_quantile(f->served, served, 0.99));
	fflush(stdout);
}

/* Until SIGTERM comes; it is blocked, so that none is missed. */
static void
floodgen_hold(const struct flood *f, const sigset_t *term)
{
	const struct timespec limit = { .tv_sec =
					    (time_t)(f->limit_us / 1000000) };

	if (f->keep != FLOOD_KEEP_NONE && !flood_stop)
		(void)sigtimedwait(term, NULL, &limit); /* either way */
}

int
main(int argc, char **argv)
{
	struct flood f = {
		.sources = 1,
		.stride = 1,
		.count = 1000,
		.concurrency = 64,
		.timeout_us = 10 * 1000000,
		.limit_us = 60 * 1000000,
	};
	struct rlimit files;
	sigset_t term;
	int error;

	floodgen_parse(&f, argc, argv);
	signal(SIGTERM, floodgen_stop);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	/* What is too little shows as connections that failed. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	error = flood_run(&f);
	if (error != 0) {
		fprintf(stderr, "floodgen: %s\n", strerror(-error));
		return EXIT_FAILURE;
	}
	sigprocmask(SIG_BLOCK, &term, NULL);
	floodgen_print(&f);
	floodgen_hold(&f, &term);
	flood_release(&f);
	free(f.served);
	free(f.refused);
	return f.outcomes[FLOOD_FAILED] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
