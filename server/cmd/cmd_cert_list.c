/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert list: the certificates of the present releases, of the repository's own
 * directories, of files, and of Kernels.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/date.h"
#include "lib/base/json.h"
#include "lib/os/log.h"
#include "server/cert/probe.h"
#include "lib/x509/facts.h"
#include "server/cmd/cmd_cert.h"
#include "server/cmd/term.h"
#include "server/repo/repo.h"

struct listing {
	json_t *rows, *faults; /* owned */
	struct term term;
	const char *where, *path; /* of the certificates that are read */
	bool quiet;		  /* the caller tells of faults */
};

static int
add_row(void *arg, const struct cert_facts *c, struct err *e)
{
	struct listing *l = arg;
	int64_t days = term_days(&l->term, c->to);
	char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	json_t *row;

	date_format(c->from, from);
	date_format(c->to, to);
	hex_encode(c->sha256, SHA256_SIZE, hex);
	row = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:I,s:b,s:b}", "where", l->where,
	    "path", l->path, "subject", c->subject, "issuer", c->issuer, "names", c->names, "key",
	    c->key, "from", from, "to", to, "sha256", hex, "ca", (int)c->ca, "days_left",
	    (json_int_t)(days < 0 ? 0 : days), "expired",
	    days<0, "not_valid_yet", c->from> l->term.now);
	return row == NULL || json_array_append_new(l->rows, row) == -1 ? err_nomem(e) : 0;
}

/* Reports a certificate that can't be read; the list goes on. */
static int
add_fault(struct listing *l, const struct err *why, struct err *e)
{
	json_t *row =
	    json_pack("{s:s,s:s,s:s}", "where", l->where, "path", l->path, "error", why->text);

	if (!l->quiet)
		log_error("cert list: %s", why->text);
	return row == NULL || json_array_append_new(l->faults, row) == -1 ? err_nomem(e) : 0;
}

static bool
is_certificate(const char *path)
{
	static const char *const suffixes[] = { ".crt", ".cer", ".pem" };
	size_t len = strlen(path);

	for (size_t i = 0; i < N(suffixes); i++)
		if (len > 4 && strcmp(path + len - 4, suffixes[i]) == 0)
			return true;
	return false;
}

/* A file of a release that is no list of certificates. */
static int
tell_other(struct listing *l, struct err *why, bool key, struct err *e)
{
	if (key)
		err_setx(why, ERR_UNSAFE, "every station is given a private key");
	if (l->quiet)
		return key ? add_fault(l, why, e) : 0;
	log_warn("cert list: %s: %s", l->path, why->text);
	return 0;
}

/* Lists the certificates in a file of a release; a file without one is only a warning. */
static int
list_target(struct listing *l, const struct repo *r, const struct tuf_targets *t, const char *path,
    struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	struct tuf_target target;
	struct err why;
	int rc = -1;

	l->where = "release";
	l->path = path;
	if (targets_get(t, path, &target, e) != 1)
		goto out;
	if (target.length > CERT_FILE_MAX) {
		err_setx(e, ERR_TOO_LARGE, "%" PRIu64 " bytes, not looked at", target.length);
		rc = tell_other(l, e, false, e);
		goto out;
	}
	if (repo_read_target(r, path, &target, &text, e) == -1)
		goto out;
	rc = cert_has_key(text.data, text.len) ? tell_other(l, &why, true, e) : 0;
	if (rc == 0 && cert_read(text.data, text.len, add_row, l, &why) == -1)
		rc = tell_other(l, &why, false, e);
out:
	buf_free(&text);
	return rc;
}

static int
list_app(struct listing *l, const struct repo *r, const char *app, struct err *e)
{
	struct tuf_targets *t;
	const char *path;
	json_t *one;
	int rc = repo_read_app(r, app, &t, e);

	if (rc != 1)
		return rc;
	rc = 0;
	json_object_foreach (json_object_get(t->c.json, "targets"), path, one) {
		if (is_certificate(path) && (rc = list_target(l, r, t, path, e)) == -1)
			break;
	}
	targets_free(t);
	return rc;
}

/* Lists the certificates of a file in d; d NULL: path is from the current directory. */
static int
list_in(struct listing *l, const char *where, struct dir *d, const char *path, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	struct err why;
	int rc = 0;

	l->where = where;
	l->path = path;
	if (file_read(d, path, &text, &why) == -1) {
		rc = add_fault(l, &why, e);
	} else if (cert_read(text.data, text.len, add_row, l, &why) == -1) {
		err_context(&why, "%s", path);
		rc = add_fault(l, &why, e);
	}
	buf_free(&text);
	return rc;
}

struct own {
	struct listing *l;
	struct dir *top;
};

/* "NAME.old.crt" of a replacement, "NAME.old-N.crt" of --force. */
static bool
is_old(const char *name, size_t len)
{
	size_t at = len - 4;

	while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	if (at < len - 4)
		return at > 5 && strncmp(name + at - 5, ".old-", 5) == 0;
	return len > 8 && strcmp(name + len - 8, ".old.crt") == 0;
}

/* Ignores old pairs, which were replaced. */
static int
list_own_pair(void *arg, const char *name, struct err *e)
{
	const struct own *o = arg;
	size_t len = strlen(name);
	char path[PATH_COMPONENT_MAX + 16];

	if (len <= 4 || strcmp(name + len - 4, ".crt") != 0 || is_old(name, len))
		return 0;
	snprintf(path, sizeof path, "certs/%s", name);
	return list_in(o->l, "repository", o->top, path, e);
}

static int
list_own_ca(void *arg, const char *name, struct err *e)
{
	const struct own *o = arg;
	char path[PATH_COMPONENT_MAX + 16];
	struct file_info info;
	int rc;

	snprintf(path, sizeof path, "ca/%s/ca.crt", name);
	rc = file_stat(o->top, path, &info, e);
	return rc == 1 ? list_in(o->l, "repository", o->top, path, e) : rc;
}

static int
list_own(struct listing *l, struct dir *top, const char *name,
    int (*each)(void *arg, const char *name, struct err *e), struct err *e)
{
	struct own o = { l, top };
	struct dir *d = dir_below(top, name, false, e);
	int rc;

	if (d == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = dir_list(d, each, &o, e);
	dir_close(d);
	return rc;
}

static int
list_open(struct listing *l, const struct repo *r, struct err *e)
{
	for (size_t i = 0; i < r->roles->n; i++)
		if (list_app(l, r, r->roles->delegations[i].name, e) == -1)
			return -1;
	return list_own(l, r->top, "certs", list_own_pair, e) == -1 ||
		list_own(l, r->top, "ca", list_own_ca, e) == -1
	    ? -1
	    : 0;
}

static int
list_repo(struct listing *l, const char *path, struct err *e)
{
	struct repo *r = repo_open(path, e);
	int rc = r == NULL ? -1 : list_open(l, r, e);

	repo_close(r);
	return rc;
}

int
cmd_cert_collect(const struct repo *r, json_t *rows, json_t *faults, struct err *e)
{
	struct listing l = { .rows = rows,
		.faults = faults,
		.term = term_start(COMMAND_WARN_DAYS_NONE),
		.quiet = true };

	return list_open(&l, r, e);
}

static int
list_kernels(struct listing *l, const struct option_list *kernels, struct err *e)
{
	struct cert_looked *all = calloc(kernels->n + 1, sizeof *all);
	int rc = 0;

	if (all == NULL)
		return err_nomem(e);
	cert_look_all(all, kernels->values, kernels->n);
	l->where = "kernel";
	for (size_t i = 0; i < kernels->n; i++) {
		struct cert_looked *k = &all[i];

		l->path = k->server;
		if (rc == 0 &&
		    (k->rc == -1 || cert_read(k->pem.data, k->pem.len, add_row, l, &k->why) == -1))
			rc = add_fault(l, &k->why, e);
		buf_free(&k->pem);
	}
	free(all);
	return rc;
}

static void
print_row(const json_t *row)
{
	int64_t days = json_is_true(json_object_get(row, "expired"))
	    ? -1
	    : json_integer_value(json_object_get(row, "days_left"));
	char left[TERM_TEXT_SIZE];

	printf("%s%s\n  %s, until %s, %s\n  SHA-256 %s\n",
	    strcmp(json_text_of(row, "where"), "kernel") == 0 ? "Kernel " : "",
	    json_text_of(row, "path"), json_text_of(row, "subject"), json_text_of(row, "to"),
	    term_text(days, json_is_true(json_object_get(row, "not_valid_yet")), left),
	    json_text_of(row, "sha256"));
}

static int
print_listing(const struct listing *l, bool json, struct err *e)
{
	if (json)
		return cli_json(
		    json_pack("{s:O,s:O}", "certificates", l->rows, "faults", l->faults), e);
	for (size_t i = 0; i < json_array_size(l->rows); i++)
		print_row(json_array_get(l->rows, i));
	return 0;
}

/*
 * Lists the repository, files and Kernels.  A repository is needed only where no file and no Kernel
 * is named.
 */
static int
list_all(struct listing *l, const struct call *call, const struct option_list *kernels,
    struct err *e)
{
	const char *repo = command_repo(call, e);

	if (repo == NULL && call->argc == 0 && kernels->n == 0)
		return -1;
	if ((l->rows = json_array()) == NULL || (l->faults = json_array()) == NULL)
		return err_nomem(e);
	if (repo != NULL && list_repo(l, repo, e) == -1)
		return -1;
	for (int i = 0; i < call->argc; i++)
		if (list_in(l, "file", NULL, call->argv[i], e) == -1)
			return -1;
	return list_kernels(l, kernels, e);
}

struct options {
	struct option_list kernels;
	int64_t days;
	bool json;
};

static int
run_cert_list(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct listing l = { .term = term_start(o->days) };
	int rc = -1;

	if (list_all(&l, call, &o->kernels, e) == 0 && print_listing(&l, o->json, e) == 0)
		rc = json_array_size(l.faults) > 0 ? CLI_FAILED
		    : l.term.expiring		   ? CLI_ATTEND
						   : CLI_OK;
	json_decref(l.rows);
	json_decref(l.faults);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	ROW_CONNECT(TO(kernels), "a server to list ([ADDRESS]:PORT for IPv6); may be repeated"),
	ROW_WARN_DAYS(TO(days)),
	ROW_JSON(TO(json)),
	OPTION_END,
};

const struct command cmd_cert_list = { "cert list", run_cert_list, "[options] [FILE...]", 0, -1,
	"list the certificates of present releases, of the repository itself, of files and of "
	"Kernels",
	NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .days = COMMAND_WARN_DAYS_NONE } };
