/* SPDX-License-Identifier: ISC */
/* Icons that start a wrapped program without Slipway: listed, or taken over. */
#include "updater/wrap/wrap_posix.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/file.h"
#include "lib/os/places.h"
#include "lib/os/way.h"
#include "updater/wrap/desktop.h"

static const unsigned icon_places[] = { WRAP_MENU, WRAP_AUTOSTART };

/* Looking for icons that start the program without Slipway. */
struct looking {
	const struct wrap *w;
	const struct wrap_told *told;
	struct desktop_change change;
	struct dir *from;     /* the directory that is looked at */
	const char *own_path; /* the directory that wraps are made in */
	struct strings seen;  /* names that stand in a directory before */
	bool take, own;
};

static bool
starts_program(void *wrap, const char *word)
{
	const struct wrap *w = wrap;
	struct buf path = BUF_INIT(PATH_MAX);
	struct err ignored;
	bool same;

	if (strchr(word, '/') != NULL)
		return wrap_same_file(word, w->program);
	/* Each session has /usr/local/bin in PATH, where the wrapper is. */
	if (w->all_users && (w->places & WRAP_COMMAND) != 0 && strcmp(word, w->name) == 0)
		return false;
	same = strcmp(word, w->name) == 0 ||
	    (wrap_search(word, &path, &ignored) == 0 &&
		wrap_same_file(buf_text(&path), w->program));
	buf_free(&path);
	return same;
}

/* Put a rewritten file into the directory of wraps; of one that is there a copy is kept. */
static int
take_over(const struct looking *l, const char *name, const struct buf *old, const struct buf *new,
    struct err *e)
{
	struct buf copy = BUF_INIT(PATH_MAX);
	struct dir *own = way_make(l->own_path, 0755, e);
	int rc = -1;

	if (own == NULL)
		return -1;
	if (!l->own ||
	    (buf_addf(&copy, e, "%s" WRAP_COPY, name) == 0 &&
		file_replace(own, buf_text(&copy), old->data, old->len, 0644, e) == 0))
		rc = file_replace(own, name, new->data, new->len, 0644, e);
	dir_close(own);
	buf_free(&copy);
	return rc;
}

static int
look_at_icon(void *looking, const char *name, struct err *e)
{
	struct looking *l = looking;
	struct buf old = BUF_INIT(DESKTOP_MAX), new = BUF_INIT(2 * DESKTOP_MAX);
	struct err ignored;
	int rc = 0;

	if (!wrap_is_icon(name))
		return 0;
	for (size_t i = 0; i < l->seen.n; i++)
		if (strcmp(l->seen.v[i], name) == 0)
			return 0; /* desktops don't read this one */
	if (strings_add(&l->seen, name, e) == -1)
		return -1;
	if (file_read(l->from, name, &old, &ignored) == 0 && !wrap_is_marked(&old, NULL) &&
	    desktop_rewrite(old.data, old.len, &l->change, &new, &ignored) == 1) {
		if (l->take)
			rc = take_over(l, name, &old, &new, e);
		if (rc == 0)
			wrap_tell_in(l->told, l->from, l->take ? WRAP_TAKEN : WRAP_BYPASS, name);
	}
	buf_free(&old);
	buf_free(&new);
	return rc;
}

/* A directory that isn't there, or whose way others choose, has no icons for us. */
static int
look_in(struct looking *l, const char *path, struct err *e)
{
	struct err ignored;
	int rc;

	if ((l->from = way_open(path, &ignored)) == NULL)
		return 0;
	l->own = wrap_same_file(path, l->own_path);
	rc = dir_list(l->from, look_at_icon, l, e);
	dir_close(l->from);
	return rc;
}

/* The directories behind the first, as desktops read them. */
static int
look_in_all(struct looking *l, const char *variable, const char *usual, const char *end,
    struct err *e)
{
	const char *p = place_privileged() ? NULL : getenv(variable);
	int rc = look_in(l, l->own_path, e);

	for (p = p == NULL || *p == '\0' ? usual : p; rc == 0 && *p != '\0';) {
		struct buf path = BUF_INIT(PATH_MAX);
		int n = (int)strcspn(p, ":");

		if (*p == '/' && (rc = buf_addf(&path, e, "%.*s%s", n, p, end)) == 0 &&
		    strcmp(buf_text(&path), l->own_path) != 0)
			rc = look_in(l, buf_text(&path), e);
		p += n;
		p += *p == ':';
		buf_free(&path);
	}
	return rc;
}

int
wrap_others(const struct wrap *w, bool take, const struct wrap_told *t, struct err *e)
{
	struct buf prefix = BUF_INIT(WRAP_TEXT_MAX);
	int rc = wrap_add_exec(w, false, &prefix, e);

	for (size_t i = 0; i < N(icon_places) && rc == 0; i++) {
		struct buf own = BUF_INIT(PATH_MAX);
		struct looking l = { .w = w, .told = t, .take = take, .seen = STRINGS_INIT };

		l.change = (struct desktop_change){ starts_program, (void *)(uintptr_t)w,
			buf_text(&prefix), w->program, w->mark };
		if ((rc = wrap_add_dir(w->all_users, icon_places[i], &own, e)) == 0) {
			l.own_path = buf_text(&own);
			rc = icon_places[i] == WRAP_MENU
			    ? look_in_all(&l, "XDG_DATA_DIRS", "/usr/local/share:/usr/share",
				  "/applications", e)
			    : look_in_all(&l, "XDG_CONFIG_DIRS", "/etc/xdg", "/autostart", e);
		}
		strings_free(&l.seen);
		buf_free(&own);
	}
	buf_free(&prefix);
	return rc;
}
