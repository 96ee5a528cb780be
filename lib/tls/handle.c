/* SPDX-License-Identifier: ISC */
/*
 * The handle: settings and files, whose stamps are checked for every connection and which are read
 * again when they changed.
 */
#include "lib/tls/handle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/settings/application.h"
#include "lib/tls/in_use.h"

/* Milliseconds between two looks at what couldn't be used, while its files stay the same. */
#define TLS_AGAIN_MS 1000

#define FILES_MAX (SOURCES_MAX + 3) /* that a configuration names */

struct slipway_tls {
	enum slipway_tls_side side;
	char *installation, *application;
	unsigned handshake_ms;
	int cancel;		/* the program's descriptor; -1: none */
	bool open_key;		/* others may read the key */
	struct settings *store; /* NULL until it is needed */
	bool own;		/* settings are the caller's */
	bool changed;		/* ... and were set since they were read */
	struct tls_config config;
	struct settings_stamp stamp;	    /* of the store before it was read */
	struct file_stamp files[FILES_MAX]; /* of the files that the configuration names */
	struct pair pair;		    /* the last good one */
	struct tls_setup *setup;	    /* NULL: nothing good yet */
	STACK_OF(X509_CRL) * crls;	    /* the last that could be read */
	bool again;		   /* something couldn't be used: look at it again at again_ms */
	int64_t again_ms;	   /* clock_mono_ms() */
	enum slipway_tls_code bad; /* of the last look; OK: it succeeded */
	char fault[TLS_TEXT_SIZE]; /* its text */
	int64_t looked;		   /* when expiry was last checked */
	int told_days;		   /* the days left of the last warning */
	bool told_overdue;	   /* the last warning had the overdue list */
	char told[TLS_TEXT_SIZE];  /* the last warning about settings and files */
	struct in_use in_use;
	enum slipway_tls_code code;
	char error[TLS_TEXT_SIZE], warning[TLS_TEXT_SIZE], notice[TLS_TEXT_SIZE];
	char refused[SHA256_HEX_SIZE]; /* of the certificate that slipway_tls_connect() refused */
	char own_hex[SHA256_HEX_SIZE]; /* of our certificate, when it was asked for */
};

static char *
dup_text(const char *s)
{
	return s == NULL ? NULL : strdup(s);
}

struct slipway_tls *
slipway_tls_new(enum slipway_tls_side side, const char *installation, const char *application)
{
	struct slipway_tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	setup_init();
	t->side = side;
	t->handshake_ms = SLIPWAY_TLS_HANDSHAKE_MS;
	t->cancel = -1;
	t->told_days = TLS_WARN_DAYS_MAX + 1;
	t->installation = dup_text(installation);
	t->application = dup_text(application);
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
	crls_free(t->crls);
	settings_close(t->store);
	free(t);
}

enum slipway_tls_code
slipway_tls_error_code(const struct slipway_tls *t)
{
	return t == NULL ? SLIPWAY_TLS_E_NOMEM : t->code;
}

const char *
slipway_tls_error(const struct slipway_tls *t)
{
	return t == NULL ? "out of memory" : t->error;
}

const char *
slipway_tls_warning(const struct slipway_tls *t)
{
	return t->warning;
}

const char *
slipway_tls_notice(const struct slipway_tls *t)
{
	return t->notice;
}

const char *
slipway_tls_refused_sha256(const struct slipway_tls *t)
{
	return t->refused;
}

static const X509 *
own_cert(const struct slipway_tls *t)
{
	return t->pair.key == NULL ? NULL : sk_X509_value(t->pair.chain, 0);
}

const char *
slipway_tls_own_sha256(struct slipway_tls *t)
{
	const X509 *cert = own_cert(t);

	if (cert == NULL)
		return "";
	cert_hex(cert, t->own_hex);
	return t->own_hex;
}

long long
slipway_tls_own_to(const struct slipway_tls *t)
{
	const X509 *cert = own_cert(t);
	struct err ignored;
	int64_t to;

	return cert == NULL || cert_seconds(X509_get0_notAfter(cert), &to, &ignored) == -1 ? 0 : to;
}

void
slipway_tls_set_handshake_limit(struct slipway_tls *t, unsigned ms)
{
	t->handshake_ms = ms;
}

void
slipway_tls_set_open_key(struct slipway_tls *t, int allowed)
{
	t->changed |= t->open_key != (allowed != 0);
	t->open_key = allowed != 0;
}

void
slipway_tls_set_cancel(struct slipway_tls *t, int fd)
{
	t->cancel = fd < 0 ? -1 : fd;
}

int
handle_cancel(const struct slipway_tls *t)
{
	return t->cancel;
}

unsigned
handle_handshake_ms(const struct slipway_tls *t)
{
	return t->handshake_ms;
}

int
handle_fail(struct slipway_tls *t, enum slipway_tls_code code, const char *text)
{
	t->code = code;
	snprintf(t->error, sizeof t->error, "%s", text);
	return SLIPWAY_TLS_ERROR;
}

/* A call of the program begins: misuse by the last call is over, and so is its being cancelled. */
static void
forget_misuse(struct slipway_tls *t)
{
	if (t->code != SLIPWAY_TLS_E_USAGE && t->code != SLIPWAY_TLS_E_CANCELLED)
		return;
	t->code = SLIPWAY_TLS_OK;
	t->error[0] = '\0';
}

void
handle_refused(struct slipway_tls *t, const char *hex)
{
	snprintf(t->refused, sizeof t->refused, "%s", hex);
}

void
handle_said(const struct slipway_tls *t, struct said *out)
{
	memcpy(out->warning, t->warning, sizeof out->warning);
	memcpy(out->notice, t->notice, sizeof out->notice);
}

void
handle_say(struct slipway_tls *t, const struct said *before)
{
	if (t->warning[0] == '\0')
		memcpy(t->warning, before->warning, sizeof t->warning);
	if (t->notice[0] == '\0')
		memcpy(t->notice, before->notice, sizeof t->notice);
}

/* Add to the warning. */
__attribute__((format(printf, 2, 3))) static void
warn(struct slipway_tls *t, const char *fmt, ...)
{
	size_t len = strlen(t->warning);
	va_list ap;

	if (len > 0 && len + 2 < sizeof t->warning)
		len += (size_t)snprintf(t->warning + len, sizeof t->warning - len, "; ");
	va_start(ap, fmt);
	vsnprintf(t->warning + len, sizeof t->warning - len, fmt, ap);
	va_end(ap);
}

static int
set_setting(struct slipway_tls *t, const char *setting, const void *data, size_t len, bool content)
{
	struct tls_config fresh = { 0 }, *c = t->own ? &t->config : &fresh;
	int which = setting == NULL ? -1 : tls_setting_find(setting);
	struct err e;
	unsigned max;

	forget_misuse(t);
	if (which == -1 || (content && (which < TLS_KEY_FILE || which > TLS_CRL_FILE))) {
		err_setx(&e, ERR_USAGE, "%.60s: no such setting%s",
		    setting == NULL ? "NULL" : setting, content ? " that is a file" : "");
		return handle_fail(t, SLIPWAY_TLS_E_USAGE, e.text);
	}
	max = which == TLS_CRL_FILE ? CRL_FILE_MAX : CERT_FILE_MAX;
	if (len > max) {
		err_setx(&e, ERR_TOO_LARGE, "%s: over %u bytes", setting, max);
		return handle_fail(t, SLIPWAY_TLS_E_USAGE, e.text);
	}
	if (config_set(c, (enum tls_setting)which, data, len, content, &e) == -1)
		return handle_fail(t, SLIPWAY_TLS_E_NOMEM, e.text);
	/* The caller's settings replace all settings of the store. */
	if (!t->own) {
		config_free(&t->config);
		t->config = fresh;
	}
	t->own = t->changed = true;
	return 0;
}

int
slipway_tls_set(struct slipway_tls *t, const char *setting, const char *value)
{
	return set_setting(t, setting, value, value == NULL ? 0 : strlen(value), false);
}

int
slipway_tls_set_pem(struct slipway_tls *t, const char *setting, const void *pem, size_t len)
{
	if (pem == NULL && len > 0)
		return handle_fail(t, SLIPWAY_TLS_E_USAGE, "want PEM text, got NULL");
	return set_setting(t, setting, pem == NULL ? "" : pem, len, true);
}

struct stamps {
	struct file_stamp *out;
	size_t n;
};

static void
stamp_one(void *arg, const struct source *s)
{
	struct stamps *all = arg;

	file_stamp(s->text, &all->out[all->n++]);
}

/* Stamp the files that the configuration names, in a fixed order.  Returns their number. */
static size_t
stamp_files(const struct tls_config *c, struct file_stamp out[FILES_MAX])
{
	static const enum tls_setting which[] = { TLS_KEY_FILE, TLS_CERT_FILE, TLS_CRL_FILE };
	struct stamps all = { out, 0 };
	struct err ignored; /* too many files, which trust_read() reports */

	for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
		if (!c->source[which[i]].content && c->source[which[i]].len > 0)
			stamp_one(&all, &c->source[which[i]]);
	if (!c->source[TLS_TRUSTED].content && c->source[TLS_TRUSTED].text != NULL)
		(void)sources_each(&c->source[TLS_TRUSTED], stamp_one, &all, &ignored);
	return all.n;
}

static bool
files_same(const struct slipway_tls *t)
{
	struct file_stamp now[FILES_MAX];
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

	if (t->own || t->changed || t->store == NULL)
		return t->own && !t->changed;
	settings_stamp(t->store, SETTINGS_VENDOR_KEY, &now);
	return settings_stamp_same(&now, &t->stamp);
}

/* Those of settings that aren't the present ones. */
static void
forget_hints(struct tls_config *c)
{
	free(c->missing);
	free(c->unknown);
	c->missing = c->unknown = NULL;
}

static int
read_config(struct slipway_tls *t, struct err *e)
{
	struct tls_config fresh;

	if (t->own)
		return config_decide(&t->config, e);
	if ((t->store == NULL && (t->store = settings_open(e)) == NULL) ||
	    config_read(t->store, t->side, t->installation, t->application, &fresh, &t->stamp, e) ==
		-1) {
		forget_hints(&t->config);
		return -1;
	}
	config_free(&t->config);
	t->config = fresh;
	return 0;
}

/* A server at None serves TLS where it can, and a client shows a certificate where it has one. */
static bool
has_pair(const struct slipway_tls *t)
{
	bool set =
	    t->config.source[TLS_KEY_FILE].len > 0 || t->config.source[TLS_CERT_FILE].len > 0;

	return set || (t->side == SLIPWAY_TLS_SERVER && t->config.level != TLS_LEVEL_NONE);
}

/* A pair that only some peers take doesn't take the place of another; it is freed then. */
static bool
may_replace(const struct slipway_tls *t, struct pair *fresh, struct err *e)
{
	if (fresh->doubt.code == ERR_NONE || t->pair.key == NULL ||
	    X509_cmp(sk_X509_value(t->pair.chain, 0), sk_X509_value(fresh->chain, 0)) == 0)
		return true;
	*e = fresh->doubt;
	err_context(e, "TLS_CertFile: %s", source_name(&t->config.source[TLS_CERT_FILE]));
	pair_free(fresh);
	return false;
}

static int
renew_pair(struct slipway_tls *t, struct err *e)
{
	struct pair fresh;

	if (!has_pair(t)) {
		pair_free(&t->pair);
		return 0;
	}
	if (pair_read(&fresh, &t->config.source[TLS_KEY_FILE], &t->config.source[TLS_CERT_FILE],
		t->side == SLIPWAY_TLS_CLIENT, t->open_key, e) == 0 &&
	    may_replace(t, &fresh, e)) {
		if (t->pair.key == NULL ||
		    X509_cmp(sk_X509_value(t->pair.chain, 0), sk_X509_value(fresh.chain, 0)) != 0)
			t->told_days = TLS_WARN_DAYS_MAX + 1;
		pair_free(&t->pair);
		t->pair = fresh;
		if (fresh.remark.code != ERR_NONE)
			warn(t, "TLS_KeyFile: %s", fresh.remark.text);
		if (fresh.doubt.code != ERR_NONE)
			warn(t, "TLS_CertFile: %s: %s",
			    source_name(&t->config.source[TLS_CERT_FILE]), fresh.doubt.text);
		return 0;
	}
	t->again = true;
	if (t->pair.key == NULL && t->config.level != TLS_LEVEL_NONE)
		return -1;
	warn(t, "%s%s", e->text, t->pair.key != NULL ? "; the pair read before stays in use" : "");
	return 0;
}

/*
 * Warn of our certificate's last days, once for each number of days, and of an overdue list: both
 * come without a change of files.
 */
static void
warn_of_time(struct slipway_tls *t)
{
	char text[CERT_DESCRIBE_SIZE];
	int64_t now = clock_wall();
	X509_CRL *crl;
	int days;

	if (now == t->looked)
		return;
	t->looked = now;
	crl = crls_overdue(t->setup->trust.crls);
	if (crl != NULL && !t->told_overdue) {
		crl_describe(crl, text, sizeof text);
		warn(t, "TLS_CRLFile: %s; it stays in use", text);
	}
	t->told_overdue = crl != NULL;
	if (t->pair.key == NULL)
		return;
	days = cert_days_left(sk_X509_value(t->pair.chain, 0));
	if (days > (int)t->config.warn_days || days == t->told_days)
		return;
	t->told_days = days;
	if (days < 0)
		warn(t, "our certificate in %s has expired",
		    source_name(&t->config.source[TLS_CERT_FILE]));
	else
		warn(t, "our certificate in %s ends in %d days",
		    source_name(&t->config.source[TLS_CERT_FILE]), days);
}

/* Warn of faults in settings and files, unless the last warning said the same. */
static void
warn_of_state(struct slipway_tls *t)
{
	if (t->setup->trust.remark.code != ERR_NONE)
		warn(t, "TLS_TrustedCerts: %s; the others stay in use",
		    t->setup->trust.remark.text);
	if (t->setup->trust.ca_remark.code != ERR_NONE)
		warn(t, "TLS_TrustedCerts: %s", t->setup->trust.ca_remark.text);
	if (t->setup->trust.crl_remark.code != ERR_NONE)
		warn(t, "TLS_CRLFile: %s", t->setup->trust.crl_remark.text);
	if (t->config.relative != NULL)
		warn(t, "%s; the setting counts for nothing", t->config.relative);
	if (t->config.unknown != NULL)
		warn(t, "%s", t->config.unknown);
	if (t->config.level_absent)
		warn(t, "%s",
		    t->config.absent != NULL ? t->config.absent
					     : "TLS_RequiredLevel is not set; using None");
	if (strcmp(t->warning, t->told) == 0)
		t->warning[0] = '\0';
	else
		memcpy(t->told, t->warning, sizeof t->told);
}

/* Whether the last look still counts. */
static bool
still_good(const struct slipway_tls *t)
{
	if ((t->setup == NULL && t->bad == SLIPWAY_TLS_OK) || !store_same(t) || !files_same(t))
		return false;
	return !t->again || clock_mono_ms() < t->again_ms;
}

/* Remember the lists that are in force, for the time when their file can't be read. */
static int
keep_lists(struct slipway_tls *t, struct err *e)
{
	STACK_OF(X509_CRL) *lists = NULL;

	if (t->setup->trust.crls != NULL && (lists = crls_share(t->setup->trust.crls)) == NULL)
		return err_nomem(e);
	crls_free(t->crls);
	t->crls = lists;
	return 0;
}

static int
renew_setup(struct slipway_tls *t, struct err *e)
{
	struct tls_setup *fresh;

	if (read_config(t, e) == -1)
		return -1;
	stamp_files(&t->config, t->files);
	if (renew_pair(t, e) == -1 ||
	    (fresh = setup_new(t->side, &t->config, &t->pair, t->crls, e)) == NULL)
		return -1;
	setup_release(t->setup);
	t->setup = fresh;
	t->again |= fresh->trust.remark.code != ERR_NONE || fresh->trust.crls_kept;
	return keep_lists(t, e);
}

/*
 * The text of a fault, with what may be its reason: a setting that isn't where it is looked for,
 * and names there that no setting has.
 */
static void
tell_fault(struct slipway_tls *t, const struct err *e)
{
	const struct tls_config *c = &t->config;
	/* "X is not set" is said once. */
	bool same = c->missing != NULL && strncmp(c->missing, e->text, strlen(e->text)) == 0;

	snprintf(t->fault, sizeof t->fault, "%s%s%s%s%s", same ? "" : e->text,
	    same || c->missing == NULL ? "" : "; ", c->missing == NULL ? "" : c->missing,
	    c->unknown == NULL ? "" : "; ", c->unknown == NULL ? "" : c->unknown);
}

int
slipway_tls_check(struct slipway_tls *t)
{
	struct err e = { 0 };

	forget_misuse(t);
	t->warning[0] = t->notice[0] = '\0';
	if (still_good(t)) {
		if (t->bad != SLIPWAY_TLS_OK)
			return handle_fail(t, t->bad, t->fault);
		warn_of_time(t);
		return 0;
	}
	/*
	 * What can't be used is looked at again: its dates, the clock and a fault of the moment
	 * change without the files.
	 */
	t->again = false;
	t->again_ms = clock_mono_ms() + TLS_AGAIN_MS;
	t->bad = SLIPWAY_TLS_OK;
	if (renew_setup(t, &e) == 0) {
		t->changed = false;
		t->looked = 0;
		in_use_take(&t->in_use, &t->config, &t->pair, t->notice, sizeof t->notice);
		warn_of_state(t);
		warn_of_time(t);
		return 0;
	}
	/* After a failed read the old set-up isn't used: the level may have become stricter. */
	setup_release(t->setup);
	t->setup = NULL;
	t->warning[0] = '\0';
	t->again = true;
	t->changed = false;
	t->bad = e.code == ERR_NOMEM ? SLIPWAY_TLS_E_NOMEM : SLIPWAY_TLS_E_SETTINGS;
	tell_fault(t, &e);
	return handle_fail(t, t->bad, t->fault);
}

struct tls_setup *
handle_setup(struct slipway_tls *t)
{
	return slipway_tls_check(t) == SLIPWAY_TLS_ERROR ? NULL : setup_share(t->setup);
}
