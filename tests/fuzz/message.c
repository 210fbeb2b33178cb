/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Messages: bounded, with a newline at the end, and what is written of one is
 * read back as the same.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size), *message, *written, *again;
	struct value_error err;
	size_t length;
	FILE *out;

	if (value_parse_message(text, &message, &err) == 0) {
		length = strlen(message);
		FUZZ_CHECK(length > 0 && length <= VALUE_MESSAGE_MAX);
		FUZZ_CHECK(message[length - 1] == '\n');
		out = open_memstream(&written, &length);
		FUZZ_CHECK(out != NULL);
		value_print_message(message, out);
		FUZZ_CHECK(fclose(out) == 0);
		FUZZ_CHECK(value_parse_message(written, &again, &err) == 0);
		FUZZ_CHECK(strcmp(message, again) == 0);
		free(message);
		free(written);
		free(again);
	}
	free(text);
	return 0;
}
