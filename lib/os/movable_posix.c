/* SPDX-License-Identifier: ISC */
/* Whether names can be changed for good, on Linux. */
#include "lib/os/movable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/move.h"
#include "lib/os/open_posix.h"

/* What statx() tells of a file; mounts and attributes are 0 where the kernel doesn't tell. */
struct seen {
	struct statx x;
	bool tells; /* of immutable and append-only files */
};

/* 1, 0 where there is nothing, or -1 with errno. */
static int
see(int dirfd, const char *name, struct seen *s)
{
	int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH;
	struct stat st;

	*s = (struct seen){ .tells = false };
	if (statx(dirfd, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, &s->x) == 0) {
		s->tells = (s->x.stx_attributes_mask & STATX_ATTR_IMMUTABLE) != 0;
		return 1;
	}
	/* A filter of system calls that doesn't know this one refuses it. */
	if (errno == EPERM && fstatat(dirfd, name, &st, flags) == 0) {
		s->x.stx_uid = st.st_uid;
		s->x.stx_mode = (uint16_t)st.st_mode;
		return 1;
	}
	return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

static bool
other_mount(const struct seen *a, const struct seen *b)
{
	return (a->x.stx_mask & b->x.stx_mask & STATX_MNT_ID) != 0 &&
	    a->x.stx_mnt_id != b->x.stx_mnt_id;
}

/* Of directories alone: files of an overlay have the devices of its layers. */
static bool
other_device(const struct seen *a, const struct seen *b)
{
	return a->x.stx_dev_major != b->x.stx_dev_major || a->x.stx_dev_minor != b->x.stx_dev_minor;
}

static int
refuse_attribute(const char *where, const struct seen *s, struct err *e)
{
	bool append = (s->x.stx_attributes & STATX_ATTR_APPEND) != 0;

	return err_setx(e, ERR_ACCESS,
	    "%s: want what can be replaced, got what is %s; 'chattr -%c' makes it so (lsattr "
	    "shows it)",
	    where, append ? "append-only" : "immutable", append ? 'a' : 'i');
}

static bool
is_fixed(const struct seen *s)
{
	return (s->x.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
}

/* The directory that the name is in; shown is its path. */
static int
check_parent(int parent, const struct seen *dir, const struct seen *top, const char *shown,
    struct err *e)
{
	int flags = getuid() == geteuid() ? 0 : AT_EACCESS;

	if (is_fixed(dir))
		return refuse_attribute(shown, dir, e);
	if (other_mount(dir, top) || other_device(dir, top))
		return err_setx(e, ERR_ACCESS,
		    "%s: want a directory of the file system that it is installed in, got a mount "
		    "point or what is below one; unmount it",
		    shown);
	if (faccessat(parent, ".", W_OK | X_OK, flags) == 0)
		return 0;
	/* Root may write anywhere but to what is immutable, whatever the file system tells. */
	if (errno == EACCES || errno == EROFS || (errno == EPERM && !dir->tells))
		return err_set(e, ERR_ACCESS, "%s: want a directory that this user can change",
		    shown);
	return 0;
}

static int
check_movable_entry(const struct seen *entry, const struct seen *dir, const char *shown,
    struct err *e)
{
	uid_t self = geteuid();

	if (is_fixed(entry))
		return refuse_attribute(shown, entry, e);
	if ((entry->x.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 || other_mount(entry, dir))
		return err_setx(e, ERR_ACCESS,
		    "%s: want what can be replaced, got a mount point; unmount it", shown);
	if (self != 0 && (dir->x.stx_mode & S_ISVTX) != 0 && entry->x.stx_uid != self &&
	    dir->x.stx_uid != self)
		return err_setx(e, ERR_ACCESS,
		    "%s: want what belongs to user %u, got what belongs to user %u in a sticky "
		    "directory; 'chown' it, or 'chmod -t' the directory",
		    shown, (unsigned)self, (unsigned)entry->x.stx_uid);
	return 0;
}

/* The path of the directory that d/name is in. */
static const char *
shown_parent(const struct dir *d, const char *name, const char *leaf, char out[FILE_SHOWN_MAX])
{
	snprintf(out, FILE_SHOWN_MAX, "%s%s%.*s", dir_path(d), leaf == name ? "" : "/",
	    leaf == name ? 0 : (int)(leaf - name - 1), name);
	return out;
}

int
file_check_movable(struct dir *d, const char *name, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct seen top, dir, entry;
	const char *leaf;
	int found, rc = -1, parent = file_open_parent(d, name, &leaf);

	if (parent == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : file_fail(d, name, e);
	if (see(d->fd, "", &top) == -1 || see(parent, "", &dir) == -1 ||
	    (found = see(parent, leaf, &entry)) == -1)
		file_fail(d, name, e);
	else if (check_parent(parent, &dir, &top, shown_parent(d, name, leaf, where), e) == 0)
		rc = found == 0 ? 0
				: check_movable_entry(&entry, &dir, file_shown(d, name, where), e);
	close(parent);
	return rc;
}

/* Whether a file of our own in d can have a second name. */
static bool
has_links(struct dir *d)
{
	static const char a[] = "link", b[] = "link.second";
	struct err e;
	bool has = file_replace_fast(d, a, "", 0, 0600, &e) == 0 && file_remove(d, b, &e) != -1 &&
	    file_link(d, a, d, b, &e) == 1;

	file_remove(d, b, &e);
	file_remove(d, a, &e);
	return has;
}

int
file_link_movable(struct dir *from, const char *name, struct dir *to, const char *newname,
    struct err *e)
{
	int rc = file_link(from, name, to, newname, e), parent;
	char where[FILE_SHOWN_MAX];
	struct seen s;
	const char *leaf;
	bool tells, ours;

	if (rc != 0)
		return rc;
	if ((parent = file_open_parent(from, name, &leaf)) == -1)
		return file_fail(from, name, e);
	tells = see(parent, leaf, &s) == 1 && s.tells;
	/* Somebody else's file is refused by /proc/sys/fs/protected_hardlinks. */
	ours = geteuid() == 0 || s.x.stx_uid == geteuid();
	close(parent);
	if (tells || !ours || !has_links(to))
		return 0;
	return err_setx(e, ERR_ACCESS,
	    "%s: want a file that can be replaced, got one that can't have a second name: is it "
	    "immutable, append-only, or a mount point?",
	    file_shown(from, name, where));
}
