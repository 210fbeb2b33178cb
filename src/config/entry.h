/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* An entry of an access list: a prefix, or uid: or gid: with a name or a
 * number. Files of them and the keys `allow` and `deny` share this. */
#ifndef EVINETD_CONFIG_ENTRY_H
#define EVINETD_CONFIG_ENTRY_H

#include "value.h"

#include <evinetd/config/admission.h>

/* ret->line is 0. Names are looked up. 0, -EINVAL with *err, or -ENOMEM. */
int entry_parse(
    const char *text, struct config_access *ret, struct value_error *err);

/* Writes what the parser reads; of a whole address no length, and of an id the
 * number. Returns buf. */
#define ENTRY_TEXT_MAX 64
const char *
entry_format(const struct config_access *entry, char buf[ENTRY_TEXT_MAX]);

/* Appends it, in an array that grows by doubling. 0 or -ENOMEM. */
int
entry_append(struct config_access_set *set, const struct config_access *entry);

/* Gives back what the array has too much of. */
void entry_trim(struct config_access_set *set);

/* The entries alone; the set is empty then. */
void entry_free_all(struct config_access_set *set);

#endif
