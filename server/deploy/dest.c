/* SPDX-License-Identifier: ISC */
/* The directory that a repository is deployed to. */
#include "server/deploy/dest.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/os/process.h"

/* Milliseconds to connect and log in, of each silence, and of everything. */
#define CONNECT_MS 60000
#define DEPLOY_MS  (24 * 3600 * INT64_C(1000))

struct dest {
	const struct deploy_config *config;
	struct sftp_session_child *child;
	struct dir *local; /* or, on a server: */
	struct url url;
	struct login *login;
	struct sftp_session *session;
	bool answered; /* something was done there */
	bool ending;   /* what is done now cleans up */
};

static int
connect_dest(struct dest *d, bool ecdsa, struct err *e)
{
	const struct strings *keys = &d->config->host_keys;
	const struct sftp_session_config c = { .url = &d->url,
		.host_keys = (const char *const *)keys->v,
		.nhost_keys = keys->n,
		.connect_ms = CONNECT_MS,
		.deadline = clock_mono_ms() + DEPLOY_MS,
		.servers = 1,
		.ecdsa = ecdsa,
		.child = d->child };

	sftp_session_end(d->session);
	if ((d->session = sftp_session_start(&c, e)) == NULL)
		return -1;
	return sftp_session_login(d->session, d->login, e);
}

struct dest *
dest_open(const struct deploy_config *c, struct sftp_session_child *child, struct err *e)
{
	struct dest *d = calloc(1, sizeof *d);
	int rc;

	if (d == NULL) {
		err_nomem(e);
		return NULL;
	}
	d->config = c;
	d->child = child;
	if (c->key == NULL)
		rc = (d->local = dir_open(c->place, e)) == NULL ? -1 : 0;
	else if ((rc = url_parse(c->place, strlen(c->place), &d->url, e)) == 0)
		rc = (d->login = login_read(c->key, e)) == NULL ? -1 : connect_dest(d, false, e);
	if (rc == 0)
		return d;
	dest_close(d);
	return NULL;
}

void
dest_close(struct dest *d)
{
	if (d == NULL)
		return;
	sftp_session_end(d->session);
	login_free(d->login);
	dir_close(d->local);
	free(d);
}

void
dest_ending(struct dest *d)
{
	d->ending = true;
}

int
dest_run(struct dest *d, struct sftp_job *jobs, size_t n, struct err *e)
{
	struct err second = { 0 };
	int rc;

	if (n == 0)
		return 0;
	if (!d->ending && process_interrupted())
		return err_setx(e, ERR_CANCELLED, "interrupted");
	if (d->local != NULL)
		return dest_local_run(d->local, jobs, n, e);
	rc = sftp_session_do(d->session, jobs, n, e);
	/* The pin may be of the server's other host key. */
	if (rc == -1 && !d->answered && e->code == ERR_HOSTKEY &&
	    sftp_session_other_key(d->session)) {
		if (connect_dest(d, true, &second) == 0)
			rc = sftp_session_do(d->session, jobs, n, &second);
		if (rc == -1 && second.code != ERR_HOSTKEY)
			*e = second; /* it was that key, and something else is wrong */
	}
	d->answered |= rc == 0;
	return rc;
}

int
dest_must(struct dest *d, struct sftp_job *jobs, size_t n, struct err *e)
{
	if (dest_run(d, jobs, n, e) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (jobs[i].result == SFTP_JOB_FAILED) {
			*e = jobs[i].err;
			return -1;
		}
	return 0;
}
