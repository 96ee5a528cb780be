/* SPDX-License-Identifier: ISC */
/*
 * Frames of a fetch child that does jobs and was taken over.  The input is frames, each with its
 * type and two bytes of length.  No file gives more bytes than it has, nor any twice; no name
 * leaves its directory.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/sftp_session_state.h"

#define JOBS 4

struct place {
	struct sftp_job *j;
	uint64_t moved;
};

static int
pull(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	struct place *p = arg;

	must(p->j->kind == SFTP_JOB_PUT && p->j->result == SFTP_JOB_PENDING);
	must(offset == p->moved && len > 0 && len <= p->j->size - offset);
	memset(bytes, 'x', len);
	p->moved += len;
	return p->moved > 60000 ? err_setx(e, ERR_IO, "cut") : 0;
}

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct place *p = arg;

	(void)e;
	must(p->j->kind == SFTP_JOB_GET && p->j->result == SFTP_JOB_PENDING && bytes != NULL);
	p->moved += len;
	must(p->moved <= p->j->size);
	return 0;
}

static int
entry(void *arg, const struct sftp_listed *l, struct err *e)
{
	struct place *p = arg;

	(void)e;
	must(p->j->kind == SFTP_JOB_LIST && p->j->result == SFTP_JOB_PENDING);
	must(l->name[0] != '\0' && strchr(l->name, '/') == NULL && strcmp(l->name, "..") != 0);
	must(l->type <= SFTP_LISTED_OTHER);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct url url = { .user = "u", .host = "h", .port = 22, .path = "/" };
	struct sftp_session c = { .config = { .url = &url },
		.hello = true,
		.connected = true,
		.writing = true };
	struct sftp_job jobs[JOBS] = { { .kind = SFTP_JOB_LIST, .path = "" },
		{ .kind = SFTP_JOB_GET, .path = "g", .size = 100 },
		{ .kind = SFTP_JOB_PUT, .path = "p", .size = 70000 },
		{ .kind = SFTP_JOB_REMOVE, .path = "r" } };
	struct place places[JOBS];
	struct sftp_session_work r = { .c = &c, .jobs = jobs, .n = JOBS };
	struct buf answer = BUF_INIT(SFTP_WRITE_MAX);
	struct feed f = { data, size };
	struct err e = { 0 };
	int rc = 0;

	for (size_t i = 0; i < JOBS; i++) {
		places[i] = (struct place){ &jobs[i], 0 };
		jobs[i].pull = pull;
		jobs[i].data = take;
		jobs[i].entry = entry;
		jobs[i].arg = &places[i];
	}
	while (f.left > 0 && rc == 0) {
		struct frame frame = { .type = feed_u8(&f) };
		size_t len = feed_u8(&f);

		len = len << 8 | feed_u8(&f);
		frame.data = feed_bytes(&f, &len);
		frame.len = len;
		rc = sftp_session_take(&r, &frame, &answer, &e);
		must(rc != -1 || e.code != ERR_NONE);
		must(r.reply == 0 || r.reply == SFTP_FRAME_BYTES);
		must(r.reply != 0 || answer.len == 0);
		buf_reset(&answer);
	}
	for (size_t i = 0; i < JOBS; i++) {
		must(jobs[i].offset <= jobs[i].size && jobs[i].result <= SFTP_JOB_FAILED);
		if (jobs[i].result == SFTP_JOB_FAILED)
			must(jobs[i].err.code != ERR_NONE);
	}
	buf_free(&answer);
	return 0;
}
