/* SPDX-License-Identifier: ISC */
/* The settings that the scripts of a release leave behind. */
#include "server/review/outcome.h"

#include <string.h>

#include "lib/base/list.h"
#include "lib/base/text.h"
#include "lib/script/dryrun.h"
#include "lib/settings/changeset.h"

_Static_assert(OUTCOME_SYSTEMS == DRYRUN_SYSTEMS, "the same systems");
const char *const outcome_systems[OUTCOME_SYSTEMS] = { "linux", "windows" };

/* Bytes of the name of a setting with its key, and of a value in its text form. */
#define PLACE_MAX (SETTING_KEY_MAX + SETTING_NAME_MAX + 4)
#define FORM_MAX  (6 * VALUE_SIZE_MAX + 64)

/* "key\nname" in small letters; name NULL: "key\n". */
static int
place_of(const char *key, const char *name, struct buf *out, struct err *e)
{
	if (buf_addf(out, e, "%s\n%s", key, name == NULL ? "" : name) == -1)
		return -1;
	for (size_t i = 0; i < out->len; i++)
		out->data[i] = (uint8_t)ascii_lower((char)out->data[i]);
	return 0;
}

/* Forgets all that was set at and below a key that is deleted. */
static void
forget_below(json_t *settings, const char *key)
{
	const char *place;
	json_t *one;
	void *next;

	json_object_foreach_safe (settings, next, place, one)
		if (setting_key_within(json_string_value(json_object_get(one, "key")), key))
			json_object_del(settings, place);
}

/* The entry of a change, or NULL. */
static json_t *
entry_of(const struct change *x, struct err *e)
{
	struct buf form = BUF_INIT(FORM_MAX);
	json_t *j = NULL;

	if (x->op != CHANGE_SET)
		j = json_pack("{s:s,s:s*,s:n}", "key", x->key, "name", x->name, "value");
	else if (value_format(&x->value, &form, e) == -1)
		return NULL;
	else if (x->value.type == VALUE_STRING || x->value.type == VALUE_EXPAND)
		j = json_pack("{s:s,s:s,s:s,s:s}", "key", x->key, "name", x->name, "value",
		    buf_text(&form), "text", value_get_text(&x->value));
	else
		j = json_pack("{s:s,s:s,s:s}", "key", x->key, "name", x->name, "value",
		    buf_text(&form));
	buf_free(&form);
	if (j == NULL)
		err_nomem(e);
	return j;
}

static int
fold(json_t *settings, const struct changeset *changes, struct err *e)
{
	for (size_t i = 0; i < changes->n; i++) {
		const struct change *x = &changes->changes[i];
		struct buf place = BUF_INIT(PLACE_MAX);
		json_t *entry = entry_of(x, e);
		int rc = entry == NULL ? -1 : place_of(x->key, x->name, &place, e);

		if (rc == 0 && x->op == CHANGE_DELETE_TREE)
			forget_below(settings, x->key);
		if (rc == 0)
			rc = json_object_set(settings, buf_text(&place), entry) == -1 ? err_nomem(e)
										      : 0;
		json_decref(entry);
		buf_free(&place);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static int
has_file(void *arg, const char *target, struct err *e)
{
	(void)e;
	return content_has(arg, target);
}

static int
run_script(const struct content *c, struct dryrun *d, const char *target, struct outcome *o,
    struct err *e)
{
	struct buf source = BUF_INIT(SCRIPT_SIZE_MAX);
	int rc = content_read(c, target, &source, e);

	for (int i = 0; i < OUTCOME_SYSTEMS && rc == 0; i++) {
		struct changeset changes = CHANGESET_INIT;

		rc = dryrun_changes(d, i, content_path(c, target), source.data, source.len,
		    &changes, e);
		if (rc == 0)
			rc = fold(o->settings[i], &changes, e);
		changeset_free(&changes);
	}
	buf_free(&source);
	return rc;
}

/* The scripts, in the order in which stations run them. */
static int
list_scripts(const struct content *c, struct strings *out, struct err *e)
{
	const char *target;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)c->targets, target, one)
		if ((layout_is_in(target, LAYOUT_SCRIPTS_MACHINE) ||
			layout_is_in(target, LAYOUT_SCRIPTS_USER)) &&
		    strings_add(out, target, e) == -1)
			return -1;
	strings_sort(out);
	return 0;
}

int
outcome_of(const struct content *c, struct outcome *o, struct err *e)
{
	const struct dryrun_options options = { .application = c->app,
		.exists = has_file,
		.arg = (void *)(uintptr_t)c };
	struct dryrun *d = dryrun_new(&options, e);
	struct strings scripts = STRINGS_INIT;
	int rc = d == NULL ? -1 : list_scripts(c, &scripts, e);

	for (int i = 0; i < OUTCOME_SYSTEMS; i++)
		if ((o->settings[i] = json_object()) == NULL && rc == 0)
			rc = err_nomem(e);
	for (size_t i = 0; i < scripts.n && rc == 0; i++)
		rc = run_script(c, d, scripts.v[i], o, e);
	if (rc == -1)
		outcome_free(o);
	strings_free(&scripts);
	dryrun_free(d);
	return rc;
}

void
outcome_free(struct outcome *o)
{
	for (int i = 0; i < OUTCOME_SYSTEMS; i++) {
		json_decref(o->settings[i]);
		o->settings[i] = NULL;
	}
}
