/* SPDX-License-Identifier: ISC */
/* Trying a station's servers without a station. */
#include "updater/update/trial.h"

#include <stdio.h>
#include <string.h>

#include "lib/os/clock.h"
#include "lib/tuf/client.h"
#include "updater/fetch/fetch.h"

/* A store in memory: the root that the trial begins with. */
struct anchor {
	const uint8_t *root;
	size_t len;
};

static int
load_anchor(void *arg, const char *role, struct buf *out, struct err *e)
{
	const struct anchor *a = arg;

	if (strcmp(role, "root") != 0)
		return 0;
	return buf_add(out, a->root, a->len, e) == -1 ? -1 : 1;
}

static int
save_nothing(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	(void)arg;
	(void)role;
	(void)data;
	(void)len;
	(void)e;
	return 0;
}

static int
forget_nothing(void *arg, const char *role, struct err *e)
{
	(void)arg;
	(void)role;
	(void)e;
	return 0;
}

/* A trial on its way. */
struct trying {
	struct fetch *fetch;
	struct trial *out;
};

/* A server that answers about a file took the login. */
static int
fetch_trial(void *arg, const char *name, struct buf *out, struct err *e)
{
	struct trying *t = arg;
	char path[1100];
	struct sftp_file f;

	snprintf(path, sizeof path, "metadata/%s", name);
	f = fetch_into(path, out);
	if (fetch_files(t->fetch, &f, 1, e) == -1) {
		if (e->code == ERR_AUTH)
			t->out->step = TRIAL_CONNECTED;
		else if (fetch_server(t->fetch) != NULL)
			t->out->step = TRIAL_LOGGED_IN;
		return -1;
	}
	t->out->step = TRIAL_LOGGED_IN;
	return f.result == SFTP_FILE_OK ? 1 : 0;
}

/* What a repository that is trusted has of the application. */
static int
look_at_application(struct tuf_client *client, const char *application, struct trial *out,
    struct err *e)
{
	const struct tuf_targets *role = tuf_client_role(client, application, e);
	const json_t *release;

	out->expires = tuf_client_expires(client);
	if (role == NULL) {
		/* It was added to the repository, and nothing was published yet. */
		if (tuf_client_delegation(client, application) == NULL || e->code != ERR_NOENT)
			return -1;
		err_clear(e);
		return 0;
	}
	release = json_object_get(role->c.json, "release");
	out->step = TRIAL_RELEASE;
	out->release = json_integer_value(release);
	return 0;
}

static int
try_metadata(struct trying *t, const struct station *st, const struct anchor *a, struct err *e)
{
	const struct tuf_source source = { fetch_trial, NULL, t };
	const struct tuf_store store = { .load = load_anchor,
		.save = save_nothing,
		.forget = forget_nothing,
		.arg = (void *)(uintptr_t)a };
	struct tuf_client *client = tuf_client_new(&source, &store, clock_wall(), e);
	int rc = -1;

	if (client != NULL && tuf_client_refresh(client, NULL, e) == 0) {
		t->out->step = TRIAL_TRUSTED;
		t->out->root_version = tuf_client_trusted(client).root->c.version;
		rc = look_at_application(client, st->application, t->out, e);
	}
	tuf_client_free(client);
	return rc;
}

void
trial_run(const struct station *st, const char *url, const uint8_t *root, size_t len,
    struct sftp_session_child *child, int64_t until, struct trial *out)
{
	const struct anchor anchor = { root, len };
	const struct fetch_config config = { .urls = &url,
		.nurls = 1,
		.host_keys = (const char *const *)st->host_keys.v,
		.nhost_keys = st->host_keys.n,
		.key_file = st->login_key,
		.password_file = st->password_file,
		.connect_ms = STATION_CONNECT_MS,
		.deadline = until,
		.child = child };
	struct trying t = { .out = out };
	const struct confined *confined;

	*out = (struct trial){ .step = TRIAL_NOTHING };
	if ((t.fetch = fetch_start(&config, &out->why)) != NULL &&
	    try_metadata(&t, st, &anchor, &out->why) == 0)
		err_clear(&out->why);
	if (t.fetch != NULL && (confined = fetch_confined(t.fetch)) != NULL) {
		out->child = true;
		out->confined = *confined;
	}
	fetch_end(t.fetch);
}
