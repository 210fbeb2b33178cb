/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Octal modes.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	mode_t mode;

	if (value_parse_mode(text, &mode, &err) == 0)
		FUZZ_CHECK(mode <= 07777);
	free(text);
	return 0;
}
