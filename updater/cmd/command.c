/* SPDX-License-Identifier: ISC */
/*
 * The command table of slipway, and what its commands share.
 */
#include "updater/cmd/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/child.h"
#include "lib/os/clock.h"
#include "lib/os/log.h"
#include "lib/sftp/child.h"

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
	    "  --password-file F    instead of a key: file with the login password, that only its owner can read\n"
	    "  --installation NAME  installation, such as D2EXE_COV_PB\n"
	    "  --app NAME           application, such as COV_PB\n"
	    "  --install-dir DIR    where files of install/ go\n"
	    "  --app-dir DIR        where files of app/ go (default %AppData%/NAME; as root, for all users, %ProgramData%/NAME)\n"
	    "  --deadline SECONDS   longest time that a start waits for an update (default 10)\n"
	    "  --on-error WHAT      launch (default) or block, when an update fails\n"
	    "  --warn-after-days N  warn of a server that can't be reached only when the last good refresh is so old\n"
	    "  --block-after-days N start nothing when the last good refresh is so old\n"
	    "  --force              replace an enrolment\n" },
	{ "run", cmd_run, "[options] [--] PROGRAM [ARG...]", "update, then become PROGRAM",
	    "  --installation NAME, --app NAME   which enrolment (default: /C<name> among ARG, or the only one)\n"
	    "  --deadline SECONDS                longest time that the update may take\n"
	    "  --offline                         start on what is applied; ask no server\n"
	    "  --no-launch                       do all but start PROGRAM; exit 1 if it would not be started\n"
	    "  --log=syslog|json                 write the log to the system's log, too; or as lines of JSON\n"
	    "  --progress=json                   a line on standard output for what is fetched, for programs\n" },
	{ "update", cmd_update, "[options]", "update without starting anything",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --deadline SECONDS                longest time that the update may take (default 600)\n"
	    "  --repair                          look at every file, and put back what is missing or was changed\n"
	    "  --quiet                           say only what is wrong\n"
	    "  --log=syslog|json                 write the log to the system's log, too; or as lines of JSON\n"
	    "  --progress=json                   a line on standard output for what is fetched, for programs\n" },
	{ "plan", cmd_plan, "[options]", "show what an update would change; exit 3 if anything",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --deadline SECONDS                longest time that it may take (default 600)\n"
	    "  --json                            for programs\n" },
	{ "rollback", cmd_rollback, "[options] [RELEASE]",
	    "return to an earlier release, until a newer one is published",
	    "  RELEASE                           its number (default: the one before; 'slipway history' lists them)\n"
	    "  --installation NAME, --app NAME   which enrolment\n" },
	{ "history", cmd_history, "[options]", "show what was applied when",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --json                            for programs\n" },
	{ "verify", cmd_verify, "[options]",
	    "compare files and settings with what was applied; exit 3 if they differ",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --json                            for programs\n" },
	{ "status", cmd_status, "[options]", "show what is enrolled, trusted and applied",
	    "  --installation NAME, --app NAME   which enrolment\n"
	    "  --verbose                         fingerprints and files of certificates, and how the fetch child was confined\n"
	    "  --json                            for programs\n" },
	{ "settings", cmd_settings, "get|set|delete|list|export|import ...",
	    "look at settings and change them",
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
	{ "script", cmd_script, "check FILE [--facts FILE]",
	    "run a configuration script and print what it would change",
	    "  --facts FILE         what the station is, as JSON (docs/scripts.md); else it is made up\n" },
	{ "help", cmd_help, "[COMMAND]", "show this text, or one command's options", "" },
	{ "version", cmd_version, "", "show the version", "" },
};

#define NCOMMANDS (sizeof commands / sizeof commands[0])

static void
print_summary(FILE *out)
{
	fputs(
	    "usage: slipway COMMAND [ARG...]\n\n"
	    "Fetches, verifies and applies what an update server publishes, then starts the program.\n\n",
	    out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n'slipway help COMMAND' shows a command's options; slipway(1) tells the rest.\n",
	    out);
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

const char *
cmd_plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void
server_failed(void *arg, const char *url, const struct err *why)
{
	(void)arg;
	log_warn("%s: %s; trying the next server", url, why->text);
}

static void
script_log(void *arg, enum log_level level, const char *subject, const char *text)
{
	(void)arg;
	log_line(level, "%s: %s", subject, text);
}

static int
parse_deadline(const char *text, int64_t *ms)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < 1 || n > STATION_DEADLINE_MAX_S) {
		log_error("--deadline: want 1 to %d seconds, got '%s'", STATION_DEADLINE_MAX_S,
		    text);
		return -1;
	}
	*ms = (int64_t)n * 1000;
	return 0;
}

int
cmd_options(int argc, char **argv, const char *letters, struct cmd_options *o)
{
	static const struct option all[] = {
		{ "installation", required_argument, NULL, 'i' },
		{ "app", required_argument, NULL, 'a' },
		{ "deadline", required_argument, NULL, 'd' },
		{ "offline", no_argument, NULL, 'o' },
		{ "repair", no_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "progress", required_argument, NULL, 'p' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "no-launch", no_argument, NULL, 'n' },
		{ "log", required_argument, NULL, 'l' },
	};
	struct option options[sizeof all / sizeof all[0] + 1] = { { NULL, 0, NULL, 0 } };
	size_t n = 0;
	int c;

	*o = (struct cmd_options){ 0 };
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (strchr(letters, all[i].val) != NULL)
			options[n++] = all[i];
	/* "+": what comes after PROGRAM is the program's. */
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1)
		switch (c) {
		case 'i':
			o->installation = optarg;
			break;
		case 'a':
			o->application = optarg;
			break;
		case 'd':
			if (parse_deadline(optarg, &o->deadline_ms) == -1)
				return EXIT_MISUSE;
			break;
		case 'o':
			o->offline = true;
			break;
		case 'r':
			o->repair = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'q':
			log_open("slipway", LOG_LEVEL_WARN);
			o->quiet = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'n':
			o->no_launch = true;
			break;
		case 'l':
			if (log_also(optarg) == -1) {
				log_error("--log: want 'syslog' or 'json', got '%s'", optarg);
				return EXIT_MISUSE;
			}
			break;
		case 'p':
			if (strcmp(optarg, "json") != 0) {
				log_error("--progress: want 'json', got '%s'", optarg);
				return EXIT_MISUSE;
			}
			o->progress_json = true;
			break;
		default:
			return cmd_usage(argv[0]);
		}
	o->fetches = strchr(letters, 'd') != NULL && !o->offline;
	return 0;
}

int
cmd_station_open(const struct cmd_options *o, int argc, char **argv, struct cmd_station *c,
    struct err *e)
{
	struct err ignored;

	*c = (struct cmd_station){ .child.role = &sftp_child_role };
	/* Before anything else: it gets ready on another processor meanwhile. */
	if (o->fetches)
		c->child.early = child_start(&sftp_child_role, &ignored);
	if ((c->settings = settings_open(e)) == NULL)
		return -1;
	return station_load(c->settings, o->installation, o->application, argc, argv, &c->station,
	    e);
}

void
cmd_station_close(struct cmd_station *c)
{
	child_end(c->child.early, 0, NULL);
	station_free(&c->station);
	settings_close(c->settings);
}

struct update_options
cmd_update_options(const struct cmd_options *o, int64_t default_ms)
{
	return (struct update_options){
		.deadline = clock_mono_ms() + (o->deadline_ms > 0 ? o->deadline_ms : default_ms),
		.offline = o->offline,
		.repair = o->repair,
		.failed = server_failed,
		.log = script_log,
	};
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
