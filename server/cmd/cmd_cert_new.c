/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert new, cert csr.
 */
#include <stdio.h>
#include <string.h>

#include "server/repo/audit_state.h"
#include "lib/base/date.h"
#include "lib/os/file.h"
#include "lib/base/path.h"
#include "server/cert/pair_files.h"
#include "server/cmd/command.h"
#include "server/repo/repo.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define OUT_MODE 0755

static struct dir *
open_out(struct context *cx, const char *out, struct err *e)
{
	struct buf path = BUF_INIT(CERT_PATH_MAX);
	struct dir *d = NULL;
	const char *repo;

	if (out != NULL)
		return dir_make(out, OUT_MODE, e);
	if ((repo = command_repo(cx, e)) != NULL && repo_path(repo, "certs", &path, e) == 0)
		d = dir_make(buf_text(&path), 0700, e);
	buf_free(&path);
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

/* Only what went into the repository; --out is elsewhere. */
static int
record(struct context *cx, const char *name, const struct cert_info *info, struct err *e)
{
	char hex[SHA256_HEX_SIZE], to[DATE_TEXT_SIZE];
	const char *repo = command_repo(cx, e);

	if (repo == NULL)
		return -1;
	hex_encode(info->sha256, SHA256_SIZE, hex);
	date_format(info->to, to);
	return audit_append_at(repo, "cert new",
	    json_pack("{s:s,s:s,s:s}", "name", name, "sha256", hex, "until", to), e);
}

/* Reports invalid, repeated and existing names before it makes a pair. */
static int
check_names(struct dir *d, char **names, int n, bool force, struct err *e)
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

static int
make_one(struct context *cx, struct dir *d, const char *name, bool force, bool inside,
    struct cert_request rq, struct err *e)
{
	char subject[PATH_COMPONENT_MAX + 8];
	struct cert_info info;

	if (rq.subject == NULL) {
		snprintf(subject, sizeof subject, "/CN=%s", name);
		rq.subject = subject;
	}
	if (pair_files_make(d, name, force, &rq, &info, e) == -1)
		return -1;
	print_cert(d, name, &info);
	return inside ? record(cx, name, &info, e) : 0;
}

int
cmd_cert_new(struct context *cx, int argc, char **argv)
{
	struct option_list sans = { .n = 0 };
	struct cert_request rq = { "p256", CERT_DAYS_DEFAULT, NULL, sans.values, 0, false };
	const char *out = NULL;
	bool force = false;
	const struct option options[] = {
		{ "type", OPTION_TEXT, &rq.type, 0, 0 },
		{ "days", OPTION_NUMBER, &rq.days, 1, CERT_DAYS_MAX },
		{ "subject", OPTION_TEXT, &rq.subject, 0, 0 },
		{ "san", OPTION_LIST, &sans, 0, 0 },
		{ "out", OPTION_TEXT, &out, 0, 0 },
		{ "force", OPTION_FLAG, &force, 0, 0 },
	};
	struct dir *d = NULL;
	struct err e;
	int status, rc;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	rq.n = sans.n;
	if (check_names(NULL, argv + 1, argc - 1, true, &e) == -1 ||
	    (d = open_out(cx, out, &e)) == NULL)
		return command_failed(&e);
	rc = check_names(d, argv + 1, argc - 1, force, &e);
	for (int i = 1; i < argc && rc == 0; i++)
		rc = make_one(cx, d, argv[i], force, out == NULL, rq, &e);
	dir_close(d);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}

int
cmd_cert_csr(struct context *cx, int argc, char **argv)
{
	char subject[PATH_COMPONENT_MAX + 8];
	struct option_list sans = { .n = 0 };
	struct cert_request rq = { "p256", 0, NULL, sans.values, 0, false };
	const char *out = NULL;
	bool force = false;
	const struct option options[] = {
		{ "type", OPTION_TEXT, &rq.type, 0, 0 },
		{ "subject", OPTION_TEXT, &rq.subject, 0, 0 },
		{ "san", OPTION_LIST, &sans, 0, 0 },
		{ "out", OPTION_TEXT, &out, 0, 0 },
		{ "force", OPTION_FLAG, &force, 0, 0 },
	};
	struct dir *d = NULL;
	struct err e;
	int status, rc = -1;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	rq.n = sans.n;
	if (pair_files_check_name(argv[1], &e) == -1)
		return command_failed(&e);
	if (rq.subject == NULL) {
		snprintf(subject, sizeof subject, "/CN=%s", argv[1]);
		rq.subject = subject;
	}
	if ((d = open_out(cx, out, &e)) != NULL)
		rc = pair_files_make(d, argv[1], force, &rq, NULL, &e);
	if (rc == 0)
		printf("key %s/%s.pem\nrequest %s/%s.csr\n", dir_path(d), argv[1], dir_path(d),
		    argv[1]);
	dir_close(d);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
