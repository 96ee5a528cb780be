/* SPDX-License-Identifier: ISC */
/*
 * From settings to what a connection needs.  Fails closed: a setting that can't be read is an
 * error, never a weaker level.
 */
#include "lib/tls/config.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/settings/application.h"
#include "lib/settings/expand.h"

const char *
slipway_tls_application(int argc, char *const *argv)
{
	return application_argument(argc, argv);
}

static void
drop_source(struct source *s)
{
	char *text = (char *)(uintptr_t)s->text;

	/* It may be a private key. */
	if (s->content)
		OPENSSL_cleanse(text, s->len);
	free(text);
}

void
config_free(struct tls_config *c)
{
	for (int i = 0; i < TLS_SETTING_COUNT; i++)
		drop_source(&c->source[i]);
	free(c->where);
	free(c->unknown);
	free(c->absent);
	free(c->missing);
	free(c->relative);
	memset(c, 0, sizeof *c);
}

static int
config_put(struct tls_config *c, enum tls_setting s, const void *data, size_t len, bool content,
    struct err *e)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return err_nomem(e);
	memcpy(copy, data, len);
	copy[len] = '\0';
	drop_source(&c->source[s]);
	c->source[s] = (struct source){ tls_setting_name(s), copy, len, content };
	/* The source owns the copy. */
	/* cppcheck-suppress memleak */
	return 0;
}

int
config_set(struct tls_config *c, enum tls_setting s, const void *data, size_t len, bool content,
    struct err *e)
{
	if (config_put(c, s, data == NULL ? "" : data, len, content, e) == -1)
		return -1;
	c->set[s] = data != NULL;
	return 0;
}

/* The text of a value: names in it are expanded for files, a number is written out. */
static int
setting_text(enum tls_setting which, const struct value *v, struct buf *out, struct err *e)
{
	if (which == TLS_EXPIRY_WARN_DAYS && v->type == VALUE_DWORD)
		return buf_addf(out, e, "%u", (unsigned)v->number);
	if (which == TLS_ASK_CLIENT_CERT && v->type == VALUE_DWORD) {
		if (v->number > 1)
			return err_setx(e, ERR_CONFIG, "want yes or no, or a dword 1 or 0, got %u",
			    (unsigned)v->number);
		return buf_adds(out, v->number == 1 ? "yes" : "no", e);
	}
	if (v->type != VALUE_STRING && v->type != VALUE_EXPAND)
		return err_setx(e, ERR_CONFIG, "want a text, got a %s", value_type_name(v->type));
	return tls_setting_is_file(which) ? tls_setting_files(v, out, e)
					  : buf_adds(out, value_get_text(v), e);
}

static int
read_setting(struct settings *s, const char *key, enum tls_setting which, struct tls_config *c,
    struct err *e)
{
	struct value v = VALUE_INIT;
	struct buf b = BUF_INIT(EXPAND_MAX);
	int rc = settings_get(s, key, tls_setting_name(which), &v, e);

	if (rc == 1 && setting_text(which, &v, &b, e) == -1)
		rc = err_context(e, "%s", tls_setting_name(which));
	if (rc == 1)
		rc = config_set(c, which, buf_text(&b), b.len, false, e);
	buf_free(&b);
	value_free(&v);
	return rc;
}

/* The words for what a setting may be. */
static const char *const wants[TLS_SETTING_COUNT] = {
	[TLS_LEVEL] = "None, TLSNoPeerAuth or TLSPeerAuth",
	[TLS_MIN_VERSION] = "TLSv1.2 or TLSv1.3",
	[TLS_EXPIRY_WARN_DAYS] = "a number of days",
	[TLS_ASK_CLIENT_CERT] = "yes or no",
};

/*
 * A setting is absent, valid or an error: one that is there without a text isn't taken for absent,
 * which might be less than what somebody meant.
 */
static int
check_not_empty(const struct source *s, enum tls_setting which, struct err *e)
{
	const char *text = s->text;
	size_t len = s->len;

	if (!s->content)
		text_trim(&text, &len);
	if (len > 0)
		return 0;
	return err_setx(e, ERR_CONFIG, "%s: want %s, got '%s'", s->label,
	    wants[which] != NULL ? wants[which]
		: s->content	 ? "PEM text"
				 : "a file's name, or no such setting",
	    s->len == 0 ? "" : "blanks");
}

static int
decide_ask(struct tls_config *c, const char *text, struct err *e)
{
	c->ask = strcmp(text, "yes") == 0;
	if (c->ask || text[0] == '\0' || strcmp(text, "no") == 0)
		return 0;
	return err_setx(e, ERR_CONFIG, "TLS_AskClientCert: want yes or no, got '%.40s'", text);
}

int
config_decide(struct tls_config *c, struct err *e)
{
	const char *text[TLS_SETTING_COUNT];
	uint64_t days;
	int level = -1;

	for (int i = 0; i < TLS_SETTING_COUNT; i++)
		if (c->source[i].text == NULL &&
		    config_put(c, (enum tls_setting)i, "", 0, false, e) == -1)
			return -1;
	for (int i = 0; i < TLS_SETTING_COUNT; i++) {
		if (c->set[i] && check_not_empty(&c->source[i], (enum tls_setting)i, e) == -1)
			return -1;
		text[i] = c->source[i].text;
	}
	c->level_absent = !c->set[TLS_LEVEL];
	level = tls_level_find(text[TLS_LEVEL]);
	if (level == -1 && !c->level_absent)
		return err_setx(e, ERR_CONFIG,
		    "TLS_RequiredLevel: want None, TLSNoPeerAuth or TLSPeerAuth, got '%.40s'",
		    text[TLS_LEVEL]);
	c->level = level == -1 ? TLS_LEVEL_NONE : (enum tls_level)level;
	c->tls12 = strcmp(text[TLS_MIN_VERSION], "TLSv1.2") == 0;
	if (!c->tls12 && text[TLS_MIN_VERSION][0] != '\0' &&
	    strcmp(text[TLS_MIN_VERSION], "TLSv1.3") != 0)
		return err_setx(e, ERR_CONFIG,
		    "TLS_MinVersion: want TLSv1.2 or TLSv1.3, got '%.40s'", text[TLS_MIN_VERSION]);
	c->warn_days = TLS_WARN_DAYS;
	if (text[TLS_EXPIRY_WARN_DAYS][0] != '\0') {
		if (number_parse(text[TLS_EXPIRY_WARN_DAYS], strlen(text[TLS_EXPIRY_WARN_DAYS]), 0,
			TLS_WARN_DAYS_MAX, &days) == -1)
			return err_setx(e, ERR_CONFIG,
			    "TLS_ExpiryWarnDays: want 0 to %d days, got '%.40s'", TLS_WARN_DAYS_MAX,
			    text[TLS_EXPIRY_WARN_DAYS]);
		c->warn_days = (unsigned)days;
	}
	return decide_ask(c, text[TLS_ASK_CLIENT_CERT], e);
}

/*
 * A file's name that isn't whole: whoever chooses the program's working directory would choose the
 * file, and with it the key or the trust.  The setting counts as absent; config_read() decides.
 */
static int
drop_relative(struct tls_config *c, enum tls_setting which, struct err *e)
{
	const struct source *s = &c->source[which];

	if (!tls_setting_is_file(which) || !c->set[which] ||
	    source_whole(s, which == TLS_TRUSTED, e) == 0)
		return 0;
	if (c->relative == NULL && (c->relative = strdup(e->text)) == NULL)
		return err_nomem(e);
	return config_set(c, which, NULL, 0, false, e);
}

/* The first of the settings that aren't there and without which no connection is made, or NULL. */
static char *
tell_missing(struct settings *s, const char *key, enum slipway_tls_side side,
    const struct tls_config *c)
{
	const bool server = side == SLIPWAY_TLS_SERVER;
	const bool pair = server || c->set[TLS_KEY_FILE] || c->set[TLS_CERT_FILE];
	const bool needed[TLS_SETTING_COUNT] = { [TLS_KEY_FILE] = pair,
		[TLS_CERT_FILE] = pair,
		[TLS_TRUSTED] = c->level == TLS_LEVEL_PEER_AUTH || (server && c->ask) };

	for (int i = 0; i < TLS_SETTING_COUNT && c->level != TLS_LEVEL_NONE; i++)
		if (needed[i] && !c->set[i])
			return tls_setting_tell_missing(s, key, (enum tls_setting)i);
	return NULL;
}

/* A value that can't be used: where it stands. */
static void
tell_where(const struct tls_config *c, struct err *e)
{
	struct err what = *e;

	err_setx(e, what.code, "%s (%s)", what.text, c->where);
}

int
config_read(struct settings *s, enum slipway_tls_side side, const char *installation,
    const char *application, struct tls_config *c, struct settings_stamp *stamp, struct err *e)
{
	struct buf inst = BUF_INIT(SETTING_PART_MAX), app = BUF_INIT(SETTING_PART_MAX),
		   key = BUF_INIT(SETTING_KEY_MAX);
	int rc = -1;

	memset(c, 0, sizeof *c);
	settings_stamp(s, SETTINGS_VENDOR_KEY, stamp);
	settings_hold(s); /* the settings of one state */
	if (application_find(s, installation, application, &inst, &app, e) == -1 ||
	    application_key(&key, buf_text(&inst), buf_text(&app), e) == -1 ||
	    buf_adds(&key, side == SLIPWAY_TLS_SERVER ? "\\TLS_Server" : "\\TLS_Client", e) == -1)
		goto out;
	if ((c->where = tls_setting_where(s, buf_text(&key), e)) == NULL)
		goto out;
	for (int i = 0; i < TLS_SETTING_COUNT; i++)
		if (read_setting(s, buf_text(&key), (enum tls_setting)i, c, e) == -1 ||
		    drop_relative(c, (enum tls_setting)i, e) == -1)
			goto out;
	c->unknown = tls_setting_tell_unknown(s, buf_text(&key));
	if (!c->set[TLS_LEVEL])
		c->absent = tls_setting_tell_absent(s, buf_text(&key));
	if ((rc = config_decide(c, e)) == 0 && c->relative != NULL && c->level != TLS_LEVEL_NONE)
		rc = err_setx(e, ERR_CONFIG, "%s", c->relative);
	if (rc == 0)
		c->missing = tell_missing(s, buf_text(&key), side, c);
out:
	if (rc == -1 && (e->code == ERR_CONFIG || e->code == ERR_SYNTAX) && c->where != NULL)
		tell_where(c, e);
	settings_release(s);
	if (rc == -1)
		config_free(c);
	buf_free(&inst);
	buf_free(&app);
	buf_free(&key);
	return rc;
}
