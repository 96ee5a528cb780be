/* SPDX-License-Identifier: ISC */
/* Fetching from the first of several servers that answers. */
#include "updater/fetch/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/sftp/fingerprint.h"

/* Reconnections to one server within one call, after it broke off in the middle of files. */
#define FETCH_RECONNECTS 1

struct fetch {
	struct fetch_config config;
	struct url *urls;
	size_t n;
	struct login *login;	      /* NULL when no address is sftp: */
	size_t now;		      /* the server that is connected, or is next */
	struct sftp_session *session; /* the connection to it, or NULL */
	bool answered;		      /* the server answered once */
	size_t failed;		      /* servers that failed, in all calls, each time counted */
	size_t left;		      /* those of them that were left by fetch_next() */
};

static int
check_config(const struct fetch_config *c, bool sftp, struct err *e)
{
	if (!sftp)
		return 0;
	if (c->nhost_keys == 0)
		return err_setx(e, ERR_CONFIG,
		    "no trusted host key is configured; want the server's fingerprint as ssh-keygen -l prints it");
	for (size_t i = 0; i < c->nhost_keys; i++)
		if (!fingerprint_valid(c->host_keys[i]))
			return err_setx(e, ERR_CONFIG,
			    "trusted host key '%.100s': want SHA256: and 43 characters, as ssh-keygen -l prints it",
			    c->host_keys[i]);
	if (c->key_file == NULL && c->password_file == NULL)
		return err_setx(e, ERR_CONFIG, "no login key is configured for %s", c->urls[0]);
	if (c->key_file != NULL && c->password_file != NULL)
		return err_setx(e, ERR_CONFIG, "want a login key or a login password, got both");
	return 0;
}

static int
start_session(struct fetch *f, bool ecdsa, struct err *e)
{
	struct sftp_session_config c = { .url = &f->urls[f->now],
		.host_keys = f->config.host_keys,
		.nhost_keys = f->config.nhost_keys,
		.connect_ms = f->config.connect_ms,
		.deadline = f->config.deadline,
		.servers = f->failed < f->n ? f->n - f->failed : 1,
		.ecdsa = ecdsa,
		.child = f->config.child };

	return (f->session = sftp_session_start(&c, e)) == NULL ? -1 : 0;
}

static int
connect_sftp(struct fetch *f, bool ecdsa, struct err *e)
{
	if (start_session(f, ecdsa, e) == -1)
		return -1;
	return f->urls[f->now].scheme == URL_FILE ? 0 : sftp_session_login(f->session, f->login, e);
}

/*
 * Connects to the first server while the login key or password is read.  Failures to connect are
 * ignored: they happen again, and are reported, in fetch_files().
 */
static int
connect_early(struct fetch *f, struct err *e)
{
	struct err ignored;

	if (f->urls[0].scheme == URL_SFTP)
		start_session(f, false, &ignored);
	f->login = f->config.password_file != NULL ? login_read_password(f->config.password_file, e)
						   : login_read(f->config.key_file, e);
	if (f->login == NULL)
		return -1;
	if (f->session != NULL)
		sftp_session_login(f->session, f->login, &ignored);
	return 0;
}

static int
prepare_servers(struct fetch *f, struct err *e)
{
	const struct fetch_config *c = &f->config;
	bool sftp = false;

	if (c->nurls == 0)
		return err_setx(e, ERR_CONFIG, "want a server, got none");
	if ((f->urls = calloc(c->nurls, sizeof *f->urls)) == NULL)
		return err_nomem(e);
	for (f->n = 0; f->n < c->nurls; f->n++) {
		if (url_parse(c->urls[f->n], strlen(c->urls[f->n]), &f->urls[f->n], e) == -1)
			return -1;
		sftp |= f->urls[f->n].scheme == URL_SFTP;
	}
	if (check_config(c, sftp, e) == -1)
		return -1;
	return sftp ? connect_early(f, e) : 0;
}

struct fetch *
fetch_start(const struct fetch_config *config, struct err *e)
{
	struct fetch *f = calloc(1, sizeof *f);

	if (f == NULL) {
		err_nomem(e);
		return NULL;
	}
	f->config = *config;
	if (prepare_servers(f, e) == -1) {
		fetch_end(f);
		return NULL;
	}
	return f;
}

static void
drop_connection(struct fetch *f)
{
	sftp_session_end(f->session);
	f->session = NULL;
}

/* Files without an answer fail with why. */
static void
fail_pending(struct sftp_file *files, size_t n, const struct err *why)
{
	for (size_t i = 0; i < n; i++)
		if (files[i].result == SFTP_FILE_PENDING) {
			files[i].result = SFTP_FILE_FAILED;
			files[i].err = *why;
		}
}

static bool
all_answered(const struct sftp_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (files[i].result == SFTP_FILE_PENDING)
			return false;
	return true;
}

static int
try_sftp(struct fetch *f, bool ecdsa, struct sftp_file *files, size_t n, bool *moved, struct err *e)
{
	if (f->session == NULL && connect_sftp(f, ecdsa, e) == -1)
		return -1;
	return sftp_session_run(f->session, files, n, moved, e);
}

/*
 * One attempt at one server.  0 when all files have a result.  *moved: the server sent something.
 */
static int
try_server(struct fetch *f, struct sftp_file *files, size_t n, bool *moved, struct err *e)
{
	struct err second;
	int rc;

	*moved = false;
	rc = try_sftp(f, false, files, n, moved, e);
	/*
	 * The pin may be of the server's other host key.  If it isn't, the first error is reported,
	 * because most servers are known by their first key.
	 */
	if (rc == -1 && e->code == ERR_HOSTKEY && f->session != NULL &&
	    sftp_session_other_key(f->session)) {
		drop_connection(f);
		rc = try_sftp(f, true, files, n, moved, &second);
	}
	f->answered |= rc == 0 || *moved;
	return rc;
}

/* Returns whether no other attempt, here or elsewhere, could help. */
static bool
hopeless(const struct fetch *f, const struct err *e)
{
	return e->code == ERR_NOMEM || clock_mono_ms() >= f->config.deadline;
}

/* Forgets the bytes that another connection can't go on after. */
static void
begin_again(struct sftp_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (files[i].result == SFTP_FILE_PENDING && files[i].again != NULL &&
		    files[i].offset > 0) {
			files[i].again(files[i].arg);
			files[i].offset = 0;
		}
}

static void
leave_server(struct fetch *f, const struct err *why)
{
	if (f->config.failed != NULL)
		f->config.failed(f->config.arg, f->config.urls[f->now], why);
	f->failed++;
	f->now = (f->now + 1) % f->n;
	f->answered = false;
}

static int
try_servers(struct fetch *f, struct sftp_file *files, size_t n, struct err *e)
{
	/* A connection of the last call may have ended since then: the server gets another try. */
	unsigned again = f->session != NULL ? FETCH_RECONNECTS + 1 : FETCH_RECONNECTS;
	bool moved, kept = f->session != NULL;

	for (size_t tried = 0;;) {
		if (try_server(f, files, n, &moved, e) == 0)
			return 0;
		drop_connection(f);
		begin_again(files, n);
		if (hopeless(f, e))
			return -1;
		if (again > 0 && (moved || kept) && e->code == ERR_NETWORK) {
			again--;
			kept = false;
			continue;
		}
		if (++tried == f->n) {
			f->now = 0;
			return -1;
		}
		leave_server(f, e);
		kept = false;
		again = FETCH_RECONNECTS;
	}
}

static bool
is_network(enum err_code code)
{
	switch (code) {
	case ERR_NETWORK:
	case ERR_TIMEOUT:
	case ERR_HOSTKEY:
	case ERR_AUTH:
	case ERR_PROTOCOL:
		return true;
	default:
		return false;
	}
}

/* Returns whether content is wrong or missing, which another server may have right. */
static bool
is_content(enum err_code code)
{
	switch (code) {
	case ERR_NOENT:
	case ERR_ACCESS:
	case ERR_SYNTAX:
	case ERR_TOO_LARGE:
	case ERR_SIGNATURE:
	case ERR_ROLLBACK:
	case ERR_VERSION:
	case ERR_EXPIRED:
	case ERR_HASH:
		return true;
	default:
		return false;
	}
}

bool
fetch_is_servers_fault(const struct err *why)
{
	return is_network(why->code) || is_content(why->code);
}

static int
collect(void *arg, const void *bytes, size_t len, struct err *e)
{
	return buf_add(arg, bytes, len, e);
}

static void
collect_again(void *arg)
{
	buf_reset(arg);
}

struct sftp_file
fetch_into(const char *path, struct buf *out)
{
	return (struct sftp_file){ .path = path,
		.max = out->max,
		.data = collect,
		.again = collect_again,
		.arg = out };
}

bool
fetch_next(struct fetch *f, const struct err *why)
{
	if (!f->answered || !is_content(why->code) || f->left + 1 >= f->n ||
	    clock_mono_ms() >= f->config.deadline)
		return false;
	f->left++;
	drop_connection(f);
	leave_server(f, why);
	return true;
}

int
fetch_files(struct fetch *f, struct sftp_file *files, size_t n, struct err *e)
{
	struct err why;

	if (all_answered(files, n))
		goto out;
	err_clear(&why);
	if (clock_mono_ms() >= f->config.deadline) {
		err_setx(&why, ERR_TIMEOUT, "the deadline passed before files were fetched");
		fail_pending(files, n, &why);
	} else if (try_servers(f, files, n, &why) == -1) {
		fail_pending(files, n, &why);
	}
out:
	for (size_t i = 0; i < n; i++)
		if (files[i].result == SFTP_FILE_FAILED) {
			*e = files[i].err;
			return -1;
		}
	return 0;
}

const char *
fetch_server(const struct fetch *f)
{
	return f->answered ? f->config.urls[f->now] : NULL;
}

const struct confined *
fetch_confined(const struct fetch *f)
{
	/* What reads a directory has no reason to be. */
	return f->session == NULL || f->urls[f->now].scheme == URL_FILE
	    ? NULL
	    : sftp_session_confined(f->session);
}

enum sftp_nagle
fetch_nagle(const struct fetch *f)
{
	return f->session == NULL ? SFTP_NAGLE_UNKNOWN : sftp_session_nagle(f->session);
}

int64_t
fetch_deadline(const struct fetch *f)
{
	return f->config.deadline;
}

void
fetch_end(struct fetch *f)
{
	if (f == NULL)
		return;
	drop_connection(f);
	login_free(f->login);
	free(f->urls);
	free(f);
}
