/* SPDX-License-Identifier: ISC */
/*
 * slipway-tuf: a thin face on lib/tuf and the transport, to look into a repository or to fetch a
 * file with full verification.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

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

#define EXIT_MISUSE 2

#define TARGETS_MAX  1024 /* --target-name in one call */
#define VARIABLE_MAX 4096 /* bytes of an environment variable */

/* How long one server may be silent, and how long everything may take. */
#define SILENCE_MS 30000
#define WHOLE_MS   (24LL * 3600 * 1000)

/* in the metadata directory, while a target isn't verified */
#define DOWNLOAD_NAME "download"

struct arguments {
	const char *metadata_dir, *metadata_url, *target_base_url, *target_dir, *key,
	    *passphrase_file, *known_hosts;
	const char *targets[TARGETS_MAX];
	size_t ntargets;
};

/* Where files are fetched from, with what its fetch handle points to. */
struct origin {
	const char *url;
	struct knownhosts known;
	const char *host_keys[KNOWNHOSTS_KEYS_MAX];
	struct session_child child;
	struct fetch_config config;
	struct fetch *fetch;
};

static void
usage(FILE *out)
{
	fputs(
	    "usage: slipway-tuf --metadata-dir DIR init ROOT\n"
	    "       slipway-tuf --metadata-dir DIR --metadata-url URL refresh\n"
	    "       slipway-tuf --metadata-dir DIR --metadata-url URL --target-name NAME...\n"
	    "                   --target-base-url URL --target-dir DIR download\n\n"
	    "Looks into a repository of The Update Framework, or fetches files from it with full verification.\n\n"
	    "  --metadata-dir DIR     where trusted metadata is kept\n"
	    "  --metadata-url URL     sftp://user@host:port/path or file:///path of the metadata files\n"
	    "  --target-name NAME     a target to fetch (may be repeated)\n"
	    "  --target-base-url URL  where target names begin\n"
	    "  --target-dir DIR       where verified targets go\n"
	    "  --key FILE             private login key for sftp (or SLIPWAY_KEY)\n"
	    "  --passphrase-file F    file with the passphrase of an encrypted key\n"
	    "  --known-hosts FILE     host keys, as ssh keeps them (or SLIPWAY_KNOWN_HOSTS)\n"
	    "  --help, --version      show this text, or the version\n\n"
	    "init trusts ROOT, a root metadata file that you obtained by a safe way.  slipway-tuf(1) tells the rest.\n",
	    out);
}

static int
failed(const struct err *e)
{
	log_error("%s", e->text);
	return EXIT_FAILURE;
}

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
		.passphrase_file = a->passphrase_file,
		.connect_ms = SILENCE_MS,
		.deadline = clock_mono_ms() + WHOLE_MS,
		.child = &p->child };
	return (p->fetch = fetch_start(&p->config, e)) == NULL ? -1 : 0;
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

static int
fetch_metadata(void *arg, const char *name, struct buf *out, struct err *e)
{
	const struct origin *from = arg;
	struct sftp_file f = { .path = name,
		.max = out->max,
		.data = collect,
		.again = collect_again,
		.arg = out };

	if (fetch_files(from->fetch, &f, 1, e) == -1)
		return err_context(e, "%s", name);
	return f.result == SFTP_FILE_OK ? 1 : 0;
}

/* What both commands that go to a server hold. */
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

static int
refresh(struct work *w, const struct arguments *a, struct err *e)
{
	/* Without hints requests keep the specification's order. */
	const struct tuf_source source = { fetch_metadata, NULL, &w->from };
	struct tuf_store store;
	int64_t now = clock_wall(), floor;

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
	if (origin_open(&w->from, a->metadata_url, a, e) == -1 ||
	    (w->client = tuf_client_new(&source, &store, now, e)) == NULL ||
	    tuf_client_refresh(w->client, NULL, e) == -1)
		return -1;
	return notes_set_refreshed(w->dir, now, e);
}

static int
cmd_init(const struct arguments *a, const char *root)
{
	struct buf b = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct dir *dir = NULL;
	struct tuf_store store;
	int64_t version;
	struct err e;
	int status = EXIT_SUCCESS;

	if (file_read(NULL, root, &b, &e) == -1)
		status = failed(&e);
	else if (tuf_root_check(b.data, b.len, &version, &e) == -1) {
		err_context(&e, "%s", root);
		status = failed(&e);
	} else if ((dir = dir_make(a->metadata_dir, 0755, &e)) == NULL)
		status = failed(&e);
	else {
		store = tuf_store_in(dir);
		if (store.save(store.arg, "root", b.data, b.len, &e) == -1)
			status = failed(&e);
		else
			printf("root version %lld is trusted\n", (long long)version);
	}
	dir_close(dir);
	buf_free(&b);
	return status;
}

/* From the metadata directory to its place, by rename where that is one file system. */
static int
put(struct dir *from, struct dir *to, const char *name, struct err *e)
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
	if (download_is_there(to, name, &t)) {
		printf("%s: there already\n", name);
		return 0;
	}
	rc = tuf_client_target_path(w->client, name, &t, &remote, e);
	if (rc == 0) {
		struct download d = { name, buf_text(&remote), DOWNLOAD_NAME, &t };

		if ((rc = download_files(w->targets.fetch, w->dir, &d, 1, false, NULL, e)) == 0 &&
		    (rc = put(w->dir, to, name, e)) == -1)
			file_remove(w->dir, DOWNLOAD_NAME, &ignored);
	}
	if (rc == 0)
		printf("%s: %llu bytes, verified\n", name, (unsigned long long)t.length);
	buf_free(&remote);
	return rc;
}

static int
cmd_refresh(const struct arguments *a)
{
	struct work w = { 0 };
	struct err e;
	int status = EXIT_SUCCESS;

	if (refresh(&w, a, &e) == -1) {
		status = failed(&e);
	} else {
		struct tuf_trusted t = tuf_client_trusted(w.client);

		printf("root %lld, timestamp %lld, snapshot %lld, targets %lld\n",
		    (long long)t.root->c.version, (long long)t.timestamp->c.version,
		    (long long)t.snapshot->c.version, (long long)t.targets->c.version);
	}
	work_end(&w);
	return status;
}

static int
cmd_download(const struct arguments *a)
{
	struct work w = { 0 };
	struct dir *to = NULL;
	struct err e;
	int rc = refresh(&w, a, &e);

	if (rc == 0 &&
	    ((to = dir_make(a->target_dir, 0755, &e)) == NULL ||
		origin_open(&w.targets, a->target_base_url, a, &e) == -1))
		rc = -1;
	for (size_t i = 0; rc == 0 && i < a->ntargets; i++)
		rc = download_one(&w, to, a->targets[i], &e);
	dir_close(to);
	work_end(&w);
	return rc == -1 ? failed(&e) : EXIT_SUCCESS;
}

static int
misuse(const char *what)
{
	log_error("%s", what);
	usage(stderr);
	return EXIT_MISUSE;
}

enum {
	OPT_METADATA_DIR = 256,
	OPT_METADATA_URL,
	OPT_TARGET_NAME,
	OPT_TARGET_BASE_URL,
	OPT_TARGET_DIR,
	OPT_KEY,
	OPT_PASSPHRASE_FILE,
	OPT_KNOWN_HOSTS,
	OPT_HELP,
	OPT_VERSION
};

/* 0, an exit status, or -1: the text was asked for and printed. */
static int
parse(int argc, char **argv, struct arguments *a)
{
	static const struct option options[] = {
		{ "metadata-dir", required_argument, NULL, OPT_METADATA_DIR },
		{ "metadata-url", required_argument, NULL, OPT_METADATA_URL },
		{ "target-name", required_argument, NULL, OPT_TARGET_NAME },
		{ "target-base-url", required_argument, NULL, OPT_TARGET_BASE_URL },
		{ "target-dir", required_argument, NULL, OPT_TARGET_DIR },
		{ "key", required_argument, NULL, OPT_KEY },
		{ "passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE },
		{ "known-hosts", required_argument, NULL, OPT_KNOWN_HOSTS },
		{ "help", no_argument, NULL, OPT_HELP },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	const char **texts[] = { &a->metadata_dir, &a->metadata_url, NULL, &a->target_base_url,
		&a->target_dir, &a->key, &a->passphrase_file, &a->known_hosts };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case OPT_TARGET_NAME:
			if (a->ntargets == TARGETS_MAX)
				return misuse("--target-name: too many");
			a->targets[a->ntargets++] = optarg;
			break;
		case OPT_HELP:
			usage(stdout);
			return -1;
		case OPT_VERSION:
			puts("slipway-tuf " SLIPWAY_VERSION);
			return -1;
		case '?':
			usage(stderr);
			return EXIT_MISUSE;
		default:
			*texts[c - OPT_METADATA_DIR] = optarg;
		}
	return 0;
}

static int
run(struct arguments *a, int argc, char **argv)
{
	const char *command;
	int rc;

	if ((rc = parse(argc, argv, a)) != 0)
		return rc == -1 ? EXIT_SUCCESS : rc;
	if (optind == argc)
		return misuse("want a command: init, refresh or download");
	command = argv[optind++];
	if (a->metadata_dir == NULL)
		return misuse("want --metadata-dir DIR");
	if (strcmp(command, "init") == 0)
		return optind + 1 == argc ? cmd_init(a, argv[optind])
					  : misuse("init: want one file ROOT");
	if (optind < argc)
		return misuse("too many arguments");
	if (strcmp(command, "refresh") != 0 && strcmp(command, "download") != 0)
		return misuse("want a command: init, refresh or download");
	if (a->metadata_url == NULL)
		return misuse("want --metadata-url URL");
	if (strcmp(command, "refresh") == 0)
		return cmd_refresh(a);
	if (a->ntargets == 0 || a->target_base_url == NULL || a->target_dir == NULL)
		return misuse(
		    "download: want --target-name NAME, --target-base-url URL and --target-dir DIR");
	return cmd_download(a);
}

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &sftp_child_role, NULL };
	struct buf key = BUF_INIT(VARIABLE_MAX), known_hosts = BUF_INIT(VARIABLE_MAX);
	struct arguments a = { .key = NULL };
	struct err e;
	int rc = EXIT_FAILURE;

	/*
	 * A configuration of OpenSSL's, which the environment may name, would load code and weaken
	 * what we rely on.
	 */
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	child_main(roles, argc, argv);
	log_open("slipway-tuf", LOG_LEVEL_INFO);
	if (place_variable("SLIPWAY_KEY", &key, &e) == -1 ||
	    place_variable("SLIPWAY_KNOWN_HOSTS", &known_hosts, &e) == -1) {
		log_error("environment: %s", e.text);
	} else {
		a.key = key.len > 0 ? buf_text(&key) : NULL;
		a.known_hosts = known_hosts.len > 0 ? buf_text(&known_hosts) : NULL;
		rc = run(&a, argc, argv);
	}
	buf_free(&key);
	buf_free(&known_hosts);
	return rc;
}
