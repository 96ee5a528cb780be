/* SPDX-License-Identifier: ISC */
/* The way to a directory on POSIX systems: component by component, each by descriptor. */
#include "lib/os/way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/os/account_posix.h"
#include "lib/os/open_posix.h"
#include "lib/os/places.h"

#define LINKS_MAX 40 /* on one way, as in Linux */
#define OPEN_DIR  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define BY_LIST	  "whoever its access list names"

struct way {
	const char *path;    /* as it was named */
	int fd;		     /* the directory that was reached */
	char at[PATH_MAX];   /* its path, without links; "" for the root */
	char rest[PATH_MAX]; /* of the way */
	size_t tail;	     /* bytes at the end of rest that no link put there */
	unsigned links;	     /* that were followed */
	bool shared;	     /* a sticky directory, in which others make names */
};

static bool
trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* An access list may let in others than the group: its mask stands where the group's bits are. */
static bool
has_access_list(int fd)
{
	return fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
}

/* Append what a message calls a user. */
static int
add_user_name(uid_t uid, struct buf *out, struct err *e)
{
	int rc = buf_adds(out, "user ", e) == -1 ? -1 : account_name(uid, out, e);

	return rc == 0 ? buf_addf(out, e, "%u", (unsigned)uid) : rc == -1 ? -1 : 0;
}

static int
add_group(gid_t gid, struct buf *out, struct err *e)
{
	int rc = buf_adds(out, "group ", e) == -1 ? -1 : account_group(gid, out, e);

	return rc == 0 ? buf_addf(out, e, "%u", (unsigned)gid) : rc == -1 ? -1 : 0;
}

/* Append who may write besides the owner, as what a message calls them; nothing: nobody. */
static int
add_writers(int fd, const struct stat *st, struct buf *out, struct err *e)
{
	if ((st->st_mode & 02) != 0)
		return buf_adds(out, "everybody", e);
	if ((st->st_mode & 020) == 0)
		return 0;
	if (has_access_list(fd))
		return buf_adds(out, BY_LIST, e);
	return account_is_roots_group(st->st_gid) ? 0 : add_group(st->st_gid, out, e);
}

/* Whether somebody else can choose what names in the directory that was reached stand for. */
static int
judge_way(struct way *w, struct err *e)
{
	const char *at = w->at[0] == '\0' ? "/" : w->at;
	char word[ERR_TEXT_SIZE];
	struct buf who = BUF_INIT(PATH_MAX);
	struct stat st;
	int rc = -1;

	if (fstat(w->fd, &st) == -1)
		return err_set(e, ERR_IO, "%s", at);
	if (!trusted(st.st_uid))
		return err_setx(e, ERR_UNSAFE,
		    "%s: its owner, user %u, can choose where %s leads; look at what it holds, "
		    "then: chown root %s",
		    at, (unsigned)st.st_uid, w->path, text_shell_word(at, word, sizeof word));
	if (add_writers(w->fd, &st, &who, e) == -1)
		goto out;
	w->shared = who.len > 0;
	if (!w->shared || (st.st_mode & S_ISVTX) != 0)
		rc = 0;
	else
		err_setx(e, ERR_UNSAFE,
		    "%s: %s can choose where %s leads (mode %04o); look at what it holds, "
		    "then: %s %s",
		    at, buf_text(&who), w->path, (unsigned)st.st_mode & 07777,
		    strcmp(buf_text(&who), BY_LIST) == 0 ? "setfacl -b" : "chmod go-w",
		    text_shell_word(at, word, sizeof word));
out:
	buf_free(&who);
	return rc;
}

/* In a shared directory: what was found there, and the command that mends it. */
static int
refuse_shared(const struct way *w, const char *name, const char *found, const char *command,
    struct err *e)
{
	char path[2 * PATH_MAX], word[ERR_TEXT_SIZE];

	snprintf(path, sizeof path, "%s/%s", w->at, name);
	return err_setx(e, ERR_UNSAFE,
	    "%s: want a directory of root's there, because others can make names in %s; found %s; "
	    "look at it, then: %s %s",
	    path, w->at[0] == '\0' ? "/" : w->at, found, command,
	    text_shell_word(path, word, sizeof word));
}

/* Put the target of a link in front of what is left behind it, and go on from where it begins. */
static int
follow_link(struct way *w, const char *name, const char *behind, struct err *e)
{
	char target[PATH_MAX], both[2 * PATH_MAX], word[ERR_TEXT_SIZE];
	int link = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), root;
	struct stat st;
	ssize_t n;

	if (link == -1 || fstat(link, &st) == -1 || !S_ISLNK(st.st_mode)) {
		if (link != -1)
			close(link);
		return err_setx(e, ERR_UNSAFE, "%s/%s: something in the way is not a directory",
		    w->at, name);
	}
	n = readlinkat(link, "", target, sizeof target - 1);
	close(link);
	if (w->shared)
		return refuse_shared(w, name, "a symbolic link", "rm", e);
	snprintf(both, sizeof both, "%s/%s", w->at, name);
	if (!trusted(st.st_uid))
		return err_setx(e, ERR_UNSAFE,
		    "%s/%s: a symbolic link of user %u on the way to %s; look where it leads, "
		    "then: chown -h root %s",
		    w->at, name, (unsigned)st.st_uid, w->path,
		    text_shell_word(both, word, sizeof word));
	if (n == -1)
		return err_set(e, ERR_IO, "%s/%s", w->at, name);
	target[n] = '\0';
	snprintf(both, sizeof both, "%s/%s", target, behind);
	if (strlen(both) >= sizeof w->rest || ++w->links > LINKS_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: too many symbolic links, or too long ones",
		    w->path);
	if (strlen(behind) < w->tail)
		w->tail = strlen(behind);
	memcpy(w->rest, both, strlen(both) + 1);
	if (target[0] != '/')
		return 0;
	if ((root = open("/", OPEN_DIR)) == -1)
		return err_set(e, ERR_IO, "/");
	close(w->fd);
	w->fd = root;
	w->at[0] = '\0';
	return 0;
}

/* Add a part to the path that was reached, or take its last one away. */
static int
note_part(struct way *w, const char *name, struct err *e)
{
	size_t have = strlen(w->at);

	if (strcmp(name, "..") == 0) {
		if (have > 0)
			*strrchr(w->at, '/') = '\0';
		return 0;
	}
	if ((size_t)snprintf(w->at + have, sizeof w->at - have, "/%s", name) >= sizeof w->at - have)
		return err_setx(e, ERR_TOO_LARGE, "%s: too long", w->path);
	return 0;
}

/* A part that isn't there: made, where make says so and no link led to it.  -1 with errno. */
static int
make_missing(const struct way *w, const char *name, mode_t mode)
{
	int here = openat(w->fd, ".", OPEN_DIR), fd;

	if (here == -1)
		return -1;
	fd = dir_make_in(here, name, mode, true);
	file_drop(here);
	return fd;
}

/* Enter a part of the way; left: the bytes of it, and of what is behind it. */
static int
enter(struct way *w, const char *name, const char *behind, size_t left, bool make, mode_t mode,
    struct err *e)
{
	int fd = openat(w->fd, name, OPEN_DIR);
	struct stat st;

	if (fd == -1 && (errno == ENOTDIR || errno == ELOOP))
		return follow_link(w, name, behind, e);
	/* who may search a directory may pass through it */
	if (fd == -1 && errno == EACCES)
		fd = openat(w->fd, name, OPEN_DIR | O_PATH);
	if (fd == -1 && errno == ENOENT && w->shared)
		return refuse_shared(w, name, "nothing", "mkdir -m 755", e);
	if (fd == -1 && errno == ENOENT && left > w->tail)
		return err_setx(e, make ? ERR_UNSAFE : ERR_NOENT,
		    "%s: a symbolic link in it leads to nothing: %s/%s; is its disk mounted?",
		    w->path, w->at, name);
	if (fd == -1 && errno == ENOENT && make)
		fd = make_missing(w, name, mode);
	if (fd == -1)
		return err_set(e, ERR_IO, "%s/%s", w->at, name);
	close(w->fd);
	w->fd = fd;
	if (w->shared && fstat(fd, &st) == 0 && !trusted(st.st_uid))
		return refuse_shared(w, name, "another user's", "chown root", e);
	return note_part(w, name, e);
}

/* Walk to the end.  The caller closes w->fd in any case. */
static int
walk(struct way *w, bool make, mode_t mode, struct err *e)
{
	char name[NAME_MAX + 1], behind[PATH_MAX];

	if (w->path[0] != '/' || strlen(w->path) >= sizeof w->rest)
		return err_setx(e, ERR_UNSAFE, "%.200s: want an absolute path that isn't too long",
		    w->path);
	memcpy(w->rest, w->path, strlen(w->path) + 1);
	w->tail = strlen(w->path);
	if ((w->fd = open("/", OPEN_DIR)) == -1)
		return err_set(e, ERR_IO, "/");
	for (;;) {
		const char *p = w->rest + strspn(w->rest, "/");
		size_t len = strcspn(p, "/"), left = strlen(p);

		if (len == 0)
			return 0;
		if (len > NAME_MAX)
			return err_setx(e, ERR_TOO_LARGE, "%s: name too long", w->path);
		memcpy(name, p, len);
		name[len] = '\0';
		memcpy(behind, p + len, left - len + 1);
		memcpy(w->rest, behind, left - len + 1);
		if (strcmp(name, ".") != 0 &&
		    (judge_way(w, e) == -1 || enter(w, name, behind, left, make, mode, e) == -1))
			return -1;
	}
}

static struct dir *
way(const char *path, bool make, mode_t mode, struct err *e)
{
	struct way w = { .path = path, .fd = -1 };
	int fd = -1;

	if (walk(&w, make, mode, e) == 0 && (fd = openat(w.fd, ".", OPEN_DIR)) == -1)
		err_set(e, ERR_IO, "%s", path);
	if (w.fd != -1)
		close(w.fd);
	return fd == -1 ? NULL : dir_wrap(fd, path, e);
}

struct dir *
way_open(const char *path, struct err *e)
{
	return place_privileged() ? way(path, false, 0, e) : dir_open(path, e);
}

struct dir *
way_make(const char *path, unsigned mode, struct err *e)
{
	return place_privileged() ? way(path, true, mode, e) : dir_make(path, mode, e);
}

/* The command that takes the right to write in a directory away from others. */
static int
add_remedy(const char *path, const struct stat *st, bool by_list, struct buf *out, struct err *e)
{
	char word[ERR_TEXT_SIZE];
	bool owner = !trusted(st->st_uid);

	text_shell_word(path, word, sizeof word);
	if (owner && buf_addf(out, e, "chown root %s", word) == -1)
		return -1;
	if ((st->st_mode & 022) == 0)
		return 0;
	return buf_addf(out, e, "%s%s %s", owner ? " && " : "",
	    by_list ? "setfacl -b" : "chmod go-w", word);
}

/* way_writers() of an open directory. */
static int
describe_writers(int fd, const char *path, struct buf *who, struct buf *mend, struct err *e)
{
	struct buf writers = BUF_INIT(PATH_MAX);
	struct stat st;
	int rc = 0;

	if (fstat(fd, &st) == -1)
		return 0;
	if (!trusted(st.st_uid))
		rc = add_user_name(st.st_uid, who, e);
	if (rc == 0 && (rc = add_writers(fd, &st, &writers, e)) == 0 && writers.len > 0)
		rc = buf_addf(who, e, "%s%s", trusted(st.st_uid) ? "" : ", ", buf_text(&writers));
	if (rc == 0 && mend != NULL && (writers.len > 0 || !trusted(st.st_uid)))
		rc = add_remedy(path, &st,
		    writers.len > 0 && strcmp(buf_text(&writers), BY_LIST) == 0, mend, e);
	buf_free(&writers);
	return rc;
}

int
way_writers(const char *path, struct buf *who, struct buf *mend, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd == -1)
		return 0;
	rc = describe_writers(fd, path, who, mend, e);
	close(fd);
	return rc;
}

int
way_movers(const char *path, struct buf *who, struct buf *mend, struct err *e)
{
	(void)path, (void)who, (void)mend, (void)e;
	return 0;
}

enum way_others
way_others(struct dir *d, const char *name)
{
	struct file_info info;
	struct err ignored;

	if (file_stat(d, name, &info, &ignored) != 1)
		return WAY_NOBODY;
	return !trusted(info.uid) ? WAY_OWNS : (info.mode & 022) != 0 ? WAY_MAY_WRITE : WAY_NOBODY;
}
