/*
 * The command table of slipway, and what its commands share.
 */
#include "cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *help, *more;
} commands[] = {
	{ "enroll", cmd_enroll,
	    "URL... --host-key SHA256:... --root FILE --key FILE --installation NAME --app NAME",
	    "make this computer a station of an update server",
	    "  URL                  sftp://user@host:port/path or file:///path; several are tried in order\n"
	    "  --host-key FP        SHA-256 fingerprint of the server's host key (may be repeated)\n"
	    "  --root FILE          root metadata to trust (N.root.json), obtained by a safe way\n"
	    "  --key FILE           private login key (ed25519 or ECDSA)\n"
	    "  --passphrase-file F  file with the passphrase of an encrypted login key\n"
	    "  --installation NAME  installation, such as D2EXE_COV_PB\n"
	    "  --app NAME           application, such as COV_PB\n"
	    "  --install-dir DIR    where files of install/ go\n"
	    "  --app-dir DIR        where files of app/ go (default %AppData%/NAME)\n"
	    "  --deadline SECONDS   longest time that a start waits for an update (default 10)\n"
	    "  --on-error WHAT      launch (default) or block, when an update fails\n"
	    "  --force              replace an enrolment\n" },
	{ "run", cmd_run, "[options] [--] PROGRAM [ARG...]", "update, then become PROGRAM",
	    "  --installation NAME, --app NAME   which enrolment (default: /C<name> among ARG, or the only one)\n"
	    "  --deadline SECONDS                longest time that the update may take\n"
	    "  --offline                         start on what is applied; ask no server\n" },
	{ "update", cmd_update, "[options]", "update without starting anything",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --deadline SECONDS                longest time that the update may take (default 600)\n" },
	{ "status", cmd_status, "[options]", "show what is enrolled, trusted and applied",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --json                            for programs\n" },
	{ "settings", cmd_settings, "get|set|delete|list|export|import ...", "look at settings and change them",
	    "  get KEY NAME               print a value\n"
	    "    --expand                 with %NAME% in it expanded\n"
	    "  set KEY NAME VALUE         set a value, and print what changed\n"
	    "    --type TYPE              string (default), expand, dword, qword, binary (hexadecimal digits),\n"
	    "                             or multi, which takes any number of values\n"
	    "  delete KEY NAME            delete a value\n"
	    "  delete --tree KEY          delete a key with all below it\n"
	    "  list [KEY]                 print all that is below a key, in the form of a key file\n"
	    "    --json                   for programs\n"
	    "  export KEY [FILE]          write a .reg file, as regedit does\n"
	    "    --utf8                   in UTF-8 instead of UTF-16LE\n"
	    "  import FILE                do what a .reg file says, and print what changed\n"
	    "    --dry-run                only print it\n" },
	{ "script", cmd_script, "check FILE [--facts FILE]", "run a configuration script and print what it would change",
	    "  --facts FILE         what the station is, as JSON (docs/scripts.md); else it is made up\n" },
	{ "help", cmd_help, "[COMMAND]", "show this text, or one command's options", "" },
	{ "version", cmd_version, "", "show the version", "" },
};

#define NCOMMANDS	(sizeof commands / sizeof commands[0])

static void
print_summary(FILE *out)
{
	fputs("usage: slipway COMMAND [ARG...]\n\n"
	      "Fetches, verifies and applies what an update server publishes, then starts the program.\n\n",
	    out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n'slipway help COMMAND' shows a command's options; slipway(1) tells the rest.\n", out);
}

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void
print_command(FILE *out, const struct command *c)
{
	fprintf(out, "usage: slipway %s %s\n%s", c->name, c->args, c->more);
}

int
cmd_usage(const char *name)
{
	print_command(stderr, find(name));
	return EXIT_MISUSE;
}

int
cmd_fail(const struct err *e)
{
	log_error("%s", e->text);
	return e->code == ERR_USAGE ? EXIT_MISUSE : EXIT_FAILURE;
}

void
cmd_server_failed(void *arg, const char *url, const struct err *why)
{
	(void)arg;
	log_warn("%s: %s; trying the next server", url, why->text);
}

int
cmd_deadline(const char *text, int64_t *ms)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || n > STATION_DEADLINE_MAX_S) {
		log_error("--deadline: want 1 to %d seconds, got '%s'", STATION_DEADLINE_MAX_S, text);
		return -1;
	}
	*ms = (int64_t)n * 1000;
	return 0;
}

static int
cmd_help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_summary(stdout);
		return EXIT_SUCCESS;
	}
	if ((c = find(argv[1])) == NULL) {
		log_error("there is no command '%s'; 'slipway help' lists them", argv[1]);
		return EXIT_MISUSE;
	}
	print_command(stdout, c);
	return EXIT_SUCCESS;
}

static int
cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("slipway " SLIPWAY_VERSION);
	return EXIT_SUCCESS;
}

int
slipway_main(int argc, char **argv)
{
	const struct command *c;

	log_open("slipway", LOG_LEVEL_INFO);
	if (argc < 2) {
		print_summary(stderr);
		return EXIT_MISUSE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return cmd_help(1, argv);
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(1, argv);
	if ((c = find(argv[1])) == NULL) {
		log_error("there is no command '%s'; 'slipway help' lists them", argv[1]);
		return EXIT_MISUSE;
	}
	if (argc > 2 && strcmp(argv[2], "--help") == 0) {
		print_command(stdout, c);
		return EXIT_SUCCESS;
	}
	return c->run(argc - 1, argv + 1);
}
