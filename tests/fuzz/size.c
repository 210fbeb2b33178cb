/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Sizes; what is written of one is read back.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	char again[VALUE_TEXT_MAX];
	int64_t number, second;

	if (value_parse_size(text, &number, &err) == 0) {
		FUZZ_CHECK(number >= 0);
		value_format_size(number, again);
		FUZZ_CHECK(value_parse_size(again, &second, &err) == 0);
		FUZZ_CHECK(number == second);
	}
	free(text);
	return 0;
}
