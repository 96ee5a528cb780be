/* SPDX-License-Identifier: ISC */
/*
 * Files on POSIX systems: symbolic links, FIFOs, permissions, owners.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/os/file.h"
#include "lib/os/move.h"
#include "lib/os/open_posix.h"

#define STRANGER 12345

/* Without openat2() the walk by descriptor opens all names. */
static bool without_openat2;

long __real_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d);

long
__wrap_syscall(long number, long a, long b, long c, long d)
{
	if (number == SYS_openat2 && without_openat2) {
		errno = ENOSYS;
		return -1;
	}
	return __real_syscall(number, a, b, c, d);
}

/* Calls that the file system refuses, and an attack right after a directory was made. */
static bool no_noreplace, no_links, no_modes, no_sizes;
static const char *swapped_for;
static mode_t no_sync_of; /* files of this type */
static int no_sync_code;

int __real_renameat2(int from, const char *name, int to, const char *newname, unsigned flags);
int __wrap_renameat2(int from, const char *name, int to, const char *newname, unsigned flags);
int __real_linkat(int from, const char *name, int to, const char *newname, int flags);
int __wrap_linkat(int from, const char *name, int to, const char *newname, int flags);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __real_fstatvfs(int fd, struct statvfs *v);
int __wrap_fstatvfs(int fd, struct statvfs *v);
int __real_mkdirat(int fd, const char *name, mode_t mode);
int __wrap_mkdirat(int fd, const char *name, mode_t mode);

static int
refused(int code)
{
	errno = code;
	return -1;
}

int
__wrap_renameat2(int from, const char *name, int to, const char *newname, unsigned flags)
{
	return no_noreplace && flags != 0 ? refused(EINVAL)
					  : __real_renameat2(from, name, to, newname, flags);
}

int
__wrap_linkat(int from, const char *name, int to, const char *newname, int flags)
{
	return no_links ? refused(EPERM) : __real_linkat(from, name, to, newname, flags);
}

int
__wrap_fsync(int fd)
{
	struct stat st;

	return no_sync_of != 0 && fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == no_sync_of
	    ? refused(no_sync_code)
	    : __real_fsync(fd);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	return no_modes ? refused(EPERM) : __real_fchmod(fd, mode);
}

int
__wrap_fstatvfs(int fd, struct statvfs *v)
{
	int rc = __real_fstatvfs(fd, v);

	if (rc == 0 && no_sizes)
		v->f_blocks = v->f_bfree = v->f_bavail = 0;
	return rc;
}

int
__wrap_mkdirat(int fd, const char *name, mode_t mode)
{
	int rc = __real_mkdirat(fd, name, mode);

	if (rc == 0 && swapped_for != NULL) {
		assert_int_equal(unlinkat(fd, name, AT_REMOVEDIR), 0);
		assert_int_equal(symlinkat(swapped_for, fd, name), 0);
	}
	return rc;
}

/* Both ways to open a name. */
static int
openers(struct dir *d, const char *name, int flags, int fds[2], int errors[2])
{
	without_openat2 = false;
	fds[0] = file_open_at(d, name, flags, flags & O_CREAT ? 0600 : 0);
	errors[0] = errno;
	fds[1] = file_open_walk(d->fd, name, flags | O_CLOEXEC, flags & O_CREAT ? 0600 : 0);
	errors[1] = errno;
	for (int i = 0; i < 2; i++)
		if (fds[i] != -1)
			close(fds[i]);
	return 2;
}

static struct open_row {
	const char *name, *path;
	int flags;
	bool good;
} open_rows[] = {
	{ "open: file", "file", O_RDONLY, true },
	{ "open: deep file", "a/b/c/x", O_RDONLY, true },
	{ "open: directory", "a/b", O_RDONLY | O_DIRECTORY, true },
	{ "open: new file", "a/new", O_WRONLY | O_CREAT, true },
	{ "open: dots in a name", "a/..b", O_RDONLY, true },
	{ "open: link at the end", "link", O_RDONLY, false },
	{ "open: link to a file here", "here", O_RDONLY, false },
	{ "open: dangling link, created", "dangling", O_WRONLY | O_CREAT, false },
	{ "open: link on the way", "link/passwd", O_RDONLY, false },
	{ "open: link on the way, created", "link/slipway-test", O_WRONLY | O_CREAT, false },
	{ "open: link to a directory here on the way", "a/inside/c/x", O_RDONLY, false },
	{ "open: link at the end, as a directory", "link", O_RDONLY | O_DIRECTORY, false },
	{ "open: parent", "../x", O_WRONLY | O_CREAT, false },
	{ "open: parent at the end", "a/../..", O_RDONLY | O_DIRECTORY, false },
	{ "open: parent alone", "..", O_RDONLY | O_DIRECTORY, false },
	{ "open: absolute", "/etc/passwd", O_RDONLY, false },
	{ "open: empty", "", O_RDONLY, false },
	{ "open: absent", "absent", O_RDONLY, false },
	{ "open: below a file", "file/x", O_RDONLY, false },
	{ "open: magic link", "proc/self/root/etc/passwd", O_RDONLY, false },
};

static void
link_in(struct dir *d, const char *target, const char *name)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir_path(d), name);
	assert_int_equal(symlink(target, path), 0);
}

static int
make_tree(void **state)
{
	struct dir *d, *below;
	struct err e;

	if (temp_make(state) == -1)
		return -1;
	d = *state;
	assert_non_null(below = dir_below(d, "a/b/c", true, &e));
	dir_close(below);
	assert_ok(file_replace(d, "file", "x", 1, 0644, &e), &e);
	assert_ok(file_replace(d, "a/..b", "x", 1, 0644, &e), &e);
	assert_ok(file_replace(d, "a/b/c/x", "deep", 4, 0644, &e), &e);
	link_in(d, "/etc", "link");
	link_in(d, "file", "here");
	link_in(d, "nothing", "dangling");
	link_in(d, "b", "a/inside");
	link_in(d, "/proc", "proc");
	return 0;
}

/* openat2() and the walk agree. */
static struct dir *tree;

static int
tree_make(void **state)
{
	void *d = NULL;
	int rc = make_tree(&d);

	(void)state;
	tree = d;
	return rc;
}

static int
tree_remove(void **state)
{
	void *d = tree;

	(void)state;
	return temp_remove(&d);
}

static void
opens(void **state)
{
	const struct open_row *r = *state;
	int fds[2], errors[2];

	openers(tree, r->path, r->flags, fds, errors);
	for (int i = 0; i < 2; i++) {
		if (fds[i] == -1 && r->good)
			print_error("%s: %s\n", i == 0 ? "openat2" : "walk", strerror(errors[i]));
		assert_true((fds[i] != -1) == r->good);
		if (r->good || strstr(r->name, "absent") != NULL)
			continue;
		/* file_fail() calls these ERR_UNSAFE; an empty name is no name. */
		assert_true(errors[i] == ELOOP || errors[i] == EXDEV || errors[i] == ENOTDIR ||
		    (errors[i] == ENOENT && *r->path == '\0'));
	}
	assert_int_equal(access("/etc/slipway-test", F_OK), -1);
}

static void
links(struct dir *d)
{
	struct buf b = BUF_INIT(1000);
	char fifo[4096];
	struct err e;

	link_in(d, "/etc", "link");
	assert_err(file_read(d, "link/passwd", &b, &e), ERR_UNSAFE, &e);
	assert_err(file_replace(d, "link/x", "x", 1, 0644, &e), ERR_UNSAFE, &e);
	assert_err(file_read(d, "../etc/passwd", &b, &e), ERR_UNSAFE, &e);
	assert_null(dir_below(d, "link", true, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	dir_close(dir_below(d, "a/b/c", true, &e));
	assert_ok(file_replace(d, "a/b/c/x", "deep", 4, 0600, &e), &e);
	assert_ok(file_read(d, "a/b/c/x", &b, &e), &e);
	assert_string_equal(buf_text(&b), "deep");
	/* replaces the link itself */
	assert_ok(file_rename(d, "a/b/c/x", d, "link", &e), &e);
	buf_reset(&b);
	assert_ok(file_read(d, "link", &b, &e), &e);
	assert_string_equal(buf_text(&b), "deep");
	assert_err(file_read(d, "a", &b, &e), ERR_UNSAFE, &e);
	snprintf(fifo, sizeof fifo, "%s/fifo", dir_path(d));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_err(file_read(d, "fifo", &b, &e), ERR_UNSAFE, &e);
	link_in(d, "a/b", "to-a");
	assert_err(file_sync(d, "to-a", &e), ERR_UNSAFE, &e);
	assert_err(file_set_mode(d, "to-a", 0777, &e), ERR_UNSAFE, &e);
	buf_free(&b);
}

static void
file_links(void **state)
{
	without_openat2 = false;
	links(*state);
}

static void
file_links_walked(void **state)
{
	without_openat2 = true;
	links(*state);
	without_openat2 = false;
}

static void
file_secret(void **state)
{
	static const unsigned open_modes[] = { 0640, 0620, 0610, 0604, 0602, 0601, 0644 };
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;

	assert_ok(file_replace(d, "key", "k", 1, 0600, &e), &e);
	assert_ok(file_read_secret(d, "key", &b, &e), &e);
	assert_string_equal(buf_text(&b), "k");
	buf_reset(&b);
	for (size_t i = 0; i < N(open_modes); i++) {
		assert_ok(file_set_mode(d, "key", open_modes[i], &e), &e);
		assert_err(file_read_secret(d, "key", &b, &e), ERR_ACCESS, &e);
		assert_int_equal(b.len, 0);
	}
	buf_free(&b);
}

static void
file_secret_of_another(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;

	if (geteuid() != 0) {
		print_message("skipped: want root, to give a file away\n");
		skip();
	}
	assert_ok(file_replace(d, "key", "k", 1, 0600, &e), &e);
	assert_int_equal(fchownat(d->fd, "key", STRANGER, (gid_t)-1, 0), 0);
	assert_err(file_read_secret(d, "key", &b, &e), ERR_ACCESS, &e);
	assert_int_equal(b.len, 0);
	/* For that user the file is its own; a file of root is accepted as well. */
	assert_int_equal(fchownat(d->fd, ".", STRANGER, (gid_t)-1, 0), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	assert_ok(file_read_secret(d, "key", &b, &e), &e);
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(buf_text(&b), "k");
	buf_free(&b);
}

/* The group stays, and so do its permissions. */
static void
file_kept(void **state)
{
	struct dir *d = *state;
	struct stat st;
	struct err e;

	assert_ok(file_replace(d, "f", "old", 3, 0640, &e), &e);
	if (geteuid() == 0)
		assert_int_equal(fchownat(d->fd, "f", STRANGER, STRANGER, 0), 0);
	assert_ok(file_replace_keep(d, "f", "new", 3, 0604, &e), &e);
	assert_int_equal(fstatat(d->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	if (geteuid() == 0) {
		assert_int_equal(st.st_uid, STRANGER);
		assert_int_equal(st.st_gid, STRANGER);
	}
	/* A link is replaced by a file with the requested mode. */
	link_in(d, "f", "link");
	assert_ok(file_replace_keep(d, "link", "x", 1, 0604, &e), &e);
	assert_int_equal(fstatat(d->fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0604);
}

/* When a user may not give the file to its group, the group gets the permissions of all others. */
static void
file_kept_by_a_stranger(void **state)
{
	struct dir *d = *state;
	struct stat st;
	struct err e;

	if (geteuid() != 0) {
		print_message("skipped: want root, to become another user\n");
		skip();
	}
	assert_int_equal(fchownat(d->fd, ".", STRANGER, STRANGER, 0), 0);
	assert_ok(file_replace(d, "f", "old", 3, 0664, &e), &e);
	assert_int_equal(fchownat(d->fd, "f", STRANGER, 23456, 0), 0);
	assert_int_equal(setegid(STRANGER), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	assert_ok(file_replace_keep(d, "f", "new", 3, 0600, &e), &e);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	assert_int_equal(fstatat(d->fd, "f", &st, 0), 0);
	assert_int_equal(st.st_gid, STRANGER);
	assert_int_equal(st.st_mode & 07777, 0644);
}

/* An obstacle in the way of "top/way/a/b" (NULL: none), and the result of making that directory. */
static struct way_row {
	const char *name, *link, *below;
	enum err_code code;
	const char *text;
} ways[] = {
	{ "parent leads nowhere", "absent", "top/way/a/b", ERR_UNSAFE,
	    "top/way is a symbolic link" },
	{ "itself leads nowhere", "absent", "top/way", ERR_UNSAFE, "top/way is a symbolic link" },
	{ "nowhere with slashes", "absent", "top/way//a/./b//", ERR_UNSAFE, "symbolic link" },
	{ "nowhere twice", "also", "top/way/a/b", ERR_UNSAFE, "symbolic link" },
	{ "link to itself", "way", "top/way/a/b", ERR_IO, "oo many" },
	{ "a file", "../file", "top/way/a/b", ERR_IO, "ot a directory" },
	{ "a file itself", "../file", "top/way", ERR_IO, "ot a directory" },
};

static void
ways_that_end(void **state)
{
	const struct way_row *r = *state;
	char path[PATH_MAX];
	struct dir *d;
	void *temp;
	struct err e;

	alarm(60); /* the fault would be an endless loop */
	assert_int_equal(temp_make(&temp), 0);
	d = temp;
	dir_close(dir_below(d, "top", true, &e));
	assert_ok(file_replace(d, "file", "x", 1, 0600, &e), &e);
	link_in(d, r->link, "top/way");
	link_in(d, "absent/x", "top/also");
	snprintf(path, sizeof path, "%.200s/%s", dir_path(d), r->below);
	err_clear(&e);
	assert_null(dir_make(path, 0755, &e));
	if (e.code != r->code || strstr(e.text, r->text) == NULL)
		fail_msg("want %s, ...%s..., got %s (%s)", err_name(r->code), r->text,
		    err_name(e.code), e.text);
	temp_remove(&temp);
	alarm(0);
}

static void
ways_too_long(void **state)
{
	struct dir *d = *state;
	char path[PATH_MAX];
	struct err e;

	alarm(60);
	snprintf(path, sizeof path, "%.200s/a/%0300d/b", dir_path(d), 0);
	assert_null(dir_make(path, 0755, &e));
	assert_non_null(strstr(e.text, "oo long"));
	alarm(0);
}

/*
 * Another process removes each made directory: the call ends with the directory or with an error.
 */
static void
ways_removed_meanwhile(void **state)
{
	struct dir *d = *state;
	char path[PATH_MAX], top[PATH_MAX];
	struct err e;
	pid_t pid;

	alarm(60);
	snprintf(top, sizeof top, "%.200s/a", dir_path(d));
	snprintf(path, sizeof path, "%.300s/b/c", top);
	if ((pid = fork()) == 0) {
		for (;;) {
			rmdir(path);
			*strrchr(path, '/') = '\0';
			rmdir(path);
			path[strlen(path)] = '/';
			rmdir(top);
		}
	}
	for (int i = 0; i < 500; i++)
		dir_close(dir_make(path, 0755, &e));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	alarm(0);
}

static unsigned
mode_of(struct dir *d, const char *name)
{
	struct file_info info;
	struct err e;

	assert_int_equal(file_stat(d, name, &info, &e), 1);
	return info.mode;
}

/* What is made has the permissions that it is made with, whatever the umask says. */
static void
dir_umask(void **state)
{
	static const mode_t masks[] = { 0, 022, 077, 0777 };
	struct dir *d = *state, *made;
	struct file_out *out;
	char path[4096];
	struct err e;

	for (size_t i = 0; i < N(masks); i++) {
		mode_t before = umask(masks[i]);

		snprintf(path, sizeof path, "%s/m%zu/x/y/", dir_path(d), i);
		made = dir_make(path, 0755, &e);
		umask(before);
		assert_non_null(made);
		assert_int_equal(mode_of(made, ""), 0755);
		umask(masks[i]);
		dir_close(made);
		snprintf(path, sizeof path, "b%zu/x", i);
		made = dir_below(d, path, true, &e);
		umask(before);
		assert_non_null(made);
		assert_int_equal(mode_of(made, ""), 0755);
		dir_close(made);
		umask(masks[i]);
		made = dir_make_private(d, "private", &e);
		umask(before);
		assert_non_null(made);
		dir_close(made);
		assert_int_equal(mode_of(d, "private"), 0700);
		assert_int_equal(dir_remove(d, "private", &e), 1);
		umask(masks[i]);
		out = file_out_open(d, "piece", i == 0 ? 0600 : 0644, &e);
		umask(before);
		assert_non_null(out);
		assert_ok(file_out_close(out, false, &e), &e);
		assert_int_equal(mode_of(d, "piece"), i == 0 ? 0600 : 0644);
	}
	assert_int_equal(mode_of(d, "m2"), 0755);
	assert_int_equal(mode_of(d, "m2/x"), 0755);
	assert_int_equal(mode_of(d, "b2"), 0755);
}

/* A directory below a set-group-ID directory gets its group and its bit. */
static void
dir_setgid(void **state)
{
	struct dir *d = *state, *made;
	char path[4096];
	struct stat st;
	struct err e;

	snprintf(path, sizeof path, "%s/group", dir_path(d));
	assert_int_equal(mkdir(path, 0755), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, (uid_t)-1, STRANGER), 0);
	assert_int_equal(chmod(path, 02775), 0);
	assert_non_null(made = dir_below(d, "group/one/two", true, &e));
	assert_int_equal(mode_of(made, ""), 02755);
	dir_close(made);
	strcat(path, "/three/four");
	assert_non_null(made = dir_make(path, 0755, &e));
	assert_int_equal(mode_of(made, ""), 02755);
	dir_close(made);
	if (geteuid() == 0) {
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_gid, STRANGER);
	}
}

/* Somebody replaces a new directory by a link before its permissions are set. */
static void
dir_swapped(void **state)
{
	struct dir *d = *state, *victim;
	char path[4096], target[4096];
	struct err e;

	snprintf(target, sizeof target, "%s/victim", dir_path(d));
	assert_int_equal(mkdir(target, 0700), 0);
	umask(077);
	swapped_for = target;
	assert_null(dir_below(d, "a", true, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	assert_null(dir_below(d, "b/c/d", true, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	assert_null(dir_make_private(d, "p", &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	snprintf(path, sizeof path, "%s/m/n", dir_path(d));
	assert_null(dir_make(path, 0755, &e));
	assert_int_equal(e.code, ERR_UNSAFE);
	swapped_for = NULL;
	umask(022);
	assert_int_equal(mode_of(d, "victim"), 0700);
	assert_non_null(victim = dir_open(target, &e));
	assert_int_equal(mode_of(victim, ""), 0700);
	dir_close(victim);
}

/* A dangling link in the path is an error, not an endless search. */
static void
dir_dangling(void **state)
{
	struct dir *d = *state, *made;
	char path[4096];
	struct err e;

	link_in(d, "nothing", "link");
	for (int deep = 0; deep < 2; deep++) {
		snprintf(path, sizeof path, "%s/link%s", dir_path(d), deep ? "/a/b" : "");
		assert_null(dir_make(path, 0755, &e));
		assert_int_equal(e.code, ERR_UNSAFE);
	}
	/* A link to a directory is followed: the caller vouches for the path. */
	assert_non_null(made = dir_below(d, "there", true, &e));
	dir_close(made);
	link_in(d, "there", "good");
	snprintf(path, sizeof path, "%s/good//a/", dir_path(d));
	assert_non_null(made = dir_make(path, 0755, &e));
	dir_close(made);
	assert_int_equal(mode_of(d, "there/a"), 0755);
}

static void
count(struct dir *d, size_t want)
{
	struct strings names = { .n = 0 };
	struct err e;

	assert_ok(dir_names(d, &names, &e), &e);
	assert_int_equal(names.n, want);
	strings_free(&names);
}

/* New files on file systems without RENAME_NOREPLACE, and without links. */
static void
create_without(void **state)
{
	struct dir *d = *state;
	struct buf b = BUF_INIT(100);
	struct err e;
	char name[10];

	no_noreplace = true;
	for (int links = 0; links < 2; links++) {
		no_links = links == 1;
		snprintf(name, sizeof name, "n%d", links);
		assert_ok(file_create(d, name, "one", 3, 0640, &e), &e);
		assert_err(file_create(d, name, "two", 3, 0640, &e), ERR_EXISTS, &e);
		buf_reset(&b);
		assert_ok(file_read(d, name, &b, &e), &e);
		assert_string_equal(buf_text(&b), "one");
		assert_int_equal(mode_of(d, name), 0640);
		link_in(d, "elsewhere", links ? "l1" : "l0");
		assert_err(file_create(d, links ? "l1" : "l0", "x", 1, 0640, &e), ERR_EXISTS, &e);
	}
	no_noreplace = no_links = false;
	count(d, 4);
	buf_free(&b);
}

/* On a file system without permissions only secrets fail. */
static void
modes_lost(void **state)
{
	struct dir *d = *state, *made;
	struct err e;

	assert_false(file_modes_lost());
	no_modes = true;
	assert_ok(file_replace(d, "file", "x", 1, 0755, &e), &e);
	assert_true(file_modes_lost());
	assert_ok(file_set_mode(d, "file", 0644, &e), &e);
	assert_ok(file_replace_keep(d, "file", "y", 1, 0644, &e), &e);
	umask(077);
	made = dir_below(d, "a/b", true, &e);
	umask(022);
	assert_non_null(made);
	dir_close(made);
	assert_ok(file_create(d, "key", "x", 1, 0600, &e), &e);
	no_modes = false;
}

/* Directories that can't be flushed are no reason to fail, but files are, and other errors. */
static void
syncs_lost(void **state)
{
	struct dir *d = *state, *made;
	struct err e;

	assert_false(dir_sync_lost());
	no_sync_of = S_IFDIR;
	no_sync_code = EIO;
	assert_err(dir_sync(d, &e), ERR_IO, &e);
	assert_false(dir_sync_lost());
	no_sync_code = EINVAL;
	assert_ok(dir_sync(d, &e), &e);
	assert_true(dir_sync_lost());
	assert_ok(file_replace(d, "file", "x", 1, 0644, &e), &e);
	assert_ok(file_create(d, "new", "x", 1, 0644, &e), &e);
	assert_ok(file_rename(d, "file", d, "other", &e), &e);
	assert_non_null(made = dir_below(d, "a/b", true, &e));
	dir_close(made);
	no_sync_of = S_IFREG;
	assert_err(file_replace(d, "file", "x", 1, 0644, &e), ERR_IO, &e);
	assert_err(file_sync(d, "other", &e), ERR_IO, &e);
	no_sync_of = 0;
}

static void
room_unknown(void **state)
{
	struct dir *d = *state;
	struct dir_room room;
	struct err e;

	no_sizes = true;
	assert_ok(dir_room(d, &room, &e), &e);
	no_sizes = false;
	assert_true(room.bytes == UINT64_MAX);
}

int
main(void)
{
	static struct CMUnitTest tests[60] = {
		cmocka_unit_test_setup_teardown(file_links, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_links_walked, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_secret, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_secret_of_another, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_kept, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(file_kept_by_a_stranger, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(ways_too_long, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(ways_removed_meanwhile, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(dir_umask, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(dir_setgid, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(dir_swapped, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(dir_dangling, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(create_without, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(modes_lost, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(syncs_lost, temp_make, temp_remove),
		cmocka_unit_test_setup_teardown(room_unknown, temp_make, temp_remove),
	};
	size_t n = 16;

	TEST_ROWS(tests, n, open_rows, opens);
	TEST_ROWS(tests, n, ways, ways_that_end);
	return _cmocka_run_group_tests("file_posix", tests, n, tree_make, tree_remove);
}
