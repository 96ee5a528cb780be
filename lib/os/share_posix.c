/* SPDX-License-Identifier: ISC */
/* Directories that a group changes together, on POSIX systems. */
#include "lib/os/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/account_posix.h"
#include "lib/os/open_posix.h"

#define GROUPS_MAX 65536

/* Bytes that hold the first line of a private key. */
#define KEY_BEGIN_MAX 256

int
share_find(const char *group, uint32_t *gid, struct err *e)
{
	gid_t found;

	if (*group != '\0' && strlen(group) < 10 && strspn(group, "0123456789") == strlen(group)) {
		*gid = (uint32_t)strtoul(group, NULL, 10);
		return 0;
	}
	if (!account_group_number(group, &found))
		return err_setx(e, ERR_USAGE,
		    "want the name or number of a group, got '%.100s', which this computer doesn't "
		    "know (addgroup --system NAME makes one)",
		    group);
	*gid = found;
	return 0;
}

bool
share_is_member(uint32_t gid)
{
	int n = getgroups(0, NULL);
	gid_t *all;
	bool is = geteuid() == 0 || getegid() == gid;

	if (is || n <= 0 || n > GROUPS_MAX || (all = calloc((size_t)n, sizeof *all)) == NULL)
		return is;
	n = getgroups(n, all);
	for (int i = 0; i < n; i++)
		is = is || all[i] == gid;
	free(all);
	return is;
}

static void
name_of(int (*ask)(id_t id, struct buf *out, struct err *e), id_t id, char out[SHARE_NAME_SIZE])
{
	struct buf name = BUF_INIT(SHARE_NAME_SIZE - 1);
	struct err ignored;

	if (ask(id, &name, &ignored) == 1)
		snprintf(out, SHARE_NAME_SIZE, "%s", buf_text(&name));
	else
		snprintf(out, SHARE_NAME_SIZE, "%u", (unsigned)id);
	buf_free(&name);
}

void
share_name(uint32_t gid, char out[SHARE_NAME_SIZE])
{
	name_of(account_group, gid, out);
}

void
share_account(uint32_t uid, char out[SHARE_NAME_SIZE])
{
	name_of(account_name, uid, out);
}

uint32_t
share_me(void)
{
	return geteuid();
}

int
dir_share(struct dir *d, struct err *e)
{
	struct stat st;

	if (fstat(d->fd, &st) == -1)
		return err_set(e, ERR_IO, "%s", d->path);
	if ((st.st_mode & (S_ISGID | S_IRWXG | S_IWOTH)) != (S_ISGID | S_IRWXG))
		return err_setx(e, ERR_UNSAFE,
		    "%s: want a directory that its group may write in, with the set-group-ID bit, "
		    "as a shared one, got mode %04o",
		    d->path, (unsigned)st.st_mode & 07777);
	d->shared = true;
	d->gid = st.st_gid;
	return 0;
}

void
dir_unshare(struct dir *d)
{
	d->shared = false;
}

bool
dir_is_shared(const struct dir *d, uint32_t *gid)
{
	if (d->shared && gid != NULL)
		*gid = d->gid;
	return d->shared;
}

mode_t
file_share_mode(const struct dir *d, unsigned mode)
{
	bool group = d != NULL && d->shared && ((mode & FILE_FOR_GROUP) != 0 || (mode & 077) != 0);

	mode &= 07777;
	return group ? mode | (mode & 0700) >> 3 : mode;
}

int
file_share_new(const struct dir *d, int fd, unsigned mode)
{
	struct stat st;

	if (d == NULL || !d->shared || (mode & 070) == 0)
		return 0;
	if (fstat(fd, &st) == -1 || (st.st_gid != d->gid && fchown(fd, (uid_t)-1, d->gid) == -1))
		return -1;
	return (st.st_mode & 07777) == mode ? 0 : file_change_mode(fd, mode);
}

bool
file_share_odd(const struct dir *d, const struct stat *st)
{
	return d != NULL && d->shared && (st->st_gid != d->gid || st->st_nlink != 1);
}

/* Whether a file that nobody else can read begins as a private key: it was moved here. */
static bool
is_moved_key(int fd, const struct stat *st)
{
	char begin[KEY_BEGIN_MAX];
	ssize_t n = S_ISREG(st->st_mode) && (st->st_mode & 077) == 0
	    ? pread(fd, begin, sizeof begin, 0)
	    : 0;

	return n > 0 && bytes_find(begin, (size_t)n, "PRIVATE KEY-----") != NULL;
}

int
share_give(struct dir *d, const char *name, uint32_t gid, unsigned mode, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct stat st;
	int fd = file_open_at(d, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0), rc = -1;

	if (fd == -1)
		return file_fail(d, name, e);
	if (fstat(fd, &st) == -1)
		file_fail(d, name, e);
	else if (S_ISREG(st.st_mode) && st.st_nlink != 1)
		err_setx(e, ERR_UNSAFE,
		    "%s: want a file with one name, got one with a second (a hard link); "
		    "copy it, and give the copy its name",
		    file_shown(d, name, where));
	else if ((mode & 070) != 0 && is_moved_key(fd, &st))
		err_setx(e, ERR_UNSAFE,
		    "%s: want a file that the group may read, got a private key: see who moved it "
		    "here, and move it back",
		    file_shown(d, name, where));
	else if ((st.st_gid != gid && fchown(fd, (uid_t)-1, gid) == -1) || fchmod(fd, mode) == -1)
		file_fail(d, name, e);
	else
		rc = 0;
	close(fd);
	return rc;
}
