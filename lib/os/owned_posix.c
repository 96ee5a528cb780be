/* SPDX-License-Identifier: ISC */
/*
 * Who can change what a privileged process believes, on POSIX systems: owners and modes, as sshd
 * looks at them.
 */
#include "lib/os/owned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/os/file_system.h"
#include "lib/os/open_posix.h"

#define LINKS_MAX 40 /* on the way of one path, as in Linux */

/*
 * last: nothing else is looked up in it.  In a sticky directory on the way nobody can replace what
 * belongs to another.
 */
static int
check_owner(const char *at, const struct stat *st, bool last, struct err *e)
{
	char word[ERR_TEXT_SIZE];

	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_setx(e, ERR_UNSAFE,
		    "%s: want what belongs to root or to user %u, got one of user %u; look at what it "
		    "holds, then: chown -h root %s",
		    at, (unsigned)geteuid(), (unsigned)st->st_uid,
		    text_shell_word(at, word, sizeof word));
	if (S_ISLNK(st->st_mode) || (st->st_mode & 022) == 0 ||
	    (!last && S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0))
		return 0;
	return err_setx(e, ERR_UNSAFE,
	    "%s: want what only its owner can change, got mode %04o; look at what it holds, "
	    "then: chmod go-w %s",
	    at, (unsigned)st->st_mode & 07777, text_shell_word(at, word, sizeof word));
}

static int
check_entries(const char *path, const char *except, struct err *e)
{
	struct dir *d = dir_open(path, e);
	struct strings names = { .n = 0 };
	char at[2 * PATH_MAX];
	struct stat st;
	int rc = d == NULL ? e->code == ERR_NOENT ? 0 : -1 : dir_names(d, &names, e);

	for (size_t i = 0; i < names.n && rc == 0; i++) {
		if (except != NULL && strcmp(names.v[i], except) == 0)
			continue;
		snprintf(at, sizeof at, "%s/%s", path, names.v[i]);
		if (fstatat(d->fd, names.v[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			rc = check_owner(at, &st, true, e);
	}
	strings_free(&names);
	dir_close(d);
	return rc;
}

/* Put the target of the link at in front of rest, and cut the link off at. */
static int
follow(char at[PATH_MAX], char rest[PATH_MAX], struct err *e)
{
	char target[PATH_MAX], both[2 * PATH_MAX];
	ssize_t n = readlink(at, target, sizeof target - 1);

	if (n == -1)
		return err_set(e, ERR_IO, "%s", at);
	target[n] = '\0';
	snprintf(both, sizeof both, "%s/%s", target, rest);
	if (strlen(both) >= PATH_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: its path is too long", at);
	memcpy(rest, both, strlen(both) + 1);
	if (target[0] == '/')
		at[0] = '\0';
	else
		*strrchr(at, '/') = '\0';
	return 0;
}

int
owned_check(const char *path, unsigned what, const char *except, struct err *e)
{
	char at[PATH_MAX] = "", rest[PATH_MAX];
	unsigned links = 0;
	struct stat st;

	if (path[0] != '/' || strlen(path) >= sizeof rest)
		return err_setx(e, ERR_UNSAFE, "%.200s: want an absolute path", path);
	memcpy(rest, path, strlen(path) + 1);
	for (;;) {
		char *p = rest + strspn(rest, "/");
		size_t len = strcspn(p, "/"), have = strlen(at);
		bool up = len == 2 && memcmp(p, "..", 2) == 0;

		if (lstat(have == 0 ? "/" : at, &st) == -1)
			return errno == ENOENT ? 0 : err_set(e, ERR_IO, "%s", at);
		if (check_owner(have == 0 ? "/" : at, &st, len == 0, e) == -1)
			return -1;
		if (S_ISLNK(st.st_mode)) {
			if (++links > LINKS_MAX)
				return err_setx(e, ERR_UNSAFE, "%s: too many symbolic links", path);
			memmove(rest, p, strlen(p) + 1);
			if (follow(at, rest, e) == -1)
				return -1;
			continue;
		}
		if (len == 0)
			break;
		if (up && have > 0)
			*strrchr(at, '/') = '\0';
		else if (!up && !(len == 1 && *p == '.')) {
			if (have + len + 2 > sizeof at)
				return err_setx(e, ERR_TOO_LARGE, "%s: too long", path);
			at[have] = '/';
			memcpy(at + have + 1, p, len);
			at[have + 1 + len] = '\0';
		}
		memmove(rest, p + len, strlen(p + len) + 1);
	}
	return (what & OWNED_ENTRIES) != 0 && S_ISDIR(st.st_mode)
	    ? check_entries(at[0] == '\0' ? "/" : at, except, e)
	    : 0;
}

int
owned_mend(const char *path, unsigned what, const char *except, bool adopt, struct err *e)
{
	(void)path;
	(void)what;
	(void)except;
	(void)adopt;
	(void)e;
	return 0; /* owned_check() names the commands */
}

int
owned_show(const char *path, unsigned what, const char *except, struct buf *out, struct err *e)
{
	(void)path;
	(void)what;
	(void)except;
	(void)out;
	(void)e;
	return 0;
}

int
owned_file(struct dir *d, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return err_set(e, ERR_IO, "%s/%s", dir_path(d), name);
	return S_ISREG(st.st_mode) ? check_owner(name, &st, true, e)
				   : err_setx(e, ERR_UNSAFE, "%s: want a file", name);
}
