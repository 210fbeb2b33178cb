/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Network namespaces, and datagrams with forged sources: on loopback the
 * kernel delivers even those that it would drop on any other interface.
 */
#include "netns.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/ip.h>
#include <netinet/udp.h>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
netns_configure_lo(unsigned long request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(ifr->ifr_name, "lo");
	assert_int_equal(ioctl(fd, request, ifr), 0);
	close(fd);
}

/* valgrind looks for the IPv4 forms of these requests, which are longer. */
union netns_request {
	char ipv4[256];
	struct in6_ifreq address;
	struct in6_rtmsg route;
};

bool
netns_enter(void)
{
	static union netns_request address, route;
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) == -1 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1)
		return false;
	netns_configure_lo(SIOCSIFFLAGS, &ifr);
	address.address.ifr6_prefixlen = 128;
	address.address.ifr6_ifindex = (int)if_nametoindex("lo");
	assert_int_equal(
	    inet_pton(AF_INET6, "fd00::5", &address.address.ifr6_addr), 1);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(ioctl(fd, SIOCSIFADDR, &address), 0);
	/* Multicast groups: other interfaces have them by themselves. */
	route.route = (struct in6_rtmsg){
		.rtmsg_dst.s6_addr = { 0xff },
		.rtmsg_dst_len = 8,
		.rtmsg_metric = 1,
		.rtmsg_flags = RTF_UP | RTF_LOCAL,
		.rtmsg_ifindex = address.address.ifr6_ifindex,
	};
	assert_int_equal(ioctl(fd, SIOCADDRT, &route), 0);
	close(fd);
	return true;
}

void
netns_set_mtu(int mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };

	netns_configure_lo(SIOCSIFMTU, &ifr);
}

void
netns_send_forged(
    const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	struct {
		struct iphdr ip;
		struct udphdr udp; /* without a checksum: RFC 768 */
		char data;
	} __attribute__((packed)) packet = {
		.ip = {
			.version = 4,
			.ihl = 5,
			.ttl = 1,
			.protocol = IPPROTO_UDP,
		},
		.udp = {
			.source = htons(from_port),
			.dest = htons(to_port),
			.len = htons(sizeof(struct udphdr) + 1),
		},
		.data = '?',
	};
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	assert_int_not_equal(fd, -1);
	assert_int_equal(inet_pton(AF_INET, to, &sin.sin_addr), 1);
	packet.ip.daddr = sin.sin_addr.s_addr;
	assert_int_equal(inet_pton(AF_INET, from, &sin.sin_addr), 1);
	packet.ip.saddr = sin.sin_addr.s_addr;
	sin.sin_addr.s_addr = packet.ip.daddr;
	assert_int_equal(sendto(fd, &packet, sizeof(packet), 0,
			     (struct sockaddr *)&sin, sizeof(sin)),
	    sizeof(packet));
	close(fd);
}
