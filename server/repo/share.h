/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REPO_SHARE_H
#define SERVER_REPO_SHARE_H

/*
 * Repositories that the members of a group change together: shared.json in the repository,
 *
 *	{"format": 1, "group": NAME}
 *
 * and lib/os/share.h's modes: directories 2775, files of all members 0664 or 0660.  Private keys
 * stay each person's:
 *
 *	keys/ACCOUNT/	0700; keys/ itself has the sticky bit, so that nobody removes another's
 *	ca/NAME/	2750: its maker's; members read what publish looks at, and not the key
 *	certs/NAME.pem	0600
 */
#include "lib/os/share.h"
#include "server/keys/keystore.h"

#define SHARE_FILE "shared.json"

#define SHARE_CA_MODE 02750

/*
 * Opens the directory of a repository, shared where shared.json is there.  With change, ERR_ACCESS
 * where this person isn't a member of the group.  NULL with e filled in.
 */
struct dir *repo_top(const char *path, bool change, struct err *e);

/* Opens, and with make makes, a directory in the repository at path, whose top is open. */
struct dir *
repo_place(const char *path, struct dir *top, const char *name, bool make, struct err *e);

/*
 * Opens, and with make makes, the directory ca/NAME.  It isn't shared, but in a shared repository
 * the group may read it.
 */
struct dir *repo_ca_dir(const char *path, const char *name, bool make, struct err *e);

/*
 * Opens the private keys of this person: keys/, or in a shared repository keys/ACCOUNT/, which
 * with make is made where it is missing.  NULL with e filled in.
 */
struct keystore *repo_keys(const char *path, bool make, struct err *e);

/* The name of an account's directory in keys/. */
void share_keys_name(uint32_t uid, char out[SHARE_NAME_SIZE]);

/* Reads the group's name in shared.json into group.  1, 0: not shared, or -1. */
int share_group(struct dir *top, char group[SHARE_NAME_SIZE], struct err *e);

/* Finds a group that this person may share a repository with.  0, or -1 with ERR_USAGE. */
int share_check_group(const char *group, uint32_t *gid, struct err *e);

/*
 * Shares the repository at path with a group, or again, where modes or the group aren't right any
 * more.  All in it has to be this person's (or of the group already), or this person is root; else
 * nothing is changed.  A call that was interrupted is to be repeated.  0 or -1.
 */
int share_repo(const char *path, const char *group, struct err *e);

/*
 * What isn't as it has to be in a shared repository, for people: calls each with a path below the
 * repository and what is wrong.  0 or -1.
 */
int share_look(struct dir *top,
    int (*each)(void *arg, const char *path, const char *what, struct err *e), void *arg,
    struct err *e);

#endif
