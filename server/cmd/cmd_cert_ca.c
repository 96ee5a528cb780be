/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert ca, cert revoke, cert crl.
 */
#include <stdio.h>
#include <string.h>

#include "server/repo/audit_state.h"
#include "lib/base/date.h"
#include "lib/base/path.h"
#include "server/cmd/cmd_cert.h"
#include "server/cert/ca_db.h"
#include "server/cert/pair_files.h"
#include "server/cert/crl_make.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

int
cmd_cert_open_ca(struct context *cx, const char *name, struct ca *ca, struct err *e)
{
	const char *repo = NULL;

	if (name == NULL)
		return err_setx(e, ERR_USAGE, "%s: --ca CA is missing", cx->command->name);
	if (!ca_is_path(name) && (repo = command_repo(cx, e)) == NULL)
		return -1;
	return ca_open(repo, name, ca, e);
}

static int
make(struct context *cx, const char *name, const char *out, const struct cert_request *rq,
    struct err *e)
{
	struct buf path = BUF_INIT(CERT_PATH_MAX);
	char below[PATH_COMPONENT_MAX + 8], hex[SHA256_HEX_SIZE], to[DATE_TEXT_SIZE];
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
	date_format(info.to, to);
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
	if (pair_files_check_name(argv[1], &e) == -1)
		return command_failed(&e);
	if (rq.subject == NULL) {
		snprintf(subject, sizeof subject, "/CN=%s", argv[1]);
		rq.subject = subject;
	}
	return make(cx, argv[1], out, &rq, &e) == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

static int
revoke(struct ca *ca, const char *what, const char *reason, struct err *e)
{
	json_t *entry = ca_find(ca, what, e);
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
	if (cmd_cert_open_ca(cx, name, &ca, &e) == -1)
		return command_failed(&e);
	rc = revoke(&ca, argv[1], reason, &e);
	ca_close(&ca);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

static int
write_crl(struct ca *ca, int64_t days, const char *out, struct err *e)
{
	char text[DATE_TEXT_SIZE];
	int64_t number, to;

	if (ca_write_crl(ca, days, out, &number, &to, e) == -1)
		return -1;
	date_format(to, text);
	printf("list %lld in %s, the next is due before %s\n", (long long)number,
	    out == NULL ? dir_path(ca->dir) : out, text);
	return ca_record(ca, "cert crl",
	    json_pack("{s:I,s:s}", "number", (json_int_t)number, "next", text), e);
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
	if (cmd_cert_open_ca(cx, name, &ca, &e) == -1)
		return command_failed(&e);
	rc = write_crl(&ca, days, out, &e);
	ca_close(&ca);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
