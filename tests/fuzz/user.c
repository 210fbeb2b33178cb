/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Users and groups.
 */
#include "fuzz.h"

#include "user.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	struct config_user u;
	struct config_group g;

	if (user_parse(text, &u, &err) == 0) {
		FUZZ_CHECK(u.set && u.uid != (uid_t)-1 && u.name != NULL);
		user_fini(&u);
	}
	if (group_parse(text, &g, &err) == 0) {
		FUZZ_CHECK(g.set && g.gid != (gid_t)-1 && g.name != NULL);
		group_fini(&g);
	}
	free(text);
	return 0;
}
