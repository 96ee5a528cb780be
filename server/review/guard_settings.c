/* SPDX-License-Identifier: ISC */
/* Mistakes in the TLS settings of a release. */
#include "server/review/guard_settings.h"

#include <stdio.h>

#include "lib/x509/certs.h"
#include "server/review/tls_use.h"

/* Bytes of a target's name. */
#define TARGET_SIZE (PATH_REL_MAX + 2)

struct looking {
	struct guard_findings *f;
	const struct review *v;
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

int
guard_levels(struct guard_findings *f, const struct review *v, struct err *e)
{
	struct looking l = { f, v };

	return tls_uses(&v->is, TLS_LEVEL, look_at_level, &l, e);
}

/* Reads the certificates of a file of the release.  Returns 1, 0 with why, or -1. */
static int
can_read(const struct content *c, const char *path, struct err *why, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	STACK_OF(X509) *certs = NULL;
	char target[TARGET_SIZE];
	int rc;

	snprintf(target, sizeof target, "%s/%s", c->app, path);
	rc = content_read(c, target, &text, why);
	if (rc == 0 && (rc = certs_parse(text.data, text.len, &certs, why)) == -1)
		err_context(why, "%s", path);
	certs_free(certs);
	buf_free(&text);
	if (rc == -1 && why->code == ERR_NOMEM)
		return err_nomem(e);
	return rc == 0;
}

static int
look_at_file(void *arg, const struct tls_use *u, const char *path, struct err *e)
{
	struct looking *l = arg;
	const struct content *c = &l->v->after;
	struct err why;
	char on[32];
	int rc;

	if (!content_has(c, path)) {
		err_setx(&why, ERR_NOENT,
		    "%s%s: TLS_TrustedCerts: want a file of this release, got %s, which isn't in it: stations couldn't trust what it holds; add the file, or mend the script",
		    u->key, where(u, on), path);
		return guard_found(l->f, GUARD_TRUST_FILE, &why, e);
	}
	if ((rc = can_read(c, path, &why, e)) != 0)
		return rc == -1 ? -1 : 0;
	err_context(&why, "%s%s: TLS_TrustedCerts", u->key, where(u, on));
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
	struct looking l = { f, v };

	return tls_uses(&v->is, TLS_TRUSTED, look_at_trust, &l, e);
}
