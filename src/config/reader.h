/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* INI text to sections and values. inih splits the lines; this module gives
 * it whole and sound lines only, knows their numbers, and refuses what inih
 * would take in silence. evinetd.ini(5) describes the language.
 */
#ifndef EVINETD_CONFIG_READER_H
#define EVINETD_CONFIG_READER_H

#include <evinetd/config/diag.h>

#define READER_KEY_MAX	   49 /* inih cuts longer ones */
#define READER_SECTION_MAX 64

/* Who hears of what is read. Each returns 0 to go on, or a negative errno,
 * which reader_read() then returns. */
struct reader_handler {
	/* A section begins. */
	int (*section_cb)(void *arg, const char *name, struct config_origin at);

	/* A value of the section is complete. Its text has a newline for each
	 * line end that it goes across, comments and all, so that counting
	 * them gives the line of every byte. `at` is where its key stands. */
	int (*value_cb)(void *arg, const char *key, const char *text,
	    struct config_origin at);

	/* A line of the section was refused (and reported): the section holds
	 * more than is told. */
	int (*broken_cb)(void *arg);

	void *arg;
};

/* Reads to the end. file is the name for messages and for the origins that
 * are handed out. What is wrong is added to diag, and the rest is read on.
 * 0, or a negative errno: memory, or what a callback returned. */
int reader_read(FILE *in, const char *file, const struct reader_handler *h,
    struct diag *diag);

#endif
