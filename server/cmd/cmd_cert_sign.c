/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert sign.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/path.h"
#include "lib/base/date.h"
#include "server/cert/pair_files.h"
#include "server/cert/sign.h"
#include "server/cmd/cmd_cert.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/*
 * Finds a request: "dir/NAME.csr", or NAME in certs/ of the repository.  Writes its path, and NAME
 * into name.
 */
static int
find_request(struct context *cx, const char *arg, struct buf *path,
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
		if (pair_files_check_name(arg, e) == -1 || (repo = command_repo(cx, e)) == NULL)
			return -1;
		snprintf(below, sizeof below, "certs/%s.csr", arg);
		if (repo_path(repo, below, path, e) == -1)
			return -1;
	}
	snprintf(name, PATH_COMPONENT_MAX + 1, "%.*s", (int)(csr ? len - 4 : len), base);
	return pair_files_check_name(name, e);
}

static int
sign(struct ca *ca, const struct cert_sign *how, struct err *e)
{
	struct cert_signed made = { .path = BUF_INIT(CERT_PATH_MAX) };
	char to[DATE_TEXT_SIZE];
	int rc = cert_sign(ca, how, &made, e);

	if (rc == 0) {
		date_format(made.to, to);
		printf("certificate %s\nserial %s\nvalid until %s, for %s\n", buf_text(&made.path),
		    made.serial, to,
		    how->usage == CERT_USAGE_BOTH ? "servers and clients"
						  : cert_usage_text(how->usage));
		rc = ca_record(ca, "cert sign",
		    json_pack("{s:s,s:s,s:s}", "name", how->name, "serial", made.serial, "until",
			to),
		    e);
	}
	buf_free(&made.path);
	return rc;
}

int
cmd_cert_sign(struct context *cx, int argc, char **argv)
{
	struct buf request = BUF_INIT(CERT_PATH_MAX);
	char file[PATH_COMPONENT_MAX + 1];
	struct option_list sans = { .n = 0 };
	struct cert_sign how = { .days = -1, .name = file, .sans = sans.values };
	const char *name = NULL, *usage = "both";
	const struct option options[] = {
		{ "ca", OPTION_TEXT, &name, 0, 0 },
		{ "usage", OPTION_TEXT, &usage, 0, 0 },
		{ "days", OPTION_NUMBER, &how.days, 1, CERT_DAYS_MAX },
		{ "san", OPTION_LIST, &sans, 0, 0 },
		{ "out", OPTION_TEXT, &how.out, 0, 0 },
		{ "force", OPTION_FLAG, &how.force, 0, 0 },
	};
	struct ca ca;
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	how.n = sans.n;
	if (cert_usage_parse(usage, &how.usage, &e) == 0 &&
	    find_request(cx, argv[1], &request, file, &e) == 0 &&
	    cmd_cert_open_ca(cx, name, &ca, &e) == 0) {
		how.request = buf_text(&request);
		rc = sign(&ca, &how, &e);
		ca_close(&ca);
	}
	buf_free(&request);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
