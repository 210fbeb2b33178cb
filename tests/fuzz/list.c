/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Lists; items are parts of the text, in order, and none is empty.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	const char *item, *before = text;
	size_t at = 0, len;

	while (value_next_item(text, &at, &item, &len)) {
		FUZZ_CHECK(item >= before && len > 0);
		FUZZ_CHECK(item + len == text + at);
		FUZZ_CHECK(strcspn(item, ", \t\n") == len);
		before = text + at;
	}
	FUZZ_CHECK(text[at] == '\0');
	free(text);
	return 0;
}
