/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Raw sections to a struct config, in the steps that config_load() and
 * config_load_adhoc() share. */
#ifndef EVINETD_CONFIG_BUILD_H
#define EVINETD_CONFIG_BUILD_H

#include "raw.h"

#include <evinetd/config/config.h>

/* An empty config, or NULL without memory. */
struct config *build_new(void);

/* Ends a load, with the error that it came to so far: frees *raw, and hands
 * the config out if nothing was reported. Returns what config_load() does. */
int
build_finish(struct config *c, struct raw *raw, int error, struct config **ret);

/* Fills the config: own values, then [defaults], then the table's defaults;
 * then checks every service, and all of them together. What is wrong is added
 * to raw->diag. 0 (whatever was reported) or -ENOMEM. */
int build_config(struct config *c, const struct raw *raw);

/* check.c: what cannot be seen in one value alone. Values that were wrong are
 * their defaults here, or missing. Completes argv0 and the path. 0, -EINVAL
 * (reported) or -ENOMEM. */
int check_service(struct config_service *s, struct diag *diag);

/* check.c: why the key, whatever its value, means nothing to the service; NULL
 * when it does. */
const char *
check_find_void(const struct config_service *s, const struct schema_key *key);

/* mode.c: resolves CONFIG_MODE_DEFAULT, by the listeners. 0, or -EINVAL
 * (reported) when they do not fit the mode, which is then nowait. */
int mode_resolve(struct config_service *s, struct diag *diag);

/* mode.c: whether clients are looked at, so that they can be refused: always
 * in nowait, and where wait is for datagrams, or may be. */
bool mode_has_access(const struct config_service *s);

/* mode.c: sets the keys that mean nothing in the mode to what they come to. */
void mode_apply(struct config_service *s);

/* mode.c: what needs a client, in modes that have none. 0 or -EINVAL
 * (reported). */
int mode_check(const struct config_service *s, struct diag *diag);

/* admission.c: access lists that cannot work, and messages that are missing. 0
 * or -EINVAL (reported). */
int admission_check(const struct config_service *s, struct diag *diag);

/* conflict.c: two listeners on one address. 0 or -ENOMEM. */
int conflict_check(const struct config *c, struct diag *diag);

/* program.c: makes s->path the absolute path of a file that can be executed.
 * 0, -EINVAL (reported at `at`) or -ENOMEM. */
int program_find(
    struct config_service *s, struct config_origin at, struct diag *diag);

/* The origin of a service's value. */
struct config_origin
build_origin(const struct config_service *s, const char *key);

#endif
