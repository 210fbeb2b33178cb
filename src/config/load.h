/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Files, and the files that they include, to raw sections. */
#ifndef EVINETD_CONFIG_LOAD_H
#define EVINETD_CONFIG_LOAD_H

#include "raw.h"

#include <evinetd/config/config.h>

/* Includes within includes. */
#define LOAD_DEPTH_MAX 8

/* Reads the file and all that it includes. The names of the files go to
 * *files, where the origins in *raw point to. What is wrong is added to
 * raw->diag. 0 (also when a file cannot be read, which is reported) or
 * -ENOMEM. */
int load_files(const char *path, struct raw *raw, struct config_strings *files);

#endif
