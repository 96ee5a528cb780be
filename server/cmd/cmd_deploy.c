/* SPDX-License-Identifier: ISC */
/* slipway-repo deploy, deploy set, deploy show, deploy unset. */
#include "server/cmd/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/os/move.h"
#include "lib/os/output.h"
#include "lib/os/path.h"
#include "lib/sftp/child.h"
#include "server/cmd/cmd_deploy.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"
#include "server/sshd/serve.h"

/* Milliseconds between two drawings of the progress, and before the first. */
#define DRAW_MS	 250
#define FIRST_MS 500

static void
say_deploy_line(void *arg, const char *line)
{
	(void)arg;
	cli_print(line);
	putchar('\n');
}

static void
draw_deploy(void *arg, const struct deploy *d)
{
	struct cmd_deploy_view *v = arg;
	int64_t now = clock_mono_ms();
	bool ends = d->files == d->all && v->drawn < 0;
	char line[200];
	int n;

	if (v->drawn == 0)
		v->drawn = now + FIRST_MS;
	if (!ends && now < (v->drawn < 0 ? -v->drawn : v->drawn))
		return;
	v->drawn = -(now + DRAW_MS);
	n = snprintf(line, sizeof line,
	    OUTPUT_REWRITE "deploying: %zu of %zu files, %" PRIu64 " of %" PRIu64
			   " kB" OUTPUT_REWRITE_END "%s",
	    d->files, d->all, d->bytes / 1000, d->all_bytes / 1000, ends ? "\r\033[K" : "");
	output_write(OUTPUT_STDERR, line, (size_t)n);
}

void
cmd_deploy_view(struct cmd_deploy_view *v)
{
	v->child = (struct sftp_session_child){ .role = &sftp_child_role };
	v->drawn = 0;
	v->d.child = &v->child;
	v->d.say = say_deploy_line;
	v->d.progress = isatty(STDERR_FILENO) ? draw_deploy : NULL;
	v->d.arg = v;
}

static void
print_deployed(const struct deploy *d)
{
	if (d->all == 0 && d->removed == 0)
		printf("%s has timestamp version %" PRId64 " already", d->place, d->version);
	else
		printf("deployed timestamp version %" PRId64 " to %s: %zu file%s, %" PRIu64
		       " bytes; %zu removed",
		    d->version, d->place, d->files, cli_plural(d->files), d->bytes, d->removed);
	if (d->waiting > 0)
		printf("; %zu to be removed after %d hours", d->waiting, DEPLOY_KEEP_S / 3600);
	putchar('\n');
}

struct options {
	struct cmd_deploy_view v;
	const char *user, *chroot;
	bool config;
};

static int
print_writer(const char *user, const char *chroot, struct err *e)
{
	struct buf text = BUF_INIT(SERVE_CONFIG_MAX);
	int rc = serve_writer(user, chroot, &text, e);

	if (rc == 0)
		fputs(buf_text(&text), stdout);
	buf_free(&text);
	return rc;
}

static int
check_deploy_options(const struct options *o, struct err *e)
{
	const struct deploy *d = &o->v.d;

	if (o->config && (d->dry || d->take_over || d->break_lock || d->now))
		return err_setx(e, ERR_USAGE,
		    "deploy: --print-config deploys nothing; want --user and --chroot with it at most");
	if (!o->config && (o->user != NULL || o->chroot != NULL))
		return err_setx(e, ERR_USAGE,
		    "deploy: --user and --chroot are for --print-config; where to deploy says "
		    "'slipway-repo deploy set'");
	return 0;
}

static int
run_deploy(struct call *call, struct err *e)
{
	struct options *o = call->options;
	const char *repo;

	if (check_deploy_options(o, e) == -1)
		return -1;
	if (o->config)
		return print_writer(o->user == NULL ? "slipway-deploy" : o->user,
		    o->chroot == NULL ? "/srv/slipway" : o->chroot, e);
	if ((repo = command_repo_here(call, e)) == NULL)
		return -1;
	cmd_deploy_view(&o->v);
	if (deploy_run(&o->v.d, repo, e) == -1)
		return -1;
	if (!o->v.d.dry)
		print_deployed(&o->v.d);
	else if (o->v.d.all == 0 && o->v.d.removed == 0)
		printf("nothing to do: ");
	if (o->v.d.dry && o->v.d.all == 0 && o->v.d.removed == 0)
		print_deployed(&o->v.d);
	return 0;
}

/* 1 deployed, 0 no place is set, -1. */
static int
deploy_if_set(const struct call *call, struct cmd_deploy_view *v, struct err *e)
{
	const char *repo = command_repo(call, e);
	struct dir *top = repo == NULL ? NULL : repo_top(repo, false, e);
	struct deploy_config config;
	int rc = top == NULL ? -1 : deploy_config_read(top, &config, e);

	dir_close(top);
	if (rc != 1)
		return rc;
	deploy_config_free(&config);
	fflush(stdout);
	cmd_deploy_view(v);
	return deploy_run(&v->d, repo, e) == -1 ? -1 : 1;
}

/* As of cmd_deploy_after(). */
static int
tell_deployed(struct cmd_deploy_view *v, int rc, const char *done, const struct err *e)
{
	if (rc == 1)
		print_deployed(&v->d);
	if (rc != -1)
		return CLI_OK;
	log_error("%s", e->text);
	log_warn("%s here, and not yet deployed: stations find the state before; "
		 "'slipway-repo deploy' goes on",
	    done);
	return CLI_ATTEND;
}

int
cmd_deploy_after(const struct call *call, const char *done, bool no, struct err *e)
{
	struct cmd_deploy_view v = { .drawn = 0 };
	int rc = no ? 0 : deploy_if_set(call, &v, e);

	if (rc == -1)
		command_explain_rights(call->command, e);
	return tell_deployed(&v, rc, done, e);
}

int
cmd_deploy_before(const struct call *call, const char *refused, bool no, struct err *e)
{
	struct cmd_deploy_view v = { .drawn = 0 };
	int rc = no ? 0 : deploy_if_set(call, &v, e);

	if (rc == 1 && v.d.all > 0)
		print_deployed(&v.d);
	if (rc == 1 && v.d.interrupted)
		return err_setx(e, ERR_CANCELLED, "%s: interrupted", refused);
	return rc != -1 ? 0
			: err_context(e,
			      "%s: the server may not have what is published (--no-deploy doesn't "
			      "look)",
			      refused);
}

int
cmd_deploy_check(const char *repo, bool no, struct err *e)
{
	struct cmd_deploy_view v = { .drawn = 0 };

	if (no)
		return 0;
	cmd_deploy_view(&v);
	return deploy_check_newer(&v.d, repo, e);
}

int
cmd_deploy_now(const struct call *call, bool no, struct err *e)
{
	struct cmd_deploy_view v = { .d = { .now = true } };
	const char *repo = command_repo(call, e);
	struct err why;

	if (repo == NULL || deploy_note_now(repo, e) == -1)
		return -1;
	if (no)
		return CLI_OK;
	return tell_deployed(&v, deploy_if_set(call, &v, &why), "removed", &why);
}

struct set_options {
	const char *key;
	struct option_list host_keys;
};

/* A directory in or around the repository would serve, or overwrite, its keys. */
static int
check_apart(const char *repo, const char *place, struct err *e)
{
	struct buf a = BUF_INIT(REPO_PATH_MAX), b = BUF_INIT(REPO_PATH_MAX);
	int rc = -1;

	if (path_resolve(&a, repo, e) == 0 && path_resolve(&b, place, e) == 0)
		rc = path_overlap(buf_text(&a), buf_text(&b))
		    ? err_setx(e, ERR_USAGE, "%s: want a directory apart from the repository",
			  place)
		    : 0;
	buf_free(&a);
	buf_free(&b);
	return rc;
}

static char *
absolute(const char *path, struct err *e)
{
	struct buf b = BUF_INIT(REPO_PATH_MAX);
	char *text = NULL;

	if (path_real(&b, path, e) == 0 && (text = strdup(buf_text(&b))) == NULL)
		err_nomem(e);
	buf_free(&b);
	return text;
}

static int
fill_config(struct deploy_config *c, const struct set_options *o, const char *repo,
    const char *place, struct err *e)
{
	bool sftp = strncmp(place, "sftp:", 5) == 0;
	char *real = sftp ? NULL : absolute(repo, e);

	if (!sftp && real == NULL)
		return -1;
	if ((c->place = sftp ? strdup(place) : absolute(place, e)) == NULL) {
		free(real);
		if (!sftp && e->code == ERR_NOENT)
			err_setx(e, ERR_NOENT,
			    "want sftp://USER@HOST[:PORT]/PATH, or a directory of this computer that is there, got '%.200s'",
			    place);
		return sftp ? err_nomem(e) : -1;
	}
	if (!sftp && check_apart(real, c->place, e) == -1) {
		free(real);
		return -1;
	}
	free(real);
	if (o->key != NULL && (c->key = absolute(o->key, e)) == NULL)
		return -1;
	for (size_t i = 0; i < o->host_keys.n; i++)
		if (strings_add(&c->host_keys, o->host_keys.values[i], e) == -1)
			return -1;
	return 0;
}

static int
run_deploy_set(struct call *call, struct err *e)
{
	const char *repo = command_repo_here(call, e);
	struct deploy_config c = { 0 };
	struct dir *top = repo == NULL ? NULL : repo_top(repo, true, e);
	int rc = -1;

	if (top != NULL && fill_config(&c, call->options, repo, call->argv[0], e) == 0 &&
	    (rc = deploy_config_write(top, &c, e)) == 0)
		printf("publish, cert replace, renew and refresh deploy to %s from now on; "
		       "'slipway-repo deploy' begins\n",
		    c.place);
	deploy_config_free(&c);
	dir_close(top);
	return rc;
}

static int
run_deploy_fetch(struct call *call, struct err *e)
{
	const char *repo = command_repo_here(call, e);
	struct cmd_deploy_view v = { .drawn = 0 };
	int rc;

	cmd_deploy_view(&v);
	if (repo == NULL || (rc = deploy_fetch(&v.d, repo, e)) == -1)
		return -1;
	if (rc == 0)
		printf("%s serves this state: nothing to take over\n", v.d.place);
	else
		printf("taken over from %s, and verified: timestamp version %" PRId64
		       ", %zu file%s; 'slipway-repo key list' says which private keys are here\n",
		    v.d.place, v.d.version, v.d.files, cli_plural(v.d.files));
	return CLI_OK;
}

static int
run_deploy_show(struct call *call, struct err *e)
{
	const char *repo = command_repo_here(call, e);
	struct dir *top = repo == NULL ? NULL : repo_top(repo, false, e);
	struct deploy_config c;
	int rc = top == NULL ? -1 : deploy_config_read(top, &c, e);

	if (rc == 0)
		printf("no place to deploy to is set\n");
	if (rc == 1) {
		printf("place     ");
		cli_print(c.place);
		putchar('\n');
		if (c.key != NULL) {
			printf("key       ");
			cli_print(c.key);
			putchar('\n');
		}
		for (size_t i = 0; i < c.host_keys.n; i++)
			printf("host key  %s\n", c.host_keys.v[i]);
		deploy_config_free(&c);
	}
	dir_close(top);
	return rc == -1 ? -1 : CLI_OK;
}

static int
run_deploy_unset(struct call *call, struct err *e)
{
	const char *repo = command_repo_here(call, e);
	struct dir *top = repo == NULL ? NULL : repo_top(repo, true, e);
	int rc = top == NULL ? -1 : file_remove(top, DEPLOY_FILE, e);

	if (rc != -1)
		printf("%s\n",
		    rc == 1 ? "nothing is deployed from now on; what is there stays"
			    : "no place to deploy to was set");
	dir_close(top);
	return rc == -1 ? -1 : CLI_OK;
}

#define TO(member) OPTION_TO(struct options, member)
static const struct option options[] = {
	{ "dry-run", OPTION_FLAG, TO(v.d.dry), NULL, "print what would be done", .letter = 'n' },
	{ "take-over", OPTION_FLAG, TO(v.d.take_over), NULL,
	    "take a directory of another repository, one that is newer, or one that was emptied" },
	{ "break-lock", OPTION_FLAG, TO(v.d.break_lock), NULL,
	    "go on where another deployment that is no more left its lock" },
	{ "now", OPTION_FLAG, TO(v.d.now), NULL,
	    "remove at once what is published no longer, and not after 24 hours" },
	{ "print-config", OPTION_FLAG, TO(config), NULL,
	    "print the account for deploying, for the update server's sshd" },
	{ "user", OPTION_TEXT, TO(user), "NAME", "that account (default slipway-deploy)",
	    .offers = OFFER_NOTHING },
	ROW_DIRECTORY("chroot", TO(chroot), "its directory there (default /srv/slipway)"),
	OPTION_END,
};

const struct command cmd_deploy = { "deploy", run_deploy, "[options]", 0, 0,
	"carry what is published to the update server",
	"Targets first, the timestamp last: stations find the state before or the state after.",
	COMMAND_OPTIONS(options) };

#undef TO
#define TO(member) OPTION_TO(struct set_options, member)
static const struct option set_options[] = {
	{ "key", OPTION_TEXT, TO(key), "FILE",
	    "private login key of an account that may write there" },
	{ "host-key", OPTION_LIST, TO(host_keys), "SHA256:...",
	    "the server's host key, as ssh-keygen -l prints it; may be repeated",
	    .max = DEPLOY_HOST_KEYS_MAX, .offers = OFFER_NOTHING },
	OPTION_END,
};

const struct command cmd_deploy_set = { "deploy set", run_deploy_set,
	"[options] sftp://USER@HOST[:PORT]/PATH | DIR", 1, 1, "say where to deploy", NULL,
	.options = set_options, .size = sizeof(struct set_options), .offers = OFFER_DIRECTORIES };

const struct command cmd_deploy_show = { "deploy show", .run = run_deploy_show, "", 0, 0,
	"print where 'deploy' goes" };

const struct command cmd_deploy_unset = { "deploy unset", .run = run_deploy_unset, "", 0, 0,
	"deploy no longer" };

const struct command cmd_deploy_fetch = { "deploy fetch", .run = run_deploy_fetch, "", 0, 0,
	"take over what the server serves, after an old backup was restored" };
