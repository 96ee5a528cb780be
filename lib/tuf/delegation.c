/* SPDX-License-Identifier: ISC */
/* Which paths a delegation covers. */
#include "lib/tuf/delegation.h"

#include <string.h>

/*
 * Without recursion: only the last '*' is ever tried again, so the time is at most the product of
 * the two lengths, for each pattern.
 */
bool
tuf_glob(const char *pattern, const char *path)
{
	const char *star = NULL, *again = NULL;

	while (*path != '\0') {
		if (*pattern == '*') {
			star = ++pattern;
			again = path;
		} else if (*pattern == *path || (*pattern == '?' && *path != '/')) {
			/* '?' is one character, not one byte. */
			if (*pattern == '?')
				while ((path[1] & 0xc0) == 0x80)
					path++;
			pattern++;
			path++;
		} else if (star != NULL && *again != '/') {
			pattern = star;
			path = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool
prefix_covers(const json_t *prefixes, const char *path)
{
	uint8_t sum[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];
	struct err e;

	if (digest_of(DIGEST_SHA256, path, strlen(path), sum, &e) == -1)
		return false;
	hex_encode(sum, SHA256_SIZE, hex);
	for (size_t i = 0; i < json_array_size(prefixes); i++) {
		const char *p = json_string_value(json_array_get(prefixes, i));

		if (strncmp(hex, p, strlen(p)) == 0)
			return true;
	}
	return false;
}

bool
delegation_covers(const struct tuf_delegation *d, const char *path)
{
	if (d->prefixes != NULL)
		return prefix_covers(d->prefixes, path);
	for (size_t i = 0; i < json_array_size(d->paths); i++)
		if (tuf_glob(json_string_value(json_array_get(d->paths, i)), path))
			return true;
	return false;
}
