/* SPDX-License-Identifier: ISC */
/* The jobs of a deployment in a directory of this computer, one after the other. */
#include <inttypes.h>
#include <string.h>

#include "lib/os/move.h"
#include "server/deploy/dest.h"

#define FILE_MODE 0644u

/* Bytes of a file that is made exclusively: a lock. */
#define EXCLUSIVE_MAX 4096

struct local_list {
	struct sftp_job *j;
	struct dir *d;
};

static int
list_local_entry(void *arg, const char *name, struct err *e)
{
	struct local_list *l = arg;
	struct sftp_listed listed = { .name = name, .type = SFTP_LISTED_OTHER };
	struct file_info info;
	int rc;

	if (!sftp_job_name(name, strlen(name)))
		return 0;
	if ((rc = file_stat(l->d, name, &info, e)) != 1)
		return rc;
	listed.size = info.size;
	if (info.type == FILE_REGULAR)
		listed.type = SFTP_LISTED_FILE;
	if (info.type == FILE_DIRECTORY)
		listed.type = SFTP_LISTED_DIRECTORY;
	if (++l->j->listed > SFTP_LIST_MAX)
		return err_setx(e, ERR_TOO_LARGE, "%s: over %u entries", dir_path(l->d),
		    SFTP_LIST_MAX);
	return l->j->entry(l->j->arg, &listed, e);
}

static int
list_local(struct dir *root, struct sftp_job *j)
{
	struct dir *below = j->path[0] == '\0' ? NULL : dir_below(root, j->path, false, &j->err);
	struct local_list l = { j, j->path[0] == '\0' ? root : below };
	int rc = l.d == NULL ? -1 : dir_list(l.d, list_local_entry, &l, &j->err);

	dir_close(below);
	return rc;
}

static int
get_local(struct dir *root, struct sftp_job *j)
{
	struct file_in *in = file_in_open(root, j->path, 0, &j->err);
	uint8_t data[SFTP_WRITE_MAX];
	size_t got = 1;
	int rc = in == NULL ? -1 : 0;

	while (rc == 0 && got > 0) {
		if ((rc = file_in_read(in, data, sizeof data, &got, &j->err)) == -1)
			break;
		if (got > j->size - j->offset)
			rc = err_setx(&j->err, ERR_TOO_LARGE,
			    "%s: want at most %" PRIu64 " bytes, there are more", j->path, j->size);
		else if (got > 0)
			rc = j->data(j->arg, data, got, &j->err);
		j->offset += rc == 0 ? got : 0;
	}
	file_in_close(in);
	return rc;
}

static int
write_local(struct file_out *out, struct sftp_job *j)
{
	uint8_t data[SFTP_WRITE_MAX];

	while (j->offset < j->size) {
		uint64_t left = j->size - j->offset;
		size_t n = left < sizeof data ? (size_t)left : sizeof data;

		if (j->pull(j->arg, j->offset, data, n, &j->err) == -1 ||
		    file_out_write(out, data, n, &j->err) == -1)
			return -1;
		j->offset += n;
	}
	return 0;
}

static int
put_local(struct dir *root, struct sftp_job *j)
{
	struct file_out *out;
	struct err ignored;
	int rc;

	if (j->exclusive) {
		uint8_t data[EXCLUSIVE_MAX];

		if (j->size > sizeof data)
			return err_setx(&j->err, ERR_TOO_LARGE, "%s: too large", j->path);
		return j->pull(j->arg, 0, data, (size_t)j->size, &j->err) == -1
		    ? -1
		    : file_create(root, j->path, data, (size_t)j->size, FILE_MODE, &j->err);
	}
	if ((out = file_out_open(root, j->path, FILE_MODE, &j->err)) == NULL)
		return -1;
	rc = write_local(out, j);
	if (file_out_close(out, rc == 0, rc == 0 ? &j->err : &ignored) == -1)
		rc = -1;
	if (rc == 0 && file_set_mode(root, j->path, FILE_MODE, &ignored) == -1)
		err_clear(&ignored); /* a file system without modes */
	if (rc == 0 && j->to != NULL)
		rc = file_move(root, j->path, root, j->to, &j->err) == -1 ? -1 : 0;
	return rc;
}

/* 1 done, 0 there is no such thing, -1. */
static int
do_local(struct dir *root, struct sftp_job *j)
{
	switch (j->kind) {
	case SFTP_JOB_LIST:
		return list_local(root, j) == -1 ? -1 : 1;
	case SFTP_JOB_GET:
		return get_local(root, j) == -1 ? -1 : 1;
	case SFTP_JOB_PUT:
		return put_local(root, j) == -1 ? -1 : 1;
	case SFTP_JOB_MKDIR:
		return dir_make_below(root, j->path, &j->err) == -1 ? -1 : 1;
	case SFTP_JOB_RENAME:
		return file_move(root, j->path, root, j->to, &j->err);
	case SFTP_JOB_REMOVE:
		break;
	}
	return file_remove(root, j->path, &j->err);
}

int
dest_local_run(struct dir *root, struct sftp_job *jobs, size_t n, struct err *e)
{
	bool changes = false;

	for (size_t i = 0; i < n; i++) {
		struct sftp_job *j = &jobs[i];
		int rc;

		if (j->result != SFTP_JOB_PENDING)
			continue;
		j->offset = j->listed = 0;
		err_clear(&j->err);
		changes |= j->kind != SFTP_JOB_LIST && j->kind != SFTP_JOB_GET;
		rc = sftp_job_check(j, &j->err) == -1 ? -1 : do_local(root, j);
		j->result = rc == 1 ? SFTP_JOB_OK
		    : rc == 0 || (j->err.code == ERR_NOENT && j->kind <= SFTP_JOB_GET)
		    ? SFTP_JOB_ABSENT
		    : SFTP_JOB_FAILED;
	}
	/* What was written is durable before anything that names it is. */
	return changes && dir_sync_all(root, e) == -1 ? -1 : 0;
}
