/* Runs a fuzzer's function once on each file of the directories named: without clang, and under any
 * sanitizer. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
replay(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	unsigned n = 0;

	if (d == NULL) {
		perror(dir);
		exit(1);
	}
	while ((entry = readdir(d)) != NULL) {
		cleanup_free char *text = NULL;
		size_t len;
		int r;

		if (entry->d_name[0] == '.')
			continue;
		r = path_read(dirfd(d), entry->d_name, (size_t)1 << 26, &text, &len);
		if (r < 0) {
			(void)fprintf(stderr, "%s/%s: %s\n", dir, entry->d_name, strerror(-r));
			exit(1);
		}
		(void)fprintf(stderr, "%s/%s\n", dir, entry->d_name);
		(void)LLVMFuzzerTestOneInput((const uint8_t *)text, len);
		n++;
	}
	(void)closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		unsigned n = replay(argv[i]);

		(void)printf("%s: %u files\n", argv[i], n);
		if (n == 0)
			return 1;
	}
	return argc > 1 ? 0 : 1;
}
