/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* What the harnesses share. Each is one file with LLVMFuzzerTestOneInput(),
 * linked with libFuzzer, or with replay.c, which feeds it the corpus.
 */
#ifndef EVINETD_TESTS_FUZZ_H
#define EVINETD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* The harness; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of the input that ends in NUL, and is cut at the first one in it: the
 * reader lets no NUL byte through to a value. To be freed. */
char *fuzz_copy_text(const uint8_t *data, size_t size);

/* Ends the program, which is how a harness says that something is wrong; not
 * assert(3), which a release build leaves out. */
#define FUZZ_CHECK(condition) \
	((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
void fuzz_fail(const char *condition, const char *file, int line)
    __attribute__((noreturn));

#endif
