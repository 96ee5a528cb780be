/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_GUARD_H
#define SERVER_REVIEW_GUARD_H

/*
 * Mistakes in a release that would take stations off their Kernel or hand out keys.  publish
 * refuses them, unless it is told to allow them by a word.
 */
#include "server/review/review.h"

/* Each guard's name here, its word of --allow, and what the word lets through. */
#define GUARD_ROWS(X) \
	X(PRIVATE_KEY, "private-key", "a private key among the files") \
	X(LEVEL, "level", \
	    "a TLS_RequiredLevel, or a value of another TLS setting, that no program knows") \
	X(NO_TRUST, "no-trust", "TLSPeerAuth without TLS_TrustedCerts") \
	X(RELATIVE, "relative", \
	    "a TLS setting with a name of a file that isn't whole, or without any") \
	X(TRUST_FILE, "trust-file", \
	    "a file in TLS_TrustedCerts or TLS_CRLFile that isn't in the release or can't be read") \
	X(LOST_FILES, "lost-files", \
	    "no scripts, or no certificates, where the release before has some") \
	X(ENDED, "ended", "a certificate that has ended or was revoked") \
	X(KERNEL, "kernel", "a Kernel of --connect that stations would refuse") \
	X(REPLACEMENT, "replacement", \
	    "no certificate that 'cert replace' needs, or one that it has retired")

#define GUARD_ENUM(name, word, meaning) GUARD_##name,
#define GUARD_HELP(name, word, meaning) word " (" meaning "), "

enum guard { GUARD_ROWS(GUARD_ENUM) GUARDS };

/* For --help. */
#define GUARD_WORDS_HELP \
	"Words of --allow: " GUARD_ROWS(GUARD_HELP) "each with what it lets through."

const char *guard_word(enum guard g);

/* The guard of a word; -1: none has it. */
int guard_of_word(const char *word);

/* Findings of one guard that are kept; more are only counted. */
#define GUARD_FINDINGS_MAX 10

struct guard_findings {
	struct guard_finding {
		enum guard which;
		struct err why; /* what was wanted, what was found, and what to do */
	} * v;			/* owned */
	size_t n;
	size_t count[GUARDS]; /* of each guard, those that aren't kept included */
};

/* Keeps a copy of why, once.  0, or -1 with ERR_NOMEM. */
int guard_found(struct guard_findings *f, enum guard which, const struct err *why, struct err *e);

/*
 * Looks for all mistakes; whole: lost files are one.  Returns 0, or -1 where something can't be
 * looked at.
 */
int guard_look(struct guard_findings *f, const struct review *v, bool whole, struct err *e);
void guard_free(struct guard_findings *f);

#endif
