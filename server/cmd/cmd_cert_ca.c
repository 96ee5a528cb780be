/* SPDX-License-Identifier: ISC */
/* slipway-repo cert ca, cert revoke, cert crl. */
#include <stdio.h>

#include "server/repo/audit_state.h"
#include "lib/base/date.h"
#include "lib/os/path.h"
#include "server/cmd/cmd_cert.h"
#include "server/cert/ca_db.h"
#include "server/cert/pair_files.h"
#include "server/cert/crl_make.h"
#include "server/repo/repo.h"

int
cmd_cert_open_ca(const struct call *call, const char *name, struct ca *ca, struct err *e)
{
	const char *repo = NULL;

	if (name == NULL)
		return err_setx(e, ERR_USAGE, "%s: --ca CA is missing", call->command->name);
	if (!ca_is_path(name) && (repo = command_repo(call, e)) == NULL)
		return -1;
	return ca_open(repo, name, ca, e);
}

static int
make_ca(const struct call *call, const char *out, const struct cert_request *rq, struct err *e)
{
	struct buf path = BUF_INIT(REPO_PATH_MAX);
	char below[PATH_COMPONENT_MAX + 8], hex[SHA256_HEX_SIZE], to[DATE_TEXT_SIZE];
	const char *repo = NULL;
	struct cert_info info;
	int rc = -1;

	snprintf(below, sizeof below, "ca/%s", rq->name);
	if (out != NULL ? buf_adds(&path, out, e) == -1
			: (repo = command_repo_here(call, e)) == NULL ||
		    path_join(&path, repo, below, e) == -1)
		goto out;
	if ((repo != NULL && audit_ready_at(repo, e) == -1) ||
	    ca_make(buf_text(&path), repo, rq, &info, e) == -1)
		goto out;
	hex_encode(info.sha256, SHA256_SIZE, hex);
	date_format(info.to, to);
	printf(
	    "CA certificate %s/%s, for TLS_TrustedCerts\nkey %s/%s\nSHA-256 %s\nvalid until %s\n",
	    buf_text(&path), CA_CERT_FILE, buf_text(&path), CA_KEY_FILE, hex, to);
	rc = 0;
out:
	buf_free(&path);
	return rc;
}

struct ca_options {
	struct cert_request rq;
	const char *out;
};

static int
run_ca(struct call *call, struct err *e)
{
	struct ca_options *o = call->options;

	o->rq.name = call->argv[0];
	return pair_files_check_name(o->rq.name, e) == -1 ? -1 : make_ca(call, o->out, &o->rq, e);
}

#define CA_TO(member) OPTION_TO(struct ca_options, member)
static const struct option ca_options[] = {
	ROW_CERT_TYPE(CA_TO(rq.type), "kind of key"),
	ROW_CERT_DAYS(CA_TO(rq.days), "valid from now on (default 3650)"),
	ROW_SUBJECT(CA_TO(rq.subject)),
	ROW_DIRECTORY("out", CA_TO(out),
	    "the directory of the CA (default ca/NAME of the repository)"),
	OPTION_END,
};
const struct command cmd_cert_ca = { "cert ca", run_ca, "[options] NAME", 1, 1,
	"make a private CA: a key and a certificate that vouches for those it issues", NULL,
	ca_options, sizeof(struct ca_options),
	&(const struct ca_options){
	    .rq = { .type = "p256", .days = CERT_DAYS_DEFAULT, .ca = true } },
	.offers = OFFER_NOTHING };

static int
revoke_cert(struct ca *ca, const char *what, const char *reason, struct err *e)
{
	json_t *entry = ca_find(ca, what, e);
	int rc = entry == NULL ? -1 : ca_db_revoke(entry, reason, e);

	if (rc == -1)
		return -1;
	if (rc == 0) {
		printf("%s: revoked before\n", ca_db_text(entry, "serial"));
		return 0;
	}
	if (ca_record(ca, "cert revoke",
		json_pack("{s:s,s:s}", "serial", ca_db_text(entry, "serial"), "reason", reason),
		e) == -1 ||
	    ca_db_write(ca->dir, ca->db, e) == -1)
		return -1;
	printf(
	    "revoked %s (%s), serial %s\n'slipway-repo cert crl' writes the list that tells others\n",
	    ca_db_text(entry, "name"), ca_db_text(entry, "subject"), ca_db_text(entry, "serial"));
	return 0;
}

struct options {
	const char *ca, *reason, *out;
	int64_t days;
};

static int
run_cert_revoke(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct ca ca;
	int rc;

	if (cmd_cert_open_ca(call, o->ca, &ca, e) == -1)
		return -1;
	rc = revoke_cert(&ca, call->argv[0], o->reason, e);
	ca_close(&ca);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option revoke_options[] = {
	ROW_CA(TO(ca)),
	{ "reason", OPTION_CHOICE, TO(reason), "REASON", "why",
	    .words = "unspecified keyCompromise CACompromise affiliationChanged superseded "
		     "cessationOfOperation privilegeWithdrawn" },
	OPTION_END,
};
const struct command cmd_cert_revoke = { "cert revoke", run_cert_revoke,
	"--ca CA [options] NAME|SERIAL|FILE", 1, 1,
	"revoke a certificate that a CA issued, for the next list of 'cert crl'", NULL,
	COMMAND_OPTIONS(revoke_options),
	.defaults = &(const struct options){ .reason = "unspecified" } };

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
	return 0;
}

static int
run_crl(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct ca ca;
	int rc;

	if (cmd_cert_open_ca(call, o->ca, &ca, e) == -1)
		return -1;
	rc = write_crl(&ca, o->days, o->out, e);
	ca_close(&ca);
	return rc;
}
static const struct option crl_options[] = {
	ROW_CA(TO(ca)),
	{ "days", OPTION_NUMBER, TO(days), "N", "when the next list is due (default 30)", .min = 1,
	    .max = CRL_DAYS_MAX },
	{ "out", OPTION_TEXT, TO(out), "FILE",
	    "write the list to this file, too (always to crl.pem of the CA)" },
	OPTION_END,
};
const struct command cmd_cert_crl = { "cert crl", run_crl, "--ca CA [options]", 0, 0,
	"write the list of revoked certificates, for TLS_CRLFile", NULL,
	COMMAND_OPTIONS(crl_options),
	.defaults = &(const struct options){ .days = CRL_DAYS_DEFAULT } };
