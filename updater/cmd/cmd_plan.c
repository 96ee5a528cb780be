/* SPDX-License-Identifier: ISC */
/* slipway plan */
#include "updater/cmd/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/os/log.h"
#include "lib/os/path.h"
#include "updater/update/preview.h"

#define SHOWN_PATH_MAX 16384 /* bytes */

/* Each action: its word and, on a terminal, its colour. */
struct word {
	const char *text, *colour;
};
static const struct word ops[] = {
	[PLAN_KEEP] = { "keep", "" },
	[PLAN_ADD] = { "add", "\033[32m" },
	[PLAN_REPLACE] = { "replace", "\033[33m" },
	[PLAN_MODE] = { "mode", "\033[33m" },
	[PLAN_OWNER] = { "owner", "\033[33m" },
	[PLAN_REMOVE] = { "remove", "\033[31m" },
};

struct showing {
	const struct station *st;
	bool json, colour;
	int status;
};

static void
print_word(const struct showing *s, const struct word *w)
{
	if (s->colour)
		printf("  %s%-8s\033[0m", w->colour, w->text);
	else
		printf("  %-8s", w->text);
}

static int
value_text_of(const struct change *c, struct buf *out, struct err *e)
{
	buf_reset(out);
	return c == NULL ? 0 : value_format(&c->value, out, e);
}

static int
print_file(const struct showing *s, const struct plan_file *f, struct err *e)
{
	struct buf path = BUF_INIT(SHOWN_PATH_MAX);

	if (f->op == PLAN_KEEP)
		return 0;
	if (plan_shown_path(s->st, f, &path, e) == -1)
		return -1;
	print_word(s, &ops[f->op]);
	cli_print(buf_text(&path));
	buf_free(&path);
	if (f->op == PLAN_ADD)
		printf("  (%" PRIu64 " bytes)", f->want.length);
	else if (f->op == PLAN_REPLACE)
		printf("  (%" PRIu64 " bytes, now %" PRIu64 ")", f->want.length, f->old.length);
	else if (f->op == PLAN_MODE)
		printf("  (%04o, now %04o)", f->mode, f->old.mode);
	else if (f->op == PLAN_OWNER)
		printf("  (another user owns it or may change it; it is made anew)");
	putchar('\n');
	if (f->aside != NULL)
		printf("          it isn't as it was installed, and is kept as %s\n", f->aside);
	return 0;
}

static int
print_setting(const struct showing *s, const struct preview *p, const struct change *c,
    struct err *e)
{
	static const struct word words[] = { { "add", "\033[32m" }, { "change", "\033[33m" },
		{ "remove", "\033[31m" } };
	struct buf text = BUF_INIT(2 * VALUE_SIZE_MAX);
	const struct change *now = preview_now(p, c);
	int rc = -1;

	print_word(s, &words[c->op != CHANGE_SET ? 2 : now != NULL]);
	cli_print(c->op == CHANGE_DELETE_TREE ? c->key : c->name);
	if (c->op == CHANGE_DELETE_TREE)
		printf(", with all below it");
	if (c->op == CHANGE_SET) {
		if (value_text_of(c, &text, e) == -1)
			goto out;
		printf(" = ");
		cli_print(buf_text(&text));
	}
	if (now != NULL) {
		if (value_text_of(now, &text, e) == -1)
			goto out;
		printf("  (now ");
		cli_print(buf_text(&text));
		putchar(')');
	}
	putchar('\n');
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static void
print_first_line(const struct showing *s, const struct preview *p, bool nothing)
{
	const char *app = s->st->application;
	long long from = p->from, to = p->plan->release;

	if (p->ended)
		printf(CMD_ENDED ".\n", app, from);
	else if (p->held)
		printf(CMD_HELD ".\n", app, from, to);
	else if (nothing && from == to)
		printf("%s: nothing would change, release %lld is applied.\n", app, to);
	else if (from == 0)
		printf("%s: release %lld would be the first to be applied here.\n", app, to);
	else if (from == to)
		printf("%s: release %lld would be applied again.\n", app, to);
	else
		printf("%s: release %lld would follow release %lld.\n", app, to, from);
}

static void
print_for_users(const struct showing *s, const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += plan->files[i].place == PLAN_FOR_USERS;
	if (n > 0 && s->st->app_of_user)
		printf("\n%zu file%s of app/ go to %s of each user, at the user's own starts.\n", n,
		    n == 1 ? "" : "s", s->st->app_dir_text);
}

static int
show_text(const struct showing *s, const struct preview *p, struct err *e)
{
	const struct plan *plan = p->plan;
	size_t changes = plan_changes(plan);
	const char *key = "";

	print_first_line(s, p, changes + p->settings.n == 0);
	if (changes > 0)
		puts("\nFiles");
	for (size_t i = 0; i < plan->n + plan->nremoved; i++)
		if (print_file(s, &plan->files[i], e) == -1)
			return -1;
	print_for_users(s, plan);
	for (size_t i = 0; i < p->settings.n; i++) {
		const struct change *c = &p->settings.changes[i];

		if (c->op != CHANGE_DELETE_TREE && !ascii_same(key, c->key)) {
			key = c->key;
			printf("\nSettings of %s\n", key);
		}
		if (print_setting(s, p, c, e) == -1)
			return -1;
	}
	if (changes + p->settings.n > 0)
		printf("\n%zu file%s and %zu setting%s would change. 'slipway update' does it.\n",
		    changes, changes == 1 ? "" : "s", p->settings.n, p->settings.n == 1 ? "" : "s");
	return 0;
}

static json_t *
shown_file_json(const struct showing *s, const struct plan_file *f)
{
	struct buf path = BUF_INIT(SHOWN_PATH_MAX);
	struct err e;
	json_t *j = NULL;

	if (plan_shown_path(s->st, f, &path, &e) == 0)
		j = json_pack("{s:s, s:s, s:s}", "action", ops[f->op].text, "target", f->target,
		    "path", buf_text(&path));
	if (j != NULL && f->op != PLAN_REMOVE) {
		json_object_set_new(j, "length", json_integer((json_int_t)f->want.length));
		json_object_set_new(j, "sha256", json_string(f->sha256));
	}
	if (j != NULL && f->old.sha256[0] != '\0') {
		json_object_set_new(j, "length_now", json_integer((json_int_t)f->old.length));
		if (strcmp(f->old.sha256, FILE_UNREAD) != 0)
			json_object_set_new(j, "sha256_now", json_string(f->old.sha256));
	}
	if (j != NULL && f->aside != NULL)
		json_object_set_new(j, "kept_as", json_string(f->aside));
	buf_free(&path);
	return j;
}

static json_t *
setting_json(const struct preview *p, const struct change *c, struct err *e)
{
	struct buf text = BUF_INIT(2 * VALUE_SIZE_MAX);
	const struct change *now = preview_now(p, c);
	json_t *j = json_pack("{s:s}", "key", c->key);

	if (c->name != NULL)
		json_object_set_new(j, "name", json_string(c->name));
	if (c->op == CHANGE_SET && value_text_of(c, &text, e) == 0)
		json_object_set_new(j, "value", json_string(buf_text(&text)));
	if (now != NULL && value_text_of(now, &text, e) == 0)
		json_object_set_new(j, "now", json_string(buf_text(&text)));
	buf_free(&text);
	return j;
}

static int
show_json(const struct showing *s, const struct preview *p, struct err *e)
{
	json_t *files = json_array(), *settings = json_array(), *j;
	int rc = 0;

	for (size_t i = 0; i < p->plan->n + p->plan->nremoved && rc == 0; i++)
		if (p->plan->files[i].op != PLAN_KEEP)
			rc = json_array_append_new(files, shown_file_json(s, &p->plan->files[i]));
	for (size_t i = 0; i < p->settings.n && rc == 0; i++)
		rc = json_array_append_new(settings, setting_json(p, &p->settings.changes[i], e));
	j = json_pack("{s:s, s:s, s:I, s:I, s:b, s:b, s:o, s:o}", "installation",
	    s->st->installation, "application", s->st->application, "applied", (json_int_t)p->from,
	    "release", (json_int_t)(p->ended ? p->from : p->plan->release), "held", p->held,
	    "ended", p->ended, "files", files, "settings", settings);
	if (rc == -1 || j == NULL) {
		json_decref(j);
		return err_nomem(e);
	}
	return cli_json(j, e);
}

/* Warns of files that programs won't open, also of those that are there already. */
static int
warn_long_paths(const struct showing *s, const struct plan *plan, struct err *e)
{
	struct buf path = BUF_INIT(SHOWN_PATH_MAX), first = BUF_INIT(SHOWN_PATH_MAX);
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < plan->n; i++) {
		if (plan->files[i].place >= LAYOUT_ROOTS ||
		    plan_root(s->st, plan->files[i].place) == NULL)
			continue;
		buf_reset(&path);
		rc = plan_shown_path(s->st, &plan->files[i], &path, e);
		if (rc == 0 && path_too_long(buf_text(&path)) && n++ == 0)
			rc = buf_adds(&first, buf_text(&path), e);
	}
	if (rc == 0 && n > 0)
		log_warn(
		    "%zu file%s with a path of over %d characters, such as %s; most programs "
		    "can't open these; enrol again with a shorter InstallDir or AppDir (--force)",
		    n, cli_plural(n), PATH_PROGRAMS_MAX, buf_text(&first));
	buf_free(&path);
	buf_free(&first);
	return rc;
}

static int
show_preview(void *arg, const struct preview *p, struct err *e)
{
	struct showing *s = arg;

	/* Another release is a difference, even if all its files and settings are there. */
	if (!p->held && !p->ended &&
	    (plan_changes(p->plan) + p->settings.n > 0 || p->from != p->plan->release))
		s->status = CLI_ATTEND;
	if (!p->ended && warn_long_paths(s, p->plan, e) == -1)
		return -1;
	return s->json ? show_json(s, p, e) : show_text(s, p, e);
}

static int
run_plan(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct update_options update_options = cmd_update_options(o, CMD_DEADLINE_MS);
	struct showing s = { .status = CLI_OK, .json = o->json };
	struct cmd_station c;
	int rc = -1;

	update_options.child = &c.child;
	s.colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
	s.st = &c.station;
	if (cmd_station_open(call, CMD_FETCHES, &c, e) == 0)
		rc = preview_run(&c.station, c.settings, &update_options, show_preview, &s, e);
	cmd_station_close(&c);
	return rc == -1 ? -1 : s.status;
}

static const struct option options[] = {
	CMD_STATION_ROWS,
	CMD_DEADLINE_ROW("longest time that it may take (default 600)"),
	CMD_JSON_ROW,
	OPTION_END,
};

const struct command cmd_plan = { "plan", run_plan, "[options]", 0, 0,
	"show what an update would change; exit 3 if anything", NULL, CMD_OPTIONS(options) };
