/*
 * slipway-repo init, status.
 */
#include <inttypes.h>
#include <stdio.h>

#include "audit.h"
#include "base/clock.h"
#include "command.h"
#include "repo.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

int
cmd_init(struct context *cx, int argc, char **argv)
{
	struct passphrases p = { NULL, false };
	const struct option options[] = {
		{ "passphrase-file", OPTION_TEXT, &p.file, 0, 0 },
		{ "no-passphrase", OPTION_FLAG, &p.none, 0, 0 },
	};
	struct err e;
	int status;

	if ((status = command_options(cx, options, N(options), &argc, argv)) != 0)
		return status;
	if (p.none && p.file != NULL) {
		err_setx(&e, ERR_USAGE, "init: --no-passphrase and --passphrase-file exclude each other");
		return command_failed(&e);
	}
	if (repo_init(argv[1], &p, &e) == -1 ||
	    audit_append_at(argv[1], "init", json_object(), &e) == -1)
		return command_failed(&e);
	printf("repository %s: root, targets, snapshot and timestamp signed, version 1\n", argv[1]);
	printf("private keys in %s/keys (%s); served files in %s/served\n", argv[1],
	    p.none ? "not encrypted" : "root and targets encrypted", argv[1]);
	return command_done(STATUS_OK);
}

static void
print_role(const char *name, const struct tuf_common *c, const struct tuf_role *role)
{
	char expires[CLOCK_TEXT_SIZE];
	int64_t left = c->expires - clock_wall();

	clock_format(c->expires, expires);
	printf("%-20s version %-5" PRId64 " %zu key%s, threshold %u  expires %s, ", name, c->version,
	    role->n, role->n == 1 ? "" : "s", role->threshold, expires);
	if (left <= 0)
		printf("EXPIRED\n");
	else
		printf("%" PRId64 " days left\n", left / REPO_DAY_SECONDS);
}

static int
print_app(const struct repo *r, const struct tuf_delegation *d, struct err *e)
{
	struct tuf_targets *t;
	int rc = repo_read_app(r, d->name, &t, e);

	if (rc == -1)
		return -1;
	if (rc == 0) {
		printf("%-20s no release\n", d->name);
		return 0;
	}
	print_role(d->name, &t->c, &d->role);
	printf("%-20s release %" PRId64 ", %zu files\n", "",
	    (int64_t)json_integer_value(json_object_get(t->c.json, "release")),
	    json_object_size(t->targets));
	targets_free(t);
	return 0;
}

int
cmd_status(struct context *cx, int argc, char **argv)
{
	const char *path;
	struct repo *r;
	struct err e;
	int status, rc = 0;

	if ((status = command_options(cx, NULL, 0, &argc, argv)) != 0)
		return status;
	if ((path = command_repo(cx, &e)) == NULL || (r = repo_open(path, false, &e)) == NULL)
		return command_failed(&e);
	print_role("root", &r->root->c, &r->root->roles[TUF_ROOT]);
	print_role("targets", &r->roles->c, &r->root->roles[TUF_TARGETS]);
	print_role("snapshot", &r->snapshot->c, &r->root->roles[TUF_SNAPSHOT]);
	print_role("timestamp", &r->timestamp->c, &r->root->roles[TUF_TIMESTAMP]);
	for (size_t i = 0; i < r->roles->n && rc == 0; i++)
		rc = print_app(r, &r->roles->delegations[i], &e);
	repo_close(r);
	return rc == -1 ? command_failed(&e) : command_done(STATUS_OK);
}
