/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The reader: any bytes, and what it tells of them is in order.
 */
#include "fuzz.h"

#include "reader.h"

#include <stdio.h>
#include <string.h>

struct heard {
	unsigned line;
	int sections;
};

static int
section_cb(void *arg, const char *name, struct config_origin at)
{
	struct heard *heard = arg;

	FUZZ_CHECK(at.line > heard->line);
	FUZZ_CHECK(strlen(name) > 0 && strlen(name) <= READER_SECTION_MAX);
	heard->line = at.line;
	heard->sections++;
	return 0;
}

static int
value_cb(void *arg, const char *key, const char *text, struct config_origin at)
{
	struct heard *heard = arg;

	FUZZ_CHECK(heard->sections > 0 && at.line > heard->line);
	FUZZ_CHECK(strlen(key) > 0 && strlen(key) <= READER_KEY_MAX);
	for (; *text != '\0'; text++)
		FUZZ_CHECK((unsigned char)*text >= ' ' || *text == '\n' ||
			   *text == '\t');
	heard->line = at.line;
	return 0;
}

static int
broken_cb(void *arg)
{
	const struct heard *heard = arg;

	FUZZ_CHECK(heard->sections > 0);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard heard = { 0 };
	const struct reader_handler handler = { section_cb, value_cb, broken_cb,
		&heard };
	struct diag *diag = diag_new();
	FILE *in = fmemopen((void *)data, size, "r");

	FUZZ_CHECK(diag != NULL && in != NULL);
	FUZZ_CHECK(reader_read(in, "fuzz", &handler, diag) == 0);
	fclose(in);
	diag_free(diag);
	return 0;
}
