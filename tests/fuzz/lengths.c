/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Pairs of prefix lengths.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	unsigned ipv4, ipv6;

	if (value_parse_lengths(text, &ipv4, &ipv6, &err) == 0) {
		FUZZ_CHECK(ipv4 >= 1 && ipv4 <= 32);
		FUZZ_CHECK(ipv6 >= 1 && ipv6 <= 128);
	}
	free(text);
	return 0;
}
