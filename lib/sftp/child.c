/* SPDX-License-Identifier: ISC */
/*
 * The fetch child: SSH and SFTP with one server, for a parent that keeps the login key or password.
 */
#include <stdlib.h>
#include <string.h>

#include <libssh2.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "lib/base/list.h"
#include "lib/os/clock.h"
#include "lib/sftp/child.h"
#include "lib/sftp/child_jobs.h"
#include "lib/sftp/directory.h"
#include "lib/sftp/fingerprint.h"
#include "lib/sftp/sftp.h"
#include "lib/sftp/ssh.h"
#include "lib/sftp/ssh_alloc.h"

/* Address space besides libssh2's: the engine's windows, frames, the heap. */
#define OTHER_MEMORY (64u * 1024 * 1024)

/* Processor time of one child in all, which ends the child when its parent can't. */
#define CPU_SECONDS 3600

struct file {
	struct sftp_file f;
	struct duty *duty;
	uint32_t number;
	char *path;
};

struct duty {
	struct frames *parent;
	struct buf out;		 /* the frame that is being made */
	struct buf about, login; /* what server points into */
	struct ssh_server server;
	const char *pins[SFTP_PINS_MAX];
	const char *path;
	enum ssh_hostkey hostkey;
	int64_t connect_ms;
	struct ssh *ssh;
	struct sftp *engine;	 /* for files; or for jobs: */
	struct child_jobs *jobs; /* NULL before the first of them */
	struct dir *dir;	 /* in place of both: a repository of this computer */
	struct file **files;	 /* of the G that comes */
	size_t nfiles;
};

static int
say(struct duty *d, enum sftp_frame type, struct err *e)
{
	int rc = frame_send(d->parent, (uint8_t)type, d->out.data, d->out.len, FRAME_FOREVER, e);

	buf_reset(&d->out);
	return rc;
}

/* Appends the parent's answer to out. */
static int
take_secret(struct duty *d, const char *what, struct buf *out, struct err *e)
{
	const uint8_t *secret;
	struct frame f;
	struct wire w;
	size_t len;

	if (frame_recv(d->parent, &f, FRAME_FOREVER, e) != 1 || f.type != SFTP_FRAME_SECRET)
		return err_setx(e, ERR_PROTOCOL, "want %s", what);
	w = (struct wire)WIRE_INIT(f.data, f.len);
	if ((secret = wire_string(&w, &len)) == NULL)
		return err_setx(e, ERR_AUTH, "there is no %s", what);
	return buf_add(out, secret, len, e);
}

/* Asks the parent for the signature that libssh2 wants. */
static int
ask_signature(void *arg, const uint8_t *data, size_t len, struct buf *out, struct err *e)
{
	struct duty *d = arg;

	buf_reset(&d->out);
	if (wire_put_string(&d->out, data, len, e) == -1 || say(d, SFTP_FRAME_SIGN, e) == -1)
		return -1;
	return take_secret(d, "signature", out, e);
}

static int
ask_password(void *arg, struct buf *out, struct err *e)
{
	struct duty *d = arg;

	buf_reset(&d->out);
	return say(d, SFTP_FRAME_PASSWORD, e) == -1 ? -1 : take_secret(d, "password", out, e);
}

static int
take_server(struct duty *d, const struct frame *f, struct err *e)
{
	struct ssh_server *s = &d->server;
	struct wire w;

	if (d->about.len > 0 || buf_add(&d->about, f->data, f->len, e) == -1)
		return err_setx(e, ERR_PROTOCOL, "want one server");
	w = (struct wire)WIRE_INIT(d->about.data, d->about.len);
	s->host = frame_name(&w, SFTP_HOST_SIZE);
	s->port = (uint16_t)wire_u32(&w);
	s->user = frame_name(&w, SFTP_USER_SIZE);
	d->path = frame_name(&w, SFTP_FRAME_MAX);
	d->hostkey = wire_u8(&w) ? SSH_HOSTKEY_ECDSA : SSH_HOSTKEY_ANY;
	d->connect_ms = (int64_t)(wire_u64(&w) & INT32_MAX);
	s->nhost_keys = wire_u32(&w);
	for (size_t i = 0; i < s->nhost_keys && i < SFTP_PINS_MAX; i++)
		d->pins[i] = frame_name(&w, FINGERPRINT_SIZE);
	s->host_keys = d->pins;
	return w.bad || s->nhost_keys > SFTP_PINS_MAX
	    ? err_setx(e, ERR_PROTOCOL, "malformed server")
	    : 0;
}

/* Takes the login, which comes after the server, so that connecting need not wait for it. */
static int
take_login(struct duty *d, struct err *e)
{
	struct ssh_login *l = &d->server.login;
	struct frame f;
	struct wire w;

	if (frame_recv(d->parent, &f, FRAME_FOREVER, e) != 1 || f.type != SFTP_FRAME_LOGIN ||
	    buf_add(&d->login, f.data, f.len, e) == -1)
		return err_setx(e, ERR_PROTOCOL, "want a login");
	w = (struct wire)WIRE_INIT(d->login.data, d->login.len);
	l->blob = wire_string(&w, &l->bloblen);
	l->sign = ask_signature;
	l->password = ask_password;
	l->arg = d;
	l->name = frame_name(&w, SFTP_FRAME_MAX);
	return w.bad ? err_setx(e, ERR_PROTOCOL, "malformed login") : 0;
}

/* Uses the libraries once, so that they open their files before the child is confined. */
static void
warm_up(void)
{
	static const char *const ciphers[] = { "AES-128-CTR", "AES-256-CTR" };
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_CIPHER *cipher;
	uint8_t random[16];

	OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
	libssh2_init(0);
	RAND_bytes(random, sizeof random);
	EVP_PKEY_free(key);
	for (size_t i = 0; i < N(ciphers); i++) {
		cipher = EVP_CIPHER_fetch(NULL, ciphers[i], NULL);
		EVP_CIPHER_free(cipher);
	}
}

static const struct confine_want want = { .sockets = true,
	.memory = SSH_MEMORY_MAX + SFTP_WINDOW_BYTES + OTHER_MEMORY,
	.cpu_seconds = CPU_SECONDS };

/* The end of connecting or of a G. */
static int
tell_end(struct duty *d, const struct err *why, bool other_key, struct err *e)
{
	buf_reset(&d->out);
	if (wire_put_u8(&d->out, other_key, e) == -1 ||
	    (why != NULL && frame_put_err(&d->out, why, e) == -1))
		return -1;
	return say(d, SFTP_FRAME_END, e);
}

/*
 * Makes the one connection, then gives everything else up, then reads the first byte of the peer.
 */
static int
connect_server(struct duty *d, struct err *e)
{
	int64_t deadline = clock_mono_ms() + d->connect_ms;
	struct net_dial *dial = net_dial(d->server.host, d->server.port, e);
	struct net *net = NULL;
	bool other_key = false;
	struct err why = { 0 };

	/* Meanwhile the server starts a process for this connection. */
	warm_up();
	if (dial == NULL)
		why = *e;
	else
		net = net_dial_wait(dial, deadline, &why);
	/* Where there is no other user to become, child_hello() says that privileges are held. */
	if (confine_drop_user(e) == -1 ||
	    child_hello(d->parent, SFTP_FRAME_HELLO, &want, e) == -1 || take_login(d, e) == -1) {
		net_close(net);
		return -1;
	}
	if (net == NULL)
		return tell_end(d, &why, false, e) == -1 ? -1 : 1;
	if ((d->ssh = ssh_open(&d->server, net, d->hostkey, &other_key, deadline, &why)) == NULL ||
	    (d->engine = sftp_new(d->path, NULL, &why)) == NULL)
		return tell_end(d, &why, other_key, e) == -1 ? -1 : 1;
	buf_reset(&d->out);
	return wire_put_u8(&d->out, (uint8_t)ssh_nagle(d->ssh), e) == -1
	    ? -1
	    : say(d, SFTP_FRAME_CONNECTED, e);
}

/*
 * A repository of this computer, such as a network share: read here, so that a call that hangs ends
 * with this process.  Nothing in it is parsed, and nothing of its own is given up.
 */
static int
open_directory(struct duty *d, struct err *e)
{
	const struct confined none = { .limits = false };
	struct err why;

	buf_reset(&d->out);
	if (wire_put_u32(&d->out, confined_pack(&none), e) == -1 ||
	    say(d, SFTP_FRAME_HELLO, e) == -1)
		return -1;
	if ((d->dir = dir_open(d->path, &why)) == NULL) {
		/* A missing share is a server that can't be reached, not an absent file. */
		if (why.code == ERR_NOENT)
			why.code = ERR_NETWORK;
		return tell_end(d, &why, false, e) == -1 ? -1 : 1;
	}
	buf_reset(&d->out);
	return say(d, SFTP_FRAME_CONNECTED, e);
}

static int
pass_on(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct file *file = arg;
	struct duty *d = file->duty;

	buf_reset(&d->out);
	return wire_put_u32(&d->out, file->number, e) == -1 || buf_add(&d->out, bytes, len, e) == -1
	    ? -1
	    : say(d, SFTP_FRAME_DATA, e);
}

static int
take_file(struct duty *d, struct wire *w, struct err *e)
{
	struct file *file = calloc(1, sizeof *file);
	const char *path;
	uint8_t flags;

	if (file == NULL)
		return err_nomem(e);
	if (list_grow(&d->files, d->nfiles, sizeof *d->files, e) == -1) {
		free(file);
		return -1;
	}
	d->files[d->nfiles++] = file;
	file->duty = d;
	file->number = wire_u32(w);
	path = frame_name(w, SFTP_FRAME_MAX);
	file->f = (struct sftp_file){ .data = pass_on, .arg = file };
	file->f.max = wire_u64(w);
	flags = wire_u8(w);
	file->f.exact = (flags & 1) != 0;
	file->f.optional = (flags & 2) != 0;
	file->f.offset = wire_u64(w);
	if (path == NULL || w->bad)
		return err_setx(e, ERR_PROTOCOL, "malformed file");
	if ((file->path = strdup(path)) == NULL)
		return err_nomem(e);
	file->f.path = file->path;
	return 0;
}

static int
take_files(struct duty *d, const struct frame *f, struct err *e)
{
	struct wire w = WIRE_INIT(f->data, f->len);

	while (w.p < w.end)
		if (d->nfiles == SFTP_FILES_MAX || take_file(d, &w, e) == -1)
			return -1;
	return 0;
}

static void
forget_files(struct duty *d)
{
	for (size_t i = 0; i < d->nfiles; i++) {
		free(d->files[i]->path);
		free(d->files[i]);
	}
	free(d->files);
	d->files = NULL;
	d->nfiles = 0;
}

static int
tell_result(struct duty *d, const struct file *file, struct err *e)
{
	buf_reset(&d->out);
	if (wire_put_u32(&d->out, file->number, e) == -1 ||
	    wire_put_u8(&d->out, (uint8_t)file->f.result, e) == -1 ||
	    (file->f.result == SFTP_FILE_FAILED && frame_put_err(&d->out, &file->f.err, e) == -1))
		return -1;
	return say(d, SFTP_FRAME_RESULT, e);
}

static int
run_engine(struct duty *d, int64_t deadline, int64_t idle_ms, struct err *why)
{
	const struct ssh_engine engine = ssh_reading(d->engine);

	return ssh_run(d->ssh, &engine, deadline, idle_ms, why);
}

static int
go(struct duty *d, const struct frame *f, struct err *e)
{
	struct wire w = WIRE_INIT(f->data, f->len);
	int64_t deadline = clock_mono_ms() + (int64_t)(wire_u64(&w) & INT32_MAX),
		idle_ms = (int64_t)(wire_u64(&w) & INT32_MAX);
	struct err why;
	int rc = 0;

	for (size_t i = 0; d->dir != NULL && i < d->nfiles && rc == 0; i++)
		rc = directory_run(d->dir, &d->files[i]->f, 1, deadline, &why);
	for (size_t i = 0; d->dir == NULL && i < d->nfiles && rc == 0; i++)
		rc = sftp_add(d->engine, &d->files[i]->f, 1, &why);
	if (rc == 0 && d->dir == NULL)
		rc = run_engine(d, deadline, idle_ms, &why);
	for (size_t i = 0; i < d->nfiles; i++)
		if (d->files[i]->f.result != SFTP_FILE_PENDING &&
		    tell_result(d, d->files[i], e) == -1)
			return -1;
	if (tell_end(d, rc == -1 ? &why : NULL, false, e) == -1)
		return -1;
	forget_files(d);
	return rc == -1 ? 1 : 0;
}

/* The first jobs of a connection that fetched nothing: it is one for jobs from then on. */
static int
take_jobs(struct duty *d, const struct frame *f, struct err *e)
{
	if (d->jobs == NULL && (d->jobs = child_jobs_new(d->parent, d->path, e)) == NULL)
		return -1;
	return child_jobs_take(d->jobs, f, e);
}

/* As go(). */
static int
do_jobs(struct duty *d, const struct frame *f, struct err *e)
{
	struct err why;
	int rc = child_jobs_do(d->jobs, d->ssh, f, &why, e);

	if (rc == -1 || tell_end(d, rc == 1 ? &why : NULL, false, e) == -1)
		return -1;
	return rc;
}

/* 0 go on, 1 that was all, -1. */
static int
take_frame(struct duty *d, const struct frame *f, struct err *e)
{
	if (f->type == SFTP_FRAME_SERVER && d->ssh == NULL && d->dir == NULL)
		return take_server(d, f, e) == -1 ? -1
		    : d->server.host[0] == '\0'	  ? open_directory(d, e)
						  : connect_server(d, e);
	if (f->type == SFTP_FRAME_FILES && d->jobs == NULL)
		return take_files(d, f, e);
	if (f->type == SFTP_FRAME_JOBS && d->ssh != NULL && d->nfiles == 0)
		return take_jobs(d, f, e);
	if (f->type == SFTP_FRAME_DO && d->jobs != NULL)
		return do_jobs(d, f, e);
	if (f->type == SFTP_FRAME_GO && d->jobs == NULL && (d->ssh != NULL || d->dir != NULL))
		return go(d, f, e);
	return -1;
}

static int
serve_files(struct frames *parent)
{
	struct duty d = { .parent = parent,
		.out = BUF_INIT(SFTP_FRAME_MAX),
		.about = BUF_INIT(SFTP_FRAME_MAX),
		.login = BUF_INIT(SFTP_FRAME_MAX) };
	struct frame f;
	struct err e;
	int rc = 0;

	while (rc == 0 && (rc = frame_recv(parent, &f, FRAME_FOREVER, &e)) == 1)
		rc = take_frame(&d, &f, &e);
	sftp_free(d.engine); /* it points into the files */
	forget_files(&d);
	child_jobs_free(d.jobs);
	ssh_close(d.ssh);
	dir_close(d.dir);
	buf_free(&d.out);
	buf_free(&d.about);
	buf_free(&d.login);
	return rc == -1 ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct child_role sftp_child_role = { "fetch", SFTP_FRAME_MAX, serve_files, &want };
