/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* CIDR prefixes; what inet_ntop(3) writes of one is read back.
 */
#include "fuzz.h"

#include "value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	struct value_prefix p, second;
	char again[INET6_ADDRSTRLEN + 8];

	if (value_parse_prefix(text, &p, &err) == 0) {
		FUZZ_CHECK(p.bits <= (p.family == AF_INET ? 32 : 128));
		inet_ntop(p.family, p.bytes, again, INET6_ADDRSTRLEN);
		snprintf(again + strlen(again), 8, "/%u", p.bits);
		FUZZ_CHECK(value_parse_prefix(again, &second, &err) == 0);
		FUZZ_CHECK(p.family == second.family && p.bits == second.bits);
		FUZZ_CHECK(memcmp(p.bytes, second.bytes, 4) == 0);
	}
	free(text);
	return 0;
}
