/* SPDX-License-Identifier: ISC */
/*
 * Wraps on POSIX systems: an icon in the menu, one of the autostart, and a wrapper that stands
 * before the program in PATH.
 */
#include "updater/wrap/wrap_posix.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/os/file.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/way.h"
#include "updater/wrap/desktop.h"

#define MARK_LINE "\n# " DESKTOP_MARK "="
#define ICON_END  ".desktop"

const unsigned wrap_default_places = WRAP_MENU | WRAP_COMMAND;

static int
add_home(struct buf *out, struct err *e)
{
	return place_known("UserProfile", strlen("UserProfile"), out, e) == 1 ? 0 : -1;
}

/* $variable, which a privileged process doesn't believe, or rest below the home directory. */
static int
add_user_dir(const char *variable, const char *rest, const char *end, struct buf *out,
    struct err *e)
{
	const char *v = place_privileged() ? NULL : getenv(variable);

	if (v != NULL && v[0] == '/')
		return buf_addf(out, e, "%s%s", v, end);
	return add_home(out, e) == -1 || buf_addf(out, e, "%s%s", rest, end) == -1 ? -1 : 0;
}

/* The directory that wraps of one place are made in. */
int
wrap_add_dir(bool all_users, unsigned place, struct buf *out, struct err *e)
{
	switch (place) {
	case WRAP_MENU:
		return all_users
		    ? buf_adds(out, "/usr/local/share/applications", e)
		    : add_user_dir("XDG_DATA_HOME", "/.local/share", "/applications", out, e);
	case WRAP_AUTOSTART:
		return all_users
		    ? buf_adds(out, "/etc/xdg/autostart", e)
		    : add_user_dir("XDG_CONFIG_HOME", "/.config", "/autostart", out, e);
	case WRAP_COMMAND:
		return all_users ? buf_adds(out, "/usr/local/bin", e)
				 : add_user_dir("", "/.local/bin", "", out, e);
	default:
		return err_setx(e, ERR_USAGE,
		    "desktop: want menu, command or autostart, because this system's desktops make "
		    "their icons from the menu");
	}
}

/* The name of the file of a place; of an icon it has the characters of the specification alone. */
static int
add_file(const struct wrap *w, unsigned place, struct buf *out, struct err *e)
{
	if (place == WRAP_COMMAND)
		return buf_adds(out, w->name, e);
	if (buf_adds(out, "slipway-", e) == -1)
		return -1;
	for (const char *p = w->name; *p != '\0'; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || *p == '-' || *p == '.';

		if (buf_addc(out, plain ? *p : '_', e) == -1)
			return -1;
	}
	return buf_adds(out, ".desktop", e);
}

/* Append SLIPWAY_HOME=DIR where this user's station is there; without it a start finds none. */
static int
add_variable(struct buf *out, struct err *e)
{
	const char *home = place_privileged() ? NULL : getenv("SLIPWAY_HOME");

	return home == NULL || home[0] != '/' ? 0 : buf_addf(out, e, "SLIPWAY_HOME=%s", home);
}

/* Append the words of Exec up to "--" or all. */
int
wrap_add_exec(const struct wrap *w, bool all, struct buf *out, struct err *e)
{
	struct buf variable = BUF_INIT(PATH_MAX), run = BUF_INIT(WRAP_TEXT_MAX);
	int rc = -1;

	if (add_variable(&variable, e) == -1 ||
	    (all ? wrap_add_words : wrap_add_run)(w, desktop_add_word, &run, e) == -1)
		goto out;
	if (variable.len > 0 &&
	    (buf_adds(out, "env ", e) == -1 ||
		desktop_add_word(out, buf_text(&variable), e) == -1 || buf_addc(out, ' ', e) == -1))
		goto out;
	if (desktop_add_word(out, w->slipway, e) == 0)
		rc = buf_addf(out, e, " %s", buf_text(&run));
out:
	buf_free(&variable);
	buf_free(&run);
	return rc;
}

static int
add_key(struct buf *out, const char *key, const char *text, struct err *e)
{
	return buf_adds(out, key, e) == -1 || desktop_add_text(out, text, e) == -1
	    ? -1
	    : buf_addc(out, '\n', e);
}

static int
add_icon(const struct wrap *w, struct buf *out, struct err *e)
{
	if (buf_adds(out, "[Desktop Entry]\nType=Application\n", e) == -1 ||
	    add_key(out, "Name=", w->title, e) == -1 || buf_adds(out, "Exec=", e) == -1 ||
	    wrap_add_exec(w, true, out, e) == -1 || buf_addc(out, '\n', e) == -1 ||
	    add_key(out, "Icon=", w->icon, e) == -1)
		return -1;
	return add_key(out, DESKTOP_MARK "=", w->mark, e);
}

/* The program by its path: the wrapper can't start itself. */
static int
add_wrapper(const struct wrap *w, struct buf *out, struct err *e)
{
	struct buf variable = BUF_INIT(PATH_MAX), words = BUF_INIT(WRAP_TEXT_MAX);
	int rc = -1;

	if (add_variable(&variable, e) == -1 ||
	    buf_addf(out, e,
		"#!/bin/sh" MARK_LINE
		"%s\n# Made by 'slipway wrap'; 'slipway wrap --undo' takes it away.\nexec ",
		w->mark) == -1)
		goto out;
	if (variable.len > 0 &&
	    (buf_adds(out, "env ", e) == -1 ||
		text_quote_shell(out, buf_text(&variable), e) == -1 || buf_addc(out, ' ', e) == -1))
		goto out;
	if (text_quote_shell(out, w->slipway, e) == 0 &&
	    wrap_add_words(w, text_quote_shell, &words, e) == 0)
		rc = buf_addf(out, e, " %s \"$@\"\n", buf_text(&words));
out:
	buf_free(&variable);
	buf_free(&words);
	return rc;
}

static int
add_content(const struct wrap *w, unsigned place, struct buf *out, struct err *e)
{
	return place == WRAP_COMMAND ? add_wrapper(w, out, e) : add_icon(w, out, e);
}

/* Whether a text is a file that a wrap made: with this mark, or any (NULL). */
bool
wrap_is_marked(const struct buf *text, const char *whose)
{
	struct buf mark = BUF_INIT(DESKTOP_MAX);
	struct err ignored;
	const char *at = NULL;
	bool is = false;
	size_t len = strlen(MARK_LINE), n;

	if (text->len > 2 && memcmp(text->data, "#!", 2) == 0) {
		at = strstr(buf_text(text), MARK_LINE);
		n = at == NULL ? 0 : strcspn(at + len, "\n");
		is = at != NULL &&
		    (whose == NULL || (n == strlen(whose) && memcmp(at + len, whose, n) == 0));
	} else if (desktop_get(text->data, text->len, DESKTOP_MARK, &mark, &ignored) == 1) {
		is = whose == NULL || strcmp(buf_text(&mark), whose) == 0;
	}
	buf_free(&mark);
	return is;
}

/* A file of a wrap: its directory (NULL: not there), its name and its path. */
struct file_of {
	struct dir *dir;
	struct buf name, path, found; /* found: what is there now */
	enum wrap_state state;
};
#define FILE_OF_INIT \
	{ \
		NULL, BUF_INIT(PATH_MAX), BUF_INIT(PATH_MAX), BUF_INIT(DESKTOP_MAX), WRAP_MISSING \
	}

static void
file_of_free(struct file_of *f)
{
	dir_close(f->dir);
	buf_free(&f->name);
	buf_free(&f->path);
	buf_free(&f->found);
}

/* Compare what is there with what is to be there. */
static int
compare(const struct wrap *w, unsigned place, struct file_of *f, struct err *e)
{
	struct buf want = BUF_INIT(WRAP_TEXT_MAX);
	int rc = 0;

	if (file_read(f->dir, buf_text(&f->name), &f->found, e) == -1) {
		f->state = e->code == ERR_NOENT ? WRAP_MISSING : WRAP_FOREIGN;
		rc = e->code == ERR_NOENT || e->code == ERR_UNSAFE || e->code == ERR_TOO_LARGE ? 0
											       : -1;
	} else if (!wrap_is_marked(&f->found, w->mark)) {
		f->state = WRAP_FOREIGN;
	} else if ((rc = add_content(w, place, &want, e)) == 0) {
		f->state =
		    want.len == f->found.len && memcmp(want.data, f->found.data, want.len) == 0
		    ? WRAP_IS_THERE
		    : WRAP_CHANGED;
	}
	buf_free(&want);
	return rc;
}

/* Look at the file of a place; with make, its directory is made.  0 or -1. */
static int
look_at(const struct wrap *w, unsigned place, bool make, struct file_of *f, struct err *e)
{
	struct buf dir = BUF_INIT(PATH_MAX);
	int rc = -1;

	if (wrap_add_dir(w->all_users, place, &dir, e) == -1 ||
	    add_file(w, place, &f->name, e) == -1 ||
	    buf_addf(&f->path, e, "%s/%s", buf_text(&dir), buf_text(&f->name)) == -1)
		goto out;
	f->dir = make ? way_make(buf_text(&dir), 0755, e) : way_open(buf_text(&dir), e);
	if (f->dir != NULL)
		rc = compare(w, place, f, e);
	else if (!make && e->code == ERR_NOENT)
		rc = 0;
out:
	buf_free(&dir);
	return rc;
}

/* Calls each() for the places of w.  Returns 0 or -1. */
static int
each_place(const struct wrap *w, bool make, const struct wrap_told *t,
    int (*each)(const struct wrap *, unsigned, struct file_of *, const struct wrap_told *,
	struct err *),
    struct err *e)
{
	int rc = 0;

	for (unsigned place = WRAP_MENU; place <= WRAP_AUTOSTART && rc == 0; place <<= 1) {
		struct file_of f = FILE_OF_INIT;

		if ((w->places & place) != 0 && (rc = look_at(w, place, make, &f, e)) == 0)
			rc = each(w, place, &f, t, e);
		file_of_free(&f);
	}
	return rc;
}

static int
tell_one(const struct wrap *w, unsigned place, struct file_of *f, const struct wrap_told *t,
    struct err *e)
{
	(void)w;
	(void)place;
	(void)e;
	t->tell(t->arg, f->state, buf_text(&f->path));
	return 0;
}

int
wrap_look(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return each_place(w, false, t, tell_one, e);
}

static int
make_one(const struct wrap *w, unsigned place, struct file_of *f, const struct wrap_told *t,
    struct err *e)
{
	struct buf want = BUF_INIT(WRAP_TEXT_MAX);
	int rc = 0;

	if (f->state == WRAP_FOREIGN)
		return err_setx(e, ERR_EXISTS,
		    "%s isn't of this wrap; move it away, or leave this place out with --places",
		    buf_text(&f->path));
	if (f->state != WRAP_IS_THERE && (rc = add_content(w, place, &want, e)) == 0 &&
	    (rc = file_replace(f->dir, buf_text(&f->name), want.data, want.len,
		 place == WRAP_COMMAND ? 0755 : 0644, e)) == 0)
		f->state = WRAP_MADE;
	if (rc == 0)
		t->tell(t->arg, f->state, buf_text(&f->path));
	buf_free(&want);
	return rc;
}

int
wrap_make(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return each_place(w, true, t, make_one, e);
}

/* Whether what users type starts the wrapper, which is to be dir/name. */
static int
check_order(const struct wrap *w, const char *dir, const struct wrap_told *t, struct err *e)
{
	char one[PATH_MAX];
	struct buf path = BUF_INIT(2 * PATH_MAX);
	bool there = false;
	int rc = 0;

	for (size_t i = 0; !there && rc == 0 && wrap_path_dir(i, one); i++) {
		buf_reset(&path);
		if (wrap_same_file(one, dir) || strcmp(one, dir) == 0)
			there = true;
		else if (buf_addf(&path, e, "%s/%s", one, w->name) == -1)
			rc = -1;
		else if (wrap_is_program(buf_text(&path)))
			rc = err_setx(e, ERR_CONFLICT,
			    "%s stands before %s in PATH: who types %s would start the program without "
			    "the wrapper; put %s first, or leave the wrapper out: --places menu",
			    one, dir, w->name, dir);
	}
	if (rc == 0 && !there) {
		buf_reset(&path);
		rc = buf_addf(&path, e,
		    "%s isn't in PATH: who types %s doesn't start the wrapper there", dir, w->name);
		if (rc == 0)
			t->tell(t->arg, WRAP_NOTE, buf_text(&path));
	}
	buf_free(&path);
	return rc;
}

static int
check_one(const struct wrap *w, unsigned place, struct file_of *f, const struct wrap_told *t,
    struct err *e)
{
	struct buf want = BUF_INIT(WRAP_TEXT_MAX), dir = BUF_INIT(PATH_MAX);
	int rc = -1;

	if (place == WRAP_COMMAND && wrap_same_file(buf_text(&f->path), w->program))
		err_setx(e, ERR_CONFLICT,
		    "%s is the program itself, and a wrapper there would call itself; leave the wrapper "
		    "out: --places menu",
		    buf_text(&f->path));
	else if (f->state == WRAP_FOREIGN)
		err_setx(e, ERR_EXISTS,
		    "%s isn't of this wrap; move it away, or leave this place out with --places",
		    buf_text(&f->path));
	else if (add_content(w, place, &want, e) == 0 &&
	    (place != WRAP_COMMAND ||
		(wrap_add_dir(w->all_users, place, &dir, e) == 0 &&
		    check_order(w, buf_text(&dir), t, e) == 0)))
		rc = 0;
	buf_free(&dir);
	buf_free(&want);
	return rc;
}

int
wrap_check(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return each_place(w, false, t, check_one, e);
}

/* Taking away what is ours in one directory. */
struct undoing {
	const struct wrap *w;
	struct dir *dir;
	const struct wrap_told *told;
	bool wrappers; /* not icons */
};

void
wrap_tell_in(const struct wrap_told *t, const struct dir *dir, enum wrap_state state,
    const char *name)
{
	struct buf path = BUF_INIT(2 * PATH_MAX);
	struct err ignored;

	if (buf_addf(&path, &ignored, "%s/%s", dir_path(dir), name) == 0)
		t->tell(t->arg, state, buf_text(&path));
	buf_free(&path);
}

bool
wrap_is_icon(const char *name)
{
	size_t n = strlen(name), m = strlen(ICON_END);

	return n > m && strcmp(name + n - m, ICON_END) == 0;
}

/* The copy comes back where there is one. */
static int
undo_file(void *undoing, const char *name, struct err *e)
{
	const struct undoing *u = undoing;
	struct buf text = BUF_INIT(DESKTOP_MAX), copy = BUF_INIT(PATH_MAX);
	struct file_info info;
	struct err ignored;
	int rc = 0, there;

	if (u->wrappers ? strcmp(name, u->w->name) != 0 : !wrap_is_icon(name))
		return 0;
	if (file_read(u->dir, name, &text, &ignored) == 0 && wrap_is_marked(&text, u->w->mark)) {
		rc = -1;
		if (buf_addf(&copy, e, "%s" WRAP_COPY, name) == 0 &&
		    (there = file_stat(u->dir, buf_text(&copy), &info, e)) != -1) {
			rc = there == 1 ? file_rename(u->dir, buf_text(&copy), u->dir, name, e)
					: file_remove(u->dir, name, e);
			if (rc != -1)
				wrap_tell_in(u->told, u->dir,
				    there == 1 ? WRAP_RESTORED : WRAP_REMOVED, name);
		}
	}
	buf_free(&copy);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

int
wrap_undo(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	static const unsigned all[] = { WRAP_MENU, WRAP_COMMAND, WRAP_AUTOSTART };
	int rc = 0;

	for (size_t i = 0; i < N(all) && rc != -1; i++) {
		struct buf path = BUF_INIT(PATH_MAX);
		struct undoing u = { w, NULL, t, all[i] == WRAP_COMMAND };

		if ((rc = wrap_add_dir(w->all_users, all[i], &path, e)) == 0 &&
		    (u.dir = way_open(buf_text(&path), e)) != NULL)
			rc = dir_list(u.dir, undo_file, &u, e) == -1 ? -1 : dir_sync(u.dir, e);
		else if (rc == 0 && e->code != ERR_NOENT)
			rc = -1;
		dir_close(u.dir);
		buf_free(&path);
	}
	return rc;
}
