/* SPDX-License-Identifier: ISC */
/* Running a script where there is no station. */
#include "lib/script/dryrun.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/clock.h"
#include "lib/base/json.h"
#include "lib/os/places.h"
#include "lib/script/script_frames.h"
#include "lib/script/runner.h"
#include "lib/settings/application.h"

/* Scripts of one place see the same facts, and share a child, as at a station. */
enum kind { KIND_MACHINE, KIND_USER, KIND_ANY, KINDS };

const char *const dryrun_systems[DRYRUN_SYSTEMS] = { "linux", "windows" };

struct child {
	struct runner *runner; /* NULL: none yet, or it failed */
	struct script_facts facts;
	const char *prefixes[2 * SCRIPT_FRAME_NAMES_MAX];
};

struct dryrun {
	struct child children[DRYRUN_SYSTEMS][KINDS];
	const struct dryrun_options *options;
	struct dryrun_options copy;
	json_t *json; /* owned; never NULL */
	struct script_facts facts;
	struct expand_name names[SCRIPT_FRAME_NAMES_MAX];
	char *made_up[SCRIPT_FRAME_NAMES_MAX]; /* owned texts of names */
	char *keys[2][SCRIPT_FRAME_NAMES_MAX]; /* owned; [0] HKLM, [1] HKCU */
	size_t nkeys[2];
	bool any_os;
};

/* The members that an object of facts may have; a misspelt one would silently be a default. */
static int
only(const json_t *object, const char *what, const char *const *names, struct err *e)
{
	const char *other;

	if (object != NULL && !json_is_object(object))
		return err_setx(e, ERR_SYNTAX, "facts: %s: want an object", what);
	if ((other = json_only(object, names)) != NULL)
		return err_setx(e, ERR_SYNTAX, "facts: %s: unknown member '%.100s'", what, other);
	return 0;
}

/* A text of an object, which may be absent. */
static int
optional_text(const json_t *object, const char *name, const char **out, struct err *e)
{
	const char *text = json_text_of(object, name);

	if (json_object_get(object, name) == NULL)
		return 0;
	if (text == NULL)
		return err_setx(e, ERR_SYNTAX, "facts: %s: want a text", name);
	*out = text;
	return 0;
}

static int
read_station(struct dryrun *c, struct err *e)
{
	static const char *const members[] = { "name", "os", "application", "installation", NULL };
	static const char *const release_members[] = { "number", NULL };
	const json_t *station = json_object_get(c->json, "station"),
		     *release = json_object_get(c->json, "release"),
		     *number = json_object_get(release, "number");

	c->facts.station = "STATION";
	c->facts.application =
	    c->options->application != NULL ? c->options->application : "APPLICATION";
	c->facts.installation = "INSTALLATION";
	c->facts.release = 1;
	c->facts.is_default = true;
	if (only(station, "station", members, e) == -1 ||
	    only(release, "release", release_members, e) == -1 ||
	    optional_text(station, "name", &c->facts.station, e) == -1 ||
	    optional_text(station, "os", &c->facts.os, e) == -1 ||
	    optional_text(station, "application", &c->facts.application, e) == -1 ||
	    optional_text(station, "installation", &c->facts.installation, e) == -1)
		return -1;
	if (number != NULL && (!json_is_integer(number) || json_integer_value(number) < 1))
		return err_setx(e, ERR_SYNTAX, "facts: release: want a number of 1 or more");
	if (number != NULL)
		c->facts.release = (uint64_t)json_integer_value(number);
	c->any_os = c->facts.os == NULL;
	return 0;
}

static int
add_name(struct dryrun *c, const char *name, const char *text, struct err *e)
{
	size_t n = c->facts.names.n;
	struct buf b = BUF_INIT(EXPAND_MAX);

	if (n == SCRIPT_FRAME_NAMES_MAX)
		return err_setx(e, ERR_TOO_LARGE, "facts: over %u names", SCRIPT_FRAME_NAMES_MAX);
	if (text == NULL) {
		if (buf_addf(&b, e, "<%s>", name) == -1)
			return -1;
		text = c->made_up[n] = (char *)buf_steal(&b);
	}
	c->names[n] = (struct expand_name){ name, text };
	c->facts.names.n++;
	return 0;
}

/* Names of the facts come first, so they win. */
static int
read_fact_names(struct dryrun *c, struct err *e)
{
	static const char *const directories[] = { "InstallDir", "AppDir" };
	const json_t *names = json_object_get(c->json, "names");
	const char *name, *text = NULL;
	json_t *value;

	c->facts.names = (struct expand_names){ .own = c->names, .only_own = true };
	if (names != NULL && !json_is_object(names))
		return err_setx(e, ERR_SYNTAX, "facts: names: want an object");
	json_object_foreach ((json_t *)(uintptr_t)names, name, value)
		if (optional_text(names, name, &text, e) == -1 || add_name(c, name, text, e) == -1)
			return -1;
	for (size_t i = 0; (name = place_known_name(i)) != NULL; i++)
		if (add_name(c, name, NULL, e) == -1)
			return -1;
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		if (add_name(c, directories[i], NULL, e) == -1)
			return -1;
	if (add_name(c, "Application", c->facts.application, e) == -1)
		return -1;
	return add_name(c, "Installation", c->facts.installation, e);
}

static int
add_key(struct dryrun *c, const char *key, struct err *e)
{
	struct buf b = BUF_INIT(2 * SETTING_KEY_MAX);
	int user;

	if (setting_key_normal(key, strlen(key), &b, e) == -1)
		return err_context(e, "facts: keys");
	user = strncmp(buf_text(&b), "HKCU", 4) == 0;
	if (c->nkeys[user] == SCRIPT_FRAME_NAMES_MAX / 2) {
		buf_free(&b);
		return err_setx(e, ERR_TOO_LARGE, "facts: over %u keys",
		    SCRIPT_FRAME_NAMES_MAX / 2);
	}
	c->keys[user][c->nkeys[user]++] = (char *)buf_steal(&b);
	return 0;
}

static int
read_keys(struct dryrun *c, struct err *e)
{
	const json_t *keys = json_object_get(c->json, "keys");

	if (keys == NULL)
		return add_key(c, "HKLM\\SOFTWARE\\" SETTINGS_VENDOR, e) == -1
		    ? -1
		    : add_key(c, "HKCU\\SOFTWARE\\" SETTINGS_VENDOR, e);
	if (!json_is_array(keys))
		return err_setx(e, ERR_SYNTAX, "facts: keys: want an array of texts");
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const char *key = json_string_value(json_array_get(keys, i));

		if (key == NULL)
			return err_setx(e, ERR_SYNTAX, "facts: keys: want an array of texts");
		if (add_key(c, key, e) == -1)
			return -1;
	}
	return 0;
}

/* Whether a setting is among the facts: 1 with *v to be freed, 0, -1. */
static int
find_setting(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	const struct dryrun *c = arg;
	const char *k, *n;
	json_t *values, *text;

	json_object_foreach (json_object_get(c->json, "settings"), k, values) {
		struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
		int rc = setting_key_normal(k, strlen(k), &normal, e);
		bool same = rc == 0 && ascii_same(buf_text(&normal), key);

		buf_free(&normal);
		if (rc == -1)
			return -1;
		if (!same)
			continue;
		json_object_foreach (values, n, text)
			if (ascii_same(n, name))
				return value_parse(json_string_value(text),
					   json_string_length(text), v, e) == -1
				    ? -1
				    : 1;
	}
	return 0;
}

/* Reports a malformed setting at once, not only when a script asks for it. */
static int
check_settings(struct dryrun *c, struct err *e)
{
	const json_t *settings = json_object_get(c->json, "settings");
	const char *key, *name;
	json_t *values, *text;

	if (settings != NULL && !json_is_object(settings))
		return err_setx(e, ERR_SYNTAX, "facts: settings: want an object");
	json_object_foreach ((json_t *)(uintptr_t)settings, key, values) {
		struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX);
		int rc = setting_key_normal(key, strlen(key), &normal, e);

		buf_free(&normal);
		if (rc == -1)
			return err_context(e, "facts: settings");
		if (!json_is_object(values))
			return err_setx(e, ERR_SYNTAX, "facts: settings: %.200s: want an object",
			    key);
		json_object_foreach (values, name, text) {
			struct value v = VALUE_INIT;

			if (!json_is_string(text))
				return err_setx(e, ERR_SYNTAX,
				    "facts: settings: %.200s: want a text, as in a key file", name);
			if (value_parse(json_string_value(text), json_string_length(text), &v, e) ==
			    -1)
				return err_context(e, "facts: settings: %.200s", name);
			value_free(&v);
		}
	}
	return 0;
}

static int
exists(void *arg, const char *target, struct err *e)
{
	const struct dryrun *c = arg;
	const json_t *files = json_object_get(c->json, "files");

	if (c->options->exists != NULL)
		return c->options->exists(c->options->arg, target, e);
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *file = json_string_value(json_array_get(files, i));

		if (file != NULL && strcmp(file, target) == 0)
			return 1;
	}
	return 0;
}

static int
pass_line(void *arg, const char *script, const char *text, struct err *e)
{
	const struct dryrun *c = arg;

	return c->options->log == NULL ? 0 : c->options->log(c->options->arg, script, text, e);
}

struct dryrun *
dryrun_new(const struct dryrun_options *o, struct err *e)
{
	static const char *const members[] = { "station", "release", "files", "names", "keys",
		"settings", NULL };
	struct dryrun *c = calloc(1, sizeof *c);

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->copy = *o;
	c->options = &c->copy;
	c->json = o->json != NULL ? json_text_parse(o->json, o->len, e) : json_object();
	c->facts.get = find_setting;
	c->facts.exists = exists;
	c->facts.log = pass_line;
	c->facts.arg = c;
	if (c->json != NULL && only(c->json, "file", members, e) == 0 && read_station(c, e) == 0 &&
	    read_fact_names(c, e) == 0 && read_keys(c, e) == 0 && check_settings(c, e) == 0)
		return c;
	dryrun_free(c);
	return NULL;
}

void
dryrun_free(struct dryrun *c)
{
	if (c == NULL)
		return;
	for (int os = 0; os < DRYRUN_SYSTEMS; os++)
		for (int kind = 0; kind < KINDS; kind++)
			runner_end(c->children[os][kind].runner);
	for (size_t i = 0; i < SCRIPT_FRAME_NAMES_MAX; i++) {
		free(c->made_up[i]);
		free(c->keys[0][i]);
		free(c->keys[1][i]);
	}
	json_decref(c->json);
	free(c);
}

static int
put_value(struct buf *out, const char *mark, const struct change *x, const struct value *v,
    struct err *e)
{
	if (buf_addf(out, e, "%s %s %s = ", mark, x->key, x->name) == -1 ||
	    value_format(v, out, e) == -1)
		return -1;
	return buf_addc(out, '\n', e);
}

static int
put_set(struct dryrun *c, const struct change *x, struct buf *out, struct err *e)
{
	struct value old = VALUE_INIT;
	int found = find_setting(c, x->key, x->name, &old, e), rc = found == -1 ? -1 : 0;
	bool same = found == 1 && value_equal(&old, &x->value);

	if (found == 1 && !same)
		rc = put_value(out, "-", x, &old, e);
	if (rc == 0)
		rc = put_value(out, same ? " " : "+", x, &x->value, e);
	value_free(&old);
	return rc;
}

static int
put_changes(struct dryrun *c, const struct changeset *changes, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < changes->n; i++) {
		const struct change *x = &changes->changes[i];
		int rc;

		if (c->options->change != NULL && c->options->change(c->options->arg, x, e) == -1)
			return -1;
		if (x->op == CHANGE_SET)
			rc = put_set(c, x, out, e);
		else if (x->op == CHANGE_DELETE)
			rc = buf_addf(out, e, "- %s %s\n", x->key, x->name);
		else
			rc = buf_addf(out, e, "- %s\\*\n", x->key);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Whether the directory that a script is in has this name. */
static bool
is_in(const char *name, const char *directory)
{
	const char *end = strrchr(name, '/');
	size_t len = strlen(directory);

	return end != NULL && (size_t)(end - name) >= len &&
	    strncmp(end - len, directory, len) == 0 &&
	    (end - len == name || end[-(ptrdiff_t)len - 1] == '/');
}

static enum kind
kind_of(const char *name)
{
	return is_in(name, "machine") ? KIND_MACHINE : is_in(name, "user") ? KIND_USER : KIND_ANY;
}

static int
start(struct dryrun *c, const char *os, enum kind kind, struct child *child, struct err *e)
{
	child->facts = c->facts;
	child->facts.os = os;
	child->facts.prefixes = child->prefixes;
	for (int user = 0; user < 2; user++)
		for (size_t i = 0; i < c->nkeys[user] && kind != (user ? KIND_MACHINE : KIND_USER);
		     i++)
			child->prefixes[child->facts.nprefixes++] = c->keys[user][i];
	child->runner = runner_start(&child->facts, SCRIPT_TIME_MAX_MS, CLOCK_NEVER, e);
	return child->runner == NULL ? -1 : 0;
}

static int
run_child(struct dryrun *c, const char *os, int system, const char *name, const uint8_t *source,
    size_t len, struct changeset *changes, struct err *e)
{
	struct child *child = &c->children[system][kind_of(name)];
	int rc = child->runner == NULL ? start(c, os, kind_of(name), child, e) : 0;

	if (rc == 0 && (rc = runner_run(child->runner, name, source, len, changes, e)) == -1) {
		runner_end(child->runner);
		child->runner = NULL;
	}
	return rc;
}

static int
run_as(struct dryrun *c, const char *os, int system, const char *name, const uint8_t *source,
    size_t len, struct buf *out, struct err *e)
{
	struct changeset changes = CHANGESET_INIT;
	int rc = run_child(c, os, system, name, source, len, &changes, e);

	if (rc == 0)
		rc = put_changes(c, &changes, out, e);
	changeset_free(&changes);
	return rc;
}

int
dryrun_changes(struct dryrun *c, int system, const char *name, const uint8_t *source, size_t len,
    struct changeset *out, struct err *e)
{
	struct changeset changes = CHANGESET_INIT;
	int rc = run_child(c, dryrun_systems[system], system, name, source, len, &changes, e);

	if (rc == -1)
		err_context(e, "on %s", dryrun_systems[system]);
	else
		rc = changeset_take(out, &changes, e);
	changeset_free(&changes);
	return rc;
}

int
dryrun_run(struct dryrun *c, const char *name, const uint8_t *source, size_t len, struct buf *out,
    struct err *e)
{
	struct buf each[2] = { BUF_INIT(out->max), BUF_INIT(out->max) };
	int rc = 0;

	if (!c->any_os)
		return run_as(c, c->facts.os, 0, name, source, len, out, e);
	for (int i = 0; i < DRYRUN_SYSTEMS && rc == 0; i++)
		if ((rc = run_as(c, dryrun_systems[i], i, name, source, len, &each[i], e)) == -1)
			err_context(e, "on %s", dryrun_systems[i]);
	if (rc == 0 && strcmp(buf_text(&each[0]), buf_text(&each[1])) == 0)
		rc = buf_add(out, each[0].data, each[0].len, e);
	else if (rc == 0)
		rc = buf_addf(out, e, "on linux:\n%son windows:\n%s", buf_text(&each[0]),
		    buf_text(&each[1]));
	buf_free(&each[0]);
	buf_free(&each[1]);
	return rc;
}
