/* SPDX-License-Identifier: ISC */
/* An enrolment kit. */
#include "lib/tuf/kit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/json.h"
#include "lib/base/text.h"

#define FORMAT 1

/* What a kit may say of a station; its login and its files are the station's own. */
const char *const kit_options[] = { "install-dir", "app-dir", "deadline", "on-error",
	"warn-after-days", "block-after-days", "registry-view", NULL };

static bool
is_option(const char *name)
{
	for (size_t i = 0; kit_options[i] != NULL; i++)
		if (strcmp(kit_options[i], name) == 0)
			return true;
	return false;
}

void
kit_free(struct kit *k)
{
	if (k->login_key != NULL)
		OPENSSL_cleanse(k->login_key, strlen(k->login_key));
	free(k->login_key);
	free(k->installation);
	free(k->application);
	free(k->root);
	strings_free(&k->servers);
	strings_free(&k->host_keys);
	strings_free(&k->names);
	strings_free(&k->values);
	*k = (struct kit)KIT_INIT;
}

const char *
kit_option(const struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->names.n; i++)
		if (strcmp(k->names.v[i], name) == 0)
			return k->values.v[i];
	return NULL;
}

int
kit_add_option(struct kit *k, const char *name, const char *value, struct err *e)
{
	if (!is_option(name))
		return err_setx(e, ERR_USAGE, "a kit has no option '%.100s'", name);
	if (kit_option(k, name) != NULL)
		return err_setx(e, ERR_USAGE, "option %s is given twice", name);
	return strings_add(&k->names, name, e) == -1 ? -1 : strings_add(&k->values, value, e);
}

static int
wrong(const char *member, const char *want, struct err *e)
{
	return err_setx(e, ERR_SYNTAX, "kit: %s: want %s", member, want);
}

/* A text of one line without control characters, which messages can show. */
static bool
is_line(const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	return len > 0 && valid_utf8(text, len) && text_control(text, len, false) == len;
}

static int
take_text(const json_t *j, const char *name, bool lines, size_t max, char **to, struct err *e)
{
	const char *text = json_text_of(j, name);

	if (text == NULL || *text == '\0' || strlen(text) > max || (!lines && !is_line(text)))
		return wrong(name, lines ? "a text" : "a text of one line", e);
	return (*to = strdup(text)) == NULL ? err_nomem(e) : 0;
}

static int
take_list(const json_t *j, const char *name, size_t least, struct strings *to, struct err *e)
{
	const json_t *list = json_object_get(j, name), *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) < least ||
	    json_array_size(list) > KIT_LIST_MAX)
		return wrong(name, least > 0 ? "1 to 16 texts" : "at most 16 texts", e);
	json_array_foreach (list, i, one) {
		if (!is_line(json_text(one)))
			return wrong(name, "texts of one line", e);
		if (strings_add(to, json_text(one), e) == -1)
			return -1;
	}
	return 0;
}

static int
take_options(const json_t *j, struct kit *k, struct err *e)
{
	json_t *options = json_object_get(j, "options"), *value;
	const char *name;

	if (!json_is_object(options))
		return wrong("options", "an object", e);
	json_object_foreach (options, name, value) {
		if (!is_option(name))
			return err_setx(e, ERR_SYNTAX,
			    "kit: options: '%.100s' is none of this version of Slipway", name);
		if (!is_line(json_text(value)))
			return wrong(name, "a text of one line", e);
		if (kit_add_option(k, name, json_text(value), e) == -1)
			return -1;
	}
	return 0;
}

static int
take_all(const json_t *j, struct kit *k, struct err *e)
{
	static const char *const members[] = { "slipway-kit", "installation", "application",
		"servers", "host_keys", "root", "options", "login_key", NULL };
	const char *other;
	int64_t format;

	if (json_number_of(j, "slipway-kit", 1, INT64_MAX, &format) == -1)
		return err_setx(e, ERR_SYNTAX, "want a kit, as slipway-repo kit makes it");
	if (format > FORMAT)
		return err_setx(e, ERR_VERSION,
		    "kit: a newer Slipway made it (format %lld, this one reads %d)",
		    (long long)format, FORMAT);
	if ((other = json_only(j, members)) != NULL)
		return err_setx(e, ERR_SYNTAX, "kit: unknown member '%.100s'", other);
	if (take_text(j, "installation", false, 255, &k->installation, e) == -1 ||
	    take_text(j, "application", false, 255, &k->application, e) == -1 ||
	    take_text(j, "root", true, KIT_MAX, &k->root, e) == -1 ||
	    take_list(j, "servers", 1, &k->servers, e) == -1 ||
	    take_list(j, "host_keys", 0, &k->host_keys, e) == -1 || take_options(j, k, e) == -1)
		return -1;
	return json_object_get(j, "login_key") == NULL
	    ? 0
	    : take_text(j, "login_key", true, KIT_KEY_MAX, &k->login_key, e);
}

int
kit_parse(const uint8_t *data, size_t len, struct kit *k, struct err *e)
{
	json_t *j;
	int rc;

	*k = (struct kit)KIT_INIT;
	if (len > KIT_MAX)
		return err_setx(e, ERR_TOO_LARGE, "kit: over %u bytes", KIT_MAX);
	if ((j = json_text_parse(data, len, e)) == NULL)
		return err_context(e, "kit");
	if ((rc = take_all(j, k, e)) == -1)
		kit_free(k);
	json_decref(j);
	return rc;
}

static json_t *
list_json(const struct strings *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(list, json_string(s->v[i]));
	return list;
}

int
kit_format(const struct kit *k, struct buf *out, struct err *e)
{
	json_t *options = json_object(), *j;
	struct kit check;
	char *text = NULL;
	size_t before = out->len;
	int rc = -1;

	for (size_t i = 0; i < k->names.n; i++)
		json_object_set_new(options, k->names.v[i], json_string(k->values.v[i]));
	j = json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:s, s:s*}", "slipway-kit", FORMAT,
	    "installation", k->installation, "application", k->application, "servers",
	    list_json(&k->servers), "host_keys", list_json(&k->host_keys), "options", options,
	    "root", k->root, "login_key", k->login_key);
	if (j == NULL || (text = json_dumps(j, JSON_INDENT(1))) == NULL)
		err_nomem(e);
	else if (buf_addf(out, e, "%s\n", text) == 0 &&
	    (rc = kit_parse(out->data + before, out->len - before, &check, e)) == 0)
		kit_free(&check);
	if (rc == -1)
		buf_cut(out, before);
	if (text != NULL)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
	json_decref(j);
	return rc;
}
