/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Booleans.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	bool value;

	if (value_parse_bool(text, &value, &err) == 0)
		FUZZ_CHECK(value == true || value == false);
	free(text);
	return 0;
}
