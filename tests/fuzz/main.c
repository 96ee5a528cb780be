/* SPDX-License-Identifier: ISC */
/*
 * Calls a harness without libFuzzer: on each file of the directories, and on each file, of the
 * command line, so that every build tries the inputs that a fuzzer once found.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

#include "lib/os/file.h"

/* Bytes of an input; libFuzzer's seeds are far smaller. */
#define INPUT_MAX (4u * 1024 * 1024)

static int
run_file(const char *path)
{
	struct buf in = BUF_INIT(INPUT_MAX);
	struct err e = { 0 };
	int rc = file_read(NULL, path, &in, &e);

	if (rc == -1) {
		fprintf(stderr, "%s\n", e.text);
	} else {
		/*
		 * A block of exactly the input's length, so that AddressSanitizer notices a read
		 * beyond it.
		 */
		uint8_t *copy = malloc(in.len > 0 ? in.len : 1);

		must(copy != NULL);
		if (in.len > 0)
			memcpy(copy, in.data, in.len);
		LLVMFuzzerTestOneInput(copy, in.len);
		free(copy);
	}
	buf_free(&in);
	return rc;
}

static int
run_directory(const char *path, unsigned *n)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort), rc = 0;

	if (count == -1) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char file[4096];

		if (names[i]->d_name[0] != '.') {
			snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
			rc |= run_file(file);
			(*n)++;
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

int
main(int argc, char **argv)
{
	unsigned n = 0;
	int rc = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode)) {
			rc |= run_directory(argv[i], &n);
		} else {
			rc |= run_file(argv[i]);
			n++;
		}
	}
	if (n == 0) {
		fprintf(stderr, "usage: %s FILE|DIRECTORY...; want at least one input\n", argv[0]);
		return 2;
	}
	printf("%u inputs\n", n);
	return rc == 0 ? 0 : 1;
}
