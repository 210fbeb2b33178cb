/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* The contract with a handler, row by row: what is configured, and what the
 * probe then finds (tests/probe/report.h).
 */
#ifndef EVINETD_TESTS_CONTRACT_H
#define EVINETD_TESTS_CONTRACT_H

#include "harness.h"

struct contract_row {
	const char *settings;	    /* lines of the service's section, or "" */
	const char *key, *expected; /* in the probe's report */
};

/* Starts a daemon with one service a row, each at 127.0.0.1, and the probe as
 * handler; prepare (or NULL) is for the daemon before its exec. */
void contract_start(struct harness *h, const struct contract_row *rows,
    size_t count, void (*prepare)(void *arg));
/* Asks each of them. */
void contract_check(
    struct harness *h, const struct contract_row *rows, size_t count);
/* Both, and the end of the test. */
void
contract_test(struct harness *h, const struct contract_row *rows, size_t count);

/* All lines of a report that begin with that. */
const char *contract_lines(const char *report, const char *prefix);

void contract_need_root(void);
void contract_need_ipv6(void);

#endif
