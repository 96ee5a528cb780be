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
 * Clients that read meanwhile see the old state or the new one: timestamp.json is replaced last,
 * and where root changes who may sign the others, these are signed by old and new keys and root
 * becomes visible after them. When the old keys are lost root has to come first; the change is
 * then
 * kept in REPO_PENDING_FILE until all of it is written, and the next session completes it.
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
	struct tuf_root *root; /* the next ones as clients read them, or NULL */
	struct tuf_targets *roles;
	int64_t snapshot_version;
	struct buf snapshot, timestamp; /* empty: stay as they are */
	bool root_first;		/* clients that read meanwhile may be refused once */
	/*
	 * Days that the files, and snapshot and timestamp, are valid; 0: the default of the role.
	 * Set before change_body().
	 */
	int64_t days, online_days;
};

/* Keys that a role of the change is to be signed by. */
struct change_signers {
	const struct tuf_keyring *ring;
	const struct tuf_role *role;
	const json_t *keys; /* key objects by id */
	const char *who;    /* "present keys" */
	bool required;	    /* otherwise it only makes the change smooth */
};

#define CHANGE_SIGNERS_MAX 2

struct change *change_new(struct repo *r, struct err *e);
void change_free(struct change *c);

/*
 * Take over a metadata object that was made before, as the next version of a role.  0 or -1, then
 * it isn't taken.
 */
int change_add(struct change *c, const char *role, json_t *metadata, struct err *e);

/*
 * The contents of a role's next version, to be edited: those of the present one with the next
 * version number and expiry.  Belongs to c.
 */
json_t *change_body(struct change *c, const char *role, struct err *e);

/*
 * Ends the edits: reads them as clients do.  add: puts in every role that the new keys must
 * sign again.  Without add it must be there already (ERR_CONFLICT).
 */
int change_seal(struct change *c, bool add, struct err *e);

/* Who is to sign a role of the sealed change.  How many sets there are. */
size_t change_signers(const struct change *c, const char *role,
    struct change_signers out[CHANGE_SIGNERS_MAX]);

/* Sign with each key of each role that ks holds; *n (may be NULL) counts the signatures. */
int change_sign(struct change *c, struct keystore *ks, const struct passphrases *p, size_t *n,
    struct err *e);

/* The same for one metadata object; *count is increased. */
int change_sign_role(const struct change *c, const char *role, json_t *metadata,
    struct keystore *ks, const struct passphrases *p, size_t *count, struct err *e);

/*
 * Whether the role's present file has the signatures that the sealed change wants of it.  1, 0 or
 * -1.
 */
int change_stays_good(const struct change *c, const char *role, struct err *e);

#endif
