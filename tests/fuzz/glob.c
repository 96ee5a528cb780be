/* SPDX-License-Identifier: ISC */
/*
 * Path patterns, compared with a second matcher that is slow and plain.  The input is a pattern, a
 * newline, a path.
 */
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

#include "lib/tuf/metadata.h"

#define TEXT_MAX 64 /* bytes of each; the second matcher takes the product of them */

static size_t
character(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* By the definition: table[i][j] says whether the pattern from i on matches the path from j on. */
static bool
matches(const char *pattern, const char *path)
{
	static bool table[TEXT_MAX + 1][TEXT_MAX + 1];
	size_t np = strlen(pattern), n = strlen(path);

	for (size_t i = np + 1; i-- > 0;) {
		for (size_t j = n + 1; j-- > 0;) {
			if (i == np)
				table[i][j] = j == n;
			else if (pattern[i] == '*')
				table[i][j] = table[i + 1][j] ||
				    (j < n && path[j] != '/' && table[i][j + character(path + j)]);
			else if (j == n)
				table[i][j] = false;
			else if (pattern[i] == '?')
				table[i][j] =
				    path[j] != '/' && table[i + 1][j + character(path + j)];
			else
				table[i][j] = pattern[i] == path[j] && table[i + 1][j + 1];
		}
	}
	return table[0][0];
}

/* Both come out of JSON, and are UTF-8. */
static bool
is_text(const char *s)
{
	json_t *j = json_string(s);
	bool rc = j != NULL && strlen(s) <= TEXT_MAX;

	json_decref(j);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size > 0 ? memchr(data, '\n', size) : NULL;
	char *pattern, *path;

	if (cut == NULL)
		return 0;
	pattern = feed_text(data, (size_t)(cut - data));
	path = feed_text(cut + 1, size - (size_t)(cut - data) - 1);
	if (is_text(pattern) && is_text(path))
		must(tuf_glob(pattern, path) == matches(pattern, path));
	free(pattern);
	free(path);
	return 0;
}
