/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_CHANGE_H
#define SERVER_REPO_CHANGE_H

/*
 * A change of a repository: the next versions of root, targets and applications' roles, made in
 * memory, signed by enough of their keys (here, or elsewhere: request.h), and put live with a new
 * snapshot and timestamp.
 *
 *	change_new(), change_body() and edits, change_seal(), change_sign(), change_ready(),
 *	change_write()
 *
 * Clients that read meanwhile see the old state or the new one, because timestamp.json is replaced
 * last.  When root changes the keys of other roles, these are signed by old and new keys and root
 * becomes visible after them.  When the old keys are lost, root has to come first; the change is
 * then kept in REPO_PENDING_FILE until all of it is written, and the next session completes it
 * after a crash.
 */

#include "server/keys/keystore.h"
#include "server/repo/repo.h"

/* Roles in one change. */
#define CHANGE_FILES_MAX 64

/* Days that a role may be valid. */
#define CHANGE_DAYS_MAX 3650

struct change_file {
	char name[APPLICATION_NAME_MAX + 1]; /* the role's */
	json_t *metadata;		     /* owned: {"signatures", "signed"} */
};

struct change {
	struct repo *r; /* the caller's, locked */
	struct change_file files[CHANGE_FILES_MAX];
	size_t n;
	struct tuf_root *root; /* the next versions as clients read them, or NULL */
	struct tuf_targets *roles;
	int64_t snapshot_version;
	struct buf snapshot, timestamp; /* empty: unchanged */
	bool root_first;		/* clients that read meanwhile may be refused once */
	/*
	 * Days that the files, and snapshot and timestamp, are valid; 0: the default of the role.
	 * Set before change_body().
	 */
	int64_t days, online_days;
};

/* A set of keys that has to sign a role of the change. */
struct change_signers {
	const struct tuf_keyring *ring;
	const struct tuf_role *role;
	const json_t *keys; /* key objects by id */
	const char *who;    /* "present keys" */
	bool required;	    /* false: only for clients that read meanwhile */
};

#define CHANGE_SIGNERS_MAX 2

struct change *change_new(struct repo *r, struct err *e);
void change_free(struct change *c);

/*
 * Adds a metadata object that was made before, as the next version of a role.  Returns 0, which
 * takes metadata over, or -1.
 */
int change_add(struct change *c, const char *role, json_t *metadata, struct err *e);

/*
 * Returns the contents of a role's next version, to be edited: those of the present version with
 * the next version number and expiry.  They belong to c.
 */
json_t *change_body(struct change *c, const char *role, struct err *e);

/*
 * Ends the edits and reads the result as clients do.  With add, adds every role that the new keys
 * must sign again; without add such a role must be in the change already (ERR_CONFLICT).
 */
int change_seal(struct change *c, bool add, struct err *e);

/*
 * Fills in the sets of keys that have to sign a role of the sealed change, and returns their
 * number.
 */
size_t change_signers(const struct change *c, const char *role,
    struct change_signers out[CHANGE_SIGNERS_MAX]);

/*
 * Whether enough private keys for the roles of the change are in ks, before anybody is asked for a
 * passphrase.  0, or -1 with ERR_SIGNATURE.
 */
int change_can_sign(const struct change *c, struct keystore *ks, struct err *e);

/* Signs with each key of each role that ks holds; *n (may be NULL) counts the signatures. */
int change_sign(struct change *c, struct keystore *ks, const struct passphrases *p, size_t *n,
    struct err *e);

/* The same for one metadata object; adds the number of signatures to *count. */
int change_sign_role(const struct change *c, const char *role, json_t *metadata,
    struct keystore *ks, const struct passphrases *p, size_t *count, struct err *e);

/*
 * Whether the role's present file has enough signatures after the sealed change.  Returns 1, 0 or
 * -1.
 */
int change_stays_good(const struct change *c, const char *role, struct err *e);

#endif
