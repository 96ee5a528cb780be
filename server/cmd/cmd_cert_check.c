/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert check: judges a key, its certificate and the certificates that clients trust
 * with lib/x509, as the TLS library does.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/file.h"
#include "lib/os/log.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/x509/judge.h"
#include "lib/x509/pair.h"
#include "lib/x509/trust.h"
#include "server/cmd/command.h"
#include "server/cmd/term.h"

/* Bytes of TLS_TrustedCerts. */
#define TRUSTED_MAX 65536

struct checking {
	const char *key, *cert, *crl; /* crl NULL: none */
	const struct option_list *trust;
	bool client;
	struct term term;
	int faults;
};

static void
print_fault(struct checking *k, const struct err *e)
{
	printf("FAULT: %s\n", e->text);
	k->faults++;
}

static void
take_fault(void *arg, bool warning, const struct err *e)
{
	if (warning)
		log_warn(
		    "cert check: %s; it is its own issuer, so this matters only where it is trusted as a CA",
		    e->text);
	else
		print_fault(arg, e);
}

static struct source
source_of(const char *label, const char *path)
{
	return (struct source){ label, path, strlen(path), false };
}

/*
 * Whether root looks at a key that is another user's alone, such as the Kernel's: that user's
 * programs take it, whom this command judges for.
 */
static bool
is_of_another_user(const char *path, uint32_t *uid)
{
	struct buf real = BUF_INIT(SOURCE_PATH_MAX + 1);
	struct file_info info = { .type = FILE_OTHER };
	struct err ignored;
	bool other = place_privileged() && path_real(&real, path, &ignored) == 0 &&
	    file_stat(NULL, buf_text(&real), &info, &ignored) == 1 && info.type == FILE_REGULAR &&
	    info.uid != 0 && (info.mode & 077) == 0;

	buf_free(&real);
	*uid = info.uid;
	return other;
}

/* Judges the pair as its owner: files, match, dates, then whether OpenSSL takes it at our level. */
static void
check_pair(struct checking *k)
{
	const struct source key = source_of("TLS_KeyFile", k->key);
	const struct source cert = source_of("TLS_CertFile", k->cert);
	struct pair pair;
	uint32_t uid;
	const bool other = is_of_another_user(k->key, &uid);
	struct err e;

	if (pair_read(&pair, &key, &cert, k->client, other, &e) == -1) {
		print_fault(k, &e);
		return;
	}
	if (other)
		printf("ok: the key is user %u's alone, whose programs take it\n", (unsigned)uid);
	if (pair.doubt.code != ERR_NONE)
		print_fault(k, &pair.doubt);
	else
		printf("ok: key and certificate belong together, and a %s uses them\n",
		    k->client ? "client" : "server");
	pair_free(&pair);
}

static int
show_checked(void *arg, const struct cert_facts *c, struct err *e)
{
	struct checking *k = arg;
	char to[DATE_TEXT_SIZE], hex[SHA256_HEX_SIZE], left[TERM_TEXT_SIZE];

	(void)e;
	date_format(c->to, to);
	hex_encode(c->sha256, SHA256_SIZE, hex);
	printf("%s: %s, %s, until %s, %s, SHA-256 %s\n", k->cert, c->subject, c->key, to,
	    term_text(term_days(&k->term, c->to), c->from > k->term.now, left), hex);
	return 0;
}

/* Judges the certificate as a peer that trusts these files. */
static void
check_trust(struct checking *k, STACK_OF(X509) * chain)
{
	const struct source crls = source_of("TLS_CRLFile", k->crl == NULL ? "" : k->crl);
	struct buf list = BUF_INIT(TRUSTED_MAX);
	struct source certs;
	struct trust t;
	struct err e;
	int rc = 0;

	/* trust_read() goes on without a file that can't be read; this command reports the file. */
	for (size_t i = 0; i < k->trust->n; i++) {
		const struct source s = source_of("--trust", k->trust->values[i]);
		STACK_OF(X509) *one = certs_read(&s, &e);

		if (one == NULL)
			print_fault(k, &e);
		certs_free(one);
	}
	for (size_t i = 0; rc == 0 && i < k->trust->n; i++)
		rc = buf_addf(&list, &e, "%s%s", i == 0 ? "" : ";", k->trust->values[i]);
	certs = source_of("TLS_TrustedCerts", buf_text(&list));
	if (rc == 0 &&
	    (rc = trust_read(&t, &certs, &crls, "TLS_RequiredLevel is TLSPeerAuth", NULL, &e)) ==
		0) {
		if (t.ca_remark.code != ERR_NONE)
			log_warn("cert check: %s", t.ca_remark.text);
		if (t.crl_remark.code != ERR_NONE)
			print_fault(k, &t.crl_remark);
		if (trust_verify(&t, sk_X509_value(chain, 0), chain, !k->client, &e) != TRUST_OK)
			rc = -1;
		trust_free(&t);
	}
	buf_free(&list);
	if (rc == -1)
		print_fault(k, &e);
	else
		printf("ok: a %s that trusts %s%s accepts it\n", k->client ? "server" : "client",
		    k->trust->values[0], k->trust->n > 1 ? " and the others" : "");
}

static void
check_certificate(struct checking *k)
{
	const struct source s = source_of("TLS_CertFile", k->cert);
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	STACK_OF(X509) * chain;
	struct file_info info;
	struct err e;

	if ((chain = certs_read(&s, &e)) == NULL || file_read(NULL, k->cert, &text, &e) == -1 ||
	    cert_read(text.data, text.len, show_checked, k, &e) == -1) {
		if (chain != NULL)
			print_fault(k, &e); /* otherwise check_pair() has reported the fault */
		goto out;
	}
	if (cert_has_key(text.data, text.len))
		log_warn("cert check: %s: holds a private key as well; never hand this file out",
		    k->cert);
	if (file_stat(NULL, k->cert, &info, &e) == 1 && info.type == FILE_REGULAR &&
	    (info.mode & 022) != 0)
		log_warn("cert check: %s: others can write it (mode %04o)", k->cert, info.mode);
	judge_chain(chain, k->cert, take_fault, k);
	if (k->trust->n > 0)
		check_trust(k, chain);
out:
	certs_free(chain);
	buf_free(&text);
}

struct options {
	struct option_list trust;
	const char *crl;
	bool client;
	int64_t days;
};

static int
run_cert_check(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct checking k = { .key = call->argv[0],
		.cert = call->argv[1],
		.trust = &o->trust,
		.crl = o->crl,
		.client = o->client,
		.term = term_start(o->days) };

	for (size_t i = 0; i < o->trust.n; i++)
		if (strchr(o->trust.values[i], ';') != NULL)
			return err_setx(e, ERR_USAGE,
			    "cert check: --trust: ';' separates files in TLS_TrustedCerts, got '%s'",
			    o->trust.values[i]);
	if (o->crl != NULL && o->trust.n == 0)
		return err_setx(e, ERR_USAGE,
		    "cert check: --crl: want --trust as well, for the CA that signed the list");
	check_pair(&k);
	check_certificate(&k);
	return k.faults > 0 ? CLI_FAILED : k.term.expiring ? CLI_ATTEND : CLI_OK;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "trust", OPTION_LIST, TO(trust), "FILE",
	    "judge CERT also as a peer whose TLS_TrustedCerts has FILE; may be repeated" },
	{ "crl", OPTION_TEXT, TO(crl), "FILE", "... and whose TLS_CRLFile is FILE" },
	{ "client", OPTION_FLAG, TO(client), NULL, "judge a client's pair (default: a server's)" },
	ROW_WARN_DAYS(TO(days)),
	OPTION_END,
};

const struct command cmd_cert_check = { "cert check", run_cert_check, "[options] KEY CERT", 2, 2,
	"judge a private key and its certificate as the TLS library does", NULL,
	COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .days = COMMAND_WARN_DAYS_NONE } };
