/* SPDX-License-Identifier: ISC */
/* The parent of a fetch child. */
#include "lib/sftp/sftp_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/base/path.h"
#include "lib/sftp/sftp_session_state.h"
#include "lib/sftp/sftp_frames.h"

/* Milliseconds beyond the limits that the child keeps itself, for its frames to arrive. */
#define GRACE_MS	  500
#define DEADLINE_GRACE_MS 100

/* Fewer bytes in the time of the longest silence are no progress. */
#define DRIBBLE_BYTES 1024

/* Bytes of an answer to a child: of a login, or of a file. */
#define ANSWER_MAX (SFTP_WRITE_MAX > LOGIN_ANSWER_MAX ? SFTP_WRITE_MAX : LOGIN_ANSWER_MAX)

/* Returns the milliseconds that one server may use, from when on. */
static int64_t
server_share(const struct sftp_session_config *g, int64_t when)
{
	int64_t ms = (g->deadline - when) / (int64_t)g->servers;

	return ms < g->connect_ms ? ms : g->connect_ms;
}

static int
tell_server(struct sftp_session *c, struct err *e)
{
	const struct sftp_session_config *g = &c->config;
	struct buf b = BUF_INIT(SFTP_FRAME_MAX);
	int64_t connect_ms = c->connect_until - clock_mono_ms();
	int rc = -1;

	if (frame_put_name(&b, g->url->host, e) == -1 || wire_put_u32(&b, g->url->port, e) == -1 ||
	    frame_put_name(&b, g->url->user, e) == -1 ||
	    frame_put_name(&b, g->url->path, e) == -1 || wire_put_u8(&b, g->ecdsa, e) == -1 ||
	    wire_put_u64(&b, connect_ms > 0 ? (uint64_t)connect_ms : 0, e) == -1 ||
	    wire_put_u32(&b, (uint32_t)g->nhost_keys, e) == -1)
		goto out;
	for (size_t i = 0; i < g->nhost_keys; i++)
		if (frame_put_name(&b, g->host_keys[i], e) == -1)
			goto out;
	rc = frame_send(child_frames(c->child), SFTP_FRAME_SERVER, b.data, b.len, c->connect_until,
	    e);
out:
	buf_free(&b);
	return rc;
}

/* The child that was started early, or a new one. */
static struct child *
take_child(struct sftp_session_child *from, struct err *e)
{
	struct child *c = from->early;

	from->early = NULL;
	return c != NULL ? c : child_start(from->role, e);
}

struct sftp_session *
sftp_session_start(const struct sftp_session_config *config, struct err *e)
{
	struct sftp_session *c = calloc(1, sizeof *c);

	if (c == NULL) {
		err_nomem(e);
		return NULL;
	}
	c->config = *config;
	c->connect_until = clock_mono_ms();
	c->connect_until += server_share(config, c->connect_until);
	if ((c->child = take_child(config->child, e)) != NULL && tell_server(c, e) == 0)
		return c;
	sftp_session_end(c);
	return NULL;
}

int
sftp_session_login(struct sftp_session *c, const struct login *login, struct err *e)
{
	const struct buf *blob = login_blob(login);
	struct buf b = BUF_INIT(SFTP_FRAME_MAX);
	struct err ignored;
	int rc = -1;

	c->login = login;
	if (wire_put_string(&b, blob->data, blob->len, e) == 0 &&
	    frame_put_name(&b, login_name(login), e) == 0) {
		frame_send(child_frames(c->child), SFTP_FRAME_LOGIN, b.data, b.len,
		    c->connect_until, &ignored);
		rc = 0;
	}
	buf_free(&b);
	return rc;
}

void
sftp_session_end(struct sftp_session *c)
{
	if (c == NULL)
		return;
	child_end(c->child, 0, NULL);
	free(c);
}

bool
sftp_session_other_key(const struct sftp_session *c)
{
	return c->other_key;
}

const struct confined *
sftp_session_confined(const struct sftp_session *c)
{
	return c->hello ? &c->confined : NULL;
}

enum sftp_nagle
sftp_session_nagle(const struct sftp_session *c)
{
	return c->nagle;
}

const char *
sftp_session_name(const struct sftp_session *c, char out[SFTP_SESSION_NAME_SIZE])
{
	const struct url *u = c->config.url;

	if (u->scheme == URL_FILE)
		return u->path;
	snprintf(out, SFTP_SESSION_NAME_SIZE, "%s:%u", u->host, (unsigned)u->port);
	return out;
}

int
sftp_session_lied(struct sftp_session *c, const char *what, struct err *e)
{
	char name[SFTP_SESSION_NAME_SIZE];

	return err_setx(e, ERR_PROTOCOL, "%s: the fetch child sent %s", sftp_session_name(c, name),
	    what);
}

/*
 * Nothing is signed but a request to log in as our user with our key (RFC 4252, section 7): a child
 * that was taken over must not get other signatures.
 */
static bool
is_login(const struct sftp_session *c, const uint8_t *data, size_t len)
{
	const struct buf *blob = login_blob(c->login);
	struct wire w = WIRE_INIT(data, len);
	const uint8_t *got;
	size_t n;

	if (wire_string(&w, &n) == NULL || n < 16 || n > 64) /* the session identifier: a hash */
		return false;
	if (wire_u8(&w) != 50 || !wire_is(&w, c->config.url->user) ||
	    !wire_is(&w, "ssh-connection") || !wire_is(&w, "publickey") || wire_u8(&w) != 1)
		return false;
	/* the algorithm: the key allows one only */
	wire_string(&w, &n);
	got = wire_string(&w, &n);
	return got != NULL && !w.bad && w.p == w.end && n == blob->len &&
	    memcmp(got, blob->data, n) == 0;
}

static int
on_sign(struct sftp_session *c, struct wire *w, struct buf *answer, struct err *e)
{
	struct buf signature = BUF_INIT(LOGIN_SIGNATURE_MAX);
	const uint8_t *data;
	size_t len;
	int rc;

	if ((data = wire_string(w, &len)) == NULL || w->p != w->end ||
	    login_password(c->login) != NULL || ++c->signatures > SIGNATURES_MAX ||
	    !is_login(c, data, len))
		return sftp_session_lied(c, "something to sign that is no login of ours", e);
	rc = login_sign(c->login, data, len, &signature, e);
	if (rc == 0)
		rc = wire_put_string(answer, signature.data, signature.len, e);
	buf_free(&signature);
	return rc;
}

/* Gives the password once, also where the server refused it. */
static int
on_password(struct sftp_session *c, struct wire *w, struct buf *answer, struct err *e)
{
	const struct buf *password = login_password(c->login);

	if (w->p != w->end || password == NULL || c->password_given)
		return sftp_session_lied(c, "a wish for a password that it isn't to have", e);
	c->password_given = true;
	return wire_put_string(answer, password->data, password->len, e);
}

/* 1: the end without a fault; -1 with the fault. */
static int
on_end(struct sftp_session *c, struct wire *w, struct err *e)
{
	c->other_key = wire_u8(w) == 1;
	if (w->bad)
		return sftp_session_lied(c, "a malformed end", e);
	return w->p == w->end ? 1 : frame_err(w, e);
}

/* Returns the file of a frame, or NULL for a number that no file has. */
static struct sftp_file *
frame_file(struct sftp_session_work *r, struct wire *w)
{
	uint32_t number = wire_u32(w);

	return w->bad || number >= r->n ? NULL : &r->files[number];
}

static int
on_data(struct sftp_session_work *r, struct wire *w, struct err *e)
{
	struct sftp_file *f = frame_file(r, w);
	size_t len = (size_t)(w->end - w->p);

	/* Bytes that are under way to a file that has failed here are dropped. */
	if (f == NULL || (f->result != SFTP_FILE_PENDING && f->result != SFTP_FILE_FAILED) ||
	    len > f->max - f->offset)
		return sftp_session_lied(r->c, "bytes that nobody asked for", e);
	r->moved = true;
	f->offset += len;
	if (f->result == SFTP_FILE_PENDING && len > 0 && f->data(f->arg, w->p, len, &f->err) == -1)
		f->result = SFTP_FILE_FAILED;
	return 0;
}

static int
on_result(struct sftp_session_work *r, struct wire *w, struct err *e)
{
	struct sftp_file *f = frame_file(r, w);
	uint8_t result = wire_u8(w);
	char name[SFTP_SESSION_NAME_SIZE];
	struct err why;

	if (f == NULL || w->bad || result <= SFTP_FILE_PENDING || result > SFTP_FILE_FAILED ||
	    (result != SFTP_FILE_FAILED && w->p != w->end))
		return sftp_session_lied(r->c, "a malformed result", e);
	r->moved = true;
	if (f->result != SFTP_FILE_PENDING)
		return f->result == SFTP_FILE_FAILED
		    ? 0
		    : sftp_session_lied(r->c, "two results for one file", e);
	f->result = (enum sftp_result)result;
	if (result == SFTP_FILE_FAILED) {
		frame_err(w, &why);
		err_context(&why, "%s", sftp_session_name(r->c, name));
		f->err = why;
	}
	return 0;
}

static int
on_connected(struct sftp_session *c, struct wire *w, struct err *e)
{
	uint8_t nagle = w->p == w->end ? SFTP_NAGLE_UNKNOWN : wire_u8(w);

	if (w->p != w->end || nagle > SFTP_NAGLE_ON)
		return sftp_session_lied(c, "a malformed connection", e);
	c->nagle = (enum sftp_nagle)nagle;
	c->connected = true;
	return 1;
}

int
sftp_session_take(struct sftp_session_work *r, const struct frame *f, struct buf *answer,
    struct err *e)
{
	struct wire w = WIRE_INIT(f->data, f->len);
	struct sftp_session *c = r->c;

	r->reply = 0;
	if (f->type == SFTP_FRAME_HELLO)
		return child_take_hello(&w, &c->hello, &c->confined)
		    ? 0
		    : sftp_session_lied(c, "a malformed greeting", e);
	if (!c->hello)
		return sftp_session_lied(c, "something before saying how it is confined", e);
	if (f->type == SFTP_FRAME_END)
		return on_end(c, &w, e);
	if (!c->connected && (f->type == SFTP_FRAME_SIGN || f->type == SFTP_FRAME_PASSWORD)) {
		r->reply = SFTP_FRAME_SECRET;
		return f->type == SFTP_FRAME_SIGN ? on_sign(c, &w, answer, e)
						  : on_password(c, &w, answer, e);
	}
	if (!c->connected && f->type == SFTP_FRAME_CONNECTED)
		return on_connected(c, &w, e);
	if (c->connected && r->jobs != NULL)
		return sftp_session_take_job(r, f, answer, e);
	if (c->connected && f->type == SFTP_FRAME_DATA)
		return on_data(r, &w, e);
	if (c->connected && f->type == SFTP_FRAME_RESULT)
		return on_result(r, &w, e);
	return sftp_session_lied(c, "a frame that doesn't belong there", e);
}

static int
silent(struct sftp_session *c, struct err *e)
{
	char name[SFTP_SESSION_NAME_SIZE];

	if (clock_mono_ms() >= c->config.deadline)
		return err_setx(e, ERR_TIMEOUT, "%s: the deadline passed while %s",
		    sftp_session_name(c, name),
		    !c->connected    ? "connecting"
			: c->writing ? "files were written"
				     : "files were fetched");
	return err_setx(e, ERR_TIMEOUT, "%s: no answer in time while %s",
	    sftp_session_name(c, name),
	    !c->connected    ? "connecting"
		: c->writing ? "writing files"
			     : "fetching files");
}

/* Returns whether the server dribbles, which counts as silence while there are other servers. */
static bool
dribbles(struct sftp_session *c, const struct frame *f)
{
	int64_t now = clock_mono_ms();

	c->paced += f->len;
	if (c->paced < DRIBBLE_BYTES)
		return c->config.servers > 1 &&
		    now - c->paced_from >= server_share(&c->config, c->paced_from);
	c->paced_from = now;
	c->paced = 0;
	return false;
}

int
sftp_session_listen(struct sftp_session_work *r, struct err *e)
{
	struct buf answer = BUF_INIT(r->jobs == NULL ? LOGIN_ANSWER_MAX : ANSWER_MAX);
	struct sftp_session *c = r->c;
	char how[CHILD_HOW_SIZE], name[SFTP_SESSION_NAME_SIZE];
	struct frame f;
	int rc;

	do {
		int64_t now = clock_mono_ms(),
			until = GRACE_MS +
		    (c->connected ? now + server_share(&c->config, now) : c->connect_until);

		if (until > c->config.deadline + DEADLINE_GRACE_MS)
			until = c->config.deadline + DEADLINE_GRACE_MS;
		if ((rc = frame_recv(child_frames(c->child), &f, until, e)) == 0) {
			child_end(c->child, clock_mono_ms() + GRACE_MS, how);
			c->child = NULL;
			rc = err_setx(e, ERR_PROTOCOL, "%s: the fetch child %s",
			    sftp_session_name(c, name), how);
		} else if (rc == -1) {
			rc = e->code == ERR_TIMEOUT ? silent(c, e) : -1;
		} else if (c->connected && dribbles(c, &f)) {
			rc = silent(c, e);
		} else if ((rc = sftp_session_take(r, &f, &answer, e)) == 0 && r->reply != 0) {
			rc = frame_send(child_frames(c->child), (uint8_t)r->reply, answer.data,
			    answer.len, until, e);
			buf_reset(&answer);
		}
	} while (rc == 0);
	buf_free(&answer);
	return rc == 1 ? 0 : -1;
}

int
sftp_session_tell_go(struct sftp_session *c, enum sftp_frame type, struct err *e)
{
	const struct sftp_session_config *g = &c->config;
	int64_t now = clock_mono_ms(), left = g->deadline > now ? g->deadline - now : 0,
		idle = server_share(g, now);
	struct buf b = BUF_INIT(SFTP_FRAME_MAX);
	int rc = -1;

	if (wire_put_u64(&b, (uint64_t)left, e) == 0 &&
	    wire_put_u64(&b, idle > 0 ? (uint64_t)idle : 0, e) == 0)
		rc = frame_send(child_frames(c->child), (uint8_t)type, b.data, b.len, g->deadline,
		    e);
	buf_free(&b);
	return rc;
}

static int
tell_files(struct sftp_session_work *r, struct err *e)
{
	struct frames *frames = child_frames(r->c->child);
	int64_t until = r->c->config.deadline;
	struct buf b = BUF_INIT(SFTP_FRAME_MAX);
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++) {
		const struct sftp_file *f = &r->files[i];

		if (f->result != SFTP_FILE_PENDING)
			continue;
		if (wire_put_u32(&b, (uint32_t)i, e) == -1 ||
		    frame_put_name(&b, f->path, e) == -1 || wire_put_u64(&b, f->max, e) == -1 ||
		    wire_put_u8(&b, (uint8_t)(f->exact | f->optional << 1), e) == -1 ||
		    wire_put_u64(&b, f->offset, e) == -1)
			rc = -1;
		else if (b.len > SFTP_FRAME_MAX / 2) {
			rc = frame_send(frames, SFTP_FRAME_FILES, b.data, b.len, until, e);
			buf_reset(&b);
		}
	}
	if (rc == 0 && b.len > 0)
		rc = frame_send(frames, SFTP_FRAME_FILES, b.data, b.len, until, e);
	buf_free(&b);
	return rc == -1 ? -1 : sftp_session_tell_go(r->c, SFTP_FRAME_GO, e);
}

/* Unsafe requests fail here; the parent doesn't rely on the child's check. */
static void
refuse_unsafe(struct sftp_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct sftp_file *f = &files[i];

		if (f->result != SFTP_FILE_PENDING)
			continue;
		if (path_check(f->path, strlen(f->path), &f->err) == -1)
			f->result = SFTP_FILE_FAILED;
		else if (f->offset > f->max) {
			err_setx(&f->err, ERR_TOO_LARGE, "%s: there is more than is wanted already",
			    f->path);
			f->result = SFTP_FILE_FAILED;
		}
	}
}

int
sftp_session_run(struct sftp_session *c, struct sftp_file *files, size_t n, bool *moved,
    struct err *e)
{
	struct sftp_session_work r = { .c = c, .files = files, .n = n };
	char name[SFTP_SESSION_NAME_SIZE];
	int rc = 0;

	*moved = false;
	if (c->child == NULL || n > SFTP_FILES_MAX)
		return err_setx(e, n > SFTP_FILES_MAX ? ERR_TOO_LARGE : ERR_CONFLICT,
		    "%s: can't fetch so many files at once", sftp_session_name(c, name));
	refuse_unsafe(files, n);
	if (!c->connected)
		rc = sftp_session_listen(&r, e);
	c->paced_from = clock_mono_ms();
	c->paced = 0;
	if (rc == 0 && (rc = tell_files(&r, e)) == 0)
		rc = sftp_session_listen(&r, e);
	*moved = r.moved;
	for (size_t i = 0; i < n && rc == 0; i++)
		if (files[i].result == SFTP_FILE_PENDING)
			rc = sftp_session_lied(c, "an end before all files had a result", e);
	return rc;
}
