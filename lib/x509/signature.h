/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_SIGNATURE_H
#define LIB_X509_SIGNATURE_H

/*
 * Whether a signature's algorithm is strong enough.  OpenSSL's own answer depends on its version
 * and configuration; so certificates and lists that MD5 or SHA-1 signed are told here.
 */
#include <stdbool.h>

#include <openssl/x509.h>

/* Whether it is SHA-2 or SHA-3 with 112 bits or more, or Ed25519 or Ed448. */
bool signature_strong(const X509_ALGOR *algorithm);

/*
 * The same of a certificate; the name of its algorithm for messages.  A signature that certificates
 * make of themselves proves nothing, whatever it is.
 */
bool cert_signature_strong(const X509 *x);
const char *cert_signature_name(const X509 *x);

#endif
