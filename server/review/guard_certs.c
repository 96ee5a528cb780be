/* SPDX-License-Identifier: ISC */
/* Mistakes in the certificates of a release. */
#include "server/review/guard_certs.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/x509/crl.h"
#include "lib/x509/facts.h"
#include "server/cert/ca_db.h"
#include "server/review/tls_use.h"

struct judging {
	struct guard_findings *f;
	const struct review *v;
	json_t *revoked;	       /* owned: {SHA-256: name of the CA} */
	STACK_OF(X509_CRL) * lists[8]; /* owned: of the release; more aren't looked at */
	size_t nlists;
};

/* Adds what one CA of the repository has revoked. */
static int
add_revoked(void *arg, const char *name, struct err *e)
{
	struct judging *j = arg;
	char path[PATH_COMPONENT_MAX + 32];
	struct file_info info;
	struct dir *d;
	json_t *db, *entry;
	size_t i;
	int rc;

	/* Something else there, such as a note, is no CA. */
	snprintf(path, sizeof path, "ca/%s/" CA_DB_FILE, name);
	if ((rc = file_stat(j->v->after.r->top, path, &info, e)) != 1)
		return rc;
	snprintf(path, sizeof path, "ca/%s", name);
	if ((d = dir_below(j->v->after.r->top, path, false, e)) == NULL)
		return -1;
	rc = (db = ca_db_read(d, e)) == NULL ? -1 : 0;
	json_array_foreach (json_object_get(db, "issued"), i, entry)
		if (rc == 0 && json_object_get(entry, "revoked") != NULL &&
		    json_object_set_new(j->revoked, ca_db_text(entry, "sha256"),
			json_string(name)) == -1)
			rc = err_nomem(e);
	json_decref(db);
	dir_close(d);
	return rc;
}

static int
read_revoked(struct judging *j, struct err *e)
{
	struct dir *d;
	int rc;

	if ((j->revoked = json_object()) == NULL)
		return err_nomem(e);
	if ((d = dir_below(j->v->after.r->top, "ca", false, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = dir_list(d, add_revoked, j, e);
	dir_close(d);
	return rc;
}

/* Reads the lists of revocations in app/; one that can't be read is for stations to refuse. */
static int
read_lists(struct judging *j, struct err *e)
{
	const struct content *c = &j->v->after;
	struct buf text = BUF_INIT(CRL_FILE_MAX);
	const char *target;
	struct err ignored;
	json_t *one;
	int rc = 0;

	json_object_foreach ((json_t *)(uintptr_t)c->targets, target, one) {
		STACK_OF(X509_CRL) * list;

		if (j->nlists == sizeof j->lists / sizeof j->lists[0] ||
		    !layout_is_in(target, LAYOUT_APP))
			continue;
		if ((rc = content_read_block(c, target, "X509 CRL", &text, e)) == -1)
			break;
		if (rc == 1 &&
		    (list = crls_read(
			 &(const struct source){ target, buf_text(&text), text.len, true },
			 &ignored)) != NULL)
			j->lists[j->nlists++] = list;
	}
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

/* Why a certificate shouldn't be handed out; false: nothing is wrong with it. */
static bool
fault_of(const struct judging *j, X509 *x, char *out, size_t size)
{
	char hex[SHA256_HEX_SIZE], date[CERT_DATE_SIZE];
	const char *ca;

	cert_hex(x, hex);
	if (X509_cmp_current_time(X509_get0_notAfter(x)) < 0) {
		cert_date(X509_get0_notAfter(x), date);
		snprintf(out, size, "that ended on %s", date);
		return true;
	}
	if ((ca = json_string_value(json_object_get(j->revoked, hex))) != NULL) {
		snprintf(out, size, "that the CA %s of this repository has revoked", ca);
		return true;
	}
	for (size_t i = 0; i < j->nlists; i++)
		for (int k = 0; k < sk_X509_CRL_num(j->lists[i]); k++)
			if (crl_revokes(sk_X509_CRL_value(j->lists[i], k), x)) {
				snprintf(out, size, "that a list of this release revokes");
				return true;
			}
	return false;
}

static int
judge_cert(struct judging *j, const char *path, X509 *x, struct err *e)
{
	char fault[200], name[CERT_QUOTED_SIZE], hex[SHA256_HEX_SIZE];
	struct err why;

	if (!fault_of(j, x, fault, sizeof fault))
		return 0;
	cert_quote(X509_get_subject_name(x), name);
	cert_hex(x, hex);
	err_setx(&why, ERR_EXPIRED,
	    "%s: want certificates that are good, got one %s (subject %s, SHA-256 %s); take it out, or put the present one in its place",
	    path, fault, name, hex);
	return guard_found(j->f, GUARD_ENDED, &why, e);
}

/* A file that can't be read as a whole: its certificates before the fault are judged. */
static int
judge_file(struct judging *j, const char *target, struct err *e)
{
	const struct content *c = &j->v->after;
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	STACK_OF(X509) *certs = NULL;
	struct err ignored;
	int rc = content_read_block(c, target, "CERTIFICATE", &text, e);

	if (rc == 1)
		(void)certs_parse(text.data, text.len, &certs, &ignored);
	for (int i = 0; i < sk_X509_num(certs) && rc != -1; i++)
		rc = judge_cert(j, content_path(c, target), sk_X509_value(certs, i), e);
	certs_free(certs);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
judge_app(struct judging *j, struct err *e)
{
	const char *target;
	json_t *one;

	json_object_foreach ((json_t *)(uintptr_t)j->v->after.targets, target, one)
		if (layout_is_in(target, LAYOUT_APP) && judge_file(j, target, e) == -1)
			return -1;
	return 0;
}

static int
judge_named(void *arg, const struct tls_use *u, const char *path, struct err *e)
{
	struct judging *j = arg;
	const struct content *c = &j->v->after;
	char target[CONTENT_TARGET_SIZE];

	(void)u;
	content_target(c, path, target);
	return layout_is_in(target, LAYOUT_APP) || !content_has(c, path) ? 0
									 : judge_file(j, target, e);
}

static int
judge_use(void *arg, const struct tls_use *u, struct err *e)
{
	return tls_use_files(u, judge_named, arg, e);
}

int
guard_ended(struct guard_findings *f, const struct review *v, struct err *e)
{
	struct judging j = { .f = f, .v = v };
	int rc = -1;

	if (read_revoked(&j, e) == 0 && read_lists(&j, e) == 0 && judge_app(&j, e) == 0)
		rc = tls_uses(&v->is, TLS_TRUSTED, judge_use, &j, e);
	for (size_t i = 0; i < j.nlists; i++)
		crls_free(j.lists[i]);
	json_decref(j.revoked);
	return rc;
}
