/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Enumerations.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	static const char *const names[] = { "error", "warning", "notice",
		"info", "debug", NULL };
	unsigned index;

	if (value_parse_enum(text, names, &index, &err) == 0)
		FUZZ_CHECK(index < 5 && strcmp(text, names[index]) == 0);
	free(text);
	return 0;
}
