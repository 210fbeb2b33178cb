/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Access lists for tests: made of text, or at random; and what they ought to
 * say, by looking at each entry.
 */
#ifndef EVINETD_TESTS_LIST_H
#define EVINETD_TESTS_LIST_H

#include <evinetd/admit/access.h>

#define LIST_RULES 4

struct list {
	struct config_access_rule
	    rules[LIST_RULES]; /* allow and deny in turn */
	struct config_access_set sets[LIST_RULES];
	size_t rooms[LIST_RULES];
	struct config_access_list list;
};

/* "192.0.2.0/24", "2001:db8::", "uid:7", "gid:7". */
struct config_access list_parse(const char *text);

/* So many rules without entries, the first of which allows. */
void list_init(struct list *l, size_t nrules);
void list_fini(struct list *l);
void list_add(struct list *l, size_t rule, struct config_access entry);

/* A list of such rules: texts separated by blanks, or NULL. */
void list_make(struct list *l, const char *allow, const char *deny);

/* The same numbers in every run. */
void list_random_reset(void);
uint32_t list_random(void);

/* What access_decide() should say. */
struct access_verdict
list_decide(const struct list *l, const struct access_peer *peer);

struct addr list_address(const char *text);

#endif
