/* SPDX-License-Identifier: ISC */
/* slipway-repo serve. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/os/places.h"
#include "lib/os/path.h"
#include "server/cmd/command.h"
#include "server/deploy/config.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"
#include "server/sshd/serve.h"
#include "server/sshd/sshd.h"

#define PUBLIC_KEY_MAX 4096
#define USER_MAX       256
#define AUTHORIZED_MAX (16u * 1024) /* bytes; 100 stations' lines */

struct serving {
	const char *repo; /* as given */
	const char *listen, *authorized;
	unsigned port;
	struct buf root, keys, hostkey, user, print;
};

/* Finds authorized_keys; the path is absolute and without links, because sshd changes directory. */
static int
find_authorized(struct serving *s, struct err *e)
{
	struct buf path = BUF_INIT(REPO_PATH_MAX);
	int rc = -1;

	if (s->authorized != NULL)
		return path_real(&s->keys, s->authorized, e);
	if (path_join(&path, s->repo, "ssh/authorized_keys", e) == -1)
		goto out;
	if (path_real(&s->keys, buf_text(&path), e) == -1) {
		if (e->code == ERR_NOENT)
			err_context(e,
			    "want a file with the stations' public login keys; make it, or give "
			    "--authorized-keys FILE");
		goto out;
	}
	rc = 0;
out:
	buf_free(&path);
	return rc;
}

/* Makes the host key on first use, and reads its fingerprint. */
static int
prepare_hostkey(struct serving *s, struct err *e)
{
	struct buf public = BUF_INIT(REPO_PATH_MAX), text = BUF_INIT(PUBLIC_KEY_MAX);
	struct file_info info;
	int found, rc = -1;

	if (path_join(&s->hostkey, buf_text(&s->root), "ssh/host_ed25519", e) == -1 ||
	    buf_addf(&public, e, "%s.pub", buf_text(&s->hostkey)) == -1 ||
	    (found = file_stat(NULL, buf_text(&s->hostkey), &info, e)) == -1)
		goto out;
	if (found == 0 && sshd_keygen(buf_text(&s->hostkey), e) == -1)
		goto out;
	if (file_read(NULL, buf_text(&public), &text, e) == 0 &&
	    serve_fingerprint(buf_text(&text), &s->print, e) == 0)
		rc = 0;
out:
	buf_free(&public);
	buf_free(&text);
	return rc;
}

/* Returns the address at which clients on this machine reach a server that listens at address. */
static const char *
reachable(const char *address)
{
	if (strcmp(address, "0.0.0.0") == 0)
		return "127.0.0.1";
	return strcmp(address, "::") == 0 ? "::1" : address;
}

/* Prints the URL for clients. */
static int
announce(const struct serving *s, struct err *e)
{
	struct buf url = BUF_INIT(SERVE_CONFIG_MAX);
	const char *host = reachable(s->listen);
	bool v6 = strchr(host, ':') != NULL;
	int rc = -1;

	if (buf_adds(&url, "sftp://", e) == 0 &&
	    text_add_percent(&url, buf_text(&s->user), "", e) == 0 &&
	    buf_adds(&url, v6 ? "@[" : "@", e) == 0 && text_add_percent(&url, host, ":", e) == 0 &&
	    buf_addf(&url, e, "%s:%u", v6 ? "]" : "", s->port) == 0 &&
	    text_add_percent(&url, buf_text(&s->root), "/", e) == 0) {
		printf("serving %s/served\n", buf_text(&url));
		printf("host key %s\n", buf_text(&s->print));
		printf(
		    "warning: no chroot: whoever logs in can read every file that %s can read, the private keys "
		    "included; 'serve --print-config' prints a permanent set-up without this\n",
		    buf_text(&s->user));
		rc = 0;
	}
	buf_free(&url);
	return rc;
}

/* Its sshd would use files of a directory that others may replace.  0 or -1. */
static int
refuse_shared(const char *repo, struct err *e)
{
	struct dir *top = repo_top(repo, false, e);
	int rc = top == NULL ? -1 : 0;

	if (rc == 0 && dir_is_shared(top, NULL))
		rc = err_setx(e, ERR_CONFIG,
		    "%s: a shared repository isn't served from where it is: set a server up by "
		    "'slipway-repo serve --print-config', and deploy there",
		    repo);
	dir_close(top);
	return rc;
}

static int
serve_repo(struct serving *s, struct err *e)
{
	struct buf config = BUF_INIT(SERVE_CONFIG_MAX);
	struct sshd *d = NULL;
	int rc = -1;

	if (refuse_shared(s->repo, e) == -1 || path_real(&s->root, s->repo, e) == -1 ||
	    find_authorized(s, e) == -1 || prepare_hostkey(s, e) == -1 ||
	    place_user(&s->user, e) == -1 || sshd_port(s->listen, &s->port, e) == -1)
		return -1;
	struct serve_config c = { s->listen, s->port, buf_text(&s->user), buf_text(&s->hostkey),
		buf_text(&s->keys) };

	if (serve_config(&c, &config, e) == -1 || sshd_hold_signals(e) == -1 ||
	    (d = sshd_start(buf_text(&config), s->listen, s->port, e)) == NULL)
		goto out;
	if (announce(s, e) == -1)
		goto out;
	if (fflush(stdout) == EOF)
		err_set(e, ERR_IO, "serve: can't write the address to standard output");
	else
		rc = sshd_wait(d, e);
out:
	sshd_stop(d);
	buf_free(&config);
	return rc;
}

static int
print_config(const char *user, const char *chroot, struct err *e)
{
	struct buf text = BUF_INIT(SERVE_CONFIG_MAX);
	int rc = serve_permanent(user == NULL ? "slipway-sftp" : user,
	    chroot == NULL ? "/srv/slipway" : chroot, &text, e);

	if (rc == 0)
		fputs(buf_text(&text), stdout);
	buf_free(&text);
	return rc;
}

/* Reads public keys; NULL stays NULL.  What is behind a NUL would be left out without a word. */
static int
read_public(const char *file, struct buf *out, struct err *e)
{
	if (file == NULL)
		return 0;
	if (file_read(NULL, file, out, e) == -1)
		return -1;
	return strlen(buf_text(out)) == out->len
	    ? 0
	    : err_setx(e, ERR_SYNTAX, "%s: want public keys, one a line, got something else", file);
}

/* The stations' directory is written by the account of deploy_key, or by who calls. */
static int
print_setup(struct serving *s, const char *user, const char *chroot, const char *deploy_key,
    struct err *e)
{
	struct buf text = BUF_INIT(SERVE_CONFIG_MAX), keys = BUF_INIT(AUTHORIZED_MAX);
	struct buf writer = BUF_INIT(PUBLIC_KEY_MAX);
	int rc = -1;

	if (find_authorized(s, e) == 0 && read_public(buf_text(&s->keys), &keys, e) == 0 &&
	    read_public(deploy_key, &writer, e) == 0 && place_user(&s->user, e) == 0) {
		const struct serve_setup setup = { user == NULL ? "slipway-sftp" : user,
			chroot == NULL ? "/srv/slipway" : chroot, buf_text(&keys),
			deploy_key == NULL ? buf_text(&s->user) : "slipway-deploy",
			deploy_key == NULL ? NULL : buf_text(&writer) };

		rc = serve_setup(&setup, &text, e);
	}
	if (rc == 0)
		fputs(buf_text(&text), stdout);
	buf_free(&text);
	buf_free(&keys);
	buf_free(&writer);
	return rc;
}

/* Finds where the repository is deployed to; place stays NULL where none was set. */
static int
read_deploy_place(const char *repo, struct deploy_config *out, struct err *e)
{
	struct dir *top = repo_top(repo, false, e);
	int rc = top == NULL ? -1 : deploy_config_read(top, out, e);

	dir_close(top);
	return rc == -1 ? -1 : 0;
}

static int
print_units(const struct call *call, const char *user, const char *chroot, struct err *e)
{
	struct buf text = BUF_INIT(SERVE_CONFIG_MAX), root = BUF_INIT(REPO_PATH_MAX);
	struct buf me = BUF_INIT(USER_MAX);
	struct deploy_config config = { 0 };
	const char *repo;
	int rc = -1;

	if (sshd_here(e) == 0 && (repo = command_repo(call, e)) != NULL &&
	    path_real(&root, repo, e) == 0 && place_user(&me, e) == 0 &&
	    (rc = read_deploy_place(buf_text(&root), &config, e)) == 0)
		rc = config.place != NULL && chroot != NULL
		    ? err_setx(e, ERR_USAGE,
			  "serve: the units deploy to %s; they copy nothing to --chroot besides",
			  config.place)
		    : serve_units(buf_text(&root), user == NULL ? buf_text(&me) : user, chroot,
			  config.place, &text, e);
	deploy_config_free(&config);
	buf_free(&root);
	buf_free(&me);
	if (rc == 0)
		fputs(buf_text(&text), stdout);
	buf_free(&text);
	return rc;
}

struct options {
	const char *listen, *authorized, *user, *chroot, *deploy_key;
	int64_t port;
	bool config, setup, units;
};

static int
run_serve(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct serving s = { .listen = o->listen,
		.authorized = o->authorized,
		.port = (unsigned)o->port,
		.root = BUF_INIT(REPO_PATH_MAX),
		.keys = BUF_INIT(REPO_PATH_MAX),
		.hostkey = BUF_INIT(REPO_PATH_MAX),
		.user = BUF_INIT(USER_MAX),
		.print = BUF_INIT(USER_MAX) };
	int rc = -1;

	if (o->config + o->setup + o->units > 1)
		return err_setx(e, ERR_USAGE,
		    "serve: --print-config, --print-setup and --print-units exclude each other");
	if (o->deploy_key != NULL && !o->setup)
		return err_setx(e, ERR_USAGE, "serve: --deploy-key is for --print-setup");
	if (o->config)
		return print_config(o->user, o->chroot, e);
	if (o->units)
		return print_units(call, o->user, o->chroot, e);
	if ((o->setup || sshd_here(e) == 0) && (s.repo = command_repo_here(call, e)) != NULL)
		rc = o->setup ? print_setup(&s, o->user, o->chroot, o->deploy_key, e)
			      : serve_repo(&s, e);
	buf_free(&s.root);
	buf_free(&s.keys);
	buf_free(&s.hostkey);
	buf_free(&s.user);
	buf_free(&s.print);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "port", OPTION_NUMBER, TO(port), "N", "0 (default): a free port", .min = 0,
	    .max = 65535 },
	{ "listen", OPTION_TEXT, TO(listen), "ADDRESS", "default 127.0.0.1",
	    .offers = OFFER_NOTHING },
	{ "authorized-keys", OPTION_TEXT, TO(authorized), "FILE",
	    "who may log in (default ssh/authorized_keys of the repository)" },
	{ "print-config", OPTION_FLAG, TO(config), NULL,
	    "print the permanent, chrooted set-up instead of serving" },
	{ "print-setup", OPTION_FLAG, TO(setup), NULL,
	    "print a script that makes that set-up, with the keys of those who may log in" },
	{ "deploy-key", OPTION_TEXT, TO(deploy_key), "FILE",
	    "in the set-up: an account that deploys with this public key (default: yours)" },
	{ "print-units", OPTION_FLAG, TO(units), NULL,
	    "print a systemd service and timer that refresh the repository" },
	{ "user", OPTION_TEXT, TO(user), "NAME",
	    "the account: of the set-up (default slipway-sftp), of the units (default: yours)",
	    .offers = OFFER_NOTHING },
	ROW_DIRECTORY("chroot", TO(chroot),
	    "its directory (default /srv/slipway); units copy refreshed files there"),
	OPTION_END,
};

const struct command cmd_serve = { "serve", run_serve, "[options]", 0, 0,
	"serve the repository over SFTP until stopped", NULL, COMMAND_OPTIONS(options),
	.defaults = &(const struct options){ .listen = "127.0.0.1" } };
