/* SPDX-License-Identifier: ISC */
/* slipway wrap: what users click and type to start a program through "slipway run". */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/log.h"
#include "lib/os/places.h"
#include "updater/launch/launch.h"
#include "updater/wrap/wrap.h"

struct options {
	struct cmd_options cmd;
	const char *name, *places;
	bool list, undo, take_over, user;
};

/* What the calls of updater/wrap told. */
struct telling {
	size_t bypasses, faults, n;
};

static void
tell(void *telling, enum wrap_state state, const char *path)
{
	static const char *const words[] = { [WRAP_IS_THERE] = "there      ",
		[WRAP_MADE] = "made       ",
		[WRAP_MISSING] = "MISSING    ",
		[WRAP_CHANGED] = "CHANGED    ",
		[WRAP_FOREIGN] = "NOT OURS   ",
		[WRAP_REMOVED] = "removed    ",
		[WRAP_RESTORED] = "put back   ",
		[WRAP_BYPASS] = "BYPASSES   ",
		[WRAP_TAKEN] = "taken over ",
		[WRAP_NOTE] = "note       " };
	struct telling *t = telling;

	t->n++;
	t->bypasses += state == WRAP_BYPASS;
	t->faults += state == WRAP_MISSING || state == WRAP_CHANGED || state == WRAP_FOREIGN;
	printf("  %s ", words[state]);
	cli_print(path);
	putchar('\n');
}

/* A name that files, menus and settings can have. */
static int
check_name(const char *what, const char *text, struct err *e)
{
	size_t n = strlen(text);

	if (n == 0 || n > WRAP_NAME_MAX || strpbrk(text, "/\\:*?\"<>|") != NULL || *text == '.' ||
	    *text == ' ' || *text == '-' || text[n - 1] == ' ' || text[n - 1] == '.' ||
	    text_check(text, n, false, e) == -1)
		return err_setx(e, ERR_USAGE,
		    "%s: want 1 to %d bytes without / \\ : * ? \" < > | that don't begin with '.', '-' "
		    "or a space nor end with '.' or a space, got '%s'",
		    what, WRAP_NAME_MAX, text);
	return 0;
}

static int
set_copy(char **to, const char *text, struct err *e)
{
	free(*to);
	*to = text == NULL ? NULL : strdup(text);
	return text != NULL && *to == NULL ? err_nomem(e) : 0;
}

static int
read_places(const char *text, unsigned *to, struct err *e)
{
	*to = text == NULL ? wrap_default_places : 0;
	for (const char *p = text; p != NULL && *p != '\0';) {
		size_t len = strcspn(p, ",");
		unsigned place = wrap_place_find(p, len);

		if (place == 0)
			return err_setx(e, ERR_USAGE,
			    "--places: want menu, command, desktop or autostart, with commas between, "
			    "got '%s'",
			    text);
		*to |= place;
		p += len + (p[len] == ',');
	}
	return *to == 0 ? err_setx(e, ERR_USAGE, "--places: want a place, got none") : 0;
}

/* The settings don't tell big letters from small ones. */
static const struct wrap *
find_wrap(const struct wraps *all, const struct wrap *w)
{
	for (size_t i = 0; i < all->n; i++)
		if (ascii_same(all->v[i].name, w->name) && all->v[i].all_users == w->all_users)
			return &all->v[i];
	return NULL;
}

/* On Windows both spellings are the same program; elsewhere one would take the other's settings. */
static int
take_spelling(const struct wrap *old, struct wrap *w, const struct station *st, struct err *e)
{
	if (old == NULL || strcmp(old->name, w->name) == 0)
		return 0;
	if (strcmp(place_system(), "windows") != 0)
		return err_setx(e, ERR_CONFLICT,
		    "%s is wrapped, and the settings don't tell big letters from small ones; 'slipway "
		    "wrap --undo %s' takes that away, then %s can be wrapped",
		    old->name, old->name, w->name);
	return set_copy(&w->name, old->name, e) == -1 ? -1 : wrap_set_mark(w, st, e);
}

/* What is asked for; places that a call doesn't name any more are taken away. */
static int
fill(struct wrap *w, const struct call *call, const struct station *st, struct err *e)
{
	const struct options *o = call->options;
	const char *application = o->cmd.application == NULL ? NULL : st->application,
		   *installation =
		       application == NULL && o->cmd.installation == NULL ? NULL : st->installation;

	w->all_users = place_stationwide() && place_privileged() && !o->user;
	if (launch_check(call->argv, e) != 0 || read_places(o->places, &w->places, e) == -1 ||
	    wrap_find(w, call->argv[0], e) == -1 ||
	    check_name("the program's name", w->name, e) == -1 || wrap_set_mark(w, st, e) == -1 ||
	    (o->name != NULL && check_name("--name", o->name, e) == -1) ||
	    set_copy(&w->title, o->name != NULL ? o->name : w->name, e) == -1 ||
	    set_copy(&w->installation, installation, e) == -1 ||
	    set_copy(&w->application, application, e) == -1)
		return -1;
	for (int i = 1; i < call->argc; i++)
		if (strings_add(&w->args, call->argv[i], e) == -1)
			return -1;
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Whether files of before stay where they are, and icons that were taken over start the same. */
static bool
same_files(const struct wrap *a, const struct wrap *b)
{
	return a->places == b->places && same_text(a->title, b->title) &&
	    same_text(a->program, b->program) && same_text(a->slipway, b->slipway) &&
	    same_text(a->installation, b->installation) &&
	    same_text(a->application, b->application);
}

/* Files of before are replaced, or go where they have another name, place or start now. */
static int
undo_before(const struct wrap *old, const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	return old == NULL || same_files(old, w) ? 0 : wrap_undo(old, t, e);
}

static int
wrap_program(const struct call *call, struct cmd_station *c, const struct wrap_told *t,
    struct err *e)
{
	const struct options *o = call->options;
	const struct telling *told = t->arg;
	struct wraps all = WRAPS_INIT;
	struct wrap w = { .name = NULL };
	const struct wrap *old;
	int rc = -1;

	/* The setting is first: what a cut leaves, "slipway wrap" completes, or --undo takes away. */
	if (wrap_load(c->settings, &c->station, &all, e) == 0 &&
	    fill(&w, call, &c->station, e) == 0 &&
	    take_spelling(old = find_wrap(&all, &w), &w, &c->station, e) == 0 &&
	    wrap_check(&w, t, e) == 0 && undo_before(old, &w, t, e) == 0 &&
	    wrap_store(c->settings, &c->station, &w, e) == 0 && wrap_make(&w, t, e) == 0 &&
	    wrap_others(&w, o->take_over, t, e) == 0)
		rc = 0;
	if (rc == 0)
		printf("%s starts through 'slipway run' for %s\n", w.name,
		    w.all_users ? "all users" : "this user");
	if (rc == 0 && told->bypasses > 0)
		puts(
		    "what BYPASSES starts the program without an update; the same with --take-over "
		    "rewrites it, and keeps a copy");
	wrap_free(&w);
	wraps_free(&all);
	return rc;
}

/* Whether a person means this name or path. */
static bool
is_called(const char *what, const char *text)
{
	return strcmp(place_system(), "windows") == 0 ? ascii_same(what, text)
						      : strcmp(what, text) == 0;
}

/* Whether a call is about this wrap; an ordinary user leaves those for all users alone. */
static bool
is_meant(const struct call *call, const struct wrap *w)
{
	const struct options *o = call->options;

	if (call->argc > 0 && !is_called(w->name, call->argv[0]) &&
	    !is_called(w->program, call->argv[0]))
		return false;
	return !w->all_users || (!o->user && (o->list || place_privileged()));
}

static int
list_one(const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	printf("%s: %s, for %s\n", w->name, w->title, w->all_users ? "all users" : "this user");
	return wrap_look(w, t, e) == -1 ? -1 : wrap_others(w, false, t, e);
}

static int
undo_one(struct cmd_station *c, const struct wrap *w, const struct wrap_told *t, struct err *e)
{
	printf("%s:\n", w->name);
	return wrap_undo(w, t, e) == -1 ? -1 : wrap_forget(c->settings, &c->station, w, e);
}

/* Without a program: what the settings say is made again, listed, or taken away. */
static int
each_wrap(const struct call *call, struct cmd_station *c, const struct wrap_told *t, struct err *e)
{
	const struct options *o = call->options;
	const struct telling *told = t->arg;
	struct wraps all = WRAPS_INIT;
	size_t meant = 0, others = 0;
	int rc = wrap_load(c->settings, &c->station, &all, e);

	for (size_t i = 0; i < all.n && rc == 0; i++) {
		const struct wrap *w = &all.v[i];

		if (!is_meant(call, w)) {
			others += w->all_users && !o->user;
			continue;
		}
		meant++;
		rc = o->list  ? list_one(w, t, e)
		    : o->undo ? undo_one(c, w, t, e)
		    : wrap_make(w, t, e) == -1 || wrap_others(w, o->take_over, t, e) == -1 ? -1
											   : 0;
	}
	if (rc == 0 && meant == 0 && others > 0 && !place_privileged())
		rc = err_setx(e, ERR_ACCESS,
		    "what is wrapped is for all users: want root or an administrator; 'slipway wrap "
		    "--list' lists it");
	else if (rc == 0 && meant == 0 && call->argc > 0)
		rc = err_setx(e, ERR_NOENT, "%s isn't wrapped; 'slipway wrap --list' lists what is",
		    call->argv[0]);
	else if (rc == 0 && meant == 0)
		puts("no program is wrapped");
	wraps_free(&all);
	return rc == 0 && o->list && told->bypasses + told->faults > 0 ? CLI_ATTEND : rc;
}

static int
run_wrap(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct telling telling = { 0 };
	const struct wrap_told told = { tell, &telling };
	struct cmd_station c;
	int rc = -1;

	if ((o->list && o->undo) ||
	    ((o->list || o->undo) && (o->take_over || o->name != NULL || o->places != NULL)) ||
	    (call->argc == 0 && (o->name != NULL || o->places != NULL)))
		return err_setx(e, ERR_USAGE,
		    "want one of PROGRAM with its options, --list and --undo");
	if ((o->list || o->undo) && call->argc > 1)
		return err_setx(e, ERR_USAGE,
		    "want one PROGRAM, or none for all, with --list and --undo, got %d",
		    call->argc);
	if (cmd_station_open(call, 0, &c, e) == 0)
		rc = call->argc == 0 || o->list || o->undo ? each_wrap(call, &c, &told, e)
							   : wrap_program(call, &c, &told, e);
	cmd_station_close(&c);
	return rc;
}

#undef CMD_TO
#define CMD_TO(member) OPTION_TO(struct options, cmd.member)
static const struct option options[] = { CMD_STATION_ROWS,
	{ "name", OPTION_TEXT, OPTION_TO(struct options, name), "TEXT",
	    "what people read below the icon (default: the program's name)",
	    .offers = OFFER_NOTHING },
	{ "places", OPTION_TEXT, OPTION_TO(struct options, places), "LIST",
	    "where it is started from: some of menu, command, autostart, and on Windows desktop (default menu,command; on Windows menu,desktop)",
	    .offers = OFFER_NOTHING },
	{ "user", OPTION_FLAG, OPTION_TO(struct options, user), NULL,
	    "for this user alone, also as root or administrator" },
	{ "take-over", OPTION_FLAG, OPTION_TO(struct options, take_over), NULL,
	    "rewrite other icons that start PROGRAM, too, and keep a copy" },
	{ "list", OPTION_FLAG, OPTION_TO(struct options, list), NULL,
	    "list what is wrapped, and icons that pass it by; exit 3 where there are such, or a file is missing or was changed" },
	{ "undo", OPTION_FLAG, OPTION_TO(struct options, undo), NULL,
	    "take the icons and wrappers of PROGRAM, or of all, away again" },
	OPTION_END };

const struct command cmd_wrap = { "wrap", run_wrap, "[options] [PROGRAM [-- ARG...]]", 0, -1,
	"make the icon and the command that start PROGRAM through 'slipway run'",
	"Without PROGRAM, makes again what is missing or was changed.", .options = options,
	.size = sizeof(struct options), .offers = OFFER_COMMANDS };
