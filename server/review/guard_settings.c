/* SPDX-License-Identifier: ISC */
/* Mistakes in the TLS settings of a release. */
#include "server/review/guard_settings.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/settings/expand.h"
#include "lib/x509/certs.h"
#include "server/review/tls_use.h"

struct looking {
	struct guard_findings *f;
	const struct review *v;
	enum tls_setting which; /* not for levels */
};

/* " on linux", where another system has another value. */
static const char *
where(const struct tls_use *u, char out[32])
{
	snprintf(out, 32, "%s%s", u->system == NULL ? "" : " on ",
	    u->system == NULL ? "" : u->system);
	return out;
}

static int
look_at_level(void *arg, const struct tls_use *u, struct err *e)
{
	struct looking *l = arg;
	int level = u->text == NULL ? -1 : tls_level_find(u->text);
	struct err why;
	char on[32];

	if (level == -1) {
		err_setx(&why, ERR_CONFIG,
		    "%s%s: TLS_RequiredLevel: want %s, %s or %s, got '%.40s', with which no program connects; mend the script",
		    u->key, where(u, on), tls_level_name(TLS_LEVEL_NONE),
		    tls_level_name(TLS_LEVEL_NO_PEER_AUTH), tls_level_name(TLS_LEVEL_PEER_AUTH),
		    u->text == NULL ? "no text" : u->text);
		return guard_found(l->f, GUARD_LEVEL, &why, e);
	}
	if (level != TLS_LEVEL_PEER_AUTH || tls_use_has(u, TLS_TRUSTED))
		return 0;
	err_setx(&why, ERR_CONFIG,
	    "%s%s: TLS_RequiredLevel is %s: want TLS_TrustedCerts set there by the scripts of this release, got none: every peer would be refused; set it, as share/slipway/scripts/tls-client.lua does",
	    u->key, where(u, on), tls_level_name(TLS_LEVEL_PEER_AUTH));
	return guard_found(l->f, GUARD_NO_TRUST, &why, e);
}

/* The settings with words or numbers, and what the library wants of them (lib/tls/config.c). */
static const struct worded {
	enum tls_setting which;
	const char *wants;
	const char *words[2]; /* NULL: a number */
	uint64_t max;	      /* of a number; of a dword instead of words, else 0 */
} worded[] = {
	{ TLS_MIN_VERSION, "TLSv1.2 or TLSv1.3", { "TLSv1.2", "TLSv1.3" }, 0 },
	{ TLS_EXPIRY_WARN_DAYS, "a number of days, at most 3650", { NULL, NULL },
	    TLS_WARN_DAYS_MAX },
	{ TLS_ASK_CLIENT_CERT, "yes or no", { "yes", "no" }, 1 },
};

static bool
is_known(const struct worded *w, const struct tls_use *u)
{
	static const char dword[] = "dword:";
	size_t n = strlen(dword);
	const char *number = w->words[0] == NULL ? u->text : NULL;
	uint64_t ignored;

	if (u->text == NULL && w->max > 0 && strncmp(u->value, dword, n) == 0)
		number = u->value + n;
	for (size_t i = 0; i < N(w->words) && u->text != NULL && w->words[i] != NULL; i++)
		if (strcmp(w->words[i], u->text) == 0)
			return true;
	return number != NULL && number_parse(number, strlen(number), 0, w->max, &ignored) == 0;
}

static int
look_at_words(void *arg, const struct tls_use *u, struct err *e)
{
	struct looking *l = arg;
	struct err why;
	char on[32];

	for (size_t i = 0; i < N(worded); i++) {
		if (worded[i].which != l->which || is_known(&worded[i], u))
			continue;
		err_setx(&why, ERR_CONFIG,
		    "%s%s: %s: want %s, got '%.40s', with which no program connects; mend the script",
		    u->key, where(u, on), tls_setting_name(l->which), worded[i].wants,
		    u->text == NULL ? u->value : u->text);
		return guard_found(l->f, GUARD_LEVEL, &why, e);
	}
	return 0;
}

int
guard_levels(struct guard_findings *f, const struct review *v, struct err *e)
{
	struct looking l = { .f = f, .v = v };
	int rc = tls_uses(&v->is, TLS_LEVEL, look_at_level, &l, e);

	for (size_t i = 0; i < N(worded) && rc == 0; i++) {
		l.which = worded[i].which;
		rc = tls_uses(&v->is, l.which, look_at_words, &l, e);
	}
	return rc;
}

/* Whether a text is certificates, or, with lists, revocation lists: 0, or -1 with why. */
static int
check_text(const struct buf *text, bool lists, struct err *why)
{
	const struct source s = { "", buf_text(text), text->len, true };
	STACK_OF(X509_CRL) *crls = NULL;
	STACK_OF(X509) *certs = NULL;
	int rc;

	if (lists)
		rc = (crls = crls_read(&s, why)) == NULL ? -1 : 0;
	else
		rc = certs_parse(text->data, text->len, &certs, why);
	crls_free(crls);
	certs_free(certs);
	return rc;
}

/* Reads a file of the release that the setting names.  Returns 1, 0 with why, or -1. */
static int
can_read(const struct looking *l, const char *path, struct err *why, struct err *e)
{
	bool lists = l->which == TLS_CRL_FILE;
	struct buf text = BUF_INIT(lists ? CRL_FILE_MAX : CERT_FILE_MAX);
	char target[CONTENT_TARGET_SIZE];
	int rc;

	content_target(&l->v->after, path, target);
	rc = content_read(&l->v->after, target, &text, why);
	if (rc == 0 && (rc = check_text(&text, lists, why)) == -1)
		err_context(why, "%s", path);
	buf_free(&text);
	if (rc == -1 && why->code == ERR_NOMEM)
		return err_nomem(e);
	return rc == 0;
}

static int
look_at_file(void *arg, const struct tls_use *u, const char *path, struct err *e)
{
	const struct looking *l = arg;
	const char *setting = tls_setting_name(l->which);
	struct err why;
	char on[32];
	int rc;

	if (!content_has(&l->v->after, path)) {
		err_setx(&why, ERR_NOENT,
		    "%s%s: %s: want a file of this release, got %s, which isn't in it: %s; add the file, or mend the script",
		    u->key, where(u, on), setting, path,
		    l->which == TLS_CRL_FILE
			? "at TLSPeerAuth no program connects without its lists"
			: "stations couldn't trust what it holds");
		return guard_found(l->f, GUARD_TRUST_FILE, &why, e);
	}
	if ((rc = can_read(l, path, &why, e)) != 0)
		return rc == -1 ? -1 : 0;
	err_context(&why, "%s%s: %s", u->key, where(u, on), setting);
	return guard_found(l->f, GUARD_TRUST_FILE, &why, e);
}

static int
look_at_trust(void *arg, const struct tls_use *u, struct err *e)
{
	return tls_use_files(u, look_at_file, arg, e);
}

int
guard_trust_files(struct guard_findings *f, const struct review *v, struct err *e)
{
	static const enum tls_setting which[] = { TLS_TRUSTED, TLS_CRL_FILE };

	for (size_t i = 0; i < N(which); i++) {
		struct looking l = { .f = f, .v = v, .which = which[i] };

		if (tls_uses(&v->is, l.which, look_at_trust, &l, e) == -1)
			return -1;
	}
	return 0;
}

static bool
is_separator(char c)
{
	return c == '/' || c == '\\';
}

/* Whether a name begins with a folder of the station: what stands for %NAME% in an outcome. */
static bool
begins_with_folder(const char *name)
{
	static const char *const texts[] = { "<Installation>", "<ComputerName>" };
	const char *end = *name == '<' ? strchr(name, '>')
	    : *name == '%'	       ? strchr(name + 1, '%')
				       : NULL;

	for (size_t i = 0; i < N(texts) && end != NULL; i++)
		if (ascii_same_n(name, (size_t)(end - name) + 1, texts[i], strlen(texts[i])))
			return false;
	return end != NULL;
}

/*
 * The name that only scripts know where a text keeps it for the program, which doesn't:
 * "%%AppDir%%\\x" in a script leaves "%AppDir%\\x".  NULL: there is none.
 */
static const char *
name_of_scripts(const char *text)
{
	const char *end, *its;

	for (const char *p = strchr(text, '%'); p != NULL; p = strchr(end + 1, '%')) {
		if ((end = strchr(p + 1, '%')) == NULL)
			return NULL;
		for (size_t i = 0; (its = expand_script_name(i)) != NULL; i++)
			if (ascii_same_n(p + 1, (size_t)(end - p) - 1, its, strlen(its)))
				return its;
	}
	return NULL;
}

/*
 * Whether a name would be whole for stations of the setting's system; where that is all of them,
 * for one: a name that is whole elsewhere is meant for the others.  As source_whole() has it.
 */
static bool
stations_find_whole(const struct tls_use *u, const char *name)
{
	bool linux_too = u->system == NULL || strcmp(u->system, "linux") == 0,
	     windows_too = u->system == NULL || strcmp(u->system, "windows") == 0;
	bool letter = (name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z');

	if (begins_with_folder(name) || (linux_too && is_separator(name[0])))
		return true;
	return windows_too &&
	    ((is_separator(name[0]) && is_separator(name[1])) ||
		(letter && name[1] == ':' && is_separator(name[2])));
}

static int
found_name(const struct looking *l, const struct tls_use *u, const char *name, struct err *e)
{
	const char *setting = tls_setting_name(l->which), *base = name,
		   *own = name_of_scripts(name);
	struct err why;
	char on[32];

	for (const char *p = name; *p != '\0'; p++)
		if (is_separator(*p) || *p == ':')
			base = p + 1;
	if (*name == '\0')
		err_setx(&why, ERR_CONFIG,
		    "%s%s: %s: want a text with the name of a file, got %s, with which no program connects; mend the script",
		    u->key, where(u, on), setting, u->text == NULL ? "no text" : "an empty one");
	else if (strchr(name, '\t') != NULL)
		err_setx(&why, ERR_CONFIG,
		    "%s%s: %s: want names of files, got '%.200s' with a tab, which '\\t' between quotes makes: write each backslash twice there",
		    u->key, where(u, on), setting, name);
	else if (own != NULL)
		err_setx(&why, ERR_CONFIG,
		    "%s%s: %s: want names that programs know, got '%.200s', whose %%%s%% only scripts know: at a level but %s no program connects; write it in the script with one %% at each end",
		    u->key, where(u, on), setting, name, own, tls_level_name(TLS_LEVEL_NONE));
	else
		err_setx(&why, ERR_CONFIG,
		    "%s%s: %s: want whole names of files, got '%.200s', which would be in whatever folder a program works in: at a level but %s no program connects; write the folder before it, as in %s\\%.100s",
		    u->key, where(u, on), setting, name, tls_level_name(TLS_LEVEL_NONE),
		    l->which == TLS_TRUSTED || l->which == TLS_CRL_FILE ? "%AppDir%"
									: "%ProgramData%",
		    base);
	return guard_found(l->f, GUARD_RELATIVE, &why, e);
}

/* Each name of a list, or the only one. */
static int
look_at_names(void *arg, const struct tls_use *u, struct err *e)
{
	const struct looking *l = arg;
	const char *text = u->text == NULL ? "" : u->text;
	size_t len = strlen(text);
	int rc = 0;

	text_trim(&text, &len);
	if (len == 0)
		return found_name(l, u, "", e);
	for (size_t n; rc == 0 && len > 0; text += n + (n < len), len -= n + (n < len)) {
		struct buf name = BUF_INIT(VALUE_SIZE_MAX);
		const char *p = text;
		size_t size;

		n = l->which == TLS_TRUSTED ? strcspn(text, ";") : len;
		size = n = n < len ? n : len;
		text_trim(&p, &size);
		if ((rc = buf_add(&name, p, size, e)) == 0 && size > 0 &&
		    (!stations_find_whole(u, buf_text(&name)) ||
			name_of_scripts(buf_text(&name)) != NULL ||
			strchr(buf_text(&name), '\t') != NULL))
			rc = found_name(l, u, buf_text(&name), e);
		buf_free(&name);
	}
	return rc;
}

int
guard_relative(struct guard_findings *f, const struct review *v, struct err *e)
{
	for (int i = 0; i < TLS_SETTING_COUNT; i++) {
		struct looking l = { .f = f, .v = v, .which = (enum tls_setting)i };

		if (tls_setting_is_file(l.which) &&
		    tls_uses(&v->is, l.which, look_at_names, &l, e) == -1)
			return -1;
	}
	return 0;
}
