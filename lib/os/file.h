/* SPDX-License-Identifier: ISC */
#ifndef LIB_OS_FILE_H
#define LIB_OS_FILE_H

/*
 * The contents of files: reading, replacing durably, stamps, locks.  dir.h says what a name is and
 * which errors there are.
 */

#include "lib/base/buf.h"
#include "lib/os/dir.h"

/* Of a mode: a file for its owner alone is for the group, too, in a shared directory (share.h). */
#define FILE_FOR_GROUP 010000u

enum file_type { FILE_REGULAR, FILE_DIRECTORY, FILE_LINK, FILE_OTHER };

struct file_info {
	enum file_type type;
	uint64_t size;		/* bytes */
	unsigned mode;		/* permission bits, 07777 */
	int64_t mtime_ns;	/* nanoseconds since 1970 */
	uint64_t inode, device; /* which file it is */
	uint32_t uid, gid;	/* owner and group; on Windows 0 */
	/* reading fetches the content from elsewhere first, as of OneDrive's files on Windows */
	bool elsewhere;
};

/*
 * Look at name, without following a link at its end.  1 found, 0 not there (or below a file), -1
 * error.
 */
int file_stat(struct dir *d, const char *name, struct file_info *info, struct err *e);

/*
 * A stamp tells whether a file, behind links, is still the one that was read: take a stamp, read,
 * and compare it with a later stamp.  A missing file has a stamp, too.  The stamp of a file that
 * changed in the last second, or in the future, equals no other, because another change might not
 * show.
 */
struct file_stamp {
	bool there, settled;
	uint64_t device, inode, size;
	unsigned mode;
	int64_t mtime_ns, ctime_ns;
};
void file_stamp(const char *path, struct file_stamp *out);
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

/*
 * Append the whole content of a regular file to out, whose max is the limit (ERR_TOO_LARGE).
 * A missing file is ERR_NOENT.
 */
int file_read(struct dir *d, const char *name, struct buf *out, struct err *e);

/*
 * file_read() for secrets: refused with ERR_ACCESS when the file's group or others can read or
 * write it, or when it belongs to neither this user nor root.
 */
int file_read_secret(struct dir *d, const char *name, struct buf *out, struct err *e);

/*
 * Replace name by the len bytes at data, with permissions mode (octal).  A crash leaves the old
 * content or the new, never a mixture.  0 once the change is durable, or -1; name then holds the
 * old content or the new.  file_replace_fast() is the same without durability: after a power
 * failure the file may be the old one, or empty.
 */
int file_replace(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e);
int file_replace_fast(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e);

/*
 * file_replace() that gives the new file the permissions, owner and group of the old one; mode is
 * for a file that is new.  Where this process may not give the file to the old group, its group
 * gets no more rights than everybody has.
 */
int file_replace_keep(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e);

/*
 * Like file_replace(), but ERR_EXISTS if name is there.  Where mode is for the owner alone and the
 * file system can't keep that: ERR_UNSAFE, and nothing is there.
 */
int file_create(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e);

/*
 * Whether this process wrote to a file system that can't keep permissions, on Windows access lists,
 * such as FAT.
 */
bool file_modes_lost(void);

/*
 * Whether files in d can have permissions of their own.  False on FAT, where all files have those
 * that it was mounted with; true on Windows, whose access lists aren't meant here.
 */
bool file_modes_kept(struct dir *d);

/*
 * Copy the content of a regular file to to/newname, durably and atomically like file_replace(), in
 * pieces, so that the size of the file doesn't matter.
 */
int file_copy(struct dir *from, const char *name, struct dir *to, const char *newname,
    unsigned mode, struct err *e);

/*
 * The same with ERR_TIMEOUT at a deadline of clock_mono_ms(), when nothing is changed; ERR_UNSAFE
 * for a file whose content is elsewhere, which would come in its own time; and so that
 * many copies share one sync: not durable before file_sync() and dir_sync(), or dir_sync_all().
 */
int file_copy_until(struct dir *from, const char *name, struct dir *to, const char *newname,
    unsigned mode, int64_t deadline, struct err *e);

/*
 * Cut the existing regular file name after at bytes, and append the len bytes at data.  0 once that
 * is durable, or -1: the file then ends after at bytes, or (power cut) somewhere in data.
 */
int file_append(struct dir *d, const char *name, uint64_t at, const void *data, size_t len,
    struct err *e);

/* A regular file that is read piece by piece. */
struct file_in;

/*
 * Open name for reading from byte offset on, which may lie behind the end.  A missing file is
 * ERR_NOENT.
 */
struct file_in *file_in_open(struct dir *d, const char *name, uint64_t offset, struct err *e);
/* At most len bytes into data, *got says how many; 0 of them at the end.  0 or -1. */
int file_in_read(struct file_in *f, void *data, size_t len, size_t *got, struct err *e);
/* f may be NULL. */
void file_in_close(struct file_in *f);

/* A file that is written piece by piece. */
struct file_out;

/* Create name (replacing what is there) for writing, with this mode whatever the umask. */
struct file_out *file_out_open(struct dir *d, const char *name, unsigned mode, struct err *e);
/* Cut the existing regular file name after at bytes, and write on from there. */
struct file_out *file_out_continue(struct dir *d, const char *name, uint64_t at, struct err *e);
int file_out_write(struct file_out *f, const void *data, size_t len, struct err *e);
/* Flush to the disk when sync, close, and free f in any case.  0 or -1.  f may be NULL. */
int file_out_close(struct file_out *f, bool sync, struct err *e);

/* SHA-256 of a regular file's content and its size.  0 or -1. */
int file_sha256(struct dir *d, const char *name, uint8_t out[32], uint64_t *size, struct err *e);

/*
 * The same of a file of at most most bytes (ERR_TOO_LARGE, of whose content little more was read),
 * until a deadline of clock_mono_ms() (ERR_TIMEOUT).
 */
int file_sha256_until(struct dir *d, const char *name, uint64_t most, int64_t deadline,
    uint8_t out[32], uint64_t *size, struct err *e);

/*
 * An advisory lock between processes on the file name, which is created if missing and stays.
 * Waits at most wait_ms (0: not at all) and then fails with ERR_BUSY.
 */
struct file_lock;
struct file_lock *file_lock(struct dir *d, const char *name, int64_t wait_ms, struct err *e);
void file_unlock(struct file_lock *l);

/*
 * file_lock() on a file that is nothing but a lock: in a shared directory it has the holder's
 * account, process and computer, and ERR_BUSY names them.
 */
struct file_lock *file_lock_named(struct dir *d, const char *name, int64_t wait_ms, struct err *e);

/* The process that holds the lock; 0: none, or the system doesn't tell. */
long file_lock_holder(struct dir *d, const char *name);

#endif
