/* SPDX-License-Identifier: ISC */
/* slipway-repo cert show. */
#include <stdio.h>

#include "lib/base/date.h"
#include "lib/os/file.h"
#include "lib/os/log.h"
#include "lib/x509/facts.h"
#include "server/cmd/command.h"
#include "server/cmd/term.h"

static int
show_cert(void *arg, const struct cert_facts *c, struct err *e)
{
	char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE], left[TERM_TEXT_SIZE], hex[SHA256_HEX_SIZE];
	struct term *t = arg;

	(void)e;
	date_format(c->from, from);
	date_format(c->to, to);
	hex_encode(c->sha256, SHA256_SIZE, hex);
	printf("  subject  %s\n  issuer   %s\n", c->subject, c->self_issued ? "itself" : c->issuer);
	printf("  names    %s\n", c->names[0] == '\0' ? "none" : c->names);
	printf("  key      %s\n  valid    %s to %s, %s\n  SHA-256  %s\n", c->key, from, to,
	    term_text(term_days(t, c->to), c->from > t->now, left), hex);
	if (c->no_authority != NULL)
		printf("  no CA    can't vouch for other certificates: %s\n", c->no_authority);
	if (c->ca && c->no_authority == NULL)
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
show_file(struct term *t, const char *path, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	int rc = -1;

	if (file_read(NULL, path, &text, e) == 0) {
		printf("%s:\n", path);
		if (cert_has_key(text.data, text.len))
			log_warn(
			    "cert show: %s: holds a private key as well; never hand this file out",
			    path);
		if ((rc = cert_read(text.data, text.len, show_cert, t, e)) == -1)
			err_context(e, "%s", path);
	}
	buf_free(&text);
	return rc;
}

struct options {
	int64_t days;
};

static int
run_cert_show(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct term t = term_start(o->days);
	int status = CLI_OK;

	for (int i = 0; i < call->argc; i++)
		if (show_file(&t, call->argv[i], e) == -1) {
			log_error("%s", e->text);
			status = CLI_FAILED;
		}
	return status == CLI_OK && t.expiring ? CLI_ATTEND : status;
}

static const struct option options[] = {
	ROW_WARN_DAYS(OPTION_TO(struct options, days)),
	OPTION_END,
};

const struct command cmd_cert_show = { "cert show", run_cert_show, "[options] FILE...", 1, -1,
	"print certificates, their days left, and the file that TLS_TrustedCerts needs", NULL,
	COMMAND_OPTIONS(options), .defaults = &(const struct options){ COMMAND_WARN_DAYS_NONE } };
