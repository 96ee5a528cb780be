/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_WRAP_WRAP_H
#define UPDATER_WRAP_WRAP_H

/*
 * Wraps: what users click and type to start a program through "slipway run".  The settings of the
 * station say which programs are wrapped: HKLM\SOFTWARE\Slipway\<installation>\<application>\Wrap\
 * <name> for all users, the same below HKCU for this one.  The files are made of these settings
 * alone, so that each can be told from one that was changed, and be made again.
 */
#include <stdbool.h>

#include "updater/station/station.h"

#define WRAP_NAME_MAX 100 /* bytes of a program's name and of a title */
#define WRAP_TEXT_MAX 65536
#define WRAP_COPY     ".before-slipway" /* the end of the name of a copy */

/* Where a program is started from; a sum of these. */
enum { WRAP_MENU = 1, WRAP_COMMAND = 2, WRAP_DESKTOP = 4, WRAP_AUTOSTART = 8 };

struct wrap {
	char *name;    /* the program's: "hi" */
	char *mark;    /* whose its files are: "I/A/hi" */
	char *title;   /* what people read below the icon */
	char *program; /* absolute paths, as this system writes them */
	char *slipway; /* the program of Slipway that is started */
	char *icon;
	struct strings args;
	char *installation, *application; /* --installation and --app; NULL: as at each start */
	unsigned places;
	bool all_users;
};

struct wraps {
	struct wrap *v;
	size_t n;
};
#define WRAPS_INIT \
	{ \
		NULL, 0 \
	}

void wrap_free(struct wrap *w);
void wraps_free(struct wraps *all);

/* The word of a place, and the place of a word; NULL and 0 for none. */
const char *wrap_place_name(unsigned place);
unsigned wrap_place_find(const char *word, size_t len);

/*
 * The wraps of a station: those for all users, and this user's.  Returns 0, or -1 with ERR_CONFIG
 * where one is damaged (out then has the others) or as settings_list().
 */
int wrap_load(struct settings *s, const struct station *st, struct wraps *out, struct err *e);

/* Set the mark of w, which has its name.  Returns 0 or -1. */
int wrap_set_mark(struct wrap *w, const struct station *st, struct err *e);

/* Write a wrap into the settings, or take it out of them.  Return 0 or -1. */
int wrap_store(struct settings *s, const struct station *st, const struct wrap *w, struct err *e);
int wrap_forget(struct settings *s, const struct station *st, const struct wrap *w, struct err *e);

/*
 * Append the words that follow the program of Slipway: "run", its options, "--", the program, its
 * arguments; each as add() writes it.  Returns 0 or -1.
 */
int wrap_add_words(const struct wrap *w, int (*add)(struct buf *, const char *, struct err *),
    struct buf *out, struct err *e);
/* The same without what follows "--". */
int wrap_add_run(const struct wrap *w, int (*add)(struct buf *, const char *, struct err *),
    struct buf *out, struct err *e);

/* What a call tells of a file: path, and the state that it is in now. */
enum wrap_state {
	WRAP_IS_THERE, /* as it was made */
	WRAP_MADE,
	WRAP_MISSING,
	WRAP_CHANGED, /* ours, and not as it was made */
	WRAP_FOREIGN, /* not ours */
	WRAP_REMOVED,
	WRAP_RESTORED, /* the copy is there again */
	WRAP_BYPASS,   /* starts the program without Slipway */
	WRAP_TAKEN,    /* did, and doesn't any more */
	WRAP_NOTE      /* path is a sentence to tell */
};
struct wrap_told {
	void (*tell)(void *arg, enum wrap_state state, const char *path);
	void *arg;
};

/*
 * Whether all that the wraps of a station are to have made is there as it was made, and starts
 * programs that are there; *n (or NULL) is the number of wraps.  Returns 0, or -1 with what is
 * wrong and the command that mends it.
 */
int wrap_fault(struct settings *s, const struct station *st, size_t *n, struct err *e);

/* The platform's part, wrap_posix.c and wrap_windows.c. */

/* The places where nothing is said. */
extern const unsigned wrap_default_places;

/*
 * Find the program that a person names, by a path or by its name in PATH, where wraps are passed
 * over, and this program of Slipway; fill in w's program, name, slipway, icon.  Returns 0, or -1
 * with ERR_NOENT, or ERR_CONFLICT for a wrapper of ours, or Slipway itself.
 */
int wrap_find(struct wrap *w, const char *program, struct err *e);

/*
 * Whether the files of w can be made: no foreign file has such a name, and what users type would
 * start the wrapper.  Returns 0, or -1 with ERR_EXISTS, ERR_USAGE (a place that this system doesn't
 * have), ERR_CONFLICT (a wrapper that would call itself or stand behind the program), or of the
 * system.
 */
int wrap_check(const struct wrap *w, const struct wrap_told *t, struct err *e);

/* Make, look at, or take away the files of w, each atomically.  Return 0 or -1. */
int wrap_make(const struct wrap *w, const struct wrap_told *t, struct err *e);
int wrap_look(const struct wrap *w, const struct wrap_told *t, struct err *e);
int wrap_undo(const struct wrap *w, const struct wrap_told *t, struct err *e);

/*
 * Look for other icons that start the program, and with take rewrite them: a copy is kept beside a
 * file of the directory that wraps are made in; of others (Linux: of packages) a rewritten copy is
 * put there, which desktops read before.  wrap_undo() takes both back.  Returns 0 or -1.
 */
int wrap_others(const struct wrap *w, bool take, const struct wrap_told *t, struct err *e);

#endif
