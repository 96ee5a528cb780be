/* SPDX-License-Identifier: ISC */
/* Change sets as JSON. */
#include "updater/state/changes_json.h"

#include <string.h>

static json_t *
change_json(const struct change *c, struct err *e)
{
	struct buf text = BUF_INIT(2 * VALUE_SIZE_MAX);
	json_t *j = NULL;

	if (c->op == CHANGE_DELETE_TREE)
		j = json_pack("{s:s}", "key", c->key);
	else if (c->op == CHANGE_DELETE)
		j = json_pack("{s:s, s:s}", "key", c->key, "name", c->name);
	else if (value_format(&c->value, &text, e) == 0)
		j = json_pack("{s:s, s:s, s:s}", "key", c->key, "name", c->name, "value",
		    buf_text(&text));
	buf_free(&text);
	return j;
}

json_t *
changes_json(const struct changeset *c, struct err *e)
{
	json_t *list = json_array();

	err_nomem(e); /* what else can fail says so itself */
	for (size_t i = 0; i < c->n && list != NULL; i++)
		if (json_array_append_new(list, change_json(&c->changes[i], e)) == -1) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

/* A text without NUL; NULL for anything else. */
static const char *
text_of(const json_t *j)
{
	const char *text = json_string_value(j);

	return text != NULL && strlen(text) == json_string_length(j) ? text : NULL;
}

static int
read_change(const json_t *j, struct changeset *out, struct err *e)
{
	const json_t *value = json_object_get(j, "value");
	const char *key = text_of(json_object_get(j, "key")),
		   *name = text_of(json_object_get(j, "name"));
	struct value v = VALUE_INIT;
	int rc;

	if (key == NULL || (name == NULL && json_object_get(j, "name") != NULL) ||
	    (value != NULL && (name == NULL || text_of(value) == NULL)))
		return err_setx(e, ERR_SYNTAX, "a change of settings is malformed");
	if (value == NULL)
		return name == NULL ? changeset_delete_tree(out, key, e)
				    : changeset_delete(out, key, name, e);
	rc = value_parse(text_of(value), json_string_length(value), &v, e) == -1
	    ? -1
	    : changeset_set(out, key, name, &v, e);
	value_free(&v);
	return rc;
}

int
changes_json_read(const json_t *list, struct changeset *out, struct err *e)
{
	if (!json_is_array(list))
		return err_setx(e, ERR_SYNTAX,
		    "the list of changes of settings is missing or malformed");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (read_change(json_array_get(list, i), out, e) == -1)
			return -1;
	return 0;
}
