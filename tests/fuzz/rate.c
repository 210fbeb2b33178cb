/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Rates; none can make a token bucket overflow.
 */
#include "fuzz.h"

#include "value.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy_text(data, size);
	struct value_error err;
	struct bucket_rate rate;

	if (value_parse_rate(text, &rate, &err) == 0) {
		struct bucket b;
		uint64_t full;

		FUZZ_CHECK(rate.count > 0 && rate.burst > 0);
		FUZZ_CHECK(!__builtin_mul_overflow(
		    rate.period_ns / rate.count, rate.burst, &full));
		bucket_init(&b);
		FUZZ_CHECK(bucket_take(&b, &rate, 1));
	}
	free(text);
	return 0;
}
