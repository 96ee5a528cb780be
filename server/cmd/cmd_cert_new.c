/* SPDX-License-Identifier: ISC */
/* slipway-repo cert new, cert csr. */
#include <stdio.h>

#include "server/repo/audit_state.h"
#include "lib/base/date.h"
#include "lib/os/path.h"
#include "lib/x509/key.h"
#include "server/cert/pair_files.h"
#include "server/cmd/command.h"
#include "server/cmd/starter.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"
#include "server/rollover/state.h"

#define OUT_MODE 0755

static struct dir *
open_pair_dir(const struct call *call, const char *out, struct err *e)
{
	struct dir *top = NULL, *d = NULL;
	const char *repo;

	if (out != NULL)
		return dir_make(out, OUT_MODE, e);
	if ((repo = command_repo(call, e)) != NULL && (top = repo_top(repo, true, e)) != NULL)
		d = repo_place(repo, top, "certs", true, e);
	dir_close(top);
	return d;
}

static void
print_cert(const struct dir *d, const char *name, const struct cert_info *info)
{
	char hex[SHA256_HEX_SIZE], from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];

	hex_encode(info->sha256, SHA256_SIZE, hex);
	date_format(info->from, from);
	date_format(info->to, to);
	printf("key %s/%s.pem\ncertificate %s/%s.crt\nSHA-256 %s\nvalid from %s to %s\n",
	    dir_path(d), name, dir_path(d), name, hex, from, to);
}

/* Records a pair that is about to be written, in the log of the repository that holds it. */
static int
record_pair(const struct call *call, const char *name, const struct cert_info *info, struct err *e)
{
	char hex[SHA256_HEX_SIZE], to[DATE_TEXT_SIZE];
	const char *repo = command_repo(call, e);

	if (repo == NULL)
		return -1;
	hex_encode(info->sha256, SHA256_SIZE, hex);
	date_format(info->to, to);
	return audit_before_at(repo, "cert new",
	    json_pack("{s:s,s:s,s:s}", "name", name, "sha256", hex, "until", to), e);
}

/*
 * Checks that the pairs can be made in certs/ of the repository: its log takes a line, and no
 * replacement has a pair of these names.  Returns 0 or -1.
 */
static int
check_repo_ready(const struct call *call, struct err *e)
{
	const char *repo = command_repo(call, e);

	if (repo == NULL || audit_ready_at(repo, e) == -1)
		return -1;
	for (int i = 0; i < call->argc; i++)
		if (replace_check_unknown(repo, call->argv[i], e) == -1)
			return -1;
	return 0;
}

/* Reports invalid, repeated and existing names before it makes a pair. */
static int
check_pair_names(struct dir *d, char **names, int n, bool force, struct err *e)
{
	for (int i = 0; i < n; i++) {
		if (pair_files_check_name(names[i], e) == -1)
			return -1;
		for (int k = 0; k < i; k++)
			if (path_casecmp(names[i], names[k]) == 0)
				return err_setx(e, ERR_USAGE, "cert new: '%s' is given twice",
				    names[i]);
		if (d != NULL && !force && pair_files_check_free(d, names[i], "crt", e) == -1)
			return -1;
	}
	return 0;
}

struct options {
	struct cert_request rq;
	struct option_list sans;
	const char *out;
	bool force;
	struct starter release; /* its dir may be NULL */
};

static int
make_one(const struct call *call, struct dir *d, const char *name, const struct options *o,
    struct err *e)
{
	struct buf key = BUF_INIT(CERT_PEM_MAX), crt = BUF_INIT(CERT_PEM_MAX);
	struct cert_request rq = o->rq;
	struct cert_info info;
	int rc = -1;

	rq.name = name;
	if (cert_make(&rq, &key, &crt, &info, e) == 0 &&
	    (o->out != NULL || record_pair(call, name, &info, e) == 0) &&
	    pair_files_write(d, name, "crt", &key, &crt, o->force, e) == 0) {
		print_cert(d, name, &info);
		rc = o->release.dir == NULL ? 0 : starter_write(&o->release, &crt, e);
		if (rc == -1)
			err_context(e,
			    "the pair '%s' was made, but the release isn't whole (remove what came "
			    "of it, and repeat the command with --force)",
			    name);
	}
	buf_free(&key);
	buf_free(&crt);
	return rc;
}

/* Checks the release that the certificate is to begin.  Returns 0 or -1. */
static int
check_starter(const struct options *o, int names, struct err *e)
{
	const struct starter *s = &o->release;
	int given = (s->dir != NULL) + (s->installation != NULL) + (s->application != NULL);

	if (given == 0)
		return 0;
	if (given != 3 || names != 1)
		return err_setx(e, ERR_USAGE,
		    "cert new: a release begins with one certificate: want --release DIR, "
		    "--installation NAME, --app NAME and one name of a pair");
	return starter_check(s, e);
}

static int
run_cert_new(struct call *call, struct err *e)
{
	struct options *o = call->options;
	struct dir *d;
	int rc;

	o->rq.sans = o->sans.values;
	o->rq.n = o->sans.n;
	if (check_pair_names(NULL, call->argv, call->argc, true, e) == -1 ||
	    check_starter(o, call->argc, e) == -1 || (d = open_pair_dir(call, o->out, e)) == NULL)
		return -1;
	rc = check_pair_names(d, call->argv, call->argc, o->force, e);
	if (rc == 0 && o->out == NULL)
		rc = check_repo_ready(call, e);
	if (rc == 0 && o->release.dir != NULL)
		rc = starter_prepare(&o->release, e);
	for (int i = 0; i < call->argc && rc == 0; i++)
		rc = make_one(call, d, call->argv[i], o, e);
	dir_close(d);
	if (rc == 0 && o->release.dir != NULL)
		printf("release %s: app/server.crt, scripts/machine/10-tls.lua; next: slipway-repo "
		       "publish --app %s %s\n",
		    o->release.dir, o->release.application, o->release.dir);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
#define ROWS_OF_BOTH(file) \
	ROW_CERT_TYPE(TO(rq.type), "kind of key"), ROW_SUBJECT(TO(rq.subject)), \
	    ROW_SAN(TO(sans), "a name that the certificate is for; may be repeated"), \
	    ROW_DIRECTORY("out", TO(out), \
		"directory of NAME.pem and NAME." file " (default certs/ of the repository)"), \
	    OPTION_ROW("force", OPTION_FLAG, TO(force), NULL, \
		"replace existing files, and keep them as NAME.old-N")
static const struct option new_options[] = { ROWS_OF_BOTH("crt"),
	ROW_CERT_DAYS(TO(rq.days), "valid from now on (default 3650)"),
	ROW_DIRECTORY("release", TO(release.dir),
	    "begin a release there, whose stations trust the certificate"),
	{ "installation", OPTION_TEXT, TO(release.installation), "NAME",
	    "of that release's stations, such as D2EXE_COV_PB", .offers = OFFER_NOTHING },
	{ "app", OPTION_TEXT, TO(release.application), "NAME", "that release's application",
	    .offers = OFFER_NOTHING },
	OPTION_END };
const struct command cmd_cert_new = { "cert new", run_cert_new, "[options] NAME...", 1, -1,
	"make a private key and a self-signed certificate, a pair for each name", NULL,
	COMMAND_OPTIONS(new_options),
	.defaults = &(const struct options){ .rq = { .type = "p256", .days = CERT_DAYS_DEFAULT } },
	.offers = OFFER_NOTHING };

static int
make_request(struct dir *d, const char *name, const struct options *o, struct err *e)
{
	struct buf key = BUF_INIT(CERT_PEM_MAX), csr = BUF_INIT(CERT_PEM_MAX);
	int rc = -1;

	if ((o->force || pair_files_check_free(d, name, "csr", e) == 0) &&
	    cert_make_request(&o->rq, &key, &csr, e) == 0)
		rc = pair_files_write(d, name, "csr", &key, &csr, o->force, e);
	buf_free(&key);
	buf_free(&csr);
	return rc;
}

static int
run_csr(struct call *call, struct err *e)
{
	struct options *o = call->options;
	const char *name = o->rq.name = call->argv[0];
	struct dir *d;
	int rc = -1;

	o->rq.sans = o->sans.values;
	o->rq.n = o->sans.n;
	if (pair_files_check_name(name, e) == -1)
		return -1;
	if ((d = open_pair_dir(call, o->out, e)) != NULL &&
	    (o->out != NULL || check_repo_ready(call, e) == 0))
		rc = make_request(d, name, o, e);
	if (rc == 0)
		printf("key %s/%s.pem\nrequest %s/%s.csr\n", dir_path(d), name, dir_path(d), name);
	dir_close(d);
	return rc;
}
static const struct option csr_options[] = { ROWS_OF_BOTH("csr"), OPTION_END };
const struct command cmd_cert_csr = { "cert csr", run_csr, "[options] NAME", 1, 1,
	"make a private key and a signing request for a CA", NULL, COMMAND_OPTIONS(csr_options),
	.defaults = &(const struct options){ .rq = { .type = "p256" } }, .offers = OFFER_NOTHING };
