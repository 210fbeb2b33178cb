/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Growing struct config_strings. An empty one is all zero, with items NULL. */
#ifndef EVINETD_CONFIG_STRINGS_H
#define EVINETD_CONFIG_STRINGS_H

#include <evinetd/config/config.h>

/* Appends the string and takes it over, on failure too; NULL (from a failed
 * allocation) is -ENOMEM. */
int strings_take(struct config_strings *s, char *item);

/* Frees the items and the array, and makes it empty. */
void strings_fini(struct config_strings *s);

#endif
