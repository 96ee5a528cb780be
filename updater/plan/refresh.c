/* SPDX-License-Identifier: ISC */
/* A TUF refresh over a fetch handle and the station's store. */
#include "updater/plan/refresh.h"

#include <stdlib.h>
#include <string.h>

#include "lib/tuf/layout.h"
#include "updater/state/tuf_store.h"

#define NAME_MAX_BYTES 1024

struct refresh {
	struct fetch *f;
	struct tuf_client *client;
	const struct tuf_targets *role; /* NULL where it is known */
	bool known;
	/* What will probably be asked for next, and what came when it was fetched along. */
	char hint[NAME_MAX_BYTES];
	size_t hint_max;
	char ahead[NAME_MAX_BYTES];
	struct buf ahead_bytes;
	enum sftp_result ahead_result;
	char missing[NAME_MAX_BYTES]; /* what the server last said it doesn't have */
};

/* Was it fetched along with an earlier file?  1 yes, 0 there is no such file, 2 not fetched, -1. */
static int
from_ahead(struct refresh *r, const char *name, struct buf *out, struct err *e)
{
	enum sftp_result result = r->ahead_result;

	if (r->ahead[0] == '\0' || strcmp(r->ahead, name) != 0)
		return 2;
	r->ahead[0] = '\0';
	if (result == SFTP_FILE_OK)
		return buf_add(out, r->ahead_bytes.data, r->ahead_bytes.len, e) == -1 ? -1 : 1;
	/* A fault in what was only a guess is worth a second, proper request. */
	return result == SFTP_FILE_ABSENT ? 0 : 2;
}

/* Notes what isn't there. */
static int
note_absent(struct refresh *r, const char *name)
{
	snprintf(r->missing, sizeof r->missing, "%s", name);
	return 0;
}

/* Says of which server's what a file is missing. */
static void
say_where(const struct refresh *r, struct err *e)
{
	const char *url = fetch_server(r->f);
	struct err why = *e;

	if (e->code == ERR_NOENT && r->missing[0] != '\0' && url != NULL &&
	    strncmp(why.text, r->missing, strlen(r->missing)) == 0)
		err_setx(e, why.code, "%.400s; asked %.300s for metadata/%.200s%s", why.text, url,
		    r->missing,
		    strcmp(r->missing, "timestamp.json") == 0
			? "; the address may lack a folder or have one too many: it ends where "
			  "metadata/ begins"
			: "");
}

static int
fetch_metadata(void *arg, const char *name, struct buf *out, struct err *e)
{
	struct refresh *r = arg;
	char path[2][NAME_MAX_BYTES + 16];
	struct sftp_file files[2] = { { 0 } };
	int got = from_ahead(r, name, out, e);
	size_t n = 1;

	if (got != 2)
		return got == 0 ? note_absent(r, name) : got;
	snprintf(path[0], sizeof path[0], "metadata/%s", name);
	files[0] = fetch_into(path[0], out);
	/* The next root: an old server must not be left for saying "permission denied". */
	files[0].optional = layout_version(name, "root") > 0;
	if (r->hint[0] != '\0' && strcmp(r->hint, name) != 0 && strcmp(r->hint, r->ahead) != 0) {
		snprintf(path[1], sizeof path[1], "metadata/%s", r->hint);
		buf_free(&r->ahead_bytes);
		r->ahead_bytes.max = r->hint_max;
		files[n++] = fetch_into(path[1], &r->ahead_bytes);
	}
	if (fetch_files(r->f, files, n, e) == -1 && files[0].result != SFTP_FILE_OK &&
	    files[0].result != SFTP_FILE_ABSENT)
		return -1;
	if (n == 2) {
		snprintf(r->ahead, sizeof r->ahead, "%s", r->hint);
		r->ahead_result = files[1].result;
	}
	r->hint[0] = '\0';
	return files[0].result == SFTP_FILE_OK ? 1 : note_absent(r, name);
}

static void
hint(void *arg, const char *name, size_t max)
{
	struct refresh *r = arg;

	if (strlen(name) >= sizeof r->hint)
		return;
	snprintf(r->hint, sizeof r->hint, "%s", name);
	r->hint_max = max;
}

void
refresh_free(struct refresh *r)
{
	if (r == NULL)
		return;
	tuf_client_free(r->client);
	buf_free(&r->ahead_bytes);
	free(r);
}

struct refresh *
refresh_run(struct fetch *f, struct dir *metadata, const char *application, int64_t now,
    int64_t accept, const struct tuf_known *known, const uint8_t *local, struct err *e)
{
	struct refresh *r = calloc(1, sizeof *r);
	const struct tuf_source source = { fetch_metadata, hint, r };
	const struct tuf_store store = tuf_store_in(metadata);

	if (r == NULL) {
		err_nomem(e);
		return NULL;
	}
	r->f = f;
	if ((r->client = tuf_client_new(&source, &store, now, e)) == NULL)
		goto fail;
	tuf_client_accept(r->client, accept);
	if (tuf_client_refresh(r->client, application, e) == -1)
		goto fail;
	r->known = known != NULL && known_still(r->client, application, known, local);
	if (r->known || (r->role = tuf_client_role(r->client, application, e)) != NULL)
		return r;
fail:
	say_where(r, e);
	refresh_free(r);
	return NULL;
}

struct tuf_client *
refresh_client(struct refresh *r)
{
	return r->client;
}

bool
refresh_is_known(const struct refresh *r)
{
	return r->known;
}

const struct tuf_targets *
refresh_role(struct refresh *r)
{
	return r->role;
}
