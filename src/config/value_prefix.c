/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Prefixes of addresses in CIDR notation (RFC 4632, RFC 4291 2.3). Pure.
 *
 * A prefix with bits set beyond its length is refused, not masked: who writes
 * 192.0.2.7/24 means either the host or the network, and only they know.
 */
#include "value.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_MAPPED_BITS 96

/* Clears the bits beyond the length; false when there was none set. */
static bool
prefix_mask(struct value_prefix *p, size_t nbytes)
{
	bool changed = false;

	for (size_t i = 0; i < nbytes; i++) {
		const unsigned before = (unsigned)i * 8;
		const unsigned keep = p->bits <= before ? 0
				      : p->bits - before >= 8
					  ? 8
					  : p->bits - before;
		const uint8_t mask = (uint8_t)(0xff00 >> keep);

		if ((p->bytes[i] & (uint8_t)~mask) != 0)
			changed = true;
		p->bytes[i] &= mask;
	}
	return changed;
}

/* The same set of addresses as IPv4, if it is one. */
static void
prefix_unmap(struct value_prefix *p)
{
	const struct in6_addr *in6 = (const struct in6_addr *)p->bytes;

	if (p->family != AF_INET6 || p->bits < PREFIX_MAPPED_BITS ||
	    !IN6_IS_ADDR_V4MAPPED(in6))
		return;
	p->family = AF_INET;
	p->bits -= PREFIX_MAPPED_BITS;
	memmove(p->bytes, p->bytes + 12, 4);
	memset(p->bytes + 4, 0, 12);
}

static int
prefix_parse_bits(const char *text, const char *bits, unsigned max,
    unsigned *ret, struct value_error *err)
{
	const size_t len = strlen(bits);
	unsigned long number;

	if (len == 0 || len > 3 || strspn(bits, "0123456789") != len)
		return value_fail(
		    err, 0, "\"%.80s\" has no number after the slash", text);
	number = strtoul(bits, NULL, 10);
	if (number > max)
		return value_fail(err, 0,
		    "\"%.80s\": a prefix of this family has at most %u bits",
		    text, max);
	*ret = (unsigned)number;
	return 0;
}

int
value_parse_prefix(
    const char *text, struct value_prefix *ret, struct value_error *err)
{
	struct value_prefix p = { .family = AF_INET };
	const char *slash = strchr(text, '/');
	const size_t len =
	    slash != NULL ? (size_t)(slash - text) : strlen(text);
	char host[INET6_ADDRSTRLEN] = "";
	unsigned max = 32;

	if (len < sizeof(host))
		memcpy(host, text, len);
	if (inet_pton(AF_INET, host, p.bytes) != 1) {
		p.family = AF_INET6;
		max = 128;
		if (inet_pton(AF_INET6, host, p.bytes) != 1)
			return value_fail(err, 0,
			    "\"%.80s\" is not an IPv4 or IPv6 address", text);
	}
	p.bits = max;
	if (slash != NULL) {
		int error =
		    prefix_parse_bits(text, slash + 1, max, &p.bits, err);

		if (error != 0)
			return error;
	}
	if (prefix_mask(&p, max / 8)) {
		inet_ntop(p.family, p.bytes, host, sizeof(host));
		return value_fail(err, 0,
		    "\"%.80s\" has bits beyond its length; the network is "
		    "%s/%u",
		    text, host, p.bits);
	}
	prefix_unmap(&p);
	*ret = p;
	return 0;
}
