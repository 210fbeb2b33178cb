/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Services by name, for who was told one by an operator.
 */
#include "nearest.h"

#include <evinetd/config/config.h>

#include <string.h>

const struct config_service *
config_find_service(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->nservices; i++) {
		if (strcmp(c->services[i]->name, name) == 0)
			return c->services[i];
	}
	return NULL;
}

const char *
config_nearest_service(const struct config *c, const char *name)
{
	unsigned best = nearest_limit(name) + 1;
	const char *ret = NULL;

	for (size_t i = 0; i < c->nservices; i++) {
		const char *other = c->services[i]->name;
		const unsigned distance = nearest_distance(name, other);

		if (distance < best) {
			best = distance;
			ret = other;
		}
	}
	return ret;
}
