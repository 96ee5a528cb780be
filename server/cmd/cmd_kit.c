/* SPDX-License-Identifier: ISC */
/* slipway-repo kit: one file that enrols a station. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/path.h"
#include "lib/os/move.h"
#include "lib/sftp/login.h"
#include "lib/sftp/servers.h"
#include "lib/sftp/url.h"
#include "lib/tuf/kit.h"
#include "server/cmd/command.h"
#include "server/repo/repo.h"

#define NAME_MAX_BYTES (16u * 1024) /* of a file, quoted for the shell */

struct options {
	const char *app, *installation, *out, *login_key;
	struct option_list host_keys, set;
};

/* The newest root, byte for byte: a station that begins there follows each later one. */
static int
read_root(const struct repo *r, struct kit *k, struct err *e)
{
	struct buf root = BUF_INIT(REPO_METADATA_MAX);
	char name[64];
	int64_t version;
	int rc = -1;

	if (repo_root_version(r->metadata, &version, e) == 0) {
		snprintf(name, sizeof name, "%lld.root.json", (long long)version);
		rc = file_read(r->metadata, name, &root, e);
	}
	if (rc == 0 && (k->root = strdup(buf_text(&root))) == NULL)
		rc = err_nomem(e);
	buf_free(&root);
	return rc;
}

static int
read_login_key(const char *file, struct kit *k, struct err *e)
{
	struct buf key = BUF_INIT(KIT_KEY_MAX);
	struct login *login = NULL;
	int rc = file_read(NULL, file, &key, e);

	if (rc == 0 && strstr(buf_text(&key), "PRIVATE KEY") == NULL)
		rc = err_setx(e, ERR_CONFIG, "%s: want the private login key of stations", file);
	if (rc == 0 && (login = login_parse(file, key.data, key.len, e)) == NULL)
		rc = -1;
	if (rc == 0 && (k->login_key = strdup(buf_text(&key))) == NULL)
		rc = err_nomem(e);
	login_free(login);
	OPENSSL_cleanse(key.data, key.len);
	buf_free(&key);
	return rc;
}

/* NAME=VALUE of --set. */
static int
add_set(struct kit *k, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	char name[64];

	if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof name)
		return err_setx(e, ERR_USAGE, "--set: want NAME=VALUE, got '%.100s'", text);
	snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
	return kit_add_option(k, name, equals + 1, e);
}

static int
copy_list(struct strings *to, const char *const *from, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (strings_add(to, from[i], e) == -1)
			return -1;
	return 0;
}

static int
fill(const struct options *o, const struct call *call, const struct repo *r, struct kit *k,
    struct err *e)
{
	if (repo_delegation(r, o->app) == NULL)
		return err_setx(e, ERR_NOENT,
		    "the repository has no application %s; 'slipway-repo app add' adds one",
		    o->app);
	if ((k->installation = strdup(o->installation)) == NULL ||
	    (k->application = strdup(o->app)) == NULL)
		return err_nomem(e);
	if (copy_list(&k->servers, (const char *const *)call->argv, (size_t)call->argc, e) == -1 ||
	    copy_list(&k->host_keys, o->host_keys.values, o->host_keys.n, e) == -1 ||
	    read_root(r, k, e) == -1)
		return -1;
	for (size_t i = 0; i < o->set.n; i++)
		if (add_set(k, o->set.values[i], e) == -1)
			return -1;
	return o->login_key == NULL ? 0 : read_login_key(o->login_key, k, e);
}

/* What no station would take. */
static int
check_given(const struct options *o, const struct call *call, struct err *e)
{
	bool sftp = false;

	if (o->app == NULL || o->installation == NULL)
		return err_setx(e, ERR_USAGE, "kit: want --app NAME and --installation NAME");
	if (installation_check(o->installation, e) == -1)
		return -1;
	for (int i = 0; i < call->argc; i++) {
		struct url url;

		if (url_parse(call->argv[i], strlen(call->argv[i]), &url, e) == -1) {
			e->code = ERR_USAGE;
			return -1;
		}
		sftp |= url.scheme == URL_SFTP;
	}
	for (size_t i = 0; i < o->host_keys.n; i++)
		if (servers_check_host_key(o->host_keys.values[i], e) == -1) {
			e->code = ERR_USAGE;
			return -1;
		}
	if (sftp && o->host_keys.n == 0)
		return err_setx(e, ERR_USAGE,
		    "kit: want --host-key SHA256:..., the server's fingerprint");
	return 0;
}

/* The command for a station, to be pasted. */
static int
print_command(const struct options *o, const char *hex, struct err *e)
{
	struct buf name = BUF_INIT(NAME_MAX_BYTES);
	int rc = o->out == NULL					 ? buf_adds(&name, "KIT", e)
	    : o->out[0] == '-' && buf_adds(&name, "./", e) == -1 ? -1
								 : cli_quote(&name, o->out, e);

	if (rc == 0)
		fprintf(stderr, "SHA-256 %s\non a station: slipway enroll %s --kit-sha256 %s%s\n",
		    hex, buf_text(&name), hex, o->login_key != NULL ? "" : " --new-key");
	buf_free(&name);
	return rc;
}

/* A file is never replaced: another kit may be on its way to stations under that name. */
static int
write_kit(const struct options *o, const struct buf *text, struct err *e)
{
	char hex[SHA256_HEX_SIZE];

	if (digest_hex(text->data, text->len, hex, e) == -1)
		return -1;
	if (o->out == NULL) {
		if (fwrite(text->data, 1, text->len, stdout) != text->len || fflush(stdout) != 0)
			return err_set(e, ERR_IO, "kit: can't write it to standard output");
	} else if (file_create(NULL, o->out, text->data, text->len,
		       o->login_key == NULL ? 0644 : 0600, e) == -1) {
		return -1;
	}
	return print_command(o, hex, e);
}

static int
run_kit(struct call *call, struct err *e)
{
	const struct options *o = call->options;
	struct buf text = BUF_INIT(KIT_MAX);
	struct kit k = KIT_INIT;
	struct repo *r = NULL;
	const char *path;
	int rc = -1;

	if (check_given(o, call, e) == -1)
		return -1;
	if ((path = command_repo_here(call, e)) != NULL && (r = repo_open(path, e)) != NULL &&
	    fill(o, call, r, &k, e) == 0 && kit_format(&k, &text, e) == 0)
		rc = write_kit(o, &text, e);
	OPENSSL_cleanse(text.data, text.len);
	buf_free(&text);
	kit_free(&k);
	repo_close(r);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "app", OPTION_TEXT, TO(app), "NAME", "application, such as COV_PB",
	    .offers = OFFER_NOTHING },
	{ "installation", OPTION_TEXT, TO(installation), "NAME",
	    "installation of the stations, such as D2EXE_COV_PB", .offers = OFFER_NOTHING },
	{ "host-key", OPTION_LIST, TO(host_keys), "FP",
	    "SHA-256 fingerprint of a server's host key (may be repeated)", .max = KIT_LIST_MAX,
	    .offers = OFFER_NOTHING },
	{ "set", OPTION_LIST, TO(set), "NAME=VALUE",
	    "an option of 'slipway enroll': install-dir, app-dir, deadline, on-error, "
	    "warn-after-days, block-after-days or registry-view (may be repeated)",
	    .max = 16, .offers = OFFER_NOTHING },
	{
	    "login-key",
	    OPTION_TEXT,
	    TO(login_key),
	    "FILE",
	    "put this private login key in, too: whoever has the kit can log in",
	},
	{ "out", OPTION_TEXT, TO(out), "FILE",
	    "a new file for the kit (default: standard output)" },
	OPTION_END,
};

const struct command cmd_kit = { "kit", run_kit, "--app NAME --installation NAME [options] URL...",
	1, KIT_LIST_MAX, "make one file that enrols a station: slipway enroll FILE",
	"URL is an address of an update server, as stations reach it. Nobody signs the file: its "
	"SHA-256 is printed, for --kit-sha256 on the station.",
	COMMAND_OPTIONS(options) };
