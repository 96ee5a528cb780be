/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_ACL_H
#define LIB_BASE_ACL_H

/*
 * Access lists of Windows, as the text that Windows makes of an owner and a list (SDDL): which list
 * a file gets, and whether a list lets others in.
 *
 * Pure: nothing is asked but the text, no account and no domain.  What reads lists of files and
 * gives them is in lib/os/private_windows.h.  A text that isn't understood is ERR_SYNTAX, and lets
 * everybody in.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

#define ACL_TEXT_MAX (256u * 1024) /* bytes: a list has at most 64 KB in the system's form */

enum acl_kind {
	ACL_PRIVATE,   /* for this user, administrators and the system alone */
	ACL_SHARED,    /* everybody reads it, administrators and the system change it */
	ACL_INSTALLED, /* a file of a release, in its place */
	ACL_KEPT       /* a script of a release, for users */
};

/* What a file is, and where. */
struct acl_file {
	enum acl_kind kind;
	bool privileged;  /* this process has an administrator's rights, or is the system */
	const char *self; /* SID of this process's user */
	/* owner and list of the nearest directory that is there; NULL: this user's own affair */
	const char *directory;
	unsigned missing;     /* directories between that one and the file */
	const char *replaced; /* owner and list of the file that it replaces; NULL: none */
};

/*
 * Append the owner (where one is to be set) and list that a file gets.
 *
 * A privileged process makes private files for administrators and the system alone, who own them;
 * only in a directory that lets this user in, such as the profile, the user is let in, too.
 * Any other file is the user's as well.
 *
 * An installed file that replaces another keeps that one's list and owner.  Excepted are an owner
 * other than administrators, the system and the installer of Windows, when this process is
 * privileged: the file may have been planted, and its owner could change it later; and the list
 * that Slipway gave by mistake: administrators, the system and one account alone.  Such a file,
 * a new one and a kept one get the entries that their directory hands down, and belong to
 * administrators when this process is privileged.
 *
 * Returns 0, or -1 with ERR_SYNTAX or as buf_add().
 */
int acl_choose(const struct acl_file *f, struct buf *out, struct err *e);

/* What of somebody else's rights is a fault. */
struct acl_rule {
	bool secret;	  /* reading is, too, not only changing */
	const char *self; /* SID of a user who isn't somebody else; NULL: only the good owners */
};

/*
 * Good owners are administrators, the system and the installer of Windows.  ACL_ACCOUNT: the owner
 * is good, and single accounts alone are let in besides, by their SID (a group that a person made
 * looks the same).
 */
enum acl_fault { ACL_GOOD, ACL_ACCOUNT, ACL_OPEN, ACL_OWNER };

enum acl_fault acl_judge(const char *text, const struct acl_rule *rule);

/*
 * Append the same list without the entries that are a fault, with administrators as owner, and with
 * entries for the system and administrators where it doesn't let them do everything: nobody could
 * use a file of which only a fault was left out.  The result inherits nothing: what was taken out
 * would come back.  0, or -1 as acl_choose().
 */
int acl_mend(const char *text, const struct acl_rule *rule, struct buf *out, struct err *e);

/*
 * Call each() with the SID, as Windows writes it, of each entry that is a fault.  A call that
 * returns -1 ends the walk.  0 or -1.
 */
int acl_faults(const char *text, const struct acl_rule *rule,
    int (*each)(void *arg, const char *sid, bool changes, struct err *e), void *arg, struct err *e);

/* Append the SID of the owner: nothing where the text has none.  0, or -1 as acl_choose(). */
int acl_owner(const char *text, struct buf *out, struct err *e);

/* Whether two texts have the same entries in the same order, and inherit alike. */
bool acl_same(const char *a, const char *b);

#endif
