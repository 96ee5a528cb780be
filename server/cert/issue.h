/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_ISSUE_H
#define SERVER_CERT_ISSUE_H

/*
 * X.509 v3 certificates and requests as OpenSSL's objects: their contents and signatures.
 */
#include <stdbool.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/buf.h"

/*
 * Hexadecimal digits of a serial number (RFC 5280, 4.1.2.2: at most 20 bytes), with the final NUL.
 */
#define CERT_SERIAL_SIZE 41

enum cert_usage { CERT_USAGE_BOTH, CERT_USAGE_SERVER, CERT_USAGE_CLIENT, CERT_USAGE_CA };

struct cert_order {
	EVP_PKEY *key; /* of the subject; only its public half is used */
	const X509_NAME *subject;
	const GENERAL_NAMES *names; /* or NULL */
	enum cert_usage usage;
	int64_t from, to; /* seconds since 1970; it begins earlier than from: cert_begin() */
};

/* "server", "client" or "both".  0, or -1 with ERR_USAGE. */
int cert_usage_parse(const char *text, enum cert_usage *out, struct err *e);
const char *cert_usage_text(enum cert_usage usage);

/* "/C=SK/CN=name"; "\/" is a slash within a value.  NULL with ERR_USAGE. */
X509_NAME *cert_subject(const char *text, struct err *e);

/*
 * Parses texts such as "dns:NAME" and "ip:ADDRESS".  Returns 0 with *out (NULL when n is 0), which
 * the caller frees, or -1 with ERR_USAGE.
 */
int cert_sans(const char *const *sans, size_t n, GENERAL_NAMES **out, struct err *e);

/*
 * Returns a certificate with a random serial number, signed with key: the key of issuer, or (issuer
 * NULL) the subject's own.  Only CA certificates may sign others, and only end-entity certificates
 * (path length 0).
 */
X509 *cert_issue(const struct cert_order *o, X509 *issuer, EVP_PKEY *key, struct err *e);

/*
 * Returns when a certificate begins that is made now and ends at to: an hour before now, or a
 * hundredth of its life where that is less, because the clocks of others may be behind; but not
 * before its issuer (or NULL).
 */
int64_t cert_begin(int64_t now, int64_t to, const X509 *issuer);

/* Returns a signing request (PKCS#10) with the subject and the names. */
X509_REQ *
cert_request(EVP_PKEY *key, const X509_NAME *subject, GENERAL_NAMES *names, struct err *e);

/* Append PEM to out.  Return 0 or -1. */
int cert_write(X509 *x, struct buf *out, struct err *e);
int cert_write_request(X509_REQ *rq, struct buf *out, struct err *e);

/* The serial number in lower-case digits, whole bytes.  0, or -1: over 20 bytes, or negative. */
int cert_serial(const ASN1_INTEGER *serial, char out[CERT_SERIAL_SIZE], struct err *e);

#endif
