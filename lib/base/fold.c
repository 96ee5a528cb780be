/* SPDX-License-Identifier: ISC */
/*
 * Names without regard to case.  The tables are generated, so that neither the programs nor the TLS
 * library need another library for them.
 */
#include "lib/base/fold.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/fold_table.h"
#include "lib/base/list.h"
#include "lib/base/text.h"

/* Syllables of Hangul are decomposed by computation (The Unicode Standard, section 3.12). */
#define HANGUL_FIRST 0xac00u
#define HANGUL_COUNT 11172u
#define HANGUL_L     0x1100u
#define HANGUL_V     0x1161u
#define HANGUL_T     0x11a7u
#define HANGUL_VS    21u
#define HANGUL_TS    28u

/* Marks behind one letter whose order is looked at; what is behind them stays in its order. */
#define MARKS_MAX 64

/* A key while it is made: the marks since the last letter are not written yet. */
struct folding {
	struct buf *out;
	struct {
		uint32_t c;
		unsigned class;
	} marks[MARKS_MAX];
	size_t n;
};

static int
put(struct buf *out, uint32_t c, struct err *e)
{
	uint8_t b[4];
	size_t n = 1;

	if (c >= TEXT_BYTE) {
		b[0] = (uint8_t)(c - TEXT_BYTE);
	} else if (c < 0x80) {
		b[0] = (uint8_t)c;
	} else {
		n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		for (size_t i = n; i > 1; i--, c >>= 6)
			b[i - 1] = (uint8_t)(0x80 | (c & 0x3f));
		b[0] = (uint8_t)(0xf00 >> n | c);
	}
	return buf_add(out, b, n, e);
}

/* The canonical combining class; 0 of a letter. */
static unsigned
class_of(uint32_t c)
{
	size_t low = 0, high = N(fold_classes) / 3;

	while (low < high) {
		size_t mid = (low + high) / 2;
		const uint32_t *range = fold_classes + 3 * mid;

		if (c < range[0])
			high = mid;
		else if (c > range[1])
			low = mid + 1;
		else
			return range[2];
	}
	return 0;
}

static int
flush(struct folding *f, struct err *e)
{
	for (size_t i = 0; i < f->n; i++)
		if (put(f->out, f->marks[i].c, e) == -1)
			return -1;
	f->n = 0;
	return 0;
}

/* Adds one character of the key; marks are put in the order of their classes. */
static int
add_char(struct folding *f, uint32_t c, struct err *e)
{
	unsigned class = class_of(c);
	size_t at = f->n;

	if (class == 0 || f->n == MARKS_MAX)
		return flush(f, e) == -1 ? -1 : put(f->out, c, e);
	for (; at > 0 && f->marks[at - 1].class > class; at--)
		f->marks[at] = f->marks[at - 1];
	f->marks[at].c = c;
	f->marks[at].class = class;
	f->n++;
	return 0;
}

static int
add_hangul(struct folding *f, uint32_t s, struct err *e)
{
	if (add_char(f, HANGUL_L + s / (HANGUL_VS * HANGUL_TS), e) == -1 ||
	    add_char(f, HANGUL_V + s / HANGUL_TS % HANGUL_VS, e) == -1)
		return -1;
	return s % HANGUL_TS == 0 ? 0 : add_char(f, HANGUL_T + s % HANGUL_TS, e);
}

static int
add_folded(struct folding *f, uint32_t c, struct err *e)
{
	size_t low = 0, high = N(fold_from);

	if (c - HANGUL_FIRST < HANGUL_COUNT)
		return add_hangul(f, c - HANGUL_FIRST, e);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (c == fold_from[mid]) {
			for (size_t i = fold_at[mid]; i < fold_at[mid + 1]; i++)
				if (add_char(f, fold_to[i], e) == -1)
					return -1;
			return 0;
		}
		if (c < fold_from[mid])
			high = mid;
		else
			low = mid + 1;
	}
	return add_char(f, c, e);
}

int
fold(const char *text, size_t len, struct buf *out, struct err *e)
{
	struct folding f = { .out = out };

	for (size_t at = 0; at < len;) {
		uint32_t c = text_char(text, len, &at);

		/* most characters of most names */
		if (c < 0x80
			? flush(&f, e) == -1 || put(out, (uint8_t)ascii_lower((char)c), e) == -1
			: add_folded(&f, c, e) == -1)
			return -1;
	}
	return flush(&f, e);
}

/* The key of a path, with the least of all bytes for '/', so that a directory's paths follow it. */
static char *
path_key(const char *path, struct err *e)
{
	size_t len = strlen(path);
	struct buf b = BUF_INIT(FOLD_GROWTH * len + 1);

	if (fold(path, len, &b, e) == -1 || buf_reserve(&b, 1, e) == -1) {
		buf_free(&b);
		return NULL;
	}
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] == '/')
			b.data[i] = 1;
	return (char *)buf_steal(&b);
}

int
fold_names_add(struct fold_names *names, const char *path, size_t id, struct err *e)
{
	char *key;

	if (list_grow(&names->v, names->n, sizeof *names->v, e) == -1 ||
	    (key = path_key(path, e)) == NULL)
		return -1;
	names->v[names->n++] = (struct fold_name){ key, path, id };
	names->sorted = false;
	return 0;
}

void
fold_names_free(struct fold_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i].key);
	free(names->v);
	*names = (struct fold_names)FOLD_NAMES_INIT;
}

static int
by_fold_key(const void *a, const void *b)
{
	return strcmp(((const struct fold_name *)a)->key, ((const struct fold_name *)b)->key);
}

static void
sort(struct fold_names *names)
{
	if (!names->sorted && names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, by_fold_key);
	names->sorted = true;
}

int
fold_names_find(struct fold_names *names, const char *path, size_t *id, struct err *e)
{
	struct fold_name wanted = { .key = path_key(path, e) }, *found = NULL;

	if (wanted.key == NULL)
		return -1;
	sort(names);
	if (names->n > 0)
		found = bsearch(&wanted, names->v, names->n, sizeof *names->v, by_fold_key);
	free(wanted.key);
	if (found == NULL)
		return 0;
	*id = found->id;
	return 1;
}

/* Whether the first parts that aren't written the same are the same name. */
static bool
are_twins(const struct fold_name *a, const struct fold_name *b)
{
	const char *ka = a->key, *kb = b->key, *pa = a->path, *pb = b->path;

	for (;;) {
		size_t key = strcspn(ka, "\1"), len = strcspn(pa, "/");

		if (strcspn(kb, "\1") != key || memcmp(ka, kb, key) != 0)
			return false;
		if (strcspn(pb, "/") != len || memcmp(pa, pb, len) != 0)
			return true;
		ka += key;
		kb += key;
		pa += len;
		pb += len;
		if (*ka == '\0' || *kb == '\0')
			return false;
		ka++;
		kb++;
		pa++;
		pb++;
	}
}

int
fold_names_twins(struct fold_names *names,
    int (*each)(void *arg, const struct fold_name *a, const struct fold_name *b, struct err *e),
    void *arg, struct err *e)
{
	sort(names);
	for (size_t i = 1; i < names->n; i++)
		if (are_twins(&names->v[i - 1], &names->v[i]) &&
		    each(arg, &names->v[i - 1], &names->v[i], e) == -1)
			return -1;
	return 0;
}
