/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_GUARD_SETTINGS_H
#define SERVER_REVIEW_GUARD_SETTINGS_H

/* Mistakes in the TLS settings that the scripts of a release leave.  0 or -1, as guard_look(). */
#include "server/review/guard.h"

/*
 * A word of TLS_RequiredLevel, or a value of another setting, that the library doesn't know, and
 * TLSPeerAuth without trust.
 */
int guard_levels(struct guard_findings *f, const struct review *v, struct err *e);

/*
 * Names of files in TLS settings, of clients and of servers, that are whole on no system that the
 * setting is for, and settings of files that are empty or no text.
 */
int guard_relative(struct guard_findings *f, const struct review *v, struct err *e);

/*
 * Files of the release in TLS_TrustedCerts and TLS_CRLFile that aren't there or hold no
 * certificates or lists.
 */
int guard_trust_files(struct guard_findings *f, const struct review *v, struct err *e);

#endif
