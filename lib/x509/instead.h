/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_INSTEAD_H
#define LIB_X509_INSTEAD_H

/* What a file holds in the place of a key, a certificate or the like that can be read. */
#include <stdbool.h>
#include <stddef.h>

/*
 * Return words for a message that begin with "; got", with the command that mends it, or "" where it
 * is something unknown.  OpenSSL's error queue is empty afterwards.
 */
const char *instead_of_key(const void *data, size_t len);
const char *instead_of_cert(const void *data, size_t len);
const char *instead_of_request(const void *data, size_t len);
const char *instead_of_crl(const void *data, size_t len);

/* Whether it is a certificate, a request or a public key, and no private key with them. */
bool instead_of_secret(const void *data, size_t len);

#endif
