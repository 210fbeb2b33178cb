/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Loads; what is written of one is read back as the same.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	unsigned load, again;
	char written[VALUE_TEXT_MAX];

	if (value_parse_load(text, &load, &err) == 0) {
		FUZZ_CHECK(load > 0 && load <= 1000000);
		value_format_load(load, written);
		FUZZ_CHECK(value_parse_load(written, &again, &err) == 0);
		FUZZ_CHECK(load == again);
	}
	free(text);
	return 0;
}
