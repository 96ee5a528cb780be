/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert ca, cert revoke, cert crl.
 */
#include <stdio.h>
#include <string.h>

#include "server/repo/audit.h"
#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "lib/base/path.h"
#include "server/cert/ca.h"
#include "server/cert/ca_db.h"
#include "lib/x509/key.h"
#include "lib/x509/facts.h"
#include "server/cert/crl_make.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define PATH_BYTES_MAX 4096

/* Digits that are taken for a serial number. */
#define SERIAL_DIGITS_MIN 8

static int
make(struct context *cx, const char *name, const char *out, const struct cert_request *rq,
    struct err *e)
{
	struct buf path = BUF_INIT(PATH_BYTES_MAX);
	char below[PATH_COMPONENT_MAX + 8], hex[SHA256_HEX_SIZE], to[CLOCK_TEXT_SIZE];
	const char *repo = NULL;
	struct cert_info info;
	int rc = -1;

	snprintf(below, sizeof below, "ca/%s", name);
	if (out != NULL ? buf_adds(&path, out, e) == -1
			: (repo = command_repo(cx, e)) == NULL ||
		    (!repo_is_here(repo) &&
			err_setx(e, ERR_CONFIG, "%s: not a repository", repo) == -1) ||
		    repo_path(repo, below, &path, e) == -1)
		goto out;
	if (ca_make(buf_text(&path), rq, &info, e) == -1)
		goto out;
	hex_encode(info.sha256, SHA256_SIZE, hex);
	clock_format(info.to, to);
	printf(
	    "CA certificate %s/%s, for TLS_TrustedCerts\nkey %s/%s\nSHA-256 %s\nvalid until %s\n",
	    buf_text(&path), CA_CERT_FILE, buf_text(&path), CA_KEY_FILE, hex, to);
	rc = repo == NULL
	    ? 0
	    : audit_append_at(repo, "cert ca",
		  json_pack("{s:s,s:s,s:s}", "name", name, "sha256", hex, "until", to), e);
out:
	buf_free(&path);
	return rc;
}

int
cmd_cert_ca(struct context *cx, int argc, char **argv)
{
	struct cert_request rq = { "p256", CERT_DAYS_DEFAULT, NULL, NULL, 0, true };
	char subject[PATH_COMPONENT_MAX + 8];
	const char *out = NULL;
	const struct option options[] = {
		{ "type", OPTION_TEXT, &rq.type, 0, 0 },
		{ "days", OPTION_NUMBER, &rq.days, 1, CERT_DAYS_MAX },
		{ "subject", OPTION_TEXT, &rq.subject, 0, 0 },
		{ "out", OPTION_TEXT, &out, 0, 0 },
	};
	struct err e;
	int status;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (ca_check_name(argv[1], &e) == -1)
		return command_failed(&e);
	if (rq.subject == NULL) {
		snprintf(subject, sizeof subject, "/CN=%s", argv[1]);
		rq.subject = subject;
	}
	return make(cx, argv[1], out, &rq, &e) == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

static int
take_sha(void *arg, const struct cert_facts *c, struct err *e)
{
	char *hex = arg;

	(void)e;
	if (hex[0] == '\0') /* the first one; its issuers may follow */
		hex_encode(c->sha256, SHA256_SIZE, hex);
	return 0;
}

static json_t *
find_by_file(const struct ca *ca, const char *path, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	char hex[SHA256_HEX_SIZE] = "";
	json_t *found = NULL;

	if (file_read(NULL, path, &text, e) == 0) {
		if (cert_read(text.data, text.len, take_sha, hex, e) == -1)
			err_context(e, "%s", path);
		else
			found = ca_db_find(ca->db, "sha256", hex, e);
	}
	buf_free(&text);
	return found;
}

/*
 * A file where it looks like one, a serial number where it can be one and no certificate is called
 * so, else a name.
 */
static json_t *
find(const struct ca *ca, const char *what, struct err *e)
{
	size_t len = strlen(what);
	json_t *found;

	if (strchr(what, '/') != NULL || (len > 4 && strcmp(what + len - 4, ".crt") == 0))
		return find_by_file(ca, what, e);
	if ((found = ca_db_find(ca->db, "name", what, e)) == NULL && e->code == ERR_NOENT &&
	    len >= SERIAL_DIGITS_MIN && strspn(what, "0123456789abcdef") == len)
		found = ca_db_find(ca->db, "serial", what, e);
	return found;
}

static int
revoke(struct ca *ca, const char *what, const char *reason, struct err *e)
{
	json_t *entry = find(ca, what, e);
	int rc = entry == NULL ? -1 : ca_db_revoke(entry, reason, e);

	if (rc == -1)
		return -1;
	if (rc == 0) {
		printf("%s: revoked before\n", ca_db_text(entry, "serial"));
		return 0;
	}
	if (ca_db_write(ca->dir, ca->db, e) == -1)
		return -1;
	printf(
	    "revoked %s (%s), serial %s\n'slipway-repo cert crl' writes the list that tells others\n",
	    ca_db_text(entry, "name"), ca_db_text(entry, "subject"), ca_db_text(entry, "serial"));
	return ca_record(ca, "cert revoke",
	    json_pack("{s:s,s:s}", "serial", ca_db_text(entry, "serial"), "reason", reason), e);
}

int
cmd_cert_revoke(struct context *cx, int argc, char **argv)
{
	const char *name = NULL, *reason = "unspecified";
	const struct option options[] = {
		{ "ca", OPTION_TEXT, &name, 0, 0 },
		{ "reason", OPTION_TEXT, &reason, 0, 0 },
	};
	struct ca ca;
	struct err e;
	int status, rc;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (ca_open(cx, name, &ca, &e) == -1)
		return command_failed(&e);
	rc = revoke(&ca, argv[1], reason, &e);
	ca_close(&ca);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

/* The number is used up before the list is there: two lists never have the same. */
static int
write_crl(struct ca *ca, int64_t days, const char *out, struct err *e)
{
	struct crl_order o = { .cert = ca->cert, .key = ca->key, .from = clock_wall() };
	struct buf pem = BUF_INIT(CA_DB_MAX);
	char to[CLOCK_TEXT_SIZE];
	int rc = -1;

	o.issued = json_object_get(ca->db, "issued");
	o.number = json_integer_value(json_object_get(ca->db, "crl")) + 1;
	o.to = o.from + days * REPO_DAY_SECONDS;
	if (json_object_set_new(ca->db, "crl", json_integer(o.number)) == -1)
		err_nomem(e);
	else if (ca_db_write(ca->dir, ca->db, e) == 0 && crl_make(&o, &pem, e) == 0 &&
	    file_replace(ca->dir, CA_CRL_FILE, pem.data, pem.len, 0644, e) == 0)
		rc = out == NULL ? 0 : file_replace(NULL, out, pem.data, pem.len, 0644, e);
	buf_free(&pem);
	if (rc == -1)
		return -1;
	clock_format(o.to, to);
	printf("list %lld in %s, the next is due before %s\n", (long long)o.number,
	    out == NULL ? dir_path(ca->dir) : out, to);
	return ca_record(ca, "cert crl",
	    json_pack("{s:I,s:s}", "number", (json_int_t)o.number, "next", to), e);
}

int
cmd_cert_crl(struct context *cx, int argc, char **argv)
{
	const char *name = NULL, *out = NULL;
	int64_t days = CRL_DAYS_DEFAULT;
	const struct option options[] = {
		{ "ca", OPTION_TEXT, &name, 0, 0 },
		{ "days", OPTION_NUMBER, &days, 1, CRL_DAYS_MAX },
		{ "out", OPTION_TEXT, &out, 0, 0 },
	};
	struct ca ca;
	struct err e;
	int status, rc;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (ca_open(cx, name, &ca, &e) == -1)
		return command_failed(&e);
	rc = write_crl(&ca, days, out, &e);
	ca_close(&ca);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
