/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The two ways to a configuration: from a file, and from the command line.
 * Both collect raw sections, and build.c does not know which way they came.
 */
#include "build.h"
#include "load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
config_load(const char *path, struct diag *diag, struct config **ret)
{
	struct raw raw;
	struct config *c = build_new();
	int error = c == NULL ? -ENOMEM : raw_init(&raw, diag);

	if (error != 0) {
		config_free(c);
		return error;
	}
	c->path = strdup(path);
	error =
	    c->path == NULL ? -ENOMEM : load_files(c->path, &raw, &c->files);
	if (error == 0 && c->files.count > 0)
		error = build_config(c, &raw);
	return build_finish(c, &raw, error, ret);
}
