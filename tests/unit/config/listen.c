/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Every form of `listen`. getaddrinfo(3) is replaced: it knows the host
 * "both" and the service "finger", which is "tftp" for datagrams.
 */
#include "../cm.h"

#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static struct value_error err;

int __wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **ret);
void __wrap_freeaddrinfo(struct addrinfo *list);

static struct sockaddr_in in4 = { .sin_family = AF_INET };
static struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
static struct addrinfo answer[3];
static int freed;

int
__wrap_getaddrinfo(const char *host, const char *service,
    const struct addrinfo *hints, struct addrinfo **ret)
{
	const bool udp = hints->ai_socktype == SOCK_DGRAM;

	assert_true(udp || hints->ai_socktype == SOCK_STREAM);
	if (host == NULL) {
		assert_int_equal(
		    hints->ai_protocol, udp ? IPPROTO_UDP : IPPROTO_TCP);
		if (strcmp(service, udp ? "tftp" : "finger") != 0)
			return EAI_SERVICE;
	}
	if (host != NULL && strcmp(host, "memory") == 0)
		return EAI_MEMORY;
	if (host != NULL && strcmp(host, "both") != 0)
		return EAI_NONAME;
	in4.sin_port = htons(udp ? 69 : 79);
	in4.sin_addr.s_addr = htonl(0xc0000207);
	inet_pton(AF_INET6, "2001:db8::7", &in6.sin6_addr);
	answer[0] = (struct addrinfo){ .ai_family = AF_INET,
		.ai_addr = (struct sockaddr *)&in4,
		.ai_addrlen = sizeof(in4),
		.ai_next = host == NULL ? NULL : &answer[1] };
	answer[1] = (struct addrinfo){ .ai_family = AF_INET6,
		.ai_addr = (struct sockaddr *)&in6,
		.ai_addrlen = sizeof(in6),
		.ai_next = &answer[2] };
	answer[2] = answer[0];
	answer[2].ai_next = NULL;
	*ret = answer;
	return 0;
}

void
__wrap_freeaddrinfo(struct addrinfo *list)
{
	assert_ptr_equal(list, answer);
	freed++;
}

/* All addresses with a blank behind each. */
static void
assert_listens(const char *item, enum config_listen_kind kind,
    const char *addresses, bool optional_ipv6)
{
	struct config_listen l;
	char text[400] = "", one[ADDR_TEXT_MAX];

	assert_int_equal(listen_parse(item, &l, &err), 0);
	assert_int_equal(l.kind, kind);
	assert_string_equal(l.text, item);
	for (size_t i = 0; i < l.naddrs; i++)
		strcat(strcat(text, addr_format(&l.addrs[i], one, sizeof(one))),
		    " ");
	assert_string_equal(text, addresses);
	assert_int_equal(l.optional_ipv6, optional_ipv6);
	listen_fini(&l);
}

static void
assert_refused(const char *item, const char *part)
{
	struct config_listen l;

	assert_int_equal(listen_parse(item, &l, &err), -EINVAL);
	if (strstr(err.message, part) == NULL)
		assert_string_equal(err.message, part);
}

static void
parse__port_alone__is_loopback_in_both_families(void **state)
{
	assert_listens(
	    "8080", CONFIG_LISTEN_TCP, "[::1]:8080 127.0.0.1:8080 ", true);
	assert_listens("0", CONFIG_LISTEN_TCP, "[::1]:0 127.0.0.1:0 ", true);
	assert_listens(
	    "finger", CONFIG_LISTEN_TCP, "[::1]:79 127.0.0.1:79 ", true);
}

static void
parse__star__is_two_sockets(void **state)
{
	assert_listens("*:80", CONFIG_LISTEN_TCP, "[::]:80 0.0.0.0:80 ", true);
	assert_listens(
	    "*:finger", CONFIG_LISTEN_TCP, "[::]:79 0.0.0.0:79 ", true);
	assert_listens("*:0", CONFIG_LISTEN_TCP, "[::]:0 0.0.0.0:0 ", true);
}

static void
parse__address__is_that_alone(void **state)
{
	assert_listens(
	    "192.0.2.7:22", CONFIG_LISTEN_TCP, "192.0.2.7:22 ", false);
	assert_listens(
	    "[2001:db8::1]:22", CONFIG_LISTEN_TCP, "[2001:db8::1]:22 ", false);
	assert_listens("[::]:65535", CONFIG_LISTEN_TCP, "[::]:65535 ", false);
	assert_listens(
	    "127.0.0.1:finger", CONFIG_LISTEN_TCP, "127.0.0.1:79 ", false);
}

static void
parse__mapped_address__is_ipv4(void **state)
{
	assert_listens(
	    "[::ffff:192.0.2.7]:22", CONFIG_LISTEN_TCP, "192.0.2.7:22 ", false);
}

static void
parse__host_name__is_all_its_addresses_once(void **state)
{
	freed = 0;
	assert_listens("both:8080", CONFIG_LISTEN_TCP,
	    "192.0.2.7:8080 [2001:db8::7]:8080 ", true);
	assert_int_equal(freed, 1);
}

static void
parse__unix_paths__are_taken_as_they_are(void **state)
{
	assert_listens(
	    "unix:/run/x", CONFIG_LISTEN_UNIX, "unix:/run/x ", false);
	assert_listens("unix:/a:b", CONFIG_LISTEN_UNIX, "unix:/a:b ", false);
	assert_listens("unix-seqpacket:/run/y", CONFIG_LISTEN_UNIX_SEQPACKET,
	    "unix:/run/y ", false);
}

static void
parse__unix_path_of_any_length__is_taken_or_refused(void **state)
{
	char item[200] = "unix:/";
	struct config_listen l;

	memset(item + 6, 'x', 106);
	assert_int_equal(listen_parse(item, &l, &err), 0);
	assert_int_equal(l.addrs[0].len, sizeof(struct sockaddr_un));
	listen_fini(&l);
	strcat(item, "x");
	assert_refused(item, "at most 107 bytes, and this has 108");
}

static void
parse__vsock__has_any_cid_unless_told(void **state)
{
	struct config_listen l;

	assert_listens("vsock:22", CONFIG_LISTEN_VSOCK, "vsock:22 ", false);
	assert_listens("vsock:3:4294967294", CONFIG_LISTEN_VSOCK,
	    "vsock:3:4294967294 ", false);
	assert_int_equal(listen_parse("vsock:0", &l, &err), 0);
	assert_int_equal(addr_port(&l.addrs[0]), VMADDR_PORT_ANY);
	listen_fini(&l);
}

static void
listen__udp_port__is_loopback_of_both_families(void **state)
{
	assert_listens(
	    "udp:53", CONFIG_LISTEN_UDP, "[::1]:53 127.0.0.1:53 ", true);
	assert_listens(
	    "udp:tftp", CONFIG_LISTEN_UDP, "[::1]:69 127.0.0.1:69 ", true);
	assert_listens(
	    "udp:0", CONFIG_LISTEN_UDP, "[::1]:0 127.0.0.1:0 ", true);
}

static void
listen__udp_address__is_as_for_tcp(void **state)
{
	assert_listens(
	    "udp:*:tftp", CONFIG_LISTEN_UDP, "[::]:69 0.0.0.0:69 ", true);
	assert_listens(
	    "udp:192.0.2.7:53", CONFIG_LISTEN_UDP, "192.0.2.7:53 ", false);
	assert_listens("udp:[2001:db8::1]:53", CONFIG_LISTEN_UDP,
	    "[2001:db8::1]:53 ", false);
	assert_listens("udp:[::ffff:192.0.2.7]:53", CONFIG_LISTEN_UDP,
	    "192.0.2.7:53 ", false);
	assert_listens("udp:both:53", CONFIG_LISTEN_UDP,
	    "192.0.2.7:53 [2001:db8::7]:53 ", true);
}

static void
listen__unix_dgram__is_a_path(void **state)
{
	assert_listens("unix-dgram:/run/x", CONFIG_LISTEN_UNIX_DGRAM,
	    "unix:/run/x ", false);
}

static void
listen__fd__is_a_name_without_addresses(void **state)
{
	char item[300] = "fd:";
	struct config_listen l;

	assert_listens("fd:web", CONFIG_LISTEN_FD, "", false);
	assert_listens("fd:a/b.socket", CONFIG_LISTEN_FD, "", false);
	assert_int_equal(listen_parse("fd:x", &l, &err), 0);
	assert_null(l.addrs);
	listen_fini(&l);
	memset(item + 3, 'x', 255);
	assert_listens(item, CONFIG_LISTEN_FD, "", false);
	strcat(item, "x");
	assert_refused(item, "at most 255 bytes, and this has 256");
}

static void
listen__fd_with_another_name__is_refused(void **state)
{
	assert_refused("fd:", "the name is missing; write fd:NAME");
	assert_refused("fd:a:b", "has no colons");
	assert_refused("fd:a\tb", "ASCII characters only");
	assert_refused("fd:a\x7f", "ASCII characters only");
	assert_refused("fd:\xc3\xa4", "ASCII characters only");
}

static void
listen__broken_udp_items__name_the_remedy(void **state)
{
	assert_refused("udp:", "the port is missing");
	assert_refused("udp:finger", "write udp:PORT or udp:ADDRESS:PORT");
	assert_refused("udp::53", "write udp:*:53 for every address, or "
				  "udp:53 for loopback only");
	assert_refused("udp:::1:53", "IPv6 address as udp:[ADDRESS]:PORT");
	assert_refused("udp:65536", "out of range, 0 to 65535");
	assert_refused("udp:127.1:53", "is not an IPv4 address");
	assert_refused("udp:nowhere:53", "host \"nowhere\": ");
	assert_refused("unix-dgram:x", "is not an absolute path");
}

static void
listen_is_datagram__kinds_without_connections__are(void **state)
{
	assert_true(listen_is_datagram(CONFIG_LISTEN_UDP));
	assert_true(listen_is_datagram(CONFIG_LISTEN_UNIX_DGRAM));
	assert_false(listen_is_datagram(CONFIG_LISTEN_TCP));
	assert_false(listen_is_datagram(CONFIG_LISTEN_UNIX));
	assert_false(listen_is_datagram(CONFIG_LISTEN_UNIX_SEQPACKET));
	assert_false(listen_is_datagram(CONFIG_LISTEN_VSOCK));
	assert_false(listen_is_datagram(CONFIG_LISTEN_FD));
}

static void
parse__broken_items__name_the_remedy(void **state)
{
	assert_refused("65536", "out of range, 0 to 65535");
	assert_refused("99999999999999999999", "out of range, 0 to 65535");
	assert_refused("nothere", "neither a port nor a known service");
	assert_refused("127.0.0.1", "write PORT or ADDRESS:PORT");
	assert_refused(":80", "write *:80 for every address, or 80");
	assert_refused("::1:80", "write an IPv6 address as [ADDRESS]:PORT");
	assert_refused("[::1]", "is not [IPV6-ADDRESS]:PORT");
	assert_refused("[::1", "is not [IPV6-ADDRESS]:PORT");
	assert_refused("[", "is not [IPV6-ADDRESS]:PORT");
	assert_refused("[127.0.0.1]:80", "is not an IPv6 address");
	assert_refused("[fe80::1%nothere]:80", "interface that is there");
	assert_refused("127.1:80", "is not an IPv4 address");
	assert_refused("192.0.2.256:80", "is not an IPv4 address");
	assert_refused("localhost:", "the port is missing");
	assert_refused("nowhere:80", "host \"nowhere\": ");
	assert_refused("unix:run/x", "is not an absolute path");
	assert_refused("unix:", "is not an absolute path");
	assert_refused("unix:@x", "is not an absolute path");
	assert_refused("unix:/run/", "is not the path of a file");
	assert_refused("vsock:", "is not a number");
	assert_refused("vsock:4294967296", "out of range");
	assert_refused("vsock:x:1", "is not a number");
	assert_refused("vsock:1:2:3", "is not a number");
}

static void
parse__no_memory_for_a_name__is_passed_up(void **state)
{
	struct config_listen l;

	assert_int_equal(listen_parse("memory:80", &l, &err), -ENOMEM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    parse__port_alone__is_loopback_in_both_families),
		cmocka_unit_test(parse__star__is_two_sockets),
		cmocka_unit_test(parse__address__is_that_alone),
		cmocka_unit_test(parse__mapped_address__is_ipv4),
		cmocka_unit_test(parse__host_name__is_all_its_addresses_once),
		cmocka_unit_test(parse__unix_paths__are_taken_as_they_are),
		cmocka_unit_test(
		    parse__unix_path_of_any_length__is_taken_or_refused),
		cmocka_unit_test(parse__vsock__has_any_cid_unless_told),
		cmocka_unit_test(
		    listen__udp_port__is_loopback_of_both_families),
		cmocka_unit_test(listen__udp_address__is_as_for_tcp),
		cmocka_unit_test(listen__unix_dgram__is_a_path),
		cmocka_unit_test(listen__fd__is_a_name_without_addresses),
		cmocka_unit_test(listen__fd_with_another_name__is_refused),
		cmocka_unit_test(listen__broken_udp_items__name_the_remedy),
		cmocka_unit_test(
		    listen_is_datagram__kinds_without_connections__are),
		cmocka_unit_test(parse__broken_items__name_the_remedy),
		cmocka_unit_test(parse__no_memory_for_a_name__is_passed_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
