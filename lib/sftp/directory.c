/* SPDX-License-Identifier: ISC */
/* A repository in a directory of this computer. */
#include "lib/sftp/directory.h"

#include <inttypes.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/base/path.h"

#define PIECE 65536

static int
file_too_large(struct sftp_file *f)
{
	return err_setx(&f->err, ERR_TOO_LARGE,
	    "%s: want at most %" PRIu64 " bytes, the repository has more", f->path, f->max);
}

/* 0 read to its end, 1 the deadline passed, -1 with f->err. */
static int
copy_out(struct file_in *in, struct sftp_file *f, int64_t deadline)
{
	uint8_t data[PIECE];
	size_t got;

	for (;;) {
		uint64_t left = f->max - f->offset;

		if (clock_mono_ms() >= deadline)
			return 1;
		/* One byte more than is allowed shows that there are too many. */
		if (file_in_read(in, data, left < PIECE ? (size_t)left + 1 : PIECE, &got,
			&f->err) == -1)
			return -1;
		if (got == 0)
			return 0;
		if (got > left)
			return file_too_large(f);
		if (f->data(f->arg, data, got, &f->err) == -1)
			return -1;
		f->offset += got;
	}
}

static int
read_one_file(struct dir *d, struct sftp_file *f, int64_t deadline)
{
	struct file_in *in;
	int rc;

	f->result = SFTP_FILE_FAILED;
	if (path_check(f->path, strlen(f->path), &f->err) == -1)
		return 0;
	if (f->offset > f->max) {
		file_too_large(f);
		return 0;
	}
	if ((in = file_in_open(d, f->path, f->offset, &f->err)) == NULL) {
		if (f->err.code == ERR_NOENT)
			f->result = SFTP_FILE_ABSENT;
		return 0;
	}
	rc = copy_out(in, f, deadline);
	file_in_close(in);
	if (rc == 0)
		f->result = SFTP_FILE_OK;
	if (rc == 1)
		f->result = SFTP_FILE_PENDING;
	return rc == 1;
}

int
directory_run(struct dir *d, struct sftp_file *files, size_t n, int64_t deadline, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (files[i].result == SFTP_FILE_PENDING &&
		    (clock_mono_ms() >= deadline || read_one_file(d, &files[i], deadline) == 1))
			return err_setx(e, ERR_TIMEOUT,
			    "%s: the deadline passed while files were read", dir_path(d));
	return 0;
}
