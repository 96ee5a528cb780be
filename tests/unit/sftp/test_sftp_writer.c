/* SPDX-License-Identifier: ISC */
/*
 * The engine for jobs against a server in memory, which may be full, odd or hostile.
 */
#include "tests/unit/common/test.h"

#include "lib/base/wire.h"
#include "lib/sftp/sftp_packet.h"
#include "lib/sftp/sftp_writer.h"

#define FILES_MAX 64
#define NAME_MAX_ 64

struct thing {
	char path[NAME_MAX_];
	struct buf content;
	bool there, directory;
	unsigned mode;
};

struct server {
	bool plain;	 /* no extensions: a rename doesn't replace */
	uint64_t room;	 /* bytes that may still be written */
	size_t takes;	 /* most bytes that the connection takes at once; 0: any number */
	bool no_modes;	 /* refuses FSETSTAT and SETSTAT */
	const char *lie; /* a raw packet body in place of the next answer, or NULL */
	size_t lielen;
	const char *const *names; /* besides, in each listing */
	size_t nnames;
	struct thing things[FILES_MAX];
	bool listed[FILES_MAX]; /* handle: its listing was given */
	unsigned fsyncs, renames;
	struct buf in, replies;
};

static struct thing *
find(struct server *s, const char *path, bool make)
{
	struct thing *free_one = NULL;

	for (size_t i = 0; i < FILES_MAX; i++) {
		if (s->things[i].there && strcmp(s->things[i].path, path) == 0)
			return &s->things[i];
		if (!s->things[i].there && free_one == NULL)
			free_one = &s->things[i];
	}
	if (!make)
		return NULL;
	assert_non_null(free_one);
	*free_one = (struct thing){ .content = BUF_INIT(1 << 24), .there = true };
	snprintf(free_one->path, sizeof free_one->path, "%s", path);
	return free_one;
}

static void
reply(struct server *s, const struct buf *body)
{
	struct err e;

	if (s->lie != NULL) {
		assert_int_equal(wire_put_string(&s->replies, s->lie, s->lielen, &e), 0);
		s->lie = NULL;
		return;
	}
	assert_int_equal(wire_put_string(&s->replies, body->data, body->len, &e), 0);
}

static void
status(struct server *s, uint32_t id, uint32_t code)
{
	struct buf b = BUF_INIT(1000);
	struct err e;

	wire_put_u8(&b, SFTP_STATUS, &e);
	wire_put_u32(&b, id, &e);
	wire_put_u32(&b, code, &e);
	wire_put_text(&b, code == SFTP_OK ? "Success" : "Failure", &e);
	wire_put_text(&b, "", &e);
	reply(s, &b);
	buf_free(&b);
}

static void
handle(struct server *s, uint32_t id, const struct thing *t)
{
	struct buf b = BUF_INIT(1000);
	struct err e;

	wire_put_u8(&b, SFTP_HANDLE, &e);
	wire_put_u32(&b, id, &e);
	wire_put_u32(&b, 1, &e);
	wire_put_u8(&b, (uint8_t)(t - s->things), &e);
	reply(s, &b);
	buf_free(&b);
}

static void
put_name(struct buf *b, const char *name, unsigned mode, uint64_t size)
{
	struct err e;

	wire_put_text(b, name, &e);
	wire_put_text(b, "-rw-r--r-- line for people", &e);
	wire_put_u32(b, 0x80000005u, &e); /* size, mode, pairs of texts */
	wire_put_u64(b, size, &e);
	wire_put_u32(b, mode, &e);
	wire_put_u32(b, 1, &e);
	wire_put_text(b, "odd@example", &e);
	wire_put_text(b, "x", &e);
}

static void
list(struct server *s, uint32_t id, const struct thing *d)
{
	size_t len = strlen(d->path);
	struct buf b = BUF_INIT(1 << 16), all = BUF_INIT(1 << 16);
	uint32_t n = 0;
	struct err e;

	for (size_t i = 0; i < FILES_MAX; i++) {
		struct thing *t = &s->things[i];

		if (!t->there || strncmp(t->path, d->path, len) != 0 || t->path[len] != '/' ||
		    strchr(t->path + len + 1, '/') != NULL)
			continue;
		put_name(&b, t->path + len + 1, t->directory ? 0040755 : 0100644, t->content.len);
		n++;
	}
	for (size_t i = 0; i < s->nnames; i++, n++)
		put_name(&b, s->names[i], 0100644, 1);
	wire_put_u8(&all, SFTP_NAME, &e);
	wire_put_u32(&all, id, &e);
	wire_put_u32(&all, n, &e);
	buf_add(&all, b.data, b.len, &e);
	reply(s, &all);
	buf_free(&b);
	buf_free(&all);
}

static void
text(struct wire *w, char out[NAME_MAX_])
{
	size_t len;
	const uint8_t *p = wire_string(w, &len);

	assert_true(p != NULL && len < NAME_MAX_);
	memcpy(out, p, len);
	out[len] = '\0';
}

static struct thing *
by_handle(struct server *s, struct wire *w)
{
	size_t len;
	const uint8_t *p = wire_string(w, &len);

	assert_true(p != NULL && len == 1 && *p < FILES_MAX);
	return &s->things[*p];
}

static void
open_file(struct server *s, struct wire *w, uint32_t id)
{
	char path[NAME_MAX_];
	struct thing *t;
	uint32_t how;

	text(w, path);
	how = wire_u32(w);
	t = find(s, path, false);
	if ((how & 0x02) == 0) {
		if (t == NULL)
			status(s, id, SFTP_NO_SUCH_FILE);
		else
			handle(s, id, t);
		return;
	}
	if ((how & 0x20) != 0 && t != NULL) {
		status(s, id, SFTP_FAILURE);
		return;
	}
	t = find(s, path, true);
	buf_reset(&t->content);
	handle(s, id, t);
}

static void
write_file(struct server *s, struct wire *w, uint32_t id)
{
	struct thing *t = by_handle(s, w);
	uint64_t offset = wire_u64(w);
	size_t len;
	const uint8_t *p = wire_string(w, &len);
	struct err e;

	if (len > s->room) {
		s->room = 0;
		status(s, id, SFTP_FAILURE);
		return;
	}
	assert_int_equal(offset, t->content.len); /* our writes are in order */
	s->room -= len;
	assert_int_equal(buf_add(&t->content, p, len, &e), 0);
	status(s, id, SFTP_OK);
}

static void
rename_file(struct server *s, struct wire *w, uint32_t id, bool replaces)
{
	char from[NAME_MAX_], to[NAME_MAX_];
	struct thing *t, *old;

	text(w, from);
	text(w, to);
	s->renames++;
	if ((t = find(s, from, false)) == NULL) {
		status(s, id, SFTP_NO_SUCH_FILE);
		return;
	}
	if ((old = find(s, to, false)) != NULL && !replaces) {
		status(s, id, SFTP_FAILURE);
		return;
	}
	if (old != NULL) {
		buf_free(&old->content);
		old->there = false;
	}
	snprintf(t->path, sizeof t->path, "%s", to);
	status(s, id, SFTP_OK);
}

static void
extended(struct server *s, struct wire *w, uint32_t id)
{
	char name[NAME_MAX_];

	assert_false(s->plain);
	text(w, name);
	if (strcmp(name, "fsync@openssh.com") == 0) {
		by_handle(s, w);
		s->fsyncs++;
		status(s, id, SFTP_OK);
		return;
	}
	assert_string_equal(name, "posix-rename@openssh.com");
	rename_file(s, w, id, true);
}

static void
read_file_(struct server *s, struct wire *w, uint32_t id)
{
	struct thing *t = by_handle(s, w);
	uint64_t offset = wire_u64(w);
	uint32_t len = wire_u32(w);
	struct buf b = BUF_INIT(1 << 20);
	struct err e;

	if (offset >= t->content.len) {
		status(s, id, SFTP_EOF);
		return;
	}
	if (len > t->content.len - offset)
		len = (uint32_t)(t->content.len - offset);
	wire_put_u8(&b, SFTP_DATA, &e);
	wire_put_u32(&b, id, &e);
	wire_put_string(&b, t->content.data + offset, len, &e);
	reply(s, &b);
	buf_free(&b);
}

static void
change_path(struct server *s, uint8_t type, struct wire *w, uint32_t id)
{
	char path[NAME_MAX_];
	struct thing *t;

	text(w, path);
	t = find(s, path, type == SFTP_MKDIR);
	if (t == NULL) {
		status(s, id, SFTP_NO_SUCH_FILE);
		return;
	}
	if (type == SFTP_REMOVE)
		t->there = false;
	if (type == SFTP_OPENDIR) {
		s->listed[t - s->things] = false;
		handle(s, id, t);
		return;
	}
	if (type != SFTP_REMOVE)
		t->directory = true;
	status(s, id, type == SFTP_SETSTAT && s->no_modes ? SFTP_OP_UNSUPPORTED : SFTP_OK);
}

static void
version(struct server *s)
{
	struct buf b = BUF_INIT(1000);
	struct err e;

	wire_put_u8(&b, SFTP_VERSION, &e);
	wire_put_u32(&b, 3, &e);
	if (!s->plain) {
		wire_put_text(&b, "posix-rename@openssh.com", &e);
		wire_put_text(&b, "1", &e);
		wire_put_text(&b, "fsync@openssh.com", &e);
		wire_put_text(&b, "1", &e);
	}
	reply(s, &b);
	buf_free(&b);
}

static void
request(struct server *s, const uint8_t *p, size_t len)
{
	struct wire w = WIRE_INIT(p, len);
	uint8_t type = wire_u8(&w);
	uint32_t id = wire_u32(&w);
	struct thing *t;

	switch (type) {
	case SFTP_INIT:
		version(s);
		break;
	case SFTP_OPEN:
		open_file(s, &w, id);
		break;
	case SFTP_WRITE:
		write_file(s, &w, id);
		break;
	case SFTP_READ:
		read_file_(s, &w, id);
		break;
	case SFTP_READDIR:
		t = by_handle(s, &w);
		if (s->listed[t - s->things])
			status(s, id, SFTP_EOF);
		else
			list(s, id, t);
		s->listed[t - s->things] = true;
		break;
	case SFTP_FSETSTAT:
		status(s, id, s->no_modes ? SFTP_PERMISSION_DENIED : SFTP_OK);
		break;
	case SFTP_CLOSE:
		status(s, id, SFTP_OK);
		break;
	case SFTP_RENAME:
		rename_file(s, &w, id, false);
		break;
	case SFTP_EXTENDED:
		extended(s, &w, id);
		break;
	default:
		change_path(s, type, &w, id);
	}
}

/* Answers the requests that are there as a whole. */
static void
answer_all(struct server *s)
{
	struct wire in = WIRE_INIT(s->in.data, s->in.len);
	size_t done = 0, n;
	const uint8_t *p;

	while ((p = wire_string(&in, &n)) != NULL) {
		request(s, p, n);
		done = (size_t)(in.p - s->in.data);
	}
	if (done > 0)
		memmove(s->in.data, s->in.data + done, s->in.len - done);
	buf_cut(&s->in, s->in.len - done);
}

/* Until all jobs have a result, or a fault. */
static int
run(struct server *s, struct sftp_writer *w, struct err *e)
{
	int rc = 0;

	while (rc == 0 && !sftp_writer_done(w)) {
		const uint8_t *bytes;
		size_t len;

		if ((rc = sftp_writer_output(w, &bytes, &len, e)) == -1)
			break;
		assert_true(len > 0); /* else both would wait for ever */
		if (s->takes > 0 && len > s->takes)
			len = s->takes;
		assert_int_equal(buf_add(&s->in, bytes, len, e), 0);
		sftp_writer_sent(w, len);
		answer_all(s);
		/* In pieces of an odd size. */
		for (size_t at = 0, n; at < s->replies.len && rc == 0; at += n) {
			n = s->replies.len - at < 7 ? s->replies.len - at : 7;
			rc = sftp_writer_input(w, s->replies.data + at, n, e);
		}
		buf_reset(&s->replies);
	}
	return rc;
}

static struct server
new_server(void)
{
	struct server s = { .room = UINT64_MAX,
		.in = BUF_INIT(1 << 24),
		.replies = BUF_INIT(1 << 24) };
	struct thing *t = find(&s, "/srv", true);

	t->directory = true;
	return s;
}

static void
end_server(struct server *s)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		buf_free(&s->things[i].content);
	buf_free(&s->in);
	buf_free(&s->replies);
}

static void
put_content(struct server *s, const char *path, const char *content)
{
	struct err e;

	assert_int_equal(buf_adds(&find(s, path, true)->content, content, &e), 0);
}

static int
pull(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)bytes)[i] = (uint8_t)((offset + i) * 7 + (uintptr_t)arg);
	return 0;
}

static int
pull_fails(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	(void)bytes;
	(void)len;
	if (offset == 0)
		return pull(arg, offset, bytes, len, e);
	return err_setx(e, ERR_IO, "can't read it here");
}

static int
collect(void *arg, const void *bytes, size_t len, struct err *e)
{
	return buf_add(arg, bytes, len, e);
}

static int
note(void *arg, const struct sftp_listed *l, struct err *e)
{
	return buf_addf(arg, e, "%s%s %d;", l->name, l->type == SFTP_LISTED_DIRECTORY ? "/" : "",
	    (int)l->size);
}

static void
do_jobs(struct server *s, struct sftp_job *jobs, size_t n)
{
	struct err e = { 0 };
	struct sftp_writer *w = sftp_writer_new("/srv", &e);

	assert_non_null(w);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sftp_writer_add(w, &jobs[i], &e), 0);
	if (run(s, w, &e) == -1)
		fail_msg("%s", e.text);
	sftp_writer_free(w);
}

static void
many_files(void **state)
{
	struct server s = new_server();
	struct sftp_job jobs[50];
	char from[50][NAME_MAX_], to[50][NAME_MAX_];

	(void)state;
	for (size_t i = 0; i < N(jobs); i++) {
		snprintf(from[i], sizeof from[i], ".slipway-new.%zu", i);
		snprintf(to[i], sizeof to[i], "%zu.file", i);
		jobs[i] = (struct sftp_job){ .kind = SFTP_JOB_PUT,
			.path = from[i],
			.to = to[i],
			.size = i * 5000,
			.pull = pull,
			.arg = (void *)(uintptr_t)i };
	}
	do_jobs(&s, jobs, N(jobs));
	assert_int_equal(s.fsyncs, N(jobs));
	for (size_t i = 0; i < N(jobs); i++) {
		char path[NAME_MAX_ + 8];
		struct thing *t;

		assert_int_equal(jobs[i].result, SFTP_JOB_OK);
		snprintf(path, sizeof path, "/srv/%zu.file", i);
		assert_non_null(t = find(&s, path, false));
		assert_int_equal(t->content.len, i * 5000);
		for (size_t k = 0; k < t->content.len; k += 997)
			assert_int_equal(t->content.data[k], (uint8_t)(k * 7 + i));
	}
	end_server(&s);
}

/* The connection always has something left that it didn't take yet. */
static void
large_file(void **state)
{
	struct server s = new_server();
	struct sftp_job j = { .kind = SFTP_JOB_PUT,
		.path = "large",
		.size = (1 << 24) - 5,
		.pull = pull };

	(void)state;
	s.takes = 30000;
	do_jobs(&s, &j, 1);
	assert_int_equal(j.result, SFTP_JOB_OK);
	assert_int_equal(find(&s, "/srv/large", false)->content.len, j.size);
	end_server(&s);
}

static void
disk_full(void **state)
{
	struct server s = new_server();
	struct sftp_job jobs[] = {
		{ .kind = SFTP_JOB_PUT, .path = "new", .to = "old", .size = 200000, .pull = pull },
		{ .kind = SFTP_JOB_PUT, .path = "small", .size = 10, .pull = pull }
	};

	(void)state;
	s.room = 70000;
	put_content(&s, "/srv/old", "old");
	do_jobs(&s, jobs, 1);
	assert_int_equal(jobs[0].result, SFTP_JOB_FAILED);
	assert_non_null(strstr(jobs[0].err.text, "may be full"));
	assert_int_equal(s.renames, 0);
	assert_int_equal(find(&s, "/srv/old", false)->content.len, 3);
	s.room = 10;
	do_jobs(&s, jobs + 1, 1);
	assert_int_equal(jobs[1].result, SFTP_JOB_OK);
	end_server(&s);
}

static void
unreadable_here(void **state)
{
	struct server s = new_server();
	struct sftp_job j = { .kind = SFTP_JOB_PUT,
		.path = "new",
		.to = "old",
		.size = 200000,
		.pull = pull_fails };

	(void)state;
	do_jobs(&s, &j, 1);
	assert_int_equal(j.result, SFTP_JOB_FAILED);
	assert_string_equal(j.err.text, "can't read it here");
	assert_null(find(&s, "/srv/old", false));
	end_server(&s);
}

static void
hostile_names(void **state)
{
	static const char *const names[] = { ".", "..", "../up", "a/b", "a\nb", "", "nul\\", "x:y",
		"end.", "good" };
	struct server s = new_server();
	struct buf got = BUF_INIT(4096);
	struct sftp_job j = { .kind = SFTP_JOB_LIST, .path = "", .entry = note, .arg = &got };

	(void)state;
	s.names = names;
	s.nnames = N(names);
	put_content(&s, "/srv/file", "12345");
	find(&s, "/srv/dir", true)->directory = true;
	do_jobs(&s, &j, 1);
	assert_int_equal(j.result, SFTP_JOB_OK);
	assert_string_equal(buf_text(&got), "file 5;dir/ 0;good 1;");
	buf_free(&got);
	end_server(&s);
}

static void
unsafe_paths(void **state)
{
	struct server s = new_server();
	struct sftp_job jobs[] = { { .kind = SFTP_JOB_REMOVE, .path = "../x" },
		{ .kind = SFTP_JOB_REMOVE, .path = "" }, { .kind = SFTP_JOB_MKDIR, .path = "/x" },
		{ .kind = SFTP_JOB_RENAME, .path = "x", .to = "../x" },
		{ .kind = SFTP_JOB_RENAME, .path = "x" },
		{ .kind = SFTP_JOB_PUT, .path = "x", .to = "a/../b", .pull = pull },
		{ .kind = (enum sftp_job_kind)99, .path = "x" } };

	(void)state;
	do_jobs(&s, jobs, N(jobs));
	for (size_t i = 0; i < N(jobs); i++) {
		assert_int_equal(jobs[i].result, SFTP_JOB_FAILED);
		assert_int_not_equal(jobs[i].err.code, ERR_NONE);
	}
	end_server(&s);
}

static void
other_jobs(void **state)
{
	struct server s = new_server();
	struct buf got = BUF_INIT(4096);
	struct sftp_job jobs[] = {
		{ .kind = SFTP_JOB_GET, .path = "file", .size = 100, .data = collect, .arg = &got },
		{ .kind = SFTP_JOB_GET, .path = "long", .size = 3, .data = collect, .arg = &got },
		{ .kind = SFTP_JOB_GET, .path = "none", .size = 3, .data = collect, .arg = &got },
		{ .kind = SFTP_JOB_MKDIR, .path = "made" },
		{ .kind = SFTP_JOB_REMOVE, .path = "gone" },
		{ .kind = SFTP_JOB_REMOVE, .path = "none" },
		{ .kind = SFTP_JOB_LIST, .path = "none", .entry = note },
		{ .kind = SFTP_JOB_PUT,
		    .path = "lock",
		    .size = 5,
		    .exclusive = true,
		    .pull = pull },
	};
	static const enum sftp_job_result want[] = { SFTP_JOB_OK, SFTP_JOB_FAILED, SFTP_JOB_ABSENT,
		SFTP_JOB_OK, SFTP_JOB_OK, SFTP_JOB_ABSENT, SFTP_JOB_ABSENT, SFTP_JOB_FAILED };

	(void)state;
	s.plain = s.no_modes = true;
	put_content(&s, "/srv/file", "content");
	put_content(&s, "/srv/long", "too long");
	put_content(&s, "/srv/gone", "x");
	put_content(&s, "/srv/lock", "x");
	do_jobs(&s, jobs, N(jobs));
	for (size_t i = 0; i < N(jobs); i++)
		assert_int_equal(jobs[i].result, want[i]);
	assert_string_equal(buf_text(&got), "content");
	assert_null(find(&s, "/srv/gone", false));
	assert_true(find(&s, "/srv/made", false)->directory);
	assert_int_equal(find(&s, "/srv/lock", false)->content.len, 1);
	buf_free(&got);
	end_server(&s);
}

static void
renames(void **state)
{
	struct server s = new_server();
	struct sftp_job j = { .kind = SFTP_JOB_RENAME, .path = "new", .to = "old" };

	(void)state;
	put_content(&s, "/srv/new", "new");
	put_content(&s, "/srv/old", "older");
	s.plain = true;
	do_jobs(&s, &j, 1);
	assert_int_equal(j.result, SFTP_JOB_FAILED);
	assert_non_null(strstr(j.err.text, "in one step"));
	assert_int_equal(find(&s, "/srv/old", false)->content.len, 5);
	s.plain = false;
	j.result = SFTP_JOB_PENDING;
	do_jobs(&s, &j, 1);
	assert_int_equal(j.result, SFTP_JOB_OK);
	assert_int_equal(find(&s, "/srv/old", false)->content.len, 3);
	end_server(&s);
}

static const struct lie {
	const char *name, *packet;
	size_t len;
} lies[] = {
#define LIE(name, bytes) \
	{ \
		name, bytes, sizeof(bytes) - 1 \
	}
	LIE("too short", "\x65\0\0"),
	LIE("another version", "\x02\0\0\0\x04"),
	LIE("no version", "\x65\0\0\0\0\0\0\0\0"),
};

static const struct lie answers[] = {
	LIE("request that nobody made", "\x65\0\0\0\x33\0\0\0\0"),
	LIE("names for OPEN", "\x68\0\0\0\0\0\0\0\0"),
	LIE("data for OPEN", "\x67\0\0\0\0\0\0\0\0"),
	LIE("OK for OPEN", "\x65\0\0\0\0\0\0\0\0"),
	LIE("attributes", "\x69\0\0\0\0\0\0\0\0"),
	LIE("an empty handle", "\x66\0\0\0\0\0\0\0\0"),
	LIE("a lost connection", "\x65\0\0\0\0\0\0\0\x07"),
	LIE("unknown type", "\x63\0\0\0\0"),
};

/* skip: whether VERSION is as it should be. */
static void
check_lie(const struct lie *l, bool skip)
{
	struct server s = new_server();
	struct sftp_job j = { .kind = SFTP_JOB_PUT, .path = "new", .size = 9, .pull = pull };
	struct err e = { 0 };
	struct sftp_writer *w = sftp_writer_new("/srv", &e);
	const uint8_t *bytes;
	size_t len;

	assert_int_equal(sftp_writer_add(w, &j, &e), 0);
	if (skip) {
		assert_int_equal(sftp_writer_output(w, &bytes, &len, &e), 0);
		sftp_writer_sent(w, len);
		version(&s);
		assert_int_equal(sftp_writer_input(w, s.replies.data, s.replies.len, &e), 0);
		buf_reset(&s.replies);
	}
	s.lie = l->packet;
	s.lielen = l->len;
	if (run(&s, w, &e) != -1)
		fail_msg("taken: %s", l->name);
	assert_true(e.code == ERR_PROTOCOL || e.code == ERR_NETWORK);
	assert_int_equal(j.result, SFTP_JOB_PENDING);
	sftp_writer_free(w);
	end_server(&s);
}

static void
lying_servers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(lies); i++)
		check_lie(&lies[i], false);
	for (size_t i = 0; i < N(answers); i++)
		check_lie(&answers[i], true);
}

static int
count_name(void *arg, const struct sftp_name *name, struct err *e)
{
	(void)name;
	(void)e;
	++*(int *)arg;
	return 0;
}

#define ENTRY "\0\0\0\1a\0\0\0\0\0\0\0\0"

static const struct names_row {
	const char *name, *packet;
	size_t len;
	int want; /* names, or -1 */
} names_rows[] = {
#define NAMES(name, bytes, want) \
	{ \
		name, "\x68\0\0\0\1" bytes, sizeof("\x68\0\0\0\1" bytes) - 1, want \
	}
	NAMES("none", "\0\0\0\0", 0),
	NAMES("two", "\0\0\0\2" ENTRY ENTRY, 2),
	NAMES("without a count", "\0\0\0", -1),
	NAMES("fewer than it says", "\0\0\0\2" ENTRY, -1),
	NAMES("bytes left over", "\0\0\0\1" ENTRY "x", -1),
	NAMES("a name that is cut", "\0\0\0\1\0\0\0\5ab", -1),
	NAMES("flags of version 4", "\0\0\0\1\0\0\0\1a\0\0\0\0\0\0\1\0", -1),
	NAMES("pairs that aren't there", "\0\0\0\1\0\0\0\1a\0\0\0\0\x80\0\0\0\xff\xff\xff\xff", -1),
};

static void
names_of_a_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(names_rows); i++) {
		const struct names_row *r = &names_rows[i];
		struct err e = { 0 };
		int n = 0,
		    rc = sftp_names_parse((const uint8_t *)r->packet, r->len, count_name, &n, &e);

		if (r->want == -1 ? rc != -1 || e.code != ERR_PROTOCOL : rc != 0 || n != r->want)
			fail_msg("%s: got %d, %d names", r->name, rc, n);
	}
}

static void
large_packet(void **state)
{
	static const uint8_t head[] = { 0x00, 0x04, 0x00, 0x01, 0x65 };
	struct err e = { 0 };
	struct sftp_writer *w = sftp_writer_new("/srv", &e);

	(void)state;
	assert_int_equal(sftp_writer_input(w, head, sizeof head, &e), -1);
	assert_int_equal(e.code, ERR_PROTOCOL);
	sftp_writer_free(w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_files),
		cmocka_unit_test(large_file),
		cmocka_unit_test(disk_full),
		cmocka_unit_test(unreadable_here),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(unsafe_paths),
		cmocka_unit_test(other_jobs),
		cmocka_unit_test(renames),
		cmocka_unit_test(lying_servers),
		cmocka_unit_test(names_of_a_packet),
		cmocka_unit_test(large_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
