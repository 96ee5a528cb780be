/* SPDX-License-Identifier: ISC */
/* All settings below a key, in one of three forms. */
#include "lib/settings/dump.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/list.h"
#include "lib/settings/keyline.h"
#include "lib/settings/regfile.h"

/* A walk over a key and all below it, to one of three forms. */
struct tree {
	struct settings *s;
	struct buf key; /* where the walk is */
	bool shown;	/* its line was written */
	int (*begin)(struct tree *t, struct err *e);
	int (*value)(struct tree *t, const char *name, const struct value *v, struct err *e);
	struct buf *out;
	json_t *json;
	struct strings *subkeys; /* of the key where the walk is */
};

static int
walk_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	struct tree *t = arg;

	if (!t->shown && t->begin(t, e) == -1)
		return -1;
	t->shown = true;
	return t->value(t, name, v, e);
}

static int
walk_subkey(void *arg, const char *subkey, struct err *e)
{
	struct tree *t = arg;

	return strings_add(t->subkeys, subkey, e);
}

/* Returns 1 if the key exists, 0 if not, or -1.  The length of a key bounds the depth. */
static int
walk_key(struct tree *t, struct err *e)
{
	const struct settings_walk w = { walk_value, walk_subkey, t };
	struct strings subkeys = STRINGS_INIT;
	size_t len = t->key.len;
	int rc;

	t->subkeys = &subkeys; /* cppcheck-suppress autoVariables */
	t->shown = false;
	rc = settings_list(t->s, buf_text(&t->key), &w, e);
	for (size_t i = 0; i < subkeys.n && rc == 1; i++) {
		if (buf_addf(&t->key, e, "\\%s", subkeys.v[i]) == -1 || walk_key(t, e) == -1)
			rc = -1;
		buf_cut(&t->key, len);
	}
	strings_free(&subkeys);
	return rc;
}

static int
text_begin(struct tree *t, struct err *e)
{
	return buf_addf(t->out, e, "%s[%s]\n", t->out->len > 0 ? "\n" : "", buf_text(&t->key));
}

static int
text_value(struct tree *t, const char *name, const struct value *v, struct err *e)
{
	if (keyline_format_name(name, t->out, e) == -1 || buf_adds(t->out, " = ", e) == -1 ||
	    value_format(v, t->out, e) == -1)
		return -1;
	return buf_addc(t->out, '\n', e);
}

static int
reg_tree_begin(struct tree *t, struct err *e)
{
	return reg_key(t->out, buf_text(&t->key), e);
}

static int
reg_tree_value(struct tree *t, const char *name, const struct value *v, struct err *e)
{
	return reg_value(t->out, name, v, e);
}

static int
json_begin(struct tree *t, struct err *e)
{
	return json_object_set_new(t->json, buf_text(&t->key), json_object()) == -1 ? err_nomem(e)
										    : 0;
}

static json_t *
json_of(const struct value *v)
{
	json_t *j = NULL;
	char *hex;

	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		return json_string(value_get_text(v));
	case VALUE_MULTI:
		j = json_array();
		for (size_t i = 0; i < v->len; i += strlen((const char *)v->data + i) + 1)
			json_array_append_new(j, json_string((const char *)v->data + i));
		return j;
	case VALUE_BINARY:
	case VALUE_RAW:
		if ((hex = malloc(2 * v->len + 1)) != NULL) {
			hex_encode(v->data, v->len, hex);
			j = json_string(hex);
		}
		free(hex);
		return j;
	default:
		return v->number <= INT64_MAX ? json_integer((json_int_t)v->number)
					      : json_sprintf("%" PRIu64, v->number);
	}
}

static int
json_value(struct tree *t, const char *name, const struct value *v, struct err *e)
{
	json_t *entry =
	    json_pack("{s:s, s:o}", "type", value_type_name(v->type), "value", json_of(v));

	if (entry == NULL ||
	    json_object_set_new(json_object_get(t->json, buf_text(&t->key)), name, entry) == -1)
		return err_nomem(e);
	return 0;
}

static int
dump(struct tree *t, struct settings *s, const char *key, struct err *e)
{
	static const char *const roots[] = { "HKLM", "HKCU" };
	int rc = 0;

	t->s = s;
	t->key = (struct buf)BUF_INIT(2 * SETTING_KEY_MAX);
	settings_hold(s); /* keys are listed one by one, but of one state */
	for (size_t i = 0; i < (key == NULL ? 2u : 1u) && rc != -1; i++) {
		const char *from = key == NULL ? roots[i] : key;

		buf_reset(&t->key);
		rc = setting_key_normal(from, strlen(from), &t->key, e);
		if (rc == 0 && (rc = walk_key(t, e)) == 0 && key != NULL)
			rc = err_setx(e, ERR_NOENT, "%s: there is no such key in %s",
			    buf_text(&t->key), settings_place(s, buf_text(&t->key)));
	}
	settings_release(s);
	buf_free(&t->key);
	return rc == -1 ? -1 : 0;
}

int
dump_text(struct settings *s, const char *key, struct buf *out, struct err *e)
{
	struct tree t = { .out = out, .begin = text_begin, .value = text_value };

	return dump(&t, s, key, e);
}

int
dump_reg(struct settings *s, const char *key, struct buf *out, struct err *e)
{
	struct tree t = { .out = out, .begin = reg_tree_begin, .value = reg_tree_value };

	return dump(&t, s, key, e);
}

json_t *
dump_json(struct settings *s, const char *key, struct err *e)
{
	struct tree t = { .json = json_object(), .begin = json_begin, .value = json_value };

	if (t.json == NULL)
		err_nomem(e);
	else if (dump(&t, s, key, e) == 0)
		return t.json;
	json_decref(t.json);
	return NULL;
}
