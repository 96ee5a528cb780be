/* SPDX-License-Identifier: ISC */
/*
 * slipway-repo cert check: what the TLS library will make of a key, a certificate and the
 * certificates that clients trust.
 *
 * The library's own functions judge; here is only what they don't say because it is no reason to
 * refuse.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/x509/key.h"
#include "lib/x509/facts.h"
#include "server/cmd/command.h"
#include "server/repo/repo.h"
#include "lib/tls/tls_internal.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define WARN_DAYS_MAX 36500

/* Bytes of TLS_TrustedCerts. */
#define TRUSTED_MAX 65536

/* Bits of the digest's strength below which a signature can be forged: SHA-1 has 63 or less. */
#define SIGNATURE_BITS_MIN TLS_SECURITY_BITS

struct checking {
	const char *key, *cert;
	const struct option_list *trust;
	bool client;
	int64_t warn; /* seconds, or -1 */
	bool expiring;
	int faults;
};

static void
fault(struct checking *k, const struct err *e)
{
	printf("FAULT: %s\n", e->text);
	k->faults++;
}

static int
config_fill(struct tls_config *c, const struct checking *k, const char *level, struct err *e)
{
	struct buf list = BUF_INIT(TRUSTED_MAX);
	int rc = 0;

	memset(c, 0, sizeof *c);
	for (size_t i = 0; rc == 0 && i < k->trust->n; i++)
		rc = buf_addf(&list, e, "%s%s", i == 0 ? "" : ";", k->trust->values[i]);
	for (int i = 0; rc == 0 && i < TLS_SETTING_COUNT; i++)
		rc = config_set(c, (enum tls_setting)i, "", 0, false, e);
	if (rc == 0)
		rc = config_set(c, TLS_LEVEL, level, strlen(level), false, e);
	if (rc == 0 && k->key != NULL)
		rc = config_set(c, TLS_KEY_FILE, k->key, strlen(k->key), false, e);
	if (rc == 0 && k->cert != NULL)
		rc = config_set(c, TLS_CERT_FILE, k->cert, strlen(k->cert), false, e);
	if (rc == 0)
		rc = config_set(c, TLS_TRUSTED, buf_text(&list), list.len, false, e);
	if (rc == 0)
		rc = config_decide(c, e);
	buf_free(&list);
	return rc;
}

/*
 * The library's judgement of the pair as one side's own: files, match, dates, then what OpenSSL
 * says at our level.
 */
static void
check_pair(struct checking *k)
{
	struct tls_pair pair = { .key = NULL };
	struct tls_setup *setup = NULL;
	struct tls_config c;
	struct err e;

	if (config_fill(&c, k, "TLSNoPeerAuth", &e) == -1 || pair_read(&c, &pair, &e) == -1 ||
	    (setup = setup_new(k->client ? SLIPWAY_TLS_CLIENT : SLIPWAY_TLS_SERVER, &c, &pair,
		 &e)) == NULL)
		fault(k, &e);
	else
		printf("ok: key and certificate belong together, and a %s uses them\n",
		    k->client ? "client" : "server");
	setup_release(setup);
	pair_free(&pair);
	config_free(&c);
}

static int
show_one(void *arg, const struct cert_facts *c, struct err *e)
{
	struct checking *k = arg;
	int64_t left = c->to - clock_wall();
	char to[DATE_TEXT_SIZE], hex[SHA256_HEX_SIZE];

	(void)e;
	if (k->warn != -1 && left <= k->warn)
		k->expiring = true;
	date_format(c->to, to);
	hex_encode(c->sha256, SHA256_SIZE, hex);
	printf("%s: %s, %s, until %s, ", k->cert, c->subject, c->key, to);
	if (left <= 0)
		printf("EXPIRED");
	else
		printf("%" PRId64 " days left", left / REPO_DAY_SECONDS);
	printf(", SHA-256 %s\n", hex);
	return 0;
}

/* A weak signature of a certificate that isn't trusted itself lets others make one like it. */
static void
check_signature(struct checking *k, X509 *x, int number)
{
	bool self = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
	int digest = NID_undef, bits = 0;
	struct err e;

	if (X509_get_signature_info(x, &digest, NULL, &bits, NULL) != 1)
		bits = 0;
	ERR_clear_error();
	if (bits >= SIGNATURE_BITS_MIN)
		return;
	err_setx(&e, ERR_SIGNATURE,
	    "%s: certificate %d is signed with %s: want SHA-256 or stronger", k->cert, number,
	    OBJ_nid2ln(X509_get_signature_nid(x)));
	if (self)
		log_warn(
		    "cert check: %s; it is its own issuer, so this matters only where it is trusted as a CA",
		    e.text);
	else
		fault(k, &e);
}

static void
check_usage(struct checking *k, X509 *leaf)
{
	int purpose = k->client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER;
	struct err e;

	if (X509_check_purpose(leaf, purpose, 0) == 1)
		return;
	err_setx(&e, ERR_CONFIG, "%s: the certificate's key usages don't allow it to be a %s's",
	    k->cert, k->client ? "client" : "server");
	fault(k, &e);
}

/* Each certificate of the file is to be signed by the next. */
static void
check_order(struct checking *k, STACK_OF(X509) * chain)
{
	for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1);
		struct err e;

		if (X509_check_issued(issuer, x) == X509_V_OK &&
		    X509_verify(x, X509_get0_pubkey(issuer)) == 1)
			continue;
		err_setx(&e, ERR_CONFIG,
		    "%s: certificate %d is not issued by certificate %d: want the server's first, then its issuer's",
		    k->cert, i + 1, i + 2);
		fault(k, &e);
	}
	ERR_clear_error();
}

/* What a peer says that trusts these files. */
static void
check_trust(struct checking *k, STACK_OF(X509) * chain)
{
	struct tls_trusted t;
	struct tls_config c;
	struct err e;
	int rc = -1;

	/* The library goes on without a file that can't be read; who checks wants to know. */
	for (size_t i = 0; i < k->trust->n; i++) {
		struct tls_source s = { (char *)(uintptr_t)k->trust->values[i], false, 0 };
		STACK_OF(X509) *one = trust_read_certs(&s, &e);

		if (one == NULL)
			fault(k, &e);
		sk_X509_pop_free(one, X509_free);
	}
	if (config_fill(&c, k, "TLSPeerAuth", &e) == 0 && trust_read(&c, &t, &e) == 0) {
		rc = trust_verify(&t, sk_X509_value(chain, 0), chain, !k->client, &e) ==
			SLIPWAY_TLS_OK
		    ? 0
		    : -1;
		trust_free(&t);
	}
	config_free(&c);
	if (rc == -1)
		fault(k, &e);
	else
		printf("ok: a %s that trusts %s%s accepts it\n", k->client ? "server" : "client",
		    k->trust->values[0], k->trust->n > 1 ? " and the others" : "");
}

static void
check_certificate(struct checking *k)
{
	struct tls_source s = { (char *)(uintptr_t)k->cert, false, 0 };
	struct buf text = BUF_INIT(CERT_FILE_MAX);
	STACK_OF(X509) * chain;
	struct file_info info;
	struct err e;

	if ((chain = trust_read_certs(&s, &e)) == NULL ||
	    file_read(NULL, k->cert, &text, &e) == -1 ||
	    cert_read(text.data, text.len, show_one, k, &e) == -1) {
		if (chain != NULL)
			fault(k, &e); /* else check_pair() has told it */
		goto out;
	}
	if (cert_has_key(text.data, text.len))
		log_warn("cert check: %s: holds a private key as well; never hand this file out",
		    k->cert);
	if (file_stat(NULL, k->cert, &info, &e) == 1 && info.type == FILE_REGULAR &&
	    (info.mode & 022) != 0)
		log_warn("cert check: %s: others can write it (mode %04o)", k->cert, info.mode);
	for (int i = 0; i < sk_X509_num(chain); i++)
		check_signature(k, sk_X509_value(chain, i), i + 1);
	check_usage(k, sk_X509_value(chain, 0));
	check_order(k, chain);
	if (k->trust->n > 0)
		check_trust(k, chain);
out:
	sk_X509_pop_free(chain, X509_free);
	buf_free(&text);
}

int
cmd_cert_check(struct context *cx, int argc, char **argv)
{
	struct option_list trust = { .n = 0 };
	struct checking k = { .trust = &trust, .warn = -1 };
	int64_t days = -1;
	const struct option options[] = {
		{ "trust", OPTION_LIST, &trust, 0, 0 },
		{ "client", OPTION_FLAG, &k.client, 0, 0 },
		{ "warn-days", OPTION_NUMBER, &days, 0, WARN_DAYS_MAX },
	};
	struct err e;
	int status;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	for (size_t i = 0; i < trust.n; i++)
		if (strchr(trust.values[i], ';') != NULL) {
			err_setx(&e, ERR_USAGE,
			    "cert check: --trust: ';' separates files in TLS_TrustedCerts, got '%s'",
			    trust.values[i]);
			return command_failed(&e);
		}
	k.key = argv[1];
	k.cert = argv[2];
	if (days != -1)
		k.warn = days * REPO_DAY_SECONDS;
	check_pair(&k);
	check_certificate(&k);
	return command_done(k.faults > 0 ? STATUS_FAILED : k.expiring ? STATUS_ATTEND : STATUS_OK);
}
