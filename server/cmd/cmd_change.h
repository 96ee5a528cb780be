/* SPDX-License-Identifier: ISC */
#ifndef SERVER_CMD_CMD_CHANGE_H
#define SERVER_CMD_CMD_CHANGE_H

/*
 * What the commands that change a repository have in common: open it, make a change, and end it,
 * either at once with the keys that are here or, with --unsigned, as a signing request.
 */
#include "server/repo/change.h"
#include "server/cmd/command.h"
#include "server/keys/passphrase.h"

/* Keys made in one change. */
#define CHANGING_KEYS_MAX TUF_KEYS_MAX

struct changing {
	struct repo *r;
	struct keystore *ks;
	struct change *c;
	struct passphrases p;
	const char *action;  /* the command, for the record */
	const char *request; /* --unsigned, or NULL */
	/* Private keys made here; removed again when the change comes to nothing. */
	struct {
		char role[REPO_APP_MAX + 1], id[SHA256_HEX_SIZE];
	} made[CHANGING_KEYS_MAX];
	size_t nmade;
	bool done;
};

/* Options that each of these commands has. */
#define CHANGING_OPTIONS(w) \
	{ "passphrase-file", OPTION_TEXT, &(w).p.file, 0, 0 }, \
	{ \
		"unsigned", OPTION_TEXT, &(w).request, 0, 0 \
	}

int changing_begin(struct context *cx, struct changing *w, struct err *e);
void changing_end(struct changing *w);

/*
 * Make a private key of role in keys/; its public object (a new reference).  snapshot and timestamp
 * keys aren't encrypted.
 */
json_t *
changing_new_key(struct changing *w, const char *role, enum privkey_kind kind, struct err *e);

/*
 * The key object in a file that `key new` wrote, or of a public key in PEM form (a new reference).
 */
json_t *changing_read_key(const char *path, struct err *e);

/*
 * Sign with the keys that are here and check that they suffice; nothing is written.  With
 * --unsigned it does nothing.
 */
int changing_sign(struct changing *w, struct err *e);

/* Put the change live and record it, or write the request. */
int changing_write(struct changing *w, struct err *e);

/* Say on standard output what was done, beginning with what ("published"), and what comes next. */
void changing_report(const struct changing *w, const char *what);

/* changing_seal, sign, write and report in one go, for a change that has no files of its own. */
int changing_finish(struct changing *w, const char *what, struct err *e);

#endif
