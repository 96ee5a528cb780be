/* SPDX-License-Identifier: ISC */
/*
 * slipway-tuf: looks into a TUF repository, or fetches files from it with full verification, by
 * lib/tuf and the transport.
 */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/os/child.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/os/move.h"
#include "lib/base/path.h"
#include "lib/os/places.h"
#include "updater/fetch/download.h"
#include "lib/sftp/knownhosts.h"
#include "updater/state/notes.h"
#include "updater/state/tuf_store.h"
#include "lib/sftp/url.h"
#include "lib/sftp/child.h"

#define VARIABLE_MAX 4096 /* bytes of an environment variable */

/* How long one server may be silent, and how long everything may take. */
#define SILENCE_MS 30000
#define WHOLE_MS   (24LL * 3600 * 1000)

/* in the metadata directory, while a target isn't verified */
#define DOWNLOAD_NAME "download"

struct arguments {
	const char *metadata_dir, *metadata_url, *target_base_url, *target_dir, *key, *known_hosts;
	struct option_list targets;
};

/* A place that files are fetched from, and the memory that its fetch handle points to. */
struct origin {
	const char *url;
	struct knownhosts known;
	const char *host_keys[KNOWNHOSTS_KEYS_MAX];
	struct sftp_session_child child;
	struct fetch_config config;
	struct fetch *fetch;
};

static int
origin_open(struct origin *p, const char *url, const struct arguments *a, struct err *e)
{
	struct url u;

	p->url = url;
	if (url_parse(url, strlen(url), &u, e) == -1)
		return -1;
	if (u.scheme == URL_SFTP) {
		if (a->key == NULL)
			return err_setx(e, ERR_CONFIG,
			    "%s: want a login key; give --key FILE or SLIPWAY_KEY", url);
		if (a->known_hosts == NULL)
			return err_setx(e, ERR_CONFIG,
			    "%s: want the server's host key; give --known-hosts FILE or SLIPWAY_KNOWN_HOSTS",
			    url);
		if (knownhosts_find(a->known_hosts, u.host, u.port, &p->known, e) == -1)
			return -1;
	}
	for (size_t i = 0; i < p->known.n; i++)
		p->host_keys[i] = p->known.print[i];
	p->child.role = &sftp_child_role;
	p->config = (struct fetch_config){ .urls = &p->url,
		.nurls = 1,
		.host_keys = p->host_keys,
		.nhost_keys = p->known.n,
		.key_file = a->key,
		.connect_ms = SILENCE_MS,
		.deadline = clock_mono_ms() + WHOLE_MS,
		.child = &p->child };
	return (p->fetch = fetch_start(&p->config, e)) == NULL ? -1 : 0;
}

static int
fetch_from_origin(void *arg, const char *name, struct buf *out, struct err *e)
{
	const struct origin *from = arg;
	struct sftp_file f = fetch_into(name, out);

	if (fetch_files(from->fetch, &f, 1, e) == -1)
		return err_context(e, "%s", name);
	return f.result == SFTP_FILE_OK ? 1 : 0;
}

/* What refresh and download hold. */
struct work {
	struct dir *dir;
	struct file_lock *lock;
	struct origin from, targets;
	struct tuf_client *client;
};

static void
work_end(struct work *w)
{
	tuf_client_free(w->client);
	fetch_end(w->from.fetch);
	fetch_end(w->targets.fetch);
	file_unlock(w->lock);
	dir_close(w->dir);
}

/* Says from which address something is missing.  Returns -1. */
static int
asked(const char *url, struct err *e)
{
	struct err why = *e;

	return err_setx(e, why.code, "%.600s; asked %.300s", why.text, url);
}

static int
refresh_metadata(struct work *w, const struct arguments *a, struct err *e)
{
	/* Without hints requests keep the specification's order. */
	const struct tuf_source source = { fetch_from_origin, NULL, &w->from };
	struct tuf_store store;
	int64_t now = clock_wall(), floor;

	if (a->metadata_dir == NULL || a->metadata_url == NULL)
		return err_setx(e, ERR_USAGE, "want --metadata-dir DIR and --metadata-url URL");
	if ((w->dir = dir_open(a->metadata_dir, e)) == NULL)
		return e->code == ERR_NOENT ? err_context(e, "run init first") : -1;
	if ((w->lock = file_lock(w->dir, "lock", SILENCE_MS, e)) == NULL)
		return -1;
	if ((floor = notes_refreshed(w->dir)) > now) {
		log_warn(
		    "the clock stands before the last good refresh; expiry is checked against that time");
		now = floor;
	}
	store = tuf_store_in(w->dir);
	store.recall = NULL; /* whoever calls it decides what is tried again */
	store.remember = NULL;
	if (origin_open(&w->from, a->metadata_url, a, e) == -1 ||
	    (w->client = tuf_client_new(&source, &store, now, e)) == NULL)
		return -1;
	if (tuf_client_refresh(w->client, NULL, e) == -1)
		return e->code == ERR_NOENT ? asked(a->metadata_url, e) : -1;
	return notes_set_refreshed(w->dir, now, e);
}

static int
run_init(struct call *c, struct err *e)
{
	const struct arguments *a = c->global;
	const char *root = c->argv[0];
	struct buf b = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct dir *dir = NULL;
	struct tuf_store store;
	int64_t version;
	int rc = -1;

	if (a->metadata_dir == NULL)
		return err_setx(e, ERR_USAGE, "init: want --metadata-dir DIR");
	if (file_read(NULL, root, &b, e) == -1)
		goto out;
	if (tuf_root_check(b.data, b.len, &version, e) == -1) {
		err_context(e, "%s", root);
		goto out;
	}
	if ((dir = dir_make(a->metadata_dir, 0755, e)) == NULL)
		goto out;
	store = tuf_store_in(dir);
	if ((rc = store.save(store.arg, "root", b.data, b.len, e)) == 0)
		printf("root version %lld is trusted\n", (long long)version);
out:
	dir_close(dir);
	buf_free(&b);
	return rc;
}

/* Moves a verified target to its place: by rename, or by copying to another file system. */
static int
put_target(struct dir *from, struct dir *to, const char *name, struct err *e)
{
	const char *slash = strrchr(name, '/');
	char parent[PATH_REL_MAX + 1];
	struct dir *below;
	struct err ignored;
	int rc;

	if (slash != NULL) {
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - name), name);
		if ((below = dir_below(to, parent, true, e)) == NULL)
			return -1;
		dir_close(below);
	}
	if (file_rename(from, DOWNLOAD_NAME, to, name, e) == 0)
		return 0;
	if ((rc = file_copy(from, DOWNLOAD_NAME, to, name, 0644, e)) == 0)
		file_remove(from, DOWNLOAD_NAME, &ignored);
	return rc;
}

static int
download_one(struct work *w, struct dir *to, const char *name, struct err *e)
{
	struct buf remote = BUF_INIT(2 * PATH_REL_MAX);
	struct tuf_target t;
	struct err ignored;
	int rc = tuf_client_find(w->client, name, &t, e);

	if (rc == 0)
		rc = err_setx(e, ERR_NOENT, "target %s: no role that may have it names it", name);
	if (rc == -1 || path_check(name, strlen(name), e) == -1)
		return -1;
	if (download_is_there(to, name, &t, CLOCK_NEVER)) {
		printf("%s: there already\n", name);
		return 0;
	}
	rc = tuf_client_target_path(w->client, name, &t, &remote, e);
	if (rc == 0) {
		struct download d = { name, buf_text(&remote), DOWNLOAD_NAME, &t };

		if ((rc = download_files(w->targets.fetch, w->dir, &d, 1, false, NULL, e)) == 0 &&
		    (rc = put_target(w->dir, to, name, e)) == -1)
			file_remove(w->dir, DOWNLOAD_NAME, &ignored);
	}
	if (rc == 0)
		printf("%s: %llu bytes, verified\n", name, (unsigned long long)t.length);
	buf_free(&remote);
	return rc;
}

static int
run_refresh(struct call *c, struct err *e)
{
	struct work w = { 0 };
	int rc = refresh_metadata(&w, c->global, e);

	if (rc == 0) {
		struct tuf_trusted t = tuf_client_trusted(w.client);

		printf("root %lld, timestamp %lld, snapshot %lld, targets %lld\n",
		    (long long)t.root->c.version, (long long)t.timestamp->c.version,
		    (long long)t.snapshot->c.version, (long long)t.targets->c.version);
	}
	work_end(&w);
	return rc;
}

static int
run_download(struct call *c, struct err *e)
{
	const struct arguments *a = c->global;
	struct work w = { 0 };
	struct dir *to = NULL;
	int rc = -1;

	if (a->targets.n == 0 || a->target_base_url == NULL || a->target_dir == NULL)
		return err_setx(e, ERR_USAGE,
		    "download: want --target-name NAME, --target-base-url URL and --target-dir DIR");
	if (refresh_metadata(&w, a, e) == 0 && (to = dir_make(a->target_dir, 0755, e)) != NULL)
		rc = origin_open(&w.targets, a->target_base_url, a, e);
	for (size_t i = 0; rc == 0 && i < a->targets.n; i++)
		rc = download_one(&w, to, a->targets.values[i], e);
	dir_close(to);
	work_end(&w);
	return rc;
}

static const struct command cmd_init = { "init", .run = run_init, "ROOT", 1, 1,
	"trust ROOT, a root metadata file that you obtained by a safe way" };
static const struct command cmd_refresh = { "refresh", .run = run_refresh, "--metadata-url URL", 0,
	0, "bring root, timestamp, snapshot and targets metadata up to date" };
static const struct command cmd_download = { "download", .run = run_download,
	"--metadata-url URL --target-base-url URL --target-dir DIR --target-name NAME...", 0, 0,
	"refresh, then fetch targets with full verification" };
static const struct command *const commands[] = { &cmd_init, &cmd_refresh, &cmd_download, &cli_help,
	&cli_version, NULL };

#define TO(member) OPTION_TO(struct arguments, member)
static const struct option options[] = {
	{ "metadata-dir", OPTION_TEXT, TO(metadata_dir), "DIR", "where trusted metadata is kept",
	    .offers = OFFER_DIRECTORIES },
	{ "metadata-url", OPTION_TEXT, TO(metadata_url), "URL",
	    "sftp://user@host:port/path or file:///path of the metadata files",
	    .offers = OFFER_NOTHING },
	{ "target-name", OPTION_LIST, TO(targets), "NAME", "a target to fetch; may be repeated",
	    .offers = OFFER_NOTHING },
	{ "target-base-url", OPTION_TEXT, TO(target_base_url), "URL", "where target names begin",
	    .offers = OFFER_NOTHING },
	{ "target-dir", OPTION_TEXT, TO(target_dir), "DIR", "where verified targets go",
	    .offers = OFFER_DIRECTORIES },
	{ "key", OPTION_TEXT, TO(key), "FILE", "private login key for sftp (or SLIPWAY_KEY)" },
	{ "known-hosts", OPTION_TEXT, TO(known_hosts), "FILE",
	    "host keys, as ssh keeps them (or SLIPWAY_KNOWN_HOSTS)" },
	OPTION_END,
};

static const struct program slipway_tuf = { "slipway-tuf", "--metadata-dir DIR [options] ",
	"Looks into a repository of The Update Framework, or fetches files from it with full "
	"verification.",
	"slipway-tuf(1) tells the rest", commands, options, log_error, NULL };

/* Sets *text to a variable of the environment, which b keeps, or to NULL where it isn't set. */
static int
environment_text(const char *name, struct buf *b, const char **text, struct err *e)
{
	if (place_variable(name, b, e) == -1)
		return err_context(e, "environment");
	*text = b->len > 0 ? buf_text(b) : NULL;
	return 0;
}

int
tuf_main(int argc, char **argv)
{
	struct buf key = BUF_INIT(VARIABLE_MAX), known_hosts = BUF_INIT(VARIABLE_MAX);
	struct arguments a = { .key = NULL };
	int status = CLI_FAILED;
	struct err e;

	log_open(slipway_tuf.name, LOG_LEVEL_INFO);
	if (environment_text("SLIPWAY_KEY", &key, &a.key, &e) == -1 ||
	    environment_text("SLIPWAY_KNOWN_HOSTS", &known_hosts, &a.known_hosts, &e) == -1)
		log_error("%s", e.text);
	else
		status = cli_main(&slipway_tuf, &a, argc, argv);
	buf_free(&key);
	buf_free(&known_hosts);
	return status;
}
