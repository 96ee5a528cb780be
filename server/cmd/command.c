/* SPDX-License-Identifier: ISC */
/*
 * The commands of slipway-repo: the table, dispatch, usage and help.
 */
#include "server/cmd/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/log.h"
#include "lib/os/places.h"
#include "server/repo/change.h"
#include "server/repo/repo.h"

#define PROGRAM "slipway-repo"

/* Most options of one command, --repo included. */
#define OPTIONS_MAX   32
#define REPO_TEXT_MAX 4096 /* bytes of SLIPWAY_REPO */

static int cmd_help(struct context *cx, int argc, char **argv);
static int cmd_version(struct context *cx, int argc, char **argv);

#define OPTION_PASSPHRASE \
	"  --passphrase-file FILE  first line is the passphrase; nobody else may read the file\n"
#define OPTION_UNSIGNED \
	"  --unsigned FILE         write what is to be signed to FILE, for 'sign'; change nothing\n"
#define OPTION_NO_PASSPHRASE "  --no-passphrase         leave new private keys unencrypted\n"
#define OPTION_KEYS \
	"  --keys DIR              where keys are kept (default keys/ of the repository)\n"

#define OPTION_WARN_DAYS \
	"  --warn-days N           exit with status 3 when something expires within N days\n"

static const struct command commands[] = {
	{ "init", cmd_init, 1, 1, "DIR [options]", "make an empty repository with new keys",
	    OPTION_PASSPHRASE
	    "  --no-passphrase         leave the root and targets keys unencrypted\n" },
	{ "app add", cmd_app_add, 1, 1, "APP [options]", "delegate to a new application",
	    "  --key FILE              a public key of its own; may be repeated (default: a new key in keys/)\n"
	    "  --threshold N           how many of them must sign a release (default 1)\n" OPTION_NO_PASSPHRASE
		OPTION_UNSIGNED OPTION_PASSPHRASE },
	{ "publish", cmd_publish, 0, 1, "--app APP RELEASE_DIR | --signed FILE [RELEASE_DIR]",
	    "sign and publish a release of an application",
	    "  --app APP               the application\n"
	    "  --no-script-check       don't run the release's scripts first\n"
	    "  --no-certificate-check  publish even what 'cert replace' needs stations to trust still is missing\n"
	    "  --signed FILE           put live what FILE holds, which 'sign' has signed; may be repeated\n"
	    "                          for copies that were signed apart\n" OPTION_UNSIGNED
		OPTION_PASSPHRASE },
	{ "sign", cmd_sign, 1, 1, "FILE [options]",
	    "add signatures to a change that --unsigned wrote",
	    "  --keys DIR              sign with the keys in DIR (default keys/ of the repository)\n"
	    "  --key FILE              sign with this private key; may be repeated\n"
	    "  --yes                   don't ask after showing what is signed\n"
	    "  --show                  only show it\n" OPTION_PASSPHRASE },
	{ "renew", cmd_renew, 1, CHANGE_FILES_MAX, "ROLE... [options]",
	    "sign root, targets or an application again, for a new term",
	    OPTION_UNSIGNED OPTION_PASSPHRASE },
	{ "key new", cmd_key_new, 1, 1, "ROLE [options]", "make a key pair; no role changes",
	    "  --type TYPE             ed25519 (default), ecdsa or rsa\n" OPTION_KEYS
		OPTION_NO_PASSPHRASE OPTION_PASSPHRASE },
	{ "key import", cmd_key_import, 2, 2, "ROLE FILE [options]",
	    "take over a private key that was made elsewhere; no role changes",
	    OPTION_KEYS OPTION_NO_PASSPHRASE OPTION_PASSPHRASE },
	{ "key list", cmd_key_list, 0, 0, "", "list the keys of each role and where they are",
	    NULL },
	{ "key rotate", cmd_key_rotate, 1, 1, "ROLE [options]", "change who signs a role",
	    "                          without --add, --remove, --threshold: new keys for all of them\n"
	    "  --add FILE              add this public key; may be repeated\n"
	    "  --remove KEYID          remove this key (8 digits or more of its id); may be repeated\n"
	    "  --threshold N           how many keys must sign\n"
	    "  --type TYPE             of new keys: ed25519 (default), ecdsa or rsa\n" OPTION_NO_PASSPHRASE
		OPTION_UNSIGNED OPTION_PASSPHRASE },
	{ "key revoke", cmd_key_revoke, 1, 1, "KEYID [options]", "take a key out of every role",
	    OPTION_UNSIGNED OPTION_PASSPHRASE },
	{ "cert new", cmd_cert_new, 1, -1, "NAME... [options]",
	    "make a private key and a self-signed certificate, a pair for each name",
	    "  --type TYPE             p256 (default), p384, ed25519, rsa2048, rsa3072 or rsa4096\n"
	    "  --days N                valid from now on (default 3650)\n"
	    "  --subject TEXT          /C=SK/O=Example/CN=kernel (default /CN=NAME)\n"
	    "  --san dns:NAME|ip:ADDR  a name that the certificate is for; may be repeated\n"
	    "  --out DIR               where NAME.pem and NAME.crt go (default certs/ of the repository)\n"
	    "  --force                 replace files that are there\n" },
	{ "cert csr", cmd_cert_csr, 1, 1, "NAME [options]",
	    "make a private key and a signing request for a CA",
	    "  --type TYPE             p256 (default), p384, ed25519, rsa2048, rsa3072 or rsa4096\n"
	    "  --subject TEXT          /C=SK/O=Example/CN=kernel (default /CN=NAME)\n"
	    "  --san dns:NAME|ip:ADDR  a name that the certificate is for; may be repeated\n"
	    "  --out DIR               where NAME.pem and NAME.csr go (default certs/ of the repository)\n"
	    "  --force                 replace files that are there\n" },
	{ "cert ca", cmd_cert_ca, 1, 1, "NAME [options]",
	    "make a private CA: a key and a certificate that vouches for those it issues",
	    "  --type TYPE             p256 (default), p384, ed25519, rsa2048, rsa3072 or rsa4096\n"
	    "  --days N                valid from now on (default 3650)\n"
	    "  --subject TEXT          /C=SK/O=Example/CN=kernel (default /CN=NAME)\n"
	    "  --out DIR               the directory of the CA (default ca/NAME of the repository)\n" },
	{ "cert sign", cmd_cert_sign, 1, 1, "--ca CA NAME|FILE.csr [options]",
	    "issue the certificate that a signing request asks for",
	    "  --ca CA                 its name, or its directory (with a '/')\n"
	    "  --usage WHAT            server, client or both (default)\n"
	    "  --days N                valid from now on (default 825, never longer than the CA)\n"
	    "  --san dns:NAME|ip:ADDR  a name that the certificate is for in place of the request's; repeatable\n"
	    "  --out DIR               where the .crt goes (default: beside the request)\n"
	    "  --force                 replace a file that is there\n" },
	{ "cert revoke", cmd_cert_revoke, 1, 1, "--ca CA NAME|SERIAL|FILE [--reason REASON]",
	    "take back a certificate that a CA issued; 'cert crl' then tells the others",
	    "  --ca CA                 its name, or its directory (with a '/')\n"
	    "  --reason REASON         unspecified (default), keyCompromise, CACompromise, affiliationChanged,\n"
	    "                          superseded, cessationOfOperation or privilegeWithdrawn\n" },
	{ "cert crl", cmd_cert_crl, 0, 0, "--ca CA [options]",
	    "write the list of revoked certificates, for TLS_CRLFile",
	    "  --ca CA                 its name, or its directory (with a '/')\n"
	    "  --days N                when the next list is due (default 30)\n"
	    "  --out FILE              where it goes as well (it is always crl.pem of the CA)\n" },
	{ "cert show", cmd_cert_show, 1, -1, "FILE... [options]",
	    "say what certificates hold, how long they last, and what TLS_TrustedCerts needs",
	    OPTION_WARN_DAYS },
	{ "cert list", cmd_cert_list, 0, -1, "[FILE...] [options]",
	    "list certificates: in the present releases, the repository's own, in files, and what Kernels really serve",
	    "  --connect HOST:PORT     what is served there ([ADDRESS]:PORT for IPv6); may be repeated\n" OPTION_WARN_DAYS
	    "  --json                  print one JSON object\n" },
	{ "cert replace", cmd_cert_replace, 1, 1, "NAME [options]",
	    "replace the pair that Kernels use, step by step, without a refused connection; 'cert status' says the next",
	    "  --connect HOST:PORT     a Kernel that uses the pair; may be repeated; remembered\n"
	    "  --hook COMMAND          copies the pair to one Kernel, by the shell; remembered; see slipway-repo(8)\n"
	    "  --confirm               every station has the present release\n"
	    "  --after DATE            go on by itself from this date on (2026-12-01)\n"
	    "  --undo                  take the last step back\n"
	    "  --start                 begin another replacement after one that is finished\n"
	    "  --type TYPE             kind of the new key (default that of the old one)\n"
	    "  --days N                days that the new certificate is valid (default 3650)\n"
	    "  --with NAME             take this pair of certs/ as the new one instead of making one\n" OPTION_UNSIGNED
		OPTION_PASSPHRASE },
	{ "cert status", cmd_cert_status, 0, 1, "[NAME]",
	    "say where each replacement of a pair stands and which command comes next", NULL },
	{ "cert check", cmd_cert_check, 2, 2, "KEY CERT [options]",
	    "say what the TLS library will make of a private key and its certificate",
	    "  --trust FILE            judge it as a peer whose TLS_TrustedCerts has FILE; may be repeated\n"
	    "  --client                they are a client's (default: a server's)\n" OPTION_WARN_DAYS },
	{ "serve", cmd_serve, 0, 0, "[options]", "serve the repository over SFTP until stopped",
	    "  --port N                0 (default): any free one\n"
	    "  --listen ADDRESS        default 127.0.0.1\n"
	    "  --authorized-keys FILE  who may log in (default ssh/authorized_keys of the repository)\n"
	    "  --print-config          print the permanent, chrooted set-up instead of serving\n"
	    "  --print-units           print a systemd service and timer that refresh the repository\n"
	    "  --user NAME             the account: of the set-up (default slipway), of the units (default: yours)\n"
	    "  --chroot DIR            its directory (default /srv/slipway); units copy there what was refreshed\n" },
	{ "refresh", cmd_refresh, 0, 0, "[options]",
	    "sign timestamp again, and snapshot when it is due",
	    "  --snapshot-days N       snapshot is due with fewer than N days left (default 15)\n" },
	{ "status", cmd_status, 0, 0, "[options]",
	    "list roles, keys, expiry dates and applications",
	    OPTION_WARN_DAYS "  --json                  print one JSON object\n" },
	{ "verify", cmd_verify, 0, 0, "", "check every signature, hash and file of the repository",
	    NULL },
	{ "gc", cmd_gc, 0, 0, "[options]",
	    "remove what only old snapshots name, and what nothing names",
	    "  --keep-days N           keep snapshots that were current within N days (default 30, at least 1)\n"
	    "  --keep N                keep the N newest snapshots in any case (default 3)\n"
	    "  --dry-run               print what would be removed\n" },
	{ "log", cmd_log, 0, 0, "[options]",
	    "show what was done to the repository, and check the record",
	    "  --verify                check the chain and print its head instead of the lines\n"
	    "  --head HASH             fail unless a line with this hash (a head kept elsewhere) is there\n"
	    "  --json                  print the lines as they are\n" },
	{ "help", cmd_help, 0, 2, "[COMMAND]", "explain a command", NULL },
	{ "version", cmd_version, 0, 0, "", "print the version", NULL },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void
usage_all(FILE *out)
{
	fprintf(out, "usage: " PROGRAM " [--repo DIR] COMMAND ...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
	    "\nThe repository is DIR, else $SLIPWAY_REPO, else the current directory.\n"
	    "'" PROGRAM " help COMMAND' lists a command's options.\n");
}

static void
usage_one(FILE *out, const struct command *c)
{
	fprintf(out, "usage: " PROGRAM " [--repo DIR] %s%s%s\n", c->name, *c->args ? " " : "",
	    c->args);
}

/* The command that argv begins with, and how many words its name has. */
static const struct command *
find(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const char *name = commands[i].name, *space = strchr(name, ' ');
		size_t len = space == NULL ? strlen(name) : (size_t)(space - name);

		if (argc < 1 || strlen(argv[0]) != len || memcmp(argv[0], name, len) != 0)
			continue;
		*words = space == NULL ? 1 : 2;
		if (space == NULL || (argc > 1 && strcmp(argv[1], space + 1) == 0))
			return &commands[i];
	}
	return NULL;
}

/* Whether word begins the name of a command of two words. */
static bool
first_word(const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i < COMMANDS; i++)
		if (strncmp(commands[i].name, word, len) == 0 && commands[i].name[len] == ' ')
			return true;
	return false;
}

static int
help_one(const struct command *c)
{
	usage_one(stdout, c);
	printf("\n%s\n", c->help);
	if (c->options != NULL)
		printf("\n%s", c->options);
	return command_done(STATUS_OK);
}

static bool
wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}

static int
cmd_help(struct context *cx, int argc, char **argv)
{
	const struct command *c;
	int words;

	if (command_options(cx, NULL, 0, &argc, argv) != 0)
		return STATUS_MISUSE;
	if (argc == 1) {
		usage_all(stdout);
		return command_done(STATUS_OK);
	}
	if ((c = find(argc - 1, argv + 1, &words)) == NULL || words != argc - 1) {
		log_error("help: no command '%s%s%s'; '" PROGRAM " help' lists them", argv[1],
		    argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
		return STATUS_MISUSE;
	}
	return help_one(c);
}

static int
cmd_version(struct context *cx, int argc, char **argv)
{
	if (command_options(cx, NULL, 0, &argc, argv) != 0)
		return STATUS_MISUSE;
	printf(PROGRAM " " SLIPWAY_VERSION "\n");
	return command_done(STATUS_OK);
}

int
command_options(struct context *cx, const struct option *options, size_t n, int *argc, char **argv)
{
	struct option all[OPTIONS_MAX] = { { "repo", OPTION_TEXT, &cx->repo, 0, 0 } };
	const struct command *c = cx->command;
	struct err e;
	int count;

	if (n > 0)
		memcpy(all + 1, options, n * sizeof *options);
	if (option_parse(all, n + 1, 0, argc, argv, &e) == -1) {
		log_error("%s: %s", c->name, e.text);
		usage_one(stderr, c);
		return STATUS_MISUSE;
	}
	count = *argc - 1;
	if (count < c->least || (c->most != -1 && count > c->most)) {
		log_error("%s: %s", c->name,
		    count < c->least ? "an argument is missing" : "too many arguments");
		usage_one(stderr, c);
		return STATUS_MISUSE;
	}
	return 0;
}

int
command_failed(const struct err *e)
{
	log_error("%s", e->text);
	return e->code == ERR_USAGE ? STATUS_MISUSE : STATUS_FAILED;
}

int
command_done(int status)
{
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_error("standard output: %s", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}

const char *
command_repo(struct context *cx, struct err *e)
{
	if (cx->repo != NULL)
		return cx->repo;
	if (cx->variable.len == 0 && place_variable("SLIPWAY_REPO", &cx->variable, e) == -1)
		return NULL;
	if (cx->variable.len > 0)
		return buf_text(&cx->variable);
	if (repo_is_here("."))
		return ".";
	err_setx(e, ERR_CONFIG,
	    "want a repository, got none: the current directory holds none; "
	    "give --repo DIR or set SLIPWAY_REPO, or make one with '" PROGRAM " init DIR'");
	return NULL;
}

int
server_main(int argc, char **argv)
{
	struct context cx = { NULL, NULL, BUF_INIT(REPO_TEXT_MAX) };
	bool help = false, version = false;
	const struct option global[] = {
		{ "repo", OPTION_TEXT, &cx.repo, 0, 0 },
		{ "help", OPTION_FLAG, &help, 0, 0 },
		{ "version", OPTION_FLAG, &version, 0, 0 },
	};
	struct err e;
	int words, status;

	log_open(PROGRAM, LOG_LEVEL_INFO);
	if (option_parse(global, sizeof global / sizeof global[0], 1, &argc, argv, &e) == -1) {
		log_error("%s", e.text);
		usage_all(stderr);
		return STATUS_MISUSE;
	}
	if (help) {
		usage_all(stdout);
		return command_done(STATUS_OK);
	}
	if (version) {
		printf(PROGRAM " " SLIPWAY_VERSION "\n");
		return command_done(STATUS_OK);
	}
	if (argc < 2) {
		usage_all(stderr);
		return STATUS_MISUSE;
	}
	if ((cx.command = find(argc - 1, argv + 1, &words)) == NULL) {
		log_error("unknown command '%s%s%s'; '" PROGRAM " help' lists them", argv[1],
		    first_word(argv[1]) && argc > 2 ? " " : "",
		    first_word(argv[1]) && argc > 2 ? argv[2] : "");
		return STATUS_MISUSE;
	}
	if (wants_help(argc - words, argv + words))
		return help_one(cx.command);
	status = cx.command->run(&cx, argc - words, argv + words);
	buf_free(&cx.variable);
	return status;
}
