/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Finds listeners that would fight for one address. Listeners that could, as
 * they have the same port or path, are chained below it in a hash table, and
 * only these are compared: a few, whatever the size of the configuration.
 */
#define HASH_NONFATAL_OOM 1

#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Long enough for a path. */
#define CONFLICT_KEY_MAX 120

struct conflict_entry {
	const struct config_service *service;
	const struct config_listen *listen;
	const struct addr *addr;
	struct conflict_entry *next;
};

struct conflict_port {
	char key[CONFLICT_KEY_MAX]; /* "tcp 80", "vsock 80" or the path */
	struct conflict_entry *first;
	UT_hash_handle hh;
};

/* Port 0 takes a free one, so it is never in the way. */
static bool
conflict_make_key(const struct addr *a, char key[CONFLICT_KEY_MAX])
{
	const uint32_t port = addr_port(a);

	memset(key, 0, CONFLICT_KEY_MAX);
	switch (addr_family(a)) {
	case AF_UNIX:
		snprintf(key, CONFLICT_KEY_MAX, "%.*s",
		    (int)sizeof(a->u.un.sun_path), a->u.un.sun_path);
		return true;
	case AF_VSOCK:
		snprintf(key, CONFLICT_KEY_MAX, "vsock %u", port);
		return port != VMADDR_PORT_ANY;
	default:
		snprintf(key, CONFLICT_KEY_MAX, "tcp %u", port);
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

/* Both are below the same port or path. */
static bool
conflict_overlap(const struct conflict_entry *a, const struct conflict_entry *b)
{
	const int family = addr_family(a->addr);

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

static void
conflict_report(const struct conflict_entry *e,
    const struct conflict_entry *other, struct diag *diag)
{
	char is[ADDR_TEXT_MAX], was[ADDR_TEXT_MAX];
	const struct config_origin at = other->listen->origin;

	addr_format(e->addr, is, sizeof(is));
	addr_format(other->addr, was, sizeof(was));
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

	if (!conflict_make_key(entry->addr, key))
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
		const struct config_listen *l = &s->listen[i];

		for (size_t j = 0; j < l->naddrs; j++) {
			const struct conflict_entry e = {
				.service = s,
				.listen = l,
				.addr = &l->addrs[j],
			};

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
