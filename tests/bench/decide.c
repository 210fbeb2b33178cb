/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* decide: what a decision about a client costs, while the access list grows
 * from 10 prefixes to a million. For each size and family
 *
 *	family= prefixes= build_ms= bytes= bytes_prefix=
 *	family= prefixes= who= access_ns= access_x= admit_ns= admit_x=
 *
 * access_ns is access_decide() alone. admit_ns is all that is done about a
 * client, from its address to its end: source_from_client(), admit_decide()
 * with every limit set, admit_enter(), admit_leave(). _x is the ratio to the
 * list of 10. `random` clients come from anywhere, `listed` ones from within a
 * prefix of the list; each comes once, so what it touches of a long list is
 * not in the cache, and is asked about when the answer about the one before is
 * known. The list is of deny, so for those who are listed there is access_ns
 * only: the rest of the way is closed.
 *
 * Processor time, of the batch that was faster than nine in ten: what others
 * on the machine do to the caches shows in the rest.
 */
#include "sample.h"

#include <evinetd/admit/admit.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#define DECIDE_BATCH   1000
#define DECIDE_BATCHES 200

enum decide_who {
	DECIDE_RANDOM,
	DECIDE_LISTED,
	DECIDE_NWHO,
};

static const char *const decide_names[] = { "random", "listed" };

struct decide_bench {
	bool ipv6;
	struct config_access_set set;
	struct config_access_rule rule;
	struct config_admission config;
	struct admit *admit;
	struct access *access;
	uint8_t (*addresses)[16]; /* of the clients */
};

/* Of the list of 10, that the others are compared with. */
struct decide_base {
	double access_ns[DECIDE_NWHO], admit_ns;
};

static uint64_t
decide_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

/* Somewhere in 2000::/3, or in all of IPv4. */
static void
decide_fill(uint8_t bytes[16], bool ipv6)
{
	const uint64_t random[2] = { decide_random(), decide_random() };

	memcpy(bytes, random, 16);
	if (ipv6)
		bytes[0] = 0x20 | (bytes[0] & 0x1f);
}

/* Lengths as block lists have them; of all addresses they cover few, so nearly
 * every client from anywhere goes all the way. */
static unsigned
decide_choose_bits(bool ipv6)
{
	static const unsigned ipv4_bits[] = { 32, 32, 32, 32, 32, 28, 24, 24 };
	static const unsigned ipv6_bits[] = { 64, 64, 64, 64, 48, 48, 56, 40 };

	return (ipv6 ? ipv6_bits : ipv4_bits)[decide_random() % 8];
}

static void
decide_make_list(struct decide_bench *b, size_t count)
{
	struct config_access *items = calloc(count, sizeof(*items));

	if (items == NULL)
		err(EXIT_FAILURE, "calloc");
	for (size_t i = 0; i < count; i++) {
		items[i].kind =
		    b->ipv6 ? CONFIG_ACCESS_IPV6 : CONFIG_ACCESS_IPV4;
		items[i].bits = (uint8_t)decide_choose_bits(b->ipv6);
		decide_fill(items[i].u.bytes, b->ipv6);
		for (size_t k = items[i].bits / 8; k < 16; k++)
			items[i].u.bytes[k] = 0;
	}
	b->set = (struct config_access_set){
		.file = "bench",
		.items = items,
		.count = count,
	};
}

static void
decide_make_clients(struct decide_bench *b, enum decide_who who)
{
	for (size_t i = 0; i < DECIDE_BATCH * DECIDE_BATCHES; i++) {
		decide_fill(b->addresses[i], b->ipv6);
		if (who == DECIDE_LISTED) {
			const struct config_access *e =
			    &b->set.items[decide_random() % b->set.count];

			memcpy(b->addresses[i], e->u.bytes, e->bits / 8);
		}
	}
}

static void
decide_init_client(struct client *c, bool ipv6)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
	c->peer.len = ipv6 ? sizeof(c->peer.u.in6) : sizeof(c->peer.u.in4);
	c->peer.u.sa.sa_family = ipv6 ? AF_INET6 : AF_INET;
}

static void
decide_set_client(struct client *c, bool ipv6, const uint8_t bytes[16])
{
	if (ipv6)
		memcpy(&c->peer.u.in6.sin6_addr, bytes, 16);
	else
		memcpy(&c->peer.u.in4.sin_addr, bytes, 4);
}

/* The entry comes as an address, and no address is 1, so that `last` is 0; the
 * processor has to wait to see that. */
static size_t
decide_ask_access(const struct decide_bench *b, size_t first)
{
	size_t denied = 0, last = 0;
	struct client c;

	decide_init_client(&c, b->ipv6);
	for (size_t i = first; i < first + DECIDE_BATCH; i++) {
		const struct access_peer peer = { .addr = &c.peer };
		struct access_verdict v;

		decide_set_client(&c, b->ipv6, b->addresses[i + last]);
		v = access_decide(b->access, &peer);
		last = (uintptr_t)v.entry == 1;
		denied += !v.allowed;
	}
	return denied;
}

static size_t
decide_ask_admit(const struct decide_bench *b, size_t first)
{
	const struct config_prefixes *prefixes = admit_prefixes(b->admit);
	struct admit_now now = { .monotonic_ns = 1 };
	size_t refused = 0;
	struct client c;

	decide_init_client(&c, b->ipv6);
	for (size_t i = first; i < first + DECIDE_BATCH; i++) {
		struct admit_peer peer = { .access = { .addr = &c.peer } };
		struct admit_verdict v;
		unsigned concurrency;

		now.monotonic_ns += 1000;
		decide_set_client(&c, b->ipv6, b->addresses[i]);
		source_from_client(&c, prefixes, &peer.source);
		admit_decide(b->admit, &peer, &now, &v);
		if (v.reason != ADMIT_YES) {
			refused++;
			continue;
		}
		if (admit_enter(b->admit, &peer.source, now.monotonic_ns,
			&concurrency) < 0)
			errx(EXIT_FAILURE, "admit_enter: out of memory");
		admit_leave(b->admit, &peer.source, now.monotonic_ns);
	}
	return refused;
}

static double
decide_now_us(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts) == -1)
		err(EXIT_FAILURE, "clock_gettime");
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Nanoseconds a client. */
static double
decide_time(const struct decide_bench *b,
    size_t (*ask)(const struct decide_bench *, size_t first))
{
	struct sample batches;
	double fast;

	sample_init(&batches, DECIDE_BATCHES);
	for (size_t i = 0; i < DECIDE_BATCHES; i++) {
		const double start = decide_now_us();

		(void)ask(b, i * DECIDE_BATCH); /* the time is what is asked */
		sample_add(
		    &batches, (decide_now_us() - start) * 1e3 / DECIDE_BATCH);
	}
	fast = sample_quantile(&batches, 0.1);
	sample_fini(&batches);
	return fast;
}

static void
decide_build(struct decide_bench *b, size_t count)
{
	const struct bucket_rate plenty = { 1000000000, 1000000, 1000000000 };
	double start;

	decide_make_list(b, count);
	b->rule = (struct config_access_rule){ .set = &b->set, .deny = true };
	b->config = (struct config_admission){
		.access = { .rules = &b->rule, .count = 1 },
		.max_connections = 1000,
		.max_connections_per_source = 10,
		.source_prefix = { 32, 64 },
		.rate = plenty,
		.rate_per_source = plenty,
	};
	start = decide_now_us();
	if (access_new(&b->config.access, &b->access) < 0)
		errx(EXIT_FAILURE, "access_new: out of memory");
	printf("family=%s prefixes=%zu build_ms=%.1f bytes=%zu "
	       "bytes_prefix=%.1f\n",
	    b->ipv6 ? "ipv6" : "ipv4", count, (decide_now_us() - start) / 1e3,
	    access_size(b->access),
	    (double)access_size(b->access) / (double)count);
	if (admit_new(&b->config, &b->admit) < 0)
		errx(EXIT_FAILURE, "admit_new: out of memory");
}

static void
decide_measure(
    bool ipv6, size_t count, uint8_t (*addresses)[16], struct decide_base *base)
{
	struct decide_bench b = { .ipv6 = ipv6, .addresses = addresses };

	decide_build(&b, count);
	for (int who = 0; who < DECIDE_NWHO; who++) {
		decide_make_clients(&b, who);

		const double access_ns = decide_time(&b, decide_ask_access);

		if (base->access_ns[who] == 0)
			base->access_ns[who] = access_ns;
		printf("family=%s prefixes=%zu who=%s access_ns=%.1f "
		       "access_x=%.1f",
		    ipv6 ? "ipv6" : "ipv4", count, decide_names[who], access_ns,
		    access_ns / base->access_ns[who]);
		if (who == DECIDE_RANDOM) {
			const double admit_ns =
			    decide_time(&b, decide_ask_admit);

			if (base->admit_ns == 0)
				base->admit_ns = admit_ns;
			printf(" admit_ns=%.1f admit_x=%.1f", admit_ns,
			    admit_ns / base->admit_ns);
		}
		putchar('\n');
		fflush(stdout);
	}
	admit_free(b.admit);
	access_free(b.access);
	free(b.set.items);
}

int
main(int argc, char **argv)
{
	static const size_t sizes[] = { 10, 1000, 100000, 1000000 };
	uint8_t(*addresses)[16] =
	    calloc(DECIDE_BATCH * DECIDE_BATCHES + 1, sizeof(*addresses));

	if (argc > 1) {
		fprintf(stderr, "usage: decide\n");
		return EX_USAGE;
	}
	if (addresses == NULL)
		err(EXIT_FAILURE, "calloc");
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct decide_base base = { .admit_ns = 0 };

		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			decide_measure(ipv6, sizes[i], addresses, &base);
	}
	free(addresses);
	return EXIT_SUCCESS;
}
