/* SPDX-License-Identifier: ISC */
/* Mistakes in the files of a release. */
#include "server/review/guard_files.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/x509/certs.h"
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

/* What a release may lose as a whole. */
static const struct kind {
	bool script; /* or a file with certificates */
	const char *one, *many;
} kinds[] = { { true, "script", "scripts" }, { false, "file with certificates", "certificates" } };

/* Whether a target is of the kind: 1, 0 or -1.  text is room for its content. */
static int
is_of_kind(const struct content *c, const char *target, const struct kind *k, struct buf *text,
    struct err *e)
{
	if (k->script)
		return layout_is_in(target, LAYOUT_SCRIPTS_MACHINE) ||
		    layout_is_in(target, LAYOUT_SCRIPTS_USER);
	return content_read_block(c, target, "CERTIFICATE", text, e);
}

/* Sets *first to the first target of the kind, or NULL.  Returns 0 or -1. */
static int
find_first(const struct content *c, const struct kind *k, const char **first, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	const char *target;
	json_t *one;
	int rc = 0;

	*first = NULL;
	json_object_foreach ((json_t *)(uintptr_t)c->targets, target, one) {
		if ((rc = is_of_kind(c, target, k, &text, e)) == 1)
			*first = target;
		if (rc != 0)
			break;
	}
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* Whether the release before has a file of the kind: 0, 1 with why, or -1. */
static int
had_some(const struct review *v, const struct kind *k, struct err *why, struct err *e)
{
	const char *was;

	if (find_first(&v->before, k, &was, why) == -1) {
		if (why->code == ERR_NOMEM)
			return err_nomem(e);
		err_context(why, "want release %" PRId64 " whole, to see that it has no %s either",
		    v->number_before, k->one);
		return 1;
	}
	if (was != NULL)
		err_setx(why, ERR_CONFLICT,
		    "%s: want a release with %s, as release %" PRId64
		    " is, got one without any %s: stations would lose them; is the directory whole?",
		    content_path(&v->before, was), k->many, v->number_before, k->one);
	return was != NULL;
}

int
guard_lost_files(struct guard_findings *f, const struct review *v, struct err *e)
{
	for (size_t i = 0; i < N(kinds); i++) {
		const char *is;
		struct err why;
		int lost;

		/*
		 * The one before is read only where it counts: it may have a damaged file, which
		 * this one mends.
		 */
		if (find_first(&v->after, &kinds[i], &is, e) == -1 ||
		    (lost = is == NULL ? had_some(v, &kinds[i], &why, e) : 0) == -1 ||
		    (lost == 1 && guard_found(f, GUARD_LOST_FILES, &why, e) == -1))
			return -1;
	}
	return 0;
}
