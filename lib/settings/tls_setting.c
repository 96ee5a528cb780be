/* SPDX-License-Identifier: ISC */
/* The names of TLS settings, and those in a wrong place. */
#include "lib/settings/tls_setting.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/path.h"
#include "lib/settings/expand.h"

static const struct {
	const char *name;
	bool file; /* names of files: %NAME% is expanded, '\' separates */
} rows[TLS_SETTING_COUNT] = {
	[TLS_LEVEL] = { "TLS_RequiredLevel", false },
	[TLS_KEY_FILE] = { "TLS_KeyFile", true },
	[TLS_CERT_FILE] = { "TLS_CertFile", true },
	[TLS_TRUSTED] = { "TLS_TrustedCerts", true },
	[TLS_CRL_FILE] = { "TLS_CRLFile", true },
	[TLS_MIN_VERSION] = { "TLS_MinVersion", false },
	[TLS_EXPIRY_WARN_DAYS] = { "TLS_ExpiryWarnDays", false },
	[TLS_ASK_CLIENT_CERT] = { "TLS_AskClientCert", false },
};

const char *
tls_setting_name(enum tls_setting s)
{
	return rows[s].name;
}

bool
tls_setting_is_side(const char *key)
{
	const char *part = strrchr(key, '\\');

	return part != NULL &&
	    (ascii_same(part, "\\TLS_Client") || ascii_same(part, "\\TLS_Server"));
}

bool
tls_setting_is_file(enum tls_setting s)
{
	return rows[s].file;
}

int
tls_setting_find(const char *name)
{
	for (int i = 0; i < TLS_SETTING_COUNT; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

static const char *const level_names[TLS_LEVEL_COUNT] = { "None", "TLSNoPeerAuth", "TLSPeerAuth" };

const char *
tls_level_name(enum tls_level level)
{
	return level_names[level];
}

int
tls_level_find(const char *word)
{
	for (int i = 0; i < TLS_LEVEL_COUNT; i++)
		if (strcmp(level_names[i], word) == 0)
			return i;
	return -1;
}

int
tls_setting_files(const struct value *v, struct buf *out, struct err *e)
{
	const struct expand_names names = { .environment = true };
	const size_t begin = out->len;
	const char *text;
	size_t len;

	if (v->type != VALUE_STRING && v->type != VALUE_EXPAND)
		return err_setx(e, ERR_CONFIG, "want a text, got a %s", value_type_name(v->type));
	text = value_get_text(v);
	len = v->len;
	text_trim(&text, &len);
	if (expand(text, len, &names, out, e) == -1)
		return -1;
	for (size_t i = begin; i < out->len; i++)
		if (out->data[i] == '\\')
			out->data[i] = '/';
	if (out->len > begin)
		path_native((char *)out->data + begin);
	return 0;
}

static int
note_name(void *list, const char *name, const struct value *v, struct err *e)
{
	struct buf *out = list;

	(void)v;
	for (int i = 0; i < TLS_SETTING_COUNT; i++)
		if (ascii_same(rows[i].name, name))
			return 0;
	if (out->max - out->len < SETTING_PART_MAX + 2) /* the first ones will do */
		return 0;
	return buf_addf(out, e, "%s%s", out->len == 0 ? "" : ", ", name);
}

/* What a buffer holds, as a text to be freed; NULL: nothing, or no memory. */
static char *
text_of(struct buf *b)
{
	char *text = b->len > 0 ? strdup(buf_text(b)) : NULL;

	buf_free(b);
	return text;
}

char *
tls_setting_where(struct settings *s, const char *key, struct err *e)
{
	struct buf b = BUF_INIT(SETTING_KEY_MAX + EXPAND_MAX);
	char *text;

	if (buf_addf(&b, e, "%s, %s", key, settings_place(s, key)) == -1)
		buf_reset(&b);
	if ((text = text_of(&b)) == NULL)
		err_nomem(e);
	return text;
}

char *
tls_setting_tell_unknown(struct settings *s, const char *key)
{
	struct buf names = BUF_INIT(4 * SETTING_PART_MAX), b = BUF_INIT(2 * EXPAND_MAX);
	const struct settings_walk walk = { note_name, NULL, &names };
	struct err ignored;
	char *where = tls_setting_where(s, key, &ignored);

	settings_list(s, key, &walk, &ignored);
	if (names.len > 0 && where != NULL)
		(void)buf_addf(&b, &ignored, "no TLS setting is called %s (%s)", buf_text(&names),
		    where);
	free(where);
	buf_free(&names);
	return text_of(&b);
}

static char *
tell_not_set(struct settings *s, const char *key, enum tls_setting which, const char *result)
{
	struct buf b = BUF_INIT(2 * EXPAND_MAX);
	struct err ignored;
	char *where = tls_setting_where(s, key, &ignored),
	     *there = tls_setting_elsewhere(s, key, which);

	(void)buf_addf(&b, &ignored, "%s is not set%s%s%s%s%s", rows[which].name,
	    where == NULL ? "" : " in ", where == NULL ? "" : where,
	    there == NULL ? "" : ", but in ", there == NULL ? "" : there, result);
	free(where);
	free(there);
	return text_of(&b);
}

char *
tls_setting_tell_absent(struct settings *s, const char *key)
{
	return tell_not_set(s, key, TLS_LEVEL, "; using None");
}

char *
tls_setting_tell_missing(struct settings *s, const char *key, enum tls_setting which)
{
	return tell_not_set(s, key, which, "");
}

/* The i-th key where a setting may stand by mistake: 1, 0 there is none, or -1. */
static int
wrong_key(const char *key, size_t i, struct buf *out, struct err *e)
{
	const char *side = strrchr(key, '\\'), *up = side;
	int rc = 0;

	while (up > key && *--up != '\\')
		continue;
	switch (i) {
	case 0:
		rc = buf_add(out, key, (size_t)(side - key), e);
		break;
	case 1:
		rc = buf_addf(out, e, "%.*s%s", (int)(side - key), key,
		    strcmp(side, "\\TLS_Server") == 0 ? "\\TLS_Client" : "\\TLS_Server");
		break;
	case 2:
		rc = buf_add(out, key, (size_t)(up - key), e);
		break;
	case 3:
		rc = buf_addf(out, e, "HKCU%s", strchr(key, '\\'));
		break;
	default:
		return 0;
	}
	return rc == -1 ? -1 : 1;
}

char *
tls_setting_elsewhere(struct settings *s, const char *key, enum tls_setting which)
{
	char *found = NULL;
	struct err ignored;
	int rc = 1;

	for (size_t i = 0; rc == 1 && found == NULL; i++) {
		struct buf place = BUF_INIT(SETTING_KEY_MAX + SETTING_PART_MAX);
		struct value v = VALUE_INIT;

		rc = wrong_key(key, i, &place, &ignored);
		if (rc == 1 &&
		    settings_get(s, buf_text(&place), rows[which].name, &v, &ignored) == 1)
			found = (char *)buf_steal(&place);
		value_free(&v);
		buf_free(&place);
	}
	return found;
}
