/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Resource limits in every unit; what is written is read back.
 */
#include "fuzz.h"

#include "limit.h"

#include <stdlib.h>
#include <string.h>

static void
check_unit(const char *text, enum limit_unit unit)
{
	struct config_rlimit limit, second;
	struct value_error err;
	char again[100] = "";
	FILE *out;

	if (limit_parse(text, unit, &limit, &err) != 0)
		return;
	FUZZ_CHECK(limit.set);
	FUZZ_CHECK(!limit.hard_set || limit.soft <= limit.hard);
	out = fmemopen(again, sizeof(again), "w");
	FUZZ_CHECK(out != NULL);
	limit_print(&limit, unit, out);
	FUZZ_CHECK(fclose(out) == 0);
	FUZZ_CHECK(limit_parse(again, unit, &second, &err) == 0);
	FUZZ_CHECK(limit.soft == second.soft && limit.hard == second.hard);
	FUZZ_CHECK(limit.hard_set == second.hard_set);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);

	check_unit(text, LIMIT_COUNT);
	check_unit(text, LIMIT_SIZE);
	check_unit(text, LIMIT_TIME);
	free(text);
	return 0;
}
