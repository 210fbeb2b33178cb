/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The forms of `listen`. A table of prefixes (udp:, unix: ...) leads to the
 * parser of each; what has none of them is for TCP. Opens no socket; the only
 * thing asked of the system is getaddrinfo(3).
 */
#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTEN_HOST_MAX NI_MAXHOST

/* FDNAME_MAX of systemd. */
#define LISTEN_FDNAME_MAX 255

bool
listen_is_datagram(enum config_listen_kind kind)
{
	return kind == CONFIG_LISTEN_UDP || kind == CONFIG_LISTEN_UNIX_DGRAM;
}

void
listen_fini(struct config_listen *l)
{
	free(l->text);
	free(l->addrs);
	l->text = NULL;
	l->addrs = NULL;
	l->naddrs = 0;
}

/* Appends, unless it is there: a name may lead to one address twice. */
static int
listen_add_addr(struct config_listen *l, const struct addr *a)
{
	struct addr *addrs;

	for (size_t i = 0; i < l->naddrs; i++) {
		if (addr_equal(&l->addrs[i], a))
			return 0;
	}
	addrs = realloc(l->addrs, (l->naddrs + 1) * sizeof(*addrs));
	if (addrs == NULL)
		return -ENOMEM;
	addrs[l->naddrs++] = *a;
	l->addrs = addrs;
	return 0;
}

static int
listen_parse_digits(
    const char *text, uint32_t max, uint32_t *ret, struct value_error *err)
{
	unsigned long number;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return value_fail(err, 0, "\"%.80s\" is not a number", text);
	errno = 0;
	number = strtoul(text, NULL, 10);
	if (errno == ERANGE || number > max)
		return value_fail(
		    err, 0, "%.80s is out of range, 0 to %u", text, max);
	*ret = (uint32_t)number;
	return 0;
}

/* What getaddrinfo(3) returned, as our own errors. */
static int
listen_fail_lookup(
    int result, const char *what, const char *name, struct value_error *err)
{
	const char *why =
	    result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result);

	if (result == EAI_MEMORY)
		return -ENOMEM;
	return value_fail(err, 0, "%s \"%.80s\": %s", what, name, why);
}

/* What is before an internet address of that kind, for messages. */
static const char *
listen_prefix(enum config_listen_kind kind)
{
	return kind == CONFIG_LISTEN_UDP ? "udp:" : "";
}

static int
listen_parse_port(const char *text, enum config_listen_kind kind, uint32_t *ret,
    struct value_error *err)
{
	const bool udp = kind == CONFIG_LISTEN_UDP;
	const char *prefix = listen_prefix(kind);
	const struct addrinfo hints = {
		.ai_family = AF_INET,
		.ai_socktype = udp ? SOCK_DGRAM : SOCK_STREAM,
		.ai_protocol = udp ? IPPROTO_UDP : IPPROTO_TCP,
	};
	struct addrinfo *found;
	struct addr a = { 0 };
	int result;

	if (*text == '\0')
		return value_fail(err, 0, "the port is missing");
	if (text[strspn(text, "0123456789")] == '\0')
		return listen_parse_digits(text, UINT16_MAX, ret, err);
	result = getaddrinfo(NULL, text, &hints, &found);
	if (result == EAI_SERVICE || result == EAI_NONAME)
		return value_fail(err, 0,
		    "\"%.80s\" is neither a port nor a known service; write "
		    "%sPORT or %sADDRESS:PORT",
		    text, prefix, prefix);
	if (result != 0)
		return listen_fail_lookup(result, "service", text, err);
	memcpy(&a.u, found->ai_addr, found->ai_addrlen);
	a.len = found->ai_addrlen;
	freeaddrinfo(found);
	*ret = addr_port(&a);
	return 0;
}

static int
listen_add_ip(struct config_listen *l, const char *ip, uint32_t port)
{
	struct addr a;
	int error = addr_parse_ip(ip, (uint16_t)port, &a);

	if (error != 0)
		return error;
	addr_unmap(&a);
	return listen_add_addr(l, &a);
}

/* IPv6 first: the address that names resolve to first. */
static int
listen_add_both(
    struct config_listen *l, const char *ip6, const char *ip4, uint32_t port)
{
	int error = listen_add_ip(l, ip6, port);

	l->optional_ipv6 = true;
	return error != 0 ? error : listen_add_ip(l, ip4, port);
}

static int
listen_add_found(
    struct config_listen *l, const struct addrinfo *found, uint32_t port)
{
	for (; found != NULL; found = found->ai_next) {
		struct addr a = { .len = found->ai_addrlen };
		int error;

		if (found->ai_family != AF_INET && found->ai_family != AF_INET6)
			continue;
		memcpy(&a.u, found->ai_addr, found->ai_addrlen);
		addr_set_port(&a, port);
		addr_unmap(&a);
		error = listen_add_addr(l, &a);
		if (error != 0)
			return error;
	}
	return 0;
}

static int
listen_add_name(struct config_listen *l, const char *host, uint32_t port,
    struct value_error *err)
{
	const struct addrinfo hints = {
		.ai_socktype =
		    l->kind == CONFIG_LISTEN_UDP ? SOCK_DGRAM : SOCK_STREAM,
	};
	struct addrinfo *found;
	int result;

	/* getaddrinfo(3) would read 127.1 as 127.0.0.1. */
	if (host[strspn(host, "0123456789.")] == '\0')
		return value_fail(
		    err, 0, "\"%.80s\" is not an IPv4 address", host);
	result = getaddrinfo(host, NULL, &hints, &found);
	if (result != 0)
		return listen_fail_lookup(result, "host", host, err);
	result = listen_add_found(l, found, port);
	freeaddrinfo(found);
	if (result == 0 && l->naddrs == 0)
		return value_fail(
		    err, 0, "host \"%.80s\" has no address", host);
	l->optional_ipv6 = true;
	return result;
}

static int
listen_parse_bracketed(
    const char *item, struct config_listen *l, struct value_error *err)
{
	char host[LISTEN_HOST_MAX];
	const size_t len = strcspn(item + 1, "]");
	const char *after = item + 1 + len;
	uint32_t port;
	int error;

	if (*after != ']' || after[1] != ':' || len >= sizeof(host))
		return value_fail(
		    err, 0, "\"%.80s\" is not [IPV6-ADDRESS]:PORT", item);
	memcpy(host, item + 1, len);
	host[len] = '\0';
	error = listen_parse_port(after + 2, l->kind, &port, err);
	if (error != 0)
		return error;
	error =
	    strchr(host, ':') == NULL ? -EINVAL : listen_add_ip(l, host, port);
	if (error == -EINVAL)
		return value_fail(err, 0, "\"%.80s\" is not an IPv6 address%s",
		    host,
		    strchr(host, '%') != NULL ? " of an interface that is there"
					      : "");
	return error;
}

static int
listen_parse_inet(
    const char *item, struct config_listen *l, struct value_error *err)
{
	char host[LISTEN_HOST_MAX];
	const char *prefix = listen_prefix(l->kind);
	const char *colon = strrchr(item, ':');
	const size_t len = colon != NULL ? (size_t)(colon - item) : 0;
	uint32_t port;
	int error;

	if (*item == '[')
		return listen_parse_bracketed(item, l, err);
	if (len >= sizeof(host))
		return value_fail(err, 0, "the host name is too long");
	memcpy(host, item, len);
	host[len] = '\0';
	if (strchr(host, ':') != NULL)
		return value_fail(err, 0,
		    "\"%.80s\" has more than one colon; write an IPv6 address "
		    "as %s[ADDRESS]:PORT",
		    item, prefix);
	if (colon == item)
		return value_fail(err, 0,
		    "\"%.80s\" has no address; write %s*%.20s for every "
		    "address, or %s%.20s for loopback only",
		    item, prefix, item, prefix, item + 1);
	error = listen_parse_port(
	    colon != NULL ? colon + 1 : item, l->kind, &port, err);
	if (error != 0)
		return error;
	if (colon == NULL)
		return listen_add_both(l, "::1", "127.0.0.1", port);
	if (strcmp(host, "*") == 0)
		return listen_add_both(l, "::", "0.0.0.0", port);
	error = listen_add_ip(l, host, port);
	return error == -EINVAL ? listen_add_name(l, host, port, err) : error;
}

static int
listen_parse_tcp(
    const char *item, struct config_listen *l, struct value_error *err)
{
	l->kind = CONFIG_LISTEN_TCP;
	return listen_parse_inet(item, l, err);
}

static int
listen_parse_udp(
    const char *rest, struct config_listen *l, struct value_error *err)
{
	l->kind = CONFIG_LISTEN_UDP;
	return listen_parse_inet(rest, l, err);
}

static int
listen_parse_path(
    const char *path, struct config_listen *l, struct value_error *err)
{
	struct addr a = { 0 };
	const size_t len = strlen(path);

	if (*path != '/')
		return value_fail(
		    err, 0, "\"%.80s\" is not an absolute path", path);
	if (path[len - 1] == '/')
		return value_fail(
		    err, 0, "\"%.80s\" is not the path of a file", path);
	if (len >= sizeof(a.u.un.sun_path))
		return value_fail(err, 0,
		    "the path of a Unix socket has at most %zu bytes, and "
		    "this has %zu",
		    sizeof(a.u.un.sun_path) - 1, len);
	a.u.un.sun_family = AF_UNIX;
	memcpy(a.u.un.sun_path, path, len + 1);
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	return listen_add_addr(l, &a);
}

static int
listen_parse_unix(
    const char *rest, struct config_listen *l, struct value_error *err)
{
	l->kind = CONFIG_LISTEN_UNIX;
	return listen_parse_path(rest, l, err);
}

static int
listen_parse_dgram(
    const char *rest, struct config_listen *l, struct value_error *err)
{
	l->kind = CONFIG_LISTEN_UNIX_DGRAM;
	return listen_parse_path(rest, l, err);
}

static int
listen_parse_seqpacket(
    const char *rest, struct config_listen *l, struct value_error *err)
{
	l->kind = CONFIG_LISTEN_UNIX_SEQPACKET;
	return listen_parse_path(rest, l, err);
}

static int
listen_parse_vsock(
    const char *rest, struct config_listen *l, struct value_error *err)
{
	struct addr a = { .len = sizeof(a.u.vm) };
	const char *colon = strchr(rest, ':');
	uint32_t cid = VMADDR_CID_ANY, port;
	char text[16];
	int error;

	l->kind = CONFIG_LISTEN_VSOCK;
	if (colon != NULL) {
		snprintf(text, sizeof(text), "%.*s", (int)(colon - rest), rest);
		error = listen_parse_digits(text, UINT32_MAX, &cid, err);
		if (error != 0)
			return error;
	}
	error = listen_parse_digits(
	    colon != NULL ? colon + 1 : rest, UINT32_MAX, &port, err);
	if (error != 0)
		return error;
	a.u.vm.svm_family = AF_VSOCK;
	a.u.vm.svm_cid = cid;
	/* Here 0 is a port like others, and "any" is the largest number. */
	a.u.vm.svm_port = port == 0 ? VMADDR_PORT_ANY : port;
	return listen_add_addr(l, &a);
}

/* As fdname_is_valid() of systemd has it, but for the empty name. */
static int
listen_parse_fd(
    const char *rest, struct config_listen *l, struct value_error *err)
{
	const size_t len = strlen(rest);

	l->kind = CONFIG_LISTEN_FD;
	if (len == 0)
		return value_fail(err, 0,
		    "the name is missing; write fd:NAME, with the "
		    "FileDescriptorName= of the socket unit");
	if (len > LISTEN_FDNAME_MAX)
		return value_fail(err, 0,
		    "the name of a descriptor has at most %d bytes, and this "
		    "has %zu",
		    LISTEN_FDNAME_MAX, len);
	for (const char *p = rest; *p != '\0'; p++) {
		if (*p < ' ' || *p > '~' || *p == ':')
			return value_fail(err, 0,
			    "\"%.80s\" is not the name of a descriptor, which "
			    "has no colons, and ASCII characters only",
			    rest);
	}
	return 0;
}

static const struct {
	const char *prefix;
	int (*parse)(
	    const char *rest, struct config_listen *l, struct value_error *err);
} listen_forms[] = {
	{ "udp:", listen_parse_udp },
	{ "unix:", listen_parse_unix },
	{ "unix-dgram:", listen_parse_dgram },
	{ "unix-seqpacket:", listen_parse_seqpacket },
	{ "vsock:", listen_parse_vsock },
	{ "fd:", listen_parse_fd },
};

static int
listen_parse_form(
    const char *item, struct config_listen *l, struct value_error *err)
{
	for (size_t i = 0; i < sizeof(listen_forms) / sizeof(*listen_forms);
	     i++) {
		const size_t len = strlen(listen_forms[i].prefix);

		if (strncmp(item, listen_forms[i].prefix, len) == 0)
			return listen_forms[i].parse(item + len, l, err);
	}
	return listen_parse_tcp(item, l, err);
}

int
listen_parse(
    const char *item, struct config_listen *ret, struct value_error *err)
{
	struct config_listen l = { 0 };
	int error = listen_parse_form(item, &l, err);

	if (error == 0) {
		l.text = strdup(item);
		if (l.text == NULL)
			error = -ENOMEM;
	}
	if (error != 0) {
		listen_fini(&l);
		return error;
	}
	*ret = l;
	return 0;
}
