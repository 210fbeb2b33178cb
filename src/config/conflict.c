/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Finds listeners that would fight for one address, or for one descriptor that
 * is passed to us. Listeners that could, as they have the same port, path or
 * name, are chained below it in a hash table, and only these are compared: a
 * few, whatever the size of the configuration.
 */
#define HASH_NONFATAL_OOM 1

#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for a path, and for the name of a descriptor. */
#define CONFLICT_KEY_MAX 264

#define CONFLICT_TEXT_MAX (ADDR_TEXT_MAX + 4)

struct conflict_entry {
	const struct config_service *service;
	const struct config_listen *listen;
	const struct addr *addr; /* NULL for CONFIG_LISTEN_FD */
	struct conflict_entry *next;
};

struct conflict_port {
	/* "tcp 80", "udp 80", "vsock 80", "fd:NAME" or the path */
	char key[CONFLICT_KEY_MAX];
	struct conflict_entry *first;
	UT_hash_handle hh;
};

/* Port 0 takes a free one, so it is never in the way. */
static bool
conflict_make_key(const struct conflict_entry *e, char key[CONFLICT_KEY_MAX])
{
	const struct addr *a = e->addr;
	uint32_t port;

	memset(key, 0, CONFLICT_KEY_MAX);
	if (a == NULL) {
		snprintf(key, CONFLICT_KEY_MAX, "%s", e->listen->text);
		return true;
	}
	port = addr_port(a);
	switch (addr_family(a)) {
	case AF_UNIX:
		snprintf(key, CONFLICT_KEY_MAX, "%.*s",
		    (int)sizeof(a->u.un.sun_path), a->u.un.sun_path);
		return true;
	case AF_VSOCK:
		snprintf(key, CONFLICT_KEY_MAX, "vsock %u", port);
		return port != VMADDR_PORT_ANY;
	default:
		snprintf(key, CONFLICT_KEY_MAX, "%s %u",
		    e->listen->kind == CONFIG_LISTEN_UDP ? "udp" : "tcp", port);
		return port != 0;
	}
}

/* The kernel keeps sockets apart that are bound to different devices, but not
 * one without a device from the others (inet_csk_bind_conflict). */
static bool
conflict_devices_differ(
    const struct config_service *a, const struct config_service *b)
{
	const char *x = a->socket.bind_device, *y = b->socket.bind_device;

	return x != NULL && y != NULL && strcmp(x, y) != 0;
}

/* An IPv6 wildcard that takes IPv4 clients, too. */
static bool
conflict_is_dual(const struct conflict_entry *e)
{
	return addr_family(e->addr) == AF_INET6 && addr_is_any(e->addr) &&
	       !e->service->socket.v6only;
}

/* Both are below the same port, path or name. */
static bool
conflict_overlap(const struct conflict_entry *a, const struct conflict_entry *b)
{
	int family;

	if (a->addr == NULL)
		return true;
	family = addr_family(a->addr);
	if (family == AF_UNIX)
		return true;
	if (family != AF_VSOCK &&
	    conflict_devices_differ(a->service, b->service))
		return false;
	if (family != addr_family(b->addr))
		return conflict_is_dual(a) || conflict_is_dual(b);
	return addr_is_any(a->addr) || addr_is_any(b->addr) ||
	       addr_equal(a->addr, b->addr);
}

/* One of the addresses that an item stands for; or the item, where that is
 * all of it and tells more. */
static const char *
conflict_format(const struct conflict_entry *e, char buf[CONFLICT_TEXT_MAX])
{
	char text[ADDR_TEXT_MAX];

	if (e->addr == NULL || addr_family(e->addr) == AF_UNIX)
		return e->listen->text;
	snprintf(buf, CONFLICT_TEXT_MAX, "%s%s",
	    e->listen->kind == CONFIG_LISTEN_UDP ? "udp:" : "",
	    addr_format(e->addr, text, sizeof(text)));
	return buf;
}

static void
conflict_report(const struct conflict_entry *e,
    const struct conflict_entry *other, struct diag *diag)
{
	char is_buf[CONFLICT_TEXT_MAX], was_buf[CONFLICT_TEXT_MAX];
	const char *is = conflict_format(e, is_buf);
	const char *was = conflict_format(other, was_buf);
	const struct config_origin at = other->listen->origin;

	if (at.line != 0)
		diag_add(diag, e->listen->origin,
		    "listen: %s of [%s] is taken by %s of [%s] in %s:%u", is,
		    e->service->name, was, other->service->name, at.file,
		    at.line);
	else
		diag_add(diag, e->listen->origin,
		    "listen: %s is taken by %s already", is, was);
}

static int
conflict_find_port(struct conflict_port **ports,
    const char key[CONFLICT_KEY_MAX], struct conflict_port **ret)
{
	struct conflict_port *p;

	HASH_FIND(hh, *ports, key, CONFLICT_KEY_MAX, p);
	if (p == NULL) {
		p = calloc(1, sizeof(*p));
		if (p == NULL)
			return -ENOMEM;
		memcpy(p->key, key, CONFLICT_KEY_MAX);
		HASH_ADD(hh, *ports, key, CONFLICT_KEY_MAX, p);
		if (p->hh.tbl == NULL) {
			free(p);
			return -ENOMEM;
		}
	}
	*ret = p;
	return 0;
}

/* Compares with those that are there, and joins them. One conflict of a
 * listener is enough to say. */
static int
conflict_add(struct conflict_port **ports, const struct conflict_entry *entry,
    struct diag *diag)
{
	char key[CONFLICT_KEY_MAX];
	struct conflict_entry *e;
	struct conflict_port *p;

	if (!conflict_make_key(entry, key))
		return 0;
	if (conflict_find_port(ports, key, &p) != 0)
		return -ENOMEM;
	e = malloc(sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	*e = *entry;
	for (e->next = p->first; e->next != NULL; e->next = e->next->next) {
		if (conflict_overlap(entry, e->next)) {
			conflict_report(entry, e->next, diag);
			break;
		}
	}
	e->next = p->first;
	p->first = e;
	return 0;
}

static int
conflict_add_service(struct conflict_port **ports,
    const struct config_service *s, struct diag *diag)
{
	for (size_t i = 0; i < s->nlisten; i++) {
		struct conflict_entry e = {
			.service = s,
			.listen = &s->listen[i],
		};

		if (e.listen->kind == CONFIG_LISTEN_FD &&
		    conflict_add(ports, &e, diag) != 0)
			return -ENOMEM;
		for (size_t j = 0; j < e.listen->naddrs; j++) {
			e.addr = &e.listen->addrs[j];
			if (conflict_add(ports, &e, diag) != 0)
				return -ENOMEM;
		}
	}
	return 0;
}

int
conflict_check(const struct config *c, struct diag *diag)
{
	struct conflict_port *ports = NULL, *p, *next;
	int error = 0;

	for (size_t i = 0; i < c->nservices && error == 0; i++) {
		if (c->services[i]->enabled)
			error =
			    conflict_add_service(&ports, c->services[i], diag);
	}
	HASH_ITER (hh, ports, p, next) {
		while (p->first != NULL) {
			struct conflict_entry *e = p->first;

			p->first = e->next;
			free(e);
		}
		HASH_DEL(ports, p);
		free(p);
	}
	return error;
}
