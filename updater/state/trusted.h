/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_STATE_TRUSTED_H
#define UPDATER_STATE_TRUSTED_H

/*
 * The certificates that the program of a station trusts, by its setting TLS_TrustedCerts: only for
 * people, the TLS library decides.
 */

#include "lib/x509/facts.h"
#include "updater/station/station.h"

/* A certificate, or a file from which none can be read. */
struct trusted_cert {
	char *file;
	char *error; /* why nothing is trusted from it, or NULL */
	struct cert_facts facts;
	int days_left; /* whole days, below 0 after its end */
};

/* Start with all zero. */
struct trusted {
	struct trusted_cert *certs;
	size_t n;
};

/* Append a file, or another place, from which nothing can be read.  Returns 0 or -1. */
int trusted_fault(struct trusted *t, const char *file, const struct err *why, struct err *e);

/* Fill *t, with nothing where the setting isn't there.  Returns 0, or -1 with *t empty. */
int trusted_load(struct settings *s, const struct station *st, struct trusted *t, struct err *e);
void trusted_free(struct trusted *t);

#endif
