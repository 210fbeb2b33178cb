/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Windows of time; what is written of one is read back as the same.
 */
#include "fuzz.h"

#include "hours.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	struct config_hours h, again;
	char written[VALUE_TEXT_MAX];

	if (hours_parse(text, &h, &err) == 0) {
		FUZZ_CHECK(h.from < 1440 && h.to <= 1440 && h.from != h.to);
		FUZZ_CHECK(h.days > 0 && h.days < 128);
		hours_format(&h, written);
		FUZZ_CHECK(hours_parse(written, &again, &err) == 0);
		FUZZ_CHECK(h.from == again.from && h.to == again.to);
		FUZZ_CHECK(h.days == again.days);
	}
	free(text);
	return 0;
}
