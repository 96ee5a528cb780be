/*
 * slipway-repo cert show, cert list.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cert_read.h"
#include "command.h"
#include "repo.h"
#include "tree.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define WARN_DAYS_MAX 36500

struct showing {
	int64_t now, warn; /* seconds; warn -1: not asked for */
	bool expiring;
	const char *path; /* cert list: where the certificate is */
};

/* "3649 days left", and whether that is worth a warning. */
static void
left_text(struct showing *s, const struct cert_facts *c, char *out, size_t size)
{
	int64_t left = c->to - s->now;

	if (s->warn != -1 && left <= s->warn)
		s->expiring = true;
	if (left <= 0)
		snprintf(out, size, "EXPIRED");
	else
		snprintf(out, size, "%s%" PRId64 " days left",
		    c->from > s->now ? "NOT VALID YET, " : "", left / REPO_DAY_SECONDS);
}

static int
show_one(void *arg, const struct cert_facts *c, struct err *e)
{
	char from[CLOCK_TEXT_SIZE], to[CLOCK_TEXT_SIZE], left[64], hex[SHA256_HEX_SIZE];

	(void)e;
	clock_format(c->from, from);
	clock_format(c->to, to);
	left_text(arg, c, left, sizeof left);
	hex_encode(c->sha256, SHA256_SIZE, hex);
	printf("  subject  %s\n  issuer   %s\n", c->subject, c->self_issued ? "itself" : c->issuer);
	printf("  names    %s\n", c->names[0] == '\0' ? "none" : c->names);
	printf(
	    "  key      %s\n  valid    %s to %s, %s\n  SHA-256  %s\n", c->key, from, to, left, hex);
	if (c->ca)
		printf(
		    "  TLS_TrustedCerts: this file, to trust every certificate that this CA issues\n");
	else if (c->self_issued)
		printf("  TLS_TrustedCerts: this file\n");
	else
		printf(
		    "  TLS_TrustedCerts: this file, to trust this certificate alone, or the CA certificate "
		    "of %s\n",
		    c->issuer);
	return 0;
}

static int
show_file(struct showing *s, const char *path, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	int rc = -1;

	if (file_read(NULL, path, &text, e) == 0) {
		printf("%s:\n", path);
		if (cert_has_key(text.data, text.len))
			log_warn(
			    "cert show: %s: holds a private key as well; never hand this file out",
			    path);
		if ((rc = cert_read(text.data, text.len, show_one, s, e)) == -1)
			err_context(e, "%s", path);
	}
	buf_free(&text);
	return rc;
}

int
cmd_cert_show(struct context *cx, int argc, char **argv)
{
	struct showing s = { .now = clock_wall(), .warn = -1 };
	int64_t days = -1;
	const struct option options[] = { { "warn-days", OPTION_NUMBER, &days, 0, WARN_DAYS_MAX } };
	struct err e;
	int status, result = STATUS_OK;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (days != -1)
		s.warn = days * REPO_DAY_SECONDS;
	for (int i = 1; i < argc; i++)
		if (show_file(&s, argv[i], &e) == -1)
			result = command_failed(&e);
	if (result == STATUS_OK && s.expiring)
		result = STATUS_ATTEND;
	return command_done(result);
}

static int
list_one(void *arg, const struct cert_facts *c, struct err *e)
{
	struct showing *s = arg;
	char to[CLOCK_TEXT_SIZE], left[64], hex[SHA256_HEX_SIZE];

	(void)e;
	clock_format(c->to, to);
	left_text(s, c, left, sizeof left);
	hex_encode(c->sha256, SHA256_SIZE, hex);
	printf("%s\n  %s, until %s, %s\n  SHA-256 %s\n", s->path, c->subject, to, left, hex);
	return 0;
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

/* A file of a release that is no certificate after all is told, and the others are listed. */
static int
list_target(struct showing *s, const struct repo *r, const struct tuf_targets *t, const char *path,
    struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	char stored[TREE_PATH_SIZE];
	struct tuf_target target;
	int rc = -1;

	s->path = path;
	if (path_check(path, strlen(path), e) == -1 || targets_get(t, path, &target, e) != 1)
		goto out;
	if (target.length > CERT_FILE_MAX) {
		log_warn("cert list: %s: %" PRIu64 " bytes, not looked at", path, target.length);
		rc = 0;
		goto out;
	}
	if (tree_target_path(path, &target, stored, e) == -1 ||
	    file_read(r->targets, stored + strlen("targets/"), &text, e) == -1 ||
	    tuf_hashes_check(&target.hashes, text.data, text.len, path, e) == -1)
		goto out;
	if (cert_has_key(text.data, text.len))
		log_warn("cert list: %s: every station is given a private key", path);
	if (cert_read(text.data, text.len, list_one, s, e) == -1)
		log_warn("cert list: %s: %s", path, e->text);
	rc = 0;
out:
	buf_free(&text);
	return rc;
}

static int
list_app(struct showing *s, const struct repo *r, const char *app, struct err *e)
{
	struct tuf_targets *t;
	const char *path;
	json_t *one;
	int rc = repo_read_app(r, app, &t, e);

	if (rc != 1)
		return rc;
	rc = 0;
	json_object_foreach(json_object_get(t->c.json, "targets"), path, one)
	{
		if (is_certificate(path) && (rc = list_target(s, r, t, path, e)) == -1)
			break;
	}
	targets_free(t);
	return rc;
}

int
cmd_cert_list(struct context *cx, int argc, char **argv)
{
	struct showing s = { .now = clock_wall(), .warn = -1 };
	int64_t days = -1;
	const struct option options[] = { { "warn-days", OPTION_NUMBER, &days, 0, WARN_DAYS_MAX } };
	const char *path;
	struct repo *r;
	struct err e;
	int status, rc = 0;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (days != -1)
		s.warn = days * REPO_DAY_SECONDS;
	if ((path = command_repo(cx, &e)) == NULL || (r = repo_open(path, false, &e)) == NULL)
		return command_failed(&e);
	for (size_t i = 0; i < r->roles->n && rc == 0; i++)
		rc = list_app(&s, r, r->roles->delegations[i].name, &e);
	repo_close(r);
	if (rc == -1)
		return command_failed(&e);
	return command_done(s.expiring ? STATUS_ATTEND : STATUS_OK);
}
