/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Lists of a million prefixes. Entry i lies somewhere in the i-th of a million
 * equal parts of the address space, so what has to come out is known.
 */
#include "../cm.h"

#include "list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_BITS  20
#define LARGE_COUNT (1U << LARGE_BITS)

/* An odd number, so all places are different. */
static size_t
place_of(uint32_t part)
{
	return part * 40503U % LARGE_COUNT;
}

static void
write_part(uint8_t bytes[16], uint32_t part)
{
	const uint32_t high = part << (32 - LARGE_BITS);

	memset(bytes, 0, 16);
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(high >> (24 - 8 * i));
}

static struct config_access *
make_items(bool ipv6, unsigned longest)
{
	struct config_access *items = calloc(LARGE_COUNT, sizeof(*items));

	assert_non_null(items);
	for (uint32_t part = 0; part < LARGE_COUNT; part++) {
		struct config_access *e = &items[place_of(part)];

		e->kind = ipv6 ? CONFIG_ACCESS_IPV6 : CONFIG_ACCESS_IPV4;
		e->bits =
		    (uint8_t)(LARGE_BITS + part % (longest - LARGE_BITS + 1));
		write_part(e->u.bytes, part);
	}
	return items;
}

/* With the last bit of the prefix, which is 0 in all of them. */
static void
leave_prefix(uint8_t bytes[16], unsigned bits)
{
	bytes[(bits - 1) / 8] |= (uint8_t)(0x80 >> (bits - 1) % 8);
}

static const struct config_access *
ask(const struct access *a, bool ipv6, const uint8_t bytes[16])
{
	struct addr addr = { 0 };

	if (ipv6) {
		addr.len = sizeof(addr.u.in6);
		addr.u.in6.sin6_family = AF_INET6;
		memcpy(&addr.u.in6.sin6_addr, bytes, 16);
	} else {
		addr.len = sizeof(addr.u.in4);
		addr.u.in4.sin_family = AF_INET;
		memcpy(&addr.u.in4.sin_addr, bytes, 4);
	}
	return access_decide(a, &(struct access_peer){ .addr = &addr }).entry;
}

static void
check_part(const struct access *a, bool ipv6, const struct config_access *items,
    uint32_t part)
{
	const struct config_access *e = &items[place_of(part)];
	uint8_t bytes[16];

	write_part(bytes, part);
	assert_ptr_equal(ask(a, ipv6, bytes), e);
	if (e->bits == LARGE_BITS)
		return;
	leave_prefix(bytes, e->bits);
	assert_null(ask(a, ipv6, bytes));
}

static void
check_million(bool ipv6, unsigned longest, size_t most_bytes)
{
	struct config_access_set set = { .file = "f", .count = LARGE_COUNT };
	struct config_access_rule rule = { .set = &set, .deny = true };
	const struct config_access_list list = { .rules = &rule, .count = 1 };
	struct access *a;

	set.items = make_items(ipv6, longest);
	assert_int_equal(access_new(&list, &a), 0);
	assert_true(access_size(a) <= LARGE_COUNT * most_bytes + 1024);
	for (uint32_t part = 0; part < LARGE_COUNT; part += 7)
		check_part(a, ipv6, set.items, part);
	check_part(a, ipv6, set.items, LARGE_COUNT - 1);
	access_free(a);
	free(set.items);
}

static void
access_new__a_million_ipv4_prefixes__in_18_bytes_each(void **state)
{
	check_million(false, 32, 18);
}

static void
access_new__a_million_ipv6_prefixes__in_27_bytes_each(void **state)
{
	check_million(true, 64, 27);
}

static void
access_new__a_million_long_ipv6_prefixes__in_43_bytes_each(void **state)
{
	check_million(true, 128, 43);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    access_new__a_million_ipv4_prefixes__in_18_bytes_each),
		cmocka_unit_test(
		    access_new__a_million_ipv6_prefixes__in_27_bytes_each),
		cmocka_unit_test(
		    access_new__a_million_long_ipv6_prefixes__in_43_bytes_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
