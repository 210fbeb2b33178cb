/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The rules about who is answered, for addresses that no kernel would let
 * through to a socket, too.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <string.h>

#include "guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OWN_PORT 5007

static bool
may_answer(const char *host, in_port_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};

	if (inet_pton(AF_INET, host, &sin.sin_addr) == 1)
		return guard_may_answer((struct sockaddr *)&sin, OWN_PORT);
	assert_int_equal(inet_pton(AF_INET6, host, &sin6.sin6_addr), 1);
	return guard_may_answer((struct sockaddr *)&sin6, OWN_PORT);
}

static void
guard__with_client__may_answer(void **state)
{
	const char *const hosts[] = { "127.0.0.1", "192.0.2.7",
		"10.255.255.254", "223.255.255.255", "240.0.0.1", "1.0.0.0",
		"::1", "2001:db8::7", "fe80::1", "fd00::1", "::ffff:192.0.2.7",
		"::2" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		if (!may_answer(hosts[i], 1024) || !may_answer(hosts[i], 65535))
			fail_msg("%s", hosts[i]);
	}
}

static void
guard__with_added_port__may_not(void **state)
{
	guard_add_ports(NULL);
	guard_add_ports("");
	guard_add_ports("2000,,65535,x,70000,-5,30000,");
	assert_false(may_answer("192.0.2.7", 2000));
	assert_false(may_answer("::1", 65535));
	assert_false(may_answer("192.0.2.7", 30000));
	assert_true(may_answer("192.0.2.7", 2001));
	assert_true(may_answer("192.0.2.7", 70000 & 0xffff));
}

static void
guard__with_port_of_a_service__may_not(void **state)
{
	const char *const hosts[] = { "192.0.2.7", "2001:db8::7",
		"::ffff:192.0.2.7" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		for (in_port_t port = 0; port < 1024; port++)
			assert_false(may_answer(hosts[i], port));
		assert_false(may_answer(hosts[i], OWN_PORT));
		assert_true(may_answer(hosts[i], OWN_PORT - 1));
		assert_true(may_answer(hosts[i], OWN_PORT + 1));
	}
}

static void
guard__with_what_is_no_host__may_not(void **state)
{
	const char *const hosts[] = { "0.0.0.0", "0.1.2.3", "224.0.0.1",
		"232.1.2.3", "239.255.255.255", "255.255.255.255",
		"::", "ff02::1", "ff05::1:3", "ff0e::101", "::ffff:0.0.0.0",
		"::ffff:224.0.0.1", "::ffff:239.1.2.3",
		"::ffff:255.255.255.255" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		if (may_answer(hosts[i], 5000))
			fail_msg("%s", hosts[i]);
}

static void
guard__with_other_family__may_not(void **state)
{
	struct sockaddr_storage other = { .ss_family = AF_UNSPEC };

	assert_false(guard_may_answer((struct sockaddr *)&other, OWN_PORT));
	memset(&other, 0xff, sizeof(other));
	other.ss_family = AF_UNIX;
	assert_false(guard_may_answer((struct sockaddr *)&other, OWN_PORT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(guard__with_client__may_answer),
		T(guard__with_added_port__may_not),
		T(guard__with_port_of_a_service__may_not),
		T(guard__with_what_is_no_host__may_not),
		T(guard__with_other_family__may_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
