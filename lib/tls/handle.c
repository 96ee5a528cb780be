/*
 * The handle: settings and files as they are now, looked at for every connection and read when they changed.
 */
#include "tls_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slipway_tls {
	enum slipway_tls_side side;
	char *installation, *application;
	unsigned handshake_ms;
	bool own;			/* settings are the caller's */
	bool changed;			/* ... and were set since they were looked at */
	struct tls_config config;
	struct settings_stamp stamp;	/* of the store, when it was read */
	struct file_stamp files[TLS_FILES_MAX];	/* what the configuration names, when it was read */
	struct tls_pair pair;		/* the last good one */
	struct tls_setup *setup;	/* NULL: nothing good yet */
	int told_days;			/* the days left that were warned of last */
	char error[ERR_TEXT_SIZE], warning[ERR_TEXT_SIZE];
};

static char *
copy(const char *s)
{
	return s == NULL ? NULL : strdup(s);
}

struct slipway_tls *
slipway_tls_new(enum slipway_tls_side side, const char *installation, const char *application)
{
	struct slipway_tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->side = side;
	t->handshake_ms = SLIPWAY_TLS_HANDSHAKE_MS;
	t->told_days = TLS_WARN_DAYS_MAX + 1;
	t->installation = copy(installation);
	t->application = copy(application);
	if ((installation != NULL && t->installation == NULL) ||
	    (application != NULL && t->application == NULL)) {
		slipway_tls_free(t);
		return NULL;
	}
	return t;
}

void
slipway_tls_free(struct slipway_tls *t)
{
	if (t == NULL)
		return;
	free(t->installation);
	free(t->application);
	config_free(&t->config);
	pair_free(&t->pair);
	setup_release(t->setup);
	free(t);
}

const char *
slipway_tls_error(const struct slipway_tls *t)
{
	return t->error;
}

const char *
slipway_tls_warning(const struct slipway_tls *t)
{
	return t->warning;
}

void
slipway_tls_set_handshake_limit(struct slipway_tls *t, unsigned ms)
{
	t->handshake_ms = ms;
}

unsigned
handle_handshake_ms(const struct slipway_tls *t)
{
	return t->handshake_ms;
}

void
handle_fail(struct slipway_tls *t, const struct err *e)
{
	snprintf(t->error, sizeof t->error, "%s", e->text);
}

static int
set(struct slipway_tls *t, const char *setting, const void *data, size_t len, bool content)
{
	int which = tls_setting_find(setting);
	struct err e;

	if (which == -1 || (content && (which < TLS_KEY_FILE || which > TLS_CRL_FILE)))
		err_setx(&e, ERR_USAGE, "%.60s: no such setting%s", setting, content ? " that is a file" : "");
	else if (len > TLS_FILE_MAX)
		err_setx(&e, ERR_TOO_LARGE, "%s: over %u bytes", setting, TLS_FILE_MAX);
	else {
		/* What was read from the store doesn't mix with what the caller says. */
		if (!t->own)
			config_free(&t->config);
		t->own = t->changed = true;
		if (config_set(&t->config, (enum tls_setting)which, data, len, content, &e) == 0)
			return 0;
	}
	handle_fail(t, &e);
	return SLIPWAY_TLS_ERROR;
}

int
slipway_tls_set(struct slipway_tls *t, const char *setting, const char *value)
{
	return set(t, setting, value == NULL ? "" : value, value == NULL ? 0 : strlen(value), false);
}

int
slipway_tls_set_pem(struct slipway_tls *t, const char *setting, const void *pem, size_t len)
{
	return set(t, setting, pem, len, true);
}

/* Stamps of the files that the configuration names, in a fixed order; as many as there are. */
static size_t
stamp_files(const struct tls_config *c, struct file_stamp out[TLS_FILES_MAX])
{
	static const enum tls_setting which[] = { TLS_KEY_FILE, TLS_CERT_FILE, TLS_CRL_FILE, TLS_TRUSTED };
	char path[4096];
	size_t n = 0;

	for (size_t i = 0; i < sizeof which / sizeof which[0]; i++) {
		const struct tls_source *s = &c->source[which[i]];
		const char *p = s->text;

		if (p == NULL || s->content)
			continue;
		while (*p != '\0' && n < TLS_FILES_MAX) {
			size_t len = which[i] == TLS_TRUSTED ? strcspn(p, ";") : strlen(p);

			snprintf(path, sizeof path, "%.*s", (int)len, p);
			file_stamp(path, &out[n++]);
			p += len + (p[len] == ';');
		}
	}
	return n;
}

static bool
files_same(const struct slipway_tls *t)
{
	struct file_stamp now[TLS_FILES_MAX];
	size_t n = stamp_files(&t->config, now);

	for (size_t i = 0; i < n; i++)
		if (!file_stamp_same(&now[i], &t->files[i]))
			return false;
	return true;
}

static bool
store_same(const struct slipway_tls *t)
{
	struct settings_stamp now;
	struct settings *s;
	struct err e;

	if (t->own)
		return !t->changed;
	if ((s = settings_open(&e)) == NULL)
		return false;
	settings_stamp(s, "HKLM", &now);
	settings_close(s);
	return settings_stamp_same(&now, &t->stamp);
}

static int
read_config(struct slipway_tls *t, struct err *e)
{
	struct tls_config fresh;

	if (t->own) {
		for (int i = 0; i < TLS_SETTING_COUNT; i++)
			if (t->config.source[i].text == NULL &&
			    config_set(&t->config, (enum tls_setting)i, "", 0, false, e) == -1)
				return -1;
		return config_decide(&t->config, e);
	}
	if (config_read(t->side, t->installation, t->application, &fresh, &t->stamp, e) == -1)
		return -1;
	config_free(&t->config);
	t->config = fresh;
	return 0;
}

/* A server at None serves TLS where it can, and a client shows a certificate where it has one. */
static bool
has_pair(const struct slipway_tls *t)
{
	bool set = t->config.source[TLS_KEY_FILE].text[0] != '\0' ||
	    t->config.source[TLS_CERT_FILE].text[0] != '\0';

	return set || (t->side == SLIPWAY_TLS_SERVER && t->config.level != TLS_LEVEL_NONE);
}

static int
read_pair(struct slipway_tls *t, struct err *e)
{
	struct tls_pair fresh;

	if (!has_pair(t)) {
		pair_free(&t->pair);
		return 0;
	}
	if (pair_read(&t->config, &fresh, e) == 0) {
		pair_free(&t->pair);
		t->pair = fresh;
		t->told_days = TLS_WARN_DAYS_MAX + 1;
		return 0;
	}
	if (t->pair.key == NULL && t->config.level != TLS_LEVEL_NONE)
		return -1;
	snprintf(t->warning, sizeof t->warning, "%.900s%s", e->text,
	    t->pair.key != NULL ? "; the pair read before stays in use" : "");
	return 0;
}

/* Our own certificate's last days, once for each number of days. */
static void
warn_expiry(struct slipway_tls *t)
{
	int days;

	if (t->pair.key == NULL || t->warning[0] != '\0')
		return;
	days = trust_days_left(sk_X509_value(t->pair.chain, 0));
	if (days > (int)t->config.warn_days || days == t->told_days)
		return;
	t->told_days = days;
	if (days < 0)
		snprintf(t->warning, sizeof t->warning, "our certificate in %.600s has expired",
		    source_name(&t->config.source[TLS_CERT_FILE]));
	else
		snprintf(t->warning, sizeof t->warning, "our certificate in %.600s ends in %d days",
		    source_name(&t->config.source[TLS_CERT_FILE]), days);
}

int
slipway_tls_check(struct slipway_tls *t)
{
	struct tls_setup *fresh;
	struct err e = { 0 };

	t->warning[0] = '\0';
	if (t->setup != NULL && store_same(t) && files_same(t)) {
		warn_expiry(t);
		return 0;
	}
	if (read_config(t, &e) == -1)
		goto fail;
	stamp_files(&t->config, t->files);
	if (read_pair(t, &e) == -1 || (fresh = setup_new(t->side, &t->config, &t->pair, &e)) == NULL)
		goto fail;
	setup_release(t->setup);
	t->setup = fresh;
	t->changed = false;
	if (t->config.level_absent && t->warning[0] == '\0')
		snprintf(t->warning, sizeof t->warning, "TLS_RequiredLevel is not set; using None");
	warn_expiry(t);
	return 0;
fail:
	/* What can't be read is never replaced by what was: the level may have become stricter. */
	setup_release(t->setup);
	t->setup = NULL;
	handle_fail(t, &e);
	return SLIPWAY_TLS_ERROR;
}

struct tls_setup *
handle_setup(struct slipway_tls *t)
{
	return slipway_tls_check(t) == SLIPWAY_TLS_ERROR ? NULL : setup_share(t->setup);
}
