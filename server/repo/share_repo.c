/* SPDX-License-Identifier: ISC */
/*
 * Making a repository one of a group, and looking whether it still is one.
 *
 * Only what is known here is given to the group: a file that somebody keeps in the repository
 * besides, such as a passphrase, stays as it is.
 */
#include "server/repo/share.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "server/repo/audit.h"
#include "server/repo/audit_state.h"
#include "server/repo/repo.h"

#define FORMAT	     1
#define FILE_MAX     4096u
#define LOCK_WAIT_MS 10000

/* The directory of private keys; nobody else moves another's away. */
#define KEYS_DIR  "keys"
#define KEYS_MODE 03770

/* Files directly in a repository, of all its rooms. */
static const char *const state_files[] = { AUDIT_FILE, REPO_LOCK_FILE, REPO_PENDING_FILE,
	REPO_BEGUN_FILE, "scripts-checked.json", "deploy.json", "deploy.lock", "deployed.json",
	"replace.json", "replace.lock", SHARE_FILE };

/* What is to be done at each file and directory. */
struct sharing {
	struct dir *top;
	uint32_t gid, me;
	int (*each)(struct sharing *s, struct dir *d, const char *name, const char *path,
	    const struct file_info *info, unsigned want, struct err *e);
	int (*tell)(void *arg, const char *path, const char *what, struct err *e);
	void *arg;
};

static bool
begins(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static unsigned
wanted_directory(const char *path, unsigned mode)
{
	unsigned open = 02770 | (mode & 05);

	if (strcmp(path, KEYS_DIR) == 0)
		return KEYS_MODE;
	if (strcmp(path, "ca") == 0)
		return open | 01000;
	if (begins(path, "ca"))
		return strchr(path + 3, '/') == NULL ? SHARE_CA_MODE : 0;
	return *path == '\0' || begins(path, "served") || strcmp(path, "certs") == 0 ? open : 0;
}

/* certs/NAME.pem and ca/NAME/ca.pem, whatever mode their owner gave them. */
static bool
is_private_key(const char *path, const struct file_info *info)
{
	size_t len = strlen(path);

	return info->type == FILE_REGULAR &&
	    ((begins(path, "certs") && len > 4 && strcmp(path + len - 4, ".pem") == 0) ||
		(begins(path, "ca") && len > 7 && strcmp(path + len - 7, "/ca.pem") == 0));
}

/* The permissions that it has to have; 0: it isn't the group's. */
static unsigned
wanted_mode(const char *path, const struct file_info *info)
{
	size_t len = strlen(path);
	unsigned open = 0660 | (info->mode & 04);

	if (info->type == FILE_DIRECTORY)
		return wanted_directory(path, info->mode);
	if (is_private_key(path, info))
		return 0;
	if (begins(path, "served"))
		return open;
	if (begins(path, "certs"))
		return (info->mode & 077) != 0 ? open : 0;
	if (begins(path, "ca") &&
	    ((info->mode & 077) != 0 || (len > 5 && strcmp(path + len - 5, ".json") == 0)))
		return 0640 | (info->mode & 04);
	for (size_t i = 0; i < N(state_files); i++)
		if (strcmp(path, state_files[i]) == 0)
			return open;
	return 0;
}

struct level {
	struct sharing *s;
	struct dir *d;
	const char *path; /* below the repository; "": the repository */
};

static int walk_one(void *arg, const char *name, struct err *e);

static int
walk_below(struct sharing *s, struct dir *d, const char *name, const char *path, struct err *e)
{
	struct dir *sub = dir_below(d, name, false, e);
	struct level l = { s, sub, path };
	int rc = sub == NULL ? -1 : dir_list(sub, walk_one, &l, e);

	dir_close(sub);
	return rc;
}

static int
walk_one(void *arg, const char *name, struct err *e)
{
	const struct level *l = arg;
	char path[REPO_PATH_MAX];
	struct file_info info;
	unsigned want;
	int rc;

	if ((size_t)snprintf(path, sizeof path, "%s%s%s", l->path, *l->path == '\0' ? "" : "/",
		name) >= sizeof path)
		return err_setx(e, ERR_TOO_LARGE, "%s: too long a path", l->path);
	if ((rc = file_stat(l->d, name, &info, e)) != 1 || (want = wanted_mode(path, &info)) == 0)
		return rc == -1 ? -1 : 0;
	if (l->s->each(l->s, l->d, name, path, &info, want, e) == -1)
		return -1;
	return info.type == FILE_DIRECTORY && strcmp(path, KEYS_DIR) != 0
	    ? walk_below(l->s, l->d, name, path, e)
	    : 0;
}

static int
walk_repo(struct sharing *s, struct err *e)
{
	struct level l = { s, s->top, "" };

	return dir_list(s->top, walk_one, &l, e);
}

static bool
is_right(const struct sharing *s, const struct file_info *info, unsigned want)
{
	return info->gid == s->gid && info->mode == want;
}

static int
check_one(struct sharing *s, struct dir *d, const char *name, const char *path,
    const struct file_info *info, unsigned want, struct err *e)
{
	char owner[SHARE_NAME_SIZE];

	(void)d;
	(void)name;
	if (info->type != FILE_REGULAR && info->type != FILE_DIRECTORY)
		return err_setx(e, ERR_UNSAFE,
		    "%s/%s: want a file or a directory, got a link or something else; nothing was "
		    "changed",
		    dir_path(s->top), path);
	if (is_right(s, info, want) || info->uid == s->me || s->me == 0)
		return 0;
	share_account(info->uid, owner);
	return err_setx(e, ERR_ACCESS,
	    "%s/%s: is '%s's, who can give it to the group, as root can; nothing was changed",
	    dir_path(s->top), path, owner);
}

static int
give_one(struct sharing *s, struct dir *d, const char *name, const char *path,
    const struct file_info *info, unsigned want, struct err *e)
{
	/* The keys come last. */
	if (strcmp(path, KEYS_DIR) == 0 || is_right(s, info, want))
		return 0;
	return share_give(d, name, s->gid, want, e);
}

static int
tell_one(struct sharing *s, struct dir *d, const char *name, const char *path,
    const struct file_info *info, unsigned want, struct err *e)
{
	char what[128];

	(void)d;
	(void)name;
	if (info->type != FILE_REGULAR && info->type != FILE_DIRECTORY)
		return s->tell(s->arg, path, "is a link or something else", e);
	if (is_right(s, info, want))
		return 0;
	if (info->gid != s->gid)
		snprintf(what, sizeof what, "belongs to another group (%u)", (unsigned)info->gid);
	else
		snprintf(what, sizeof what, "has mode %04o instead of %04o", info->mode, want);
	return s->tell(s->arg, path, what, e);
}

/* Moving keys/ROLE.….pem and .pub of this person to keys/ACCOUNT/. */
struct moving {
	struct dir *keys, *own;
	uint32_t me;
};

static int
move_key(void *arg, const char *name, struct err *e)
{
	const struct moving *m = arg;
	struct file_info info;
	int rc = file_stat(m->keys, name, &info, e);

	if (rc != 1 || info.type != FILE_REGULAR || info.uid != m->me)
		return rc == -1 ? -1 : 0;
	return file_rename(m->keys, name, m->own, name, e);
}

static int
share_keys(struct sharing *s, struct err *e)
{
	struct moving m = { .keys = dir_below(s->top, KEYS_DIR, true, e), .me = s->me };
	char me[SHARE_NAME_SIZE];
	struct file_info info;
	int rc = m.keys == NULL ? -1 : file_stat(s->top, KEYS_DIR, &info, e);

	share_keys_name(s->me, me);
	if (rc == 1 && (m.own = dir_make_private(m.keys, me, e)) != NULL)
		rc = dir_list(m.keys, move_key, &m, e);
	else
		rc = -1;
	if (rc == 0 && !is_right(s, &info, KEYS_MODE))
		rc = share_give(s->top, KEYS_DIR, s->gid, KEYS_MODE, e);
	dir_close(m.own);
	dir_close(m.keys);
	return rc;
}

/* keys/ are moved by the person whose they are.  0 or -1. */
static int
check_keys_owner(const struct sharing *s, struct err *e)
{
	char owner[SHARE_NAME_SIZE];
	struct file_info info;
	int rc = file_stat(s->top, KEYS_DIR, &info, e);

	if (rc != 1 || info.uid == s->me || is_right(s, &info, KEYS_MODE))
		return rc == -1 ? -1 : 0;
	share_account(info.uid, owner);
	return err_setx(e, ERR_ACCESS,
	    "%s/" KEYS_DIR ": is '%s's, who moves their keys to " KEYS_DIR
	    "/%s by this command; nothing was changed",
	    dir_path(s->top), owner, owner);
}

int
share_check_group(const char *group, uint32_t *gid, struct err *e)
{
	char me[SHARE_NAME_SIZE];

	if (share_find(group, gid, e) == -1)
		return -1;
	if (share_is_member(*gid))
		return 0;
	share_account(share_me(), me);
	return err_setx(e, ERR_USAGE,
	    "want a group that you are in, got '%s': an administrator adds '%s' to it (usermod -aG "
	    "%s %s), who logs in again",
	    group, me, group, me);
}

static int
write_share(struct sharing *s, const char *group, struct err *e)
{
	json_t *j = json_pack("{s:i,s:s}", "format", FORMAT, "group", group);
	int rc =
	    j == NULL ? err_nomem(e) : json_file_write(s->top, SHARE_FILE, j, FILE_MAX, 0644, e);

	json_decref(j);
	return rc == 0 ? share_give(s->top, SHARE_FILE, s->gid, 0664, e) : -1;
}

/* The modes, the record, and then the keys. */
static int
give_all(struct sharing *s, const char *group, struct err *e)
{
	struct file_info info;

	s->each = give_one;
	if (walk_repo(s, e) == -1 || file_stat(s->top, "", &info, e) == -1 ||
	    (!is_right(s, &info, wanted_mode("", &info)) &&
		share_give(s->top, ".", s->gid, wanted_mode("", &info), e) == -1))
		return -1;
	if (audit_before(s->top, "share", json_pack("{s:s}", "group", group), NULL, e) == -1 ||
	    write_share(s, group, e) == -1)
		return -1;
	return share_keys(s, e);
}

int
share_repo(const char *path, const char *group, struct err *e)
{
	struct sharing s = { .each = check_one, .me = share_me() };
	struct file_lock *lock = NULL;
	char name[SHARE_NAME_SIZE];
	struct file_info info;
	int rc = -1;

	if (share_check_group(group, &s.gid, e) == -1 || (s.top = dir_open(path, e)) == NULL)
		return -1;
	share_name(s.gid, name);
	if ((lock = file_lock(s.top, REPO_LOCK_FILE, LOCK_WAIT_MS, e)) != NULL &&
	    audit_ready(s.top, e) == 0 && file_stat(s.top, "", &info, e) == 1 &&
	    check_one(&s, s.top, "", ".", &info, wanted_mode("", &info), e) == 0 &&
	    check_keys_owner(&s, e) == 0 && walk_repo(&s, e) == 0)
		rc = give_all(&s, name, e);
	file_unlock(lock);
	dir_close(s.top);
	return rc;
}

int
share_look(struct dir *top,
    int (*each)(void *arg, const char *path, const char *what, struct err *e), void *arg,
    struct err *e)
{
	struct sharing s = { .top = top, .each = tell_one, .tell = each, .arg = arg };

	return dir_is_shared(top, &s.gid) ? walk_repo(&s, e) : 0;
}
