/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The % sequences of a command.
 */
#include "fuzz.h"

#include "words.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;

	if (words_check_percent(text, &err) == 0) {
		FUZZ_CHECK(*text == '\0' || text[strlen(text) - 1] != '%' ||
			   strstr(text, "%%") != NULL);
		FUZZ_CHECK((words_find_percent(text, "rplsc%") == NULL) ==
			   (strchr(text, '%') == NULL));
	}
	free(text);
	return 0;
}
