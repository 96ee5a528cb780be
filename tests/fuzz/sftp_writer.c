/* SPDX-License-Identifier: ISC */
/*
 * A hostile SFTP server for jobs: the input is its answers, as records of sftp_answers.h.
 *
 * No name leaves its directory, no file gets more bytes than its limit, and bytes are asked for in
 * order and once.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sftp_answers.h"

#include "lib/sftp/sftp_writer.h"

#define JOBS	 6
#define FILE_MAX 70000u

struct writing {
	struct sftp_writer *w;
	struct sftp_job jobs[JOBS];
	uint64_t pulled[JOBS], got[JOBS];
	struct requests requests;
};

static int
pull(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	uint64_t *at = arg;

	(void)e;
	must(offset == *at && len > 0 && len <= SFTP_WRITE_MAX);
	memset(bytes, 'x', len);
	*at += len;
	must(*at <= FILE_MAX);
	return 0;
}

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	uint64_t *got = arg;

	(void)e;
	must(bytes != NULL);
	*got += len;
	must(*got <= FILE_MAX);
	return 0;
}

static int
entry(void *arg, const struct sftp_listed *l, struct err *e)
{
	(void)arg;
	(void)e;
	must(l->name[0] != '\0' && strchr(l->name, '/') == NULL && strcmp(l->name, "..") != 0 &&
	    strcmp(l->name, ".") != 0);
	for (const char *p = l->name; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	return 0;
}

/* Takes all requests, and notes their ids. */
static void
send_all(struct writing *x)
{
	const uint8_t *bytes;
	struct err e = { 0 };
	size_t len;

	must(sftp_writer_output(x->w, &bytes, &len, &e) == 0);
	requests_note(&x->requests, bytes, len);
	sftp_writer_sent(x->w, len);
}

static int
answer(struct writing *x, struct feed *f, struct err *e)
{
	struct buf b = BUF_INIT(1 << 17);
	int rc;

	requests_answer(&x->requests, f, &b);
	rc = sftp_writer_input(x->w, b.data, b.len, e);
	buf_free(&b);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct writing *x = calloc(1, sizeof *x);
	struct feed f = { data, size };
	struct err e = { 0 };
	int rc = 0;

	must(x != NULL && (x->w = sftp_writer_new("/repo", &e)) != NULL);
	x->jobs[0] = (struct sftp_job){ .kind = SFTP_JOB_LIST, .path = "" };
	x->jobs[1] = (struct sftp_job){ .kind = SFTP_JOB_GET, .path = "a/b", .size = FILE_MAX };
	x->jobs[2] = (struct sftp_job){ .kind = SFTP_JOB_PUT, .path = "n", .to = "t" };
	x->jobs[2].size = FILE_MAX;
	x->jobs[3] = (struct sftp_job){ .kind = SFTP_JOB_MKDIR, .path = "d" };
	x->jobs[4] = (struct sftp_job){ .kind = SFTP_JOB_RENAME, .path = "f", .to = "g" };
	x->jobs[5] = (struct sftp_job){ .kind = SFTP_JOB_REMOVE, .path = "r" };
	for (size_t i = 0; i < JOBS; i++) {
		x->jobs[i].pull = pull;
		x->jobs[i].data = take;
		x->jobs[i].entry = entry;
		x->jobs[i].arg = i == 2 ? &x->pulled[i] : &x->got[i];
		must(sftp_writer_add(x->w, &x->jobs[i], &e) == 0);
	}
	while (rc == 0 && f.left > 0) {
		send_all(x);
		rc = answer(x, &f, &e);
	}
	if (rc == -1)
		must(e.code == ERR_PROTOCOL || e.code == ERR_NETWORK);
	for (size_t i = 0; i < JOBS; i++)
		if (x->jobs[i].result == SFTP_JOB_FAILED)
			must(x->jobs[i].err.code != ERR_NONE);
	sftp_writer_free(x->w);
	free(x);
	return 0;
}
