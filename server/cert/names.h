/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CERT_NAMES_H
#define SERVER_CERT_NAMES_H

/* The names in requests and certificates, by the rules of their types. */
#include <stdbool.h>

#include <openssl/x509v3.h>

#include "lib/base/buf.h"

/* Bytes of a DNS name and of one of its labels (RFC 1035, 2.3.4). */
#define NAMES_DNS_MAX	253
#define NAMES_LABEL_MAX 63

/* Names in one certificate. */
#define NAMES_MAX 64

/*
 * Whether text is a DNS name: labels of letters, digits, '-' and '_' that neither begin nor end
 * with '-'.  In a name of at least three labels the first may be "*" (RFC 6125, 6.4.3).
 */
bool valid_dns(const char *text, size_t len);

/*
 * Stores the DNS names and addresses that a request asks for in *out (NULL: none), which the caller
 * frees; *others counts names of other types, which no certificate gets.  Returns 0, or -1 with
 * ERR_SYNTAX: a name doesn't fit its type.
 */
int names_asked(X509_REQ *rq, GENERAL_NAMES **out, size_t *others, struct err *e);

/*
 * Checks that a certificate may have this subject: it isn't empty and has no character that
 * controls a terminal or ends a line.  Returns 0, or -1 with ERR_SYNTAX.
 */
int names_check_subject(const X509_NAME *subject, struct err *e);

/* Appends "dns:kernel.example" or "ip:192.0.2.1", as --san takes it.  0 or -1. */
int names_show(const GENERAL_NAME *name, struct buf *out, struct err *e);

#endif
