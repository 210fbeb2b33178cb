/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Files of access lists: any bytes. What is written of an entry is read back
 * as the same, and lines are in order.
 */
#include "fuzz.h"

#include "access_file.h"
#include "entry.h"

#include <string.h>

static void
check_entry(const struct config_access *entry)
{
	struct config_access again;
	struct value_error err;
	char text[ENTRY_TEXT_MAX];

	entry_format(entry, text);
	FUZZ_CHECK(entry_parse(text, &again, &err) == 0);
	again.line = entry->line;
	FUZZ_CHECK(memcmp(entry, &again, sizeof(again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_access_set set = { .file = "fuzz" };
	struct diag *diag = diag_new();
	FILE *in = fmemopen((void *)data, size, "r");
	unsigned line = 0;
	int error;

	FUZZ_CHECK(diag != NULL && in != NULL);
	error = access_file_read(in, &set, diag);
	FUZZ_CHECK((error == 0) == (diag_count(diag) == 0));
	for (size_t i = 0; i < set.count; i++) {
		FUZZ_CHECK(set.items[i].line > line);
		line = set.items[i].line;
		check_entry(&set.items[i]);
	}
	entry_free_all(&set);
	fclose(in);
	diag_free(diag);
	return 0;
}
