/* SPDX-License-Identifier: ISC */
/* What may be asked for in a directory of a server. */
#include "lib/sftp/job.h"

#include <string.h>

#include "lib/base/path.h"

int
sftp_job_check(const struct sftp_job *j, struct err *e)
{
	bool renames = j->kind == SFTP_JOB_RENAME || (j->kind == SFTP_JOB_PUT && j->to != NULL);

	if (j->kind < SFTP_JOB_LIST || j->kind > SFTP_JOB_REMOVE)
		return err_setx(e, ERR_USAGE, "want a known job, got %d", (int)j->kind);
	if (j->kind == SFTP_JOB_RENAME && j->to == NULL)
		return err_setx(e, ERR_USAGE, "%s: want a new name", j->path);
	if (j->kind == SFTP_JOB_LIST && j->path[0] == '\0')
		return 0;
	if (path_check(j->path, strlen(j->path), e) == -1)
		return -1;
	return renames ? path_check(j->to, strlen(j->to), e) : 0;
}

bool
sftp_job_name(const char *name, size_t len)
{
	struct err ignored;

	return memchr(name, '/', len) == NULL && path_check(name, len, &ignored) == 0;
}
