/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Reads a file of an access list. It is often made by a program, and large: so
 * a line costs little, and a file that was cut off is seen, as far as that can
 * be, since 192.0.2.0/2 would be quite another list than 192.0.2.0/24.
 */
#include "access_file.h"

#include "entry.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define ACCESS_FILE_BLANKS " \t"

int
access_file_open(
    const char *path, struct stat *ret_st, FILE **ret, const char **ret_problem)
{
	/* O_NONBLOCK: for the FIFO that it should not be. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd == -1 || fstat(fd, ret_st) == -1)
		*ret_problem = strerror(errno);
	else if (S_ISDIR(ret_st->st_mode))
		*ret_problem = "is a directory";
	else if (!S_ISREG(ret_st->st_mode))
		*ret_problem = "is not a regular file";
	else {
		*ret = fdopen(fd, "r");
		if (*ret != NULL)
			return 0;
		close(fd);
		return -ENOMEM;
	}
	if (fd != -1)
		close(fd);
	return -EINVAL;
}

/* Where the comment begins that is the line or, behind blanks, its end. */
static size_t
access_file_find_comment(const char *text)
{
	size_t len = 0;

	for (;;) {
		len += strcspn(text + len, "#;");
		if (text[len] == '\0' || len == 0 ||
		    strchr(ACCESS_FILE_BLANKS, text[len - 1]) != NULL)
			return len;
		len++;
	}
}

/* The line without comment and blanks around it. */
static const char *
access_file_trim_line(char *line)
{
	size_t len = access_file_find_comment(line);

	while (len > 0 && strchr(ACCESS_FILE_BLANKS, line[len - 1]) != NULL)
		len--;
	line[len] = '\0';
	return line + strspn(line, ACCESS_FILE_BLANKS);
}

static int
access_file_parse_line(const struct source *source, const char *text,
    struct config_access *ret, struct value_error *err)
{
	if (strpbrk(text, ACCESS_FILE_BLANKS ",") != NULL)
		return value_fail(err, 0,
		    "\"%.80s\" is more than one entry; write one a line", text);
	if (!source->ended)
		return value_fail(err, 0,
		    "the last line does not end, so the file may have been "
		    "cut off; end it with a newline");
	return entry_parse(text, ret, err);
}

int
access_file_read(FILE *in, struct config_access_set *set, struct diag *diag)
{
	const size_t reports_before = diag_reports(diag);
	struct value_error err;
	struct source source;
	int error = source_init(&source, in, set->file, diag);

	while (error == 0 && source_next_line(&source)) {
		struct config_access entry;
		const char *text;

		if (!source.sound)
			continue;
		text = access_file_trim_line(source.buf);
		if (*text == '\0')
			continue;
		error = access_file_parse_line(&source, text, &entry, &err);
		if (error == 0) {
			entry.line = source.line;
			error = entry_append(set, &entry);
		} else if (error == -EINVAL) {
			diag_add(diag, source_here(&source), "%s", err.message);
			error = 0;
		}
	}
	source_fini(&source);
	entry_trim(set);
	if (error == 0 && diag_reports(diag) > reports_before)
		error = -EINVAL;
	return error;
}
