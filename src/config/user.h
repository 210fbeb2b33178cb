/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Users and groups: a name, or a number, to ids (passwd(5), group(5)). */
#ifndef EVINETD_CONFIG_USER_H
#define EVINETD_CONFIG_USER_H

#include "value.h"

#include <evinetd/config/config.h>

/* A name first, then a number, as chown(1) has it. A number needs no entry in
 * the database; its gid is then (gid_t)-1, its home /, its shell /bin/sh.
 * *ret is the caller's to free. 0, -EINVAL with *err, or -ENOMEM. */
int
user_parse(const char *text, struct config_user *ret, struct value_error *err);
void user_fini(struct config_user *u);

/* The same for a group. */
int group_parse(
    const char *text, struct config_group *ret, struct value_error *err);
void group_fini(struct config_group *g);

/* Ids alone. A number is taken for what it is, without a look into the
 * database. 0, -EINVAL with *err, or -ENOMEM. */
int user_parse_uid(const char *text, uid_t *ret, struct value_error *err);
int user_parse_gid(const char *text, gid_t *ret, struct value_error *err);

#endif
