/* SPDX-License-Identifier: ISC */
/* Which programs are wrapped: the settings. */
#include "updater/wrap/wrap.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/file.h"
#include "lib/os/places.h"

static const struct {
	unsigned place;
	const char *name;
} places[] = { { WRAP_MENU, "menu" }, { WRAP_COMMAND, "command" }, { WRAP_DESKTOP, "desktop" },
	{ WRAP_AUTOSTART, "autostart" } };

/* The values that are one text each. */
static const struct {
	const char *name;
	size_t member;
	bool needed;
} texts[] = {
	{ "Title", offsetof(struct wrap, title), true },
	{ "Program", offsetof(struct wrap, program), true },
	{ "Slipway", offsetof(struct wrap, slipway), true },
	{ "Icon", offsetof(struct wrap, icon), true },
	{ "Installation", offsetof(struct wrap, installation), false },
	{ "Application", offsetof(struct wrap, application), false },
};

static char **
text_of(const struct wrap *w, size_t i)
{
	return (char **)((uintptr_t)w + texts[i].member);
}

void
wrap_free(struct wrap *w)
{
	for (size_t i = 0; i < N(texts); i++)
		free(*text_of(w, i));
	free(w->name);
	free(w->mark);
	strings_free(&w->args);
	*w = (struct wrap){ .name = NULL };
}

void
wraps_free(struct wraps *all)
{
	for (size_t i = 0; i < all->n; i++)
		wrap_free(&all->v[i]);
	free(all->v);
	*all = (struct wraps)WRAPS_INIT;
}

const char *
wrap_place_name(unsigned place)
{
	for (size_t i = 0; i < N(places); i++)
		if (places[i].place == place)
			return places[i].name;
	return NULL;
}

unsigned
wrap_place_find(const char *word, size_t len)
{
	for (size_t i = 0; i < N(places); i++)
		if (ascii_same_n(word, len, places[i].name, strlen(places[i].name)))
			return places[i].place;
	return 0;
}

/* The key of all wraps, or of one (name not NULL). */
static int
wrap_key(const struct station *st, bool all_users, const char *name, struct buf *out, struct err *e)
{
	return buf_addf(out, e, "%s\\SOFTWARE\\Slipway\\%s\\%s\\Wrap%s%s",
	    all_users ? "HKLM" : "HKCU", st->installation, st->application,
	    name == NULL ? "" : "\\", name == NULL ? "" : name);
}

static int
take_text(const struct value *v, char **to, struct err *e)
{
	free(*to);
	*to = strdup(value_get_text(v));
	return *to == NULL ? err_nomem(e) : 0;
}

static int
take_args(const struct value *v, struct strings *to, struct err *e)
{
	for (size_t at = 0; at < v->len; at += strlen((const char *)v->data + at) + 1)
		if (strings_add(to, (const char *)v->data + at, e) == -1)
			return -1;
	return 0;
}

static int
take_places(const struct value *v, unsigned *to, struct err *e)
{
	for (const char *p = value_get_text(v); *p != '\0';) {
		size_t len = strcspn(p, ", ");
		unsigned place = wrap_place_find(p, len);

		if (len > 0 && place == 0)
			return err_setx(e, ERR_CONFIG,
			    "Places: want menu, command, desktop or autostart, got '%.40s'", p);
		*to |= place;
		p += len + (p[len] != '\0');
	}
	return 0;
}

static int
take_value(void *wrap, const char *name, const struct value *v, struct err *e)
{
	struct wrap *w = wrap;

	for (size_t i = 0; i < N(texts); i++)
		if (ascii_same(name, texts[i].name))
			return take_text(v, text_of(w, i), e);
	if (ascii_same(name, "Arguments") && v->type == VALUE_MULTI)
		return take_args(v, &w->args, e);
	if (ascii_same(name, "Places"))
		return take_places(v, &w->places, e);
	return 0;
}

int
wrap_set_mark(struct wrap *w, const struct station *st, struct err *e)
{
	struct buf mark = BUF_INIT(SETTING_KEY_MAX);

	if (buf_addf(&mark, e, "%s/%s/%s", st->installation, st->application, w->name) == -1) {
		buf_free(&mark);
		return -1;
	}
	free(w->mark);
	w->mark = (char *)buf_steal(&mark);
	return 0;
}

struct loading {
	struct settings *s;
	const struct station *st;
	bool all_users;
	struct wraps *out;
	struct err first; /* what is wrong with the first that is damaged */
};

/* What is damaged doesn't hide the others. */
static int
note_damaged(struct loading *l, const char *key, const struct err *why)
{
	if (l->first.code == ERR_NONE)
		err_setx(&l->first, ERR_CONFIG,
		    "%s: %.400s; remove the key: slipway settings delete --tree %c%s%c; then wrap the "
		    "program again: slipway wrap PROGRAM",
		    key, why->text, place_quote(), key, place_quote());
	return 0;
}

static int
take_wrap(struct loading *l, struct wrap *w, struct err *e)
{
	for (size_t i = 0; i < N(texts); i++)
		if (texts[i].needed && *text_of(w, i) == NULL)
			return err_setx(e, ERR_CONFIG, "want a setting %s", texts[i].name);
	if (list_grow(&l->out->v, l->out->n, sizeof *w, e) == -1)
		return -1;
	l->out->v[l->out->n++] = *w;
	*w = (struct wrap){ .name = NULL };
	return 0;
}

static int
load_one(void *loading, const char *name, struct err *e)
{
	struct loading *l = loading;
	struct wrap w = { .all_users = l->all_users };
	const struct settings_walk walk = { take_value, NULL, &w };
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	int rc = -1;

	if ((w.name = strdup(name)) == NULL)
		err_nomem(e);
	else if (wrap_set_mark(&w, l->st, e) == 0 &&
	    wrap_key(l->st, l->all_users, name, &key, e) == 0 &&
	    settings_list(l->s, buf_text(&key), &walk, e) != -1)
		rc = take_wrap(l, &w, e);
	if (rc == -1 && e->code == ERR_CONFIG)
		rc = note_damaged(l, buf_text(&key), e);
	else if (rc == -1 && e->code != ERR_NOMEM)
		err_context(e, "%s", buf_text(&key));
	wrap_free(&w);
	buf_free(&key);
	return rc;
}

int
wrap_load(struct settings *s, const struct station *st, struct wraps *out, struct err *e)
{
	struct loading l = { s, st, true, out, { .code = ERR_NONE } };
	int rc = 0;

	for (int all = 1; all >= 0 && rc != -1; all--) {
		const struct settings_walk walk = { NULL, load_one, &l };
		struct buf key = BUF_INIT(SETTING_KEY_MAX);

		l.all_users = all == 1;
		rc = wrap_key(st, l.all_users, NULL, &key, e) == -1
		    ? -1
		    : settings_list(s, buf_text(&key), &walk, e);
		buf_free(&key);
	}
	if (rc != -1 && l.first.code != ERR_NONE) {
		*e = l.first;
		rc = -1;
	}
	return rc == -1 ? -1 : 0;
}

static int
set_text(struct changeset *c, const char *key, const char *name, const char *text, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (text == NULL)
		return changeset_delete(c, key, name, e);
	rc = value_text(&v, VALUE_STRING, text, strlen(text), e) == -1
	    ? -1
	    : changeset_set(c, key, name, &v, e);
	value_free(&v);
	return rc;
}

static int
set_args(struct changeset *c, const char *key, const struct strings *args, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (args->n == 0)
		return changeset_delete(c, key, "Arguments", e);
	rc = value_multi(&v, (const char *const *)args->v, args->n, e) == -1
	    ? -1
	    : changeset_set(c, key, "Arguments", &v, e);
	value_free(&v);
	return rc;
}

static int
set_places(struct changeset *c, const char *key, unsigned which, struct err *e)
{
	struct buf words = BUF_INIT(WRAP_NAME_MAX);
	int rc = 0;

	for (size_t i = 0; i < N(places) && rc == 0; i++)
		if ((which & places[i].place) != 0)
			rc = buf_addf(&words, e, "%s%s", words.len > 0 ? "," : "", places[i].name);
	if (rc == 0)
		rc = set_text(c, key, "Places", buf_text(&words), e);
	buf_free(&words);
	return rc;
}

int
wrap_store(struct settings *s, const struct station *st, const struct wrap *w, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct changeset c = CHANGESET_INIT;
	int rc = wrap_key(st, w->all_users, w->name, &key, e);

	for (size_t i = 0; i < N(texts) && rc == 0; i++)
		rc = set_text(&c, buf_text(&key), texts[i].name, *text_of(w, i), e);
	if (rc == 0 && set_args(&c, buf_text(&key), &w->args, e) == 0 &&
	    set_places(&c, buf_text(&key), w->places, e) == 0)
		rc = settings_apply(s, &c, e);
	else
		rc = -1;
	changeset_free(&c);
	buf_free(&key);
	return rc;
}

int
wrap_forget(struct settings *s, const struct station *st, const struct wrap *w, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct changeset c = CHANGESET_INIT;
	int rc = -1;

	if (wrap_key(st, w->all_users, w->name, &key, e) == 0 &&
	    changeset_delete_tree(&c, buf_text(&key), e) == 0)
		rc = settings_apply(s, &c, e);
	changeset_free(&c);
	buf_free(&key);
	return rc;
}

/* Append words, with a space before each but the first of out. */
static int
add_all(int (*add)(struct buf *, const char *, struct err *), struct buf *out,
    const char *const *words, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if ((out->len > 0 && buf_addc(out, ' ', e) == -1) || add(out, words[i], e) == -1)
			return -1;
	return 0;
}

int
wrap_add_run(const struct wrap *w, int (*add)(struct buf *, const char *, struct err *),
    struct buf *out, struct err *e)
{
	const char *words[6];
	size_t n = 0;

	words[n++] = "run";
	if (w->installation != NULL) {
		words[n++] = "--installation";
		words[n++] = w->installation;
	}
	if (w->application != NULL) {
		words[n++] = "--app";
		words[n++] = w->application;
	}
	words[n++] = "--";
	return add_all(add, out, words, n, e);
}

int
wrap_add_words(const struct wrap *w, int (*add)(struct buf *, const char *, struct err *),
    struct buf *out, struct err *e)
{
	const char *program = w->program;

	return wrap_add_run(w, add, out, e) == -1 || add_all(add, out, &program, 1, e) == -1
	    ? -1
	    : add_all(add, out, (const char *const *)w->args.v, w->args.n, e);
}

/* The first fault of a file. */
static void
note_fault(void *err, enum wrap_state state, const char *path)
{
	struct err *e = err;

	if (e->code != ERR_NONE)
		return;
	if (state == WRAP_MISSING)
		err_setx(e, ERR_NOENT, "%s is missing; 'slipway wrap' makes it again", path);
	else if (state == WRAP_CHANGED)
		err_setx(e, ERR_CONFLICT, "%s was changed; 'slipway wrap' makes it again", path);
	else if (state == WRAP_FOREIGN)
		err_setx(e, ERR_CONFLICT,
		    "%s was replaced by another file; move that away, then 'slipway wrap' makes it again",
		    path);
}

static int
check_wrap(const struct wrap *w, struct err *e)
{
	const char *const programs[] = { w->program, w->slipway };
	struct err fault = { .code = ERR_NONE };
	const struct wrap_told told = { note_fault, &fault };
	struct file_info info;

	for (size_t i = 0; i < N(programs); i++)
		if (file_stat(NULL, programs[i], &info, e) != 1)
			return err_setx(e, ERR_NOENT,
			    "%s, which its icon starts, isn't there; 'slipway wrap PROGRAM' makes the "
			    "icon again, 'slipway wrap --undo %s' takes it away",
			    programs[i], w->name);
	if (wrap_look(w, &told, e) == -1)
		return -1;
	if (fault.code == ERR_NONE)
		return 0;
	*e = fault;
	return -1;
}

int
wrap_fault(struct settings *s, const struct station *st, size_t *n, struct err *e)
{
	struct wraps all = WRAPS_INIT;
	int rc = wrap_load(s, st, &all, e);

	for (size_t i = 0; i < all.n && rc == 0; i++)
		if ((rc = check_wrap(&all.v[i], e)) == -1)
			err_context(e, "%s", all.v[i].name);
	if (n != NULL)
		*n = all.n;
	wraps_free(&all);
	return rc;
}
