/* SPDX-FileCopyrightText: 2026 The evinetd authors
 * SPDX-License-Identifier: MIT
 */

/* Feeds every file of the folders that are its arguments to a harness, in the
 * normal test run and with any compiler. A folder without files is an error,
 * so that a corpus cannot get lost.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int
replay_file(const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t size;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "rb");
	data = malloc(1 << 20);
	if (in == NULL || data == NULL) {
		perror(path);
		return -1;
	}
	size = fread(data, 1, 1 << 20, in);
	fclose(in);
	/* A block of the exact size, so that reading beyond it is seen. */
	data = realloc(data, size > 0 ? size : 1);
	if (data == NULL)
		return -1;
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int
replay_folder(const char *folder)
{
	const struct dirent *entry;
	DIR *dir = opendir(folder);
	int count = 0;

	if (dir == NULL) {
		perror(folder);
		return -1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay_file(folder, entry->d_name) != 0)
			exit(1);
		count++;
	}
	closedir(dir);
	printf("%s: %d files\n", folder, count);
	return count > 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (replay_folder(argv[i]) != 0)
			return 1;
	}
	return argc > 1 ? 0 : 1;
}
