/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The access lists of services, put together of what the keys allow, deny,
 * allow_file and deny_file say. */
#ifndef EVINETD_CONFIG_ACCESS_LIST_H
#define EVINETD_CONFIG_ACCESS_LIST_H

#include <evinetd/config/config.h>

struct access_list_file;

/* The files that were read so far, while a configuration is built. */
struct access_list_reader {
	struct config *config; /* whose access_files they become */
	struct diag *diag;
	struct access_list_file *files; /* uthash */
};

/* Frees what it is needed for no longer; the config keeps the files. */
void access_list_fini(struct access_list_reader *r);

/* Reads the files that the service names, unless they were read before, and
 * fills s->admission.access. 0, -EINVAL (reported) or -ENOMEM. */
int access_list_fill(struct access_list_reader *r, struct config_service *s);

/* Frees the config's access_files. */
void access_list_free_files(struct config *c);

#endif
