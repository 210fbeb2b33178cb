/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Listeners; names are not looked up.
 */
#include "fuzz.h"

#include "listen.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	struct config_listen l;

	if (listen_parse(text, &l, &err) == 0) {
		FUZZ_CHECK(strcmp(l.text, text) == 0);
		FUZZ_CHECK((l.naddrs == 0) == (l.kind == CONFIG_LISTEN_FD));
		for (size_t i = 0; i < l.naddrs; i++)
			FUZZ_CHECK(addr_family(&l.addrs[i]) != AF_UNSPEC);
		listen_fini(&l);
	}
	free(text);
	return 0;
}
