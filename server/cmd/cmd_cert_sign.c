/* SPDX-License-Identifier: ISC */
/* slipway-repo cert sign. */
#include <stdio.h>
#include <string.h>

#include "lib/os/path.h"
#include "lib/base/date.h"
#include "server/cert/pair_files.h"
#include "server/cert/sign.h"
#include "server/cmd/cmd_cert.h"
#include "server/repo/repo.h"

/*
 * Finds a request: "dir/NAME.csr", or NAME in certs/ of the repository.  Writes its path, and NAME
 * into name.
 */
static int
find_request(const struct call *call, const char *arg, struct buf *path,
    char name[PATH_COMPONENT_MAX + 1], struct err *e)
{
	const char *base = path_base(arg), *repo;
	size_t len = strlen(base);
	bool csr = len > 4 && strcmp(base + len - 4, ".csr") == 0;
	char below[PATH_COMPONENT_MAX + 16];

	if (base != arg || csr) {
		if (buf_adds(path, arg, e) == -1)
			return -1;
	} else {
		if (pair_files_check_name(arg, e) == -1 || (repo = command_repo(call, e)) == NULL)
			return -1;
		snprintf(below, sizeof below, "certs/%s.csr", arg);
		if (path_join(path, repo, below, e) == -1)
			return -1;
	}
	snprintf(name, PATH_COMPONENT_MAX + 1, "%.*s", (int)(csr ? len - 4 : len), base);
	return pair_files_check_name(name, e);
}

static int
sign_cert(struct ca *ca, const struct cert_sign *how, struct err *e)
{
	struct cert_signed made = { .path = BUF_INIT(REPO_PATH_MAX) };
	char to[DATE_TEXT_SIZE];
	int rc = cert_sign(ca, how, &made, e);

	if (rc == 0) {
		date_format(made.to, to);
		printf("certificate %s\nserial %s\nvalid until %s, for %s\n", buf_text(&made.path),
		    made.serial, to,
		    how->usage == CERT_USAGE_BOTH ? "servers and clients"
						  : cert_usage_text(how->usage));
	}
	buf_free(&made.path);
	return rc;
}

/* Shows a certificate that is about to be issued, and asks unless --yes.  0 to go on, or -1. */
static int
ask_to_issue(void *arg, const char *shown, struct err *e)
{
	const bool *yes = arg;

	fputs(shown, stdout);
	if (fflush(stdout) == EOF)
		return err_set(e, ERR_IO, "standard output");
	return *yes ? 0 : cmd_agree("Issue this certificate?", "issue", "not issued", e);
}

struct options {
	struct cert_sign how;
	bool yes;
	struct option_list sans;
	const char *ca, *usage;
};

static int
run_cert_sign(struct call *call, struct err *e)
{
	struct options *o = call->options;
	struct buf request = BUF_INIT(REPO_PATH_MAX);
	char file[PATH_COMPONENT_MAX + 1];
	struct ca ca;
	int rc = -1;

	o->how.name = file;
	o->how.sans = o->sans.values;
	o->how.n = o->sans.n;
	o->how.agree = ask_to_issue;
	o->how.arg = &o->yes;
	if (cert_usage_parse(o->usage, &o->how.usage, e) == 0 &&
	    find_request(call, call->argv[0], &request, file, e) == 0 &&
	    cmd_cert_open_ca(call, o->ca, &ca, e) == 0) {
		o->how.request = buf_text(&request);
		rc = sign_cert(&ca, &o->how, e);
		ca_close(&ca);
	}
	buf_free(&request);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	ROW_CA(TO(ca)),
	{ "usage", OPTION_CHOICE, TO(usage), "WHAT", "use of the certificate",
	    .words = "server client both" },
	ROW_CERT_DAYS(TO(how.days), "valid from now on (default 825, never longer than the CA)"),
	ROW_SAN(TO(sans),
	    "a name that the certificate is for in place of the request's; may be repeated"),
	ROW_DIRECTORY("out", TO(how.out), "directory of the .crt (default: that of the request)"),
	{ "force", OPTION_FLAG, TO(how.force), NULL, "replace an existing file, and keep it" },
	{ "yes", OPTION_FLAG, TO(yes), NULL, "show the certificate, but don't ask", .letter = 'y' },
	OPTION_END,
};

const struct command cmd_cert_sign = { "cert sign", run_cert_sign,
	"--ca CA [options] NAME|FILE.csr", 1, 1,
	"issue the certificate that a signing request asks for", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .how = { .days = -1 }, .usage = "client" } };
