/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Commands, and the words in them quoted again.
 */
#include "fuzz.h"

#include "words.h"

#include <stdlib.h>
#include <string.h>

/* What is written of a word is read back. */
static void
check_quoting(const char *word)
{
	struct value_error err;
	size_t length, at = 0, start;
	char *text, *again;
	FILE *out = open_memstream(&text, &length);

	FUZZ_CHECK(out != NULL);
	words_print(word, out);
	FUZZ_CHECK(fclose(out) == 0);
	FUZZ_CHECK(strchr(text, '\n') == NULL);
	FUZZ_CHECK(words_next(text, &at, &again, &start, &err) == 0);
	FUZZ_CHECK(again != NULL && strcmp(word, again) == 0);
	FUZZ_CHECK(text[at] == '\0');
	free(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	size_t at = 0, start;
	char *word;

	while (
	    words_next(text, &at, &word, &start, &err) == 0 && word != NULL) {
		FUZZ_CHECK(start < at && at <= strlen(text));
		check_quoting(word);
		free(word);
	}
	free(text);
	return 0;
}
