/* SPDX-License-Identifier: ISC */
/* Mistakes in the files of a release. */
#include "server/review/guard_files.h"

#include "lib/x509/keysearch.h"

#define CHUNK 65536

/* Feeds the whole file.  *found becomes the words for a key in it, or NULL. */
static int
search_file(const struct content *c, const char *target, const char **found, struct err *e)
{
	struct file_in *in = content_open(c, target, e);
	struct keysearch *s = in == NULL ? NULL : keysearch_new(e);
	uint8_t chunk[CHUNK];
	size_t got = 0;
	int rc = s == NULL ? -1 : 0;

	do {
		if (rc == 0 && (rc = file_in_read(in, chunk, sizeof chunk, &got, e)) == 0)
			rc = keysearch_feed(s, chunk, got, e);
	} while (rc == 0 && got > 0);
	if (rc == 0)
		*found = keysearch_end(s);
	keysearch_free(s);
	file_in_close(in);
	return rc;
}

int
guard_private_keys(struct guard_findings *f, const struct content *c, struct err *e)
{
	const char *target, *found;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)c->targets, target, one) {
		struct err why;

		if (search_file(c, target, &found, e) == -1)
			return -1;
		if (found == NULL)
			continue;
		err_setx(&why, ERR_UNSAFE,
		    "%s: want no private key in a release, which every station and update server is given, got %s; take it out, and if it was published once, replace the pair ('slipway-repo cert replace')",
		    content_path(c, target), found);
		if (guard_found(f, GUARD_PRIVATE_KEY, &why, e) == -1)
			return -1;
	}
	return 0;
}
