/* SPDX-License-Identifier: ISC */
/* slipway verify */
#include "updater/cmd/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/os/clock.h"
#include "updater/state/state.h"

struct verifying {
	struct cmd_station *c;
	json_t *files, *settings; /* texts, one for each difference */
	int64_t release;
	size_t nfiles, nsettings;
};

static int
add_difference(json_t *list, const struct buf *text, struct err *e)
{
	return json_array_append_new(list, json_string(buf_text(text))) == -1 ? err_nomem(e) : 0;
}

static int
report_file(struct verifying *v, const struct station *part, const struct plan_file *f,
    struct err *e)
{
	struct buf text = BUF_INIT(16384);
	int rc = plan_shown_path(part, f, &text, e);

	if (rc == 0 && f->op == PLAN_ADD)
		rc = buf_adds(&text, ": is missing", e);
	else if (rc == 0 && f->op == PLAN_REPLACE && strcmp(f->old.sha256, FILE_UNREAD) == 0)
		rc = buf_addf(&text, e, ": was changed (want %" PRIu64 " bytes, found %" PRIu64 ")",
		    f->want.length, f->old.length);
	else if (rc == 0 && f->op == PLAN_REPLACE)
		rc = buf_addf(&text, e, ": was changed (want SHA-256 %s, found %s)", f->sha256,
		    f->old.sha256);
	else if (rc == 0 && f->op == PLAN_OWNER)
		rc = buf_adds(&text, ": another user owns it or may change it", e);
	else if (rc == 0)
		rc = buf_addf(&text, e, ": has permissions %04o, want %04o", f->old.mode, f->mode);
	if (rc == 0)
		rc = add_difference(v->files, &text, e);
	buf_free(&text);
	return rc;
}

static int
compare_files(struct verifying *v, const struct station *part, const struct record *record,
    struct err *e)
{
	struct plan p;
	int rc;

	if (plan_of_record(part, record, CLOCK_NEVER, &p, e) == -1)
		return -1;
	rc = plan_compare(part, record, &p, e);
	for (size_t i = 0; i < p.n && rc == 0; i++) {
		v->nfiles += p.files[i].place < LAYOUT_ROOTS;
		if (p.files[i].op != PLAN_KEEP)
			rc = report_file(v, part, &p.files[i], e);
	}
	plan_free(&p);
	return rc;
}

/* Reports the settings that applying the same release again would change. */
static int
compare_settings(struct verifying *v, const struct record *record, struct err *e)
{
	struct changeset differ = CHANGESET_INIT;
	struct buf text = BUF_INIT(4 * VALUE_SIZE_MAX);
	int rc = -1;

	if (settings_plan(v->c->settings, &record->set, &differ, NULL, e) == -1)
		goto out;
	v->nsettings += record->set.n;
	rc = 0;
	for (size_t i = 0; i < differ.n && rc == 0; i++) {
		struct changeset one = { &differ.changes[i], 1, 1 };

		buf_reset(&text);
		if ((rc = changeset_format(&one, &text, e)) == 0) {
			text.data[--text.len] = '\0'; /* the end of the line */
			rc = add_difference(v->settings, &text, e);
		}
	}
out:
	buf_free(&text);
	changeset_free(&differ);
	return rc;
}

static int
verify_station(struct verifying *v, struct err *e)
{
	const struct station part = station_user_part(&v->c->station);
	struct dir *state = station_dir(&v->c->station, "", false, e);
	struct dir *user = NULL;
	struct record record = RECORD_INIT, own = RECORD_INIT;
	int rc = -1;

	if (state == NULL || record_applied(state, &record, e) == -1)
		goto out;
	if ((v->release = record.release) == 0) {
		err_setx(e, ERR_NOENT, "no release was ever applied here");
		goto out;
	}
	if (state_pending(state)) {
		err_setx(e, ERR_TORN,
		    "an update was interrupted; 'slipway update' completes it or takes it back");
		goto out;
	}
	if (compare_files(v, &v->c->station, &record, e) == -1 ||
	    compare_settings(v, &record, e) == -1)
		goto out;
	if ((user = station_user_dir(&v->c->station, false, e)) == NULL)
		rc = e->code == ERR_NOENT ? 0 : -1;
	else if (record_applied(user, &own, e) == 0 && compare_files(v, &part, &own, e) == 0)
		rc = compare_settings(v, &own, e);
out:
	record_free(&own);
	record_free(&record);
	dir_close(user);
	dir_close(state);
	return rc;
}

static void
print_differences(const struct verifying *v)
{
	const json_t *one;
	size_t i;

	json_array_foreach (v->files, i, one) {
		cli_print(json_string_value(one));
		putchar('\n');
	}
	json_array_foreach (v->settings, i, one) {
		printf("differs; want: ");
		cli_print(json_string_value(one));
		putchar('\n');
	}
	if (json_array_size(v->files) + json_array_size(v->settings) == 0)
		printf("%s: release %lld, %zu file%s and %zu setting%s: all as they were applied\n",
		    v->c->station.application, (long long)v->release, v->nfiles,
		    cli_plural(v->nfiles), v->nsettings, cli_plural(v->nsettings));
	else
		printf("%s: release %lld, %zu of %zu files and %zu of %zu settings differ; "
		       "'slipway update --repair' puts them back\n",
		    v->c->station.application, (long long)v->release, json_array_size(v->files),
		    v->nfiles, json_array_size(v->settings), v->nsettings);
}

static int
show_differences(const struct verifying *v, bool json, struct err *e)
{
	int rc = 0;

	if (json)
		rc = cli_json(json_pack("{s:I, s:O, s:O}", "release", (json_int_t)v->release,
				  "files", v->files, "settings", v->settings),
		    e);
	else
		print_differences(v);
	if (rc == 0 && json_array_size(v->files) + json_array_size(v->settings) > 0)
		return CLI_ATTEND;
	return rc;
}

static int
run_verify(struct call *call, struct err *e)
{
	const struct cmd_options *o = call->options;
	struct cmd_station c;
	struct verifying v = { .c = &c, .files = json_array(), .settings = json_array() };
	int rc = -1;

	if (cmd_station_open(call, 0, &c, e) == 0 && verify_station(&v, e) == 0)
		rc = show_differences(&v, o->json, e);
	json_decref(v.files);
	json_decref(v.settings);
	cmd_station_close(&c);
	return rc;
}

static const struct option options[] = { CMD_STATION_ROWS, CMD_JSON_ROW, OPTION_END };

const struct command cmd_verify = { "verify", run_verify, "[options]", 0, 0,
	"compare files and settings with what was applied; exit 3 if they differ", NULL,
	CMD_OPTIONS(options) };
