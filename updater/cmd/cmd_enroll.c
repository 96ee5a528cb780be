/* SPDX-License-Identifier: ISC */
/* slipway enroll */
#include "updater/cmd/command.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "updater/cmd/for_whom.h"
#include "updater/cmd/trying.h"
#include "lib/base/text.h"
#include "lib/sftp/fingerprint.h"
#include "lib/os/letter.h"
#include "lib/os/move.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/process.h"
#include "lib/settings/application.h"
#include "lib/settings/view.h"
#include "lib/tuf/kit.h"
#include "updater/station/enrol.h"
#include "updater/station/enrolled.h"
#include "updater/station/station.h"
#include "updater/station/unenrol.h"

#define FILE_NAME_MAX 4096 /* bytes */
#define KEY_NAME      "login"

struct options {
	struct enrolment en;
	const char *root;
	struct option_list host_keys;
	bool new_key, no_check, user, update;
	const char *kit_sha256;
	struct kit kit; /* of the file that stands in the place of the addresses */
};

/* Texts that are written instead of those which a person gave. */
struct instead {
	const char *servers[STATION_SERVERS_MAX];
	struct strings given, written;
};

/*
 * Makes *path absolute, because each start reads the file from any directory.  Links stay as they
 * are: a secret that is mounted into place is another file after each change.  The file is read as
 * each start does it, by reads().  Returns 0, or -1 with ERR_USAGE where there is no such file, or
 * what reads() gives.  A path of NULL stays.
 */
static int
absolute(const char **path, struct login *(*reads)(const char *file, struct err *e),
    struct buf *out, struct err *e)
{
	struct buf here = BUF_INIT(FILE_NAME_MAX);
	struct login *login;
	struct file_info info;
	int rc = -1;

	if (*path == NULL)
		return 0;
	if (path_real(&here, *path, e) == -1 || file_stat(NULL, buf_text(&here), &info, e) != 1 ||
	    info.type != FILE_REGULAR) {
		err_setx(e, ERR_USAGE, "%s: want a file that can be read; check the path", *path);
		goto out;
	}
	buf_reset(&here);
	if (path_real(&here, ".", e) == -1 || path_join(out, buf_text(&here), *path, e) == -1)
		goto out;
	*path = buf_text(out);
	if ((login = reads(*path, e)) != NULL)
		rc = 0;
	login_free(login);
out:
	buf_free(&here);
	return rc;
}

/* A drive's letter that the system may not have makes way for what it stands for. */
static int
replace_letter(const char **text, struct instead *x, struct err *e)
{
	struct buf b = BUF_INIT(FILE_NAME_MAX);
	int rc = *text == NULL ? 0 : letter_replace(*text, &b, e);

	if (rc == 1 && (rc = strings_add(&x->given, *text, e)) == 0 &&
	    (rc = strings_add(&x->written, buf_text(&b), e)) == 0)
		*text = x->written.v[x->written.n - 1];
	buf_free(&b);
	return rc;
}

static int
replace_letters(struct options *o, struct instead *x, struct err *e)
{
	int rc = 0;

	if (!place_stationwide())
		return 0;
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (rc == 0 && row->kind == STATION_TEXT)
			rc = replace_letter((const char **)(void *)((char *)&o->en + row->given), x,
			    e);
	for (size_t i = 0; rc == 0 && i < o->en.nservers; i++) {
		x->servers[i] = o->en.servers[i];
		rc = replace_letter(&x->servers[i], x, e);
	}
	if (o->en.nservers > 0)
		o->en.servers = x->servers;
	return rc;
}

static void
print_replaced(const struct instead *x)
{
	for (size_t i = 0; i < x->written.n; i++)
		printf("note: %s is written as %s, because the system, which updates this station, "
		       "may not have the drive\n",
		    x->given.v[i], x->written.v[i]);
}

static bool
uses_kits_login(const struct options *o)
{
	return o->kit.login_key != NULL && !o->new_key && o->en.login_key == NULL &&
	    o->en.password_file == NULL;
}

static int
check_kit(const struct options *o, const struct buf *file, struct err *e)
{
	char hex[SHA256_HEX_SIZE];

	if (o->kit_sha256 == NULL)
		return 0;
	if (strlen(o->kit_sha256) != SHA256_HEX_SIZE - 1)
		return err_setx(e, ERR_USAGE,
		    "--kit-sha256: want 64 hexadecimal digits, as 'slipway-repo kit' prints them, got '%s'",
		    o->kit_sha256);
	if (digest_hex(file->data, file->len, hex, e) == -1)
		return -1;
	return ascii_same(hex, o->kit_sha256)
	    ? 0
	    : err_setx(e, ERR_HASH, "%s: want the kit with SHA-256 %s, got %s", o->en.servers[0],
		  o->kit_sha256, hex);
}

/* What the command line doesn't say is as in the kit, whose options are those of the table. */
static void
fill_from_kit(struct options *o)
{
	struct enrolment *en = &o->en;
	const struct kit *k = &o->kit;

	en->servers = (const char *const *)k->servers.v;
	en->nservers = k->servers.n;
	if (en->nhost_keys == 0) {
		en->host_keys = (const char *const *)k->host_keys.v;
		en->nhost_keys = k->host_keys.n;
	}
	if (en->installation == NULL)
		en->installation = k->installation;
	if (en->application == NULL)
		en->application = k->application;
	for (const struct station_setting *row = station_settings; row->name != NULL; row++) {
		const char **to = (const char **)(void *)((char *)en + row->given);

		if (*to == NULL)
			*to = kit_option(k, row->option);
	}
}

/* One argument that is no address is the file of a kit. */
static int
take_kit(struct options *o, struct err *e)
{
	struct buf file = BUF_INIT(KIT_MAX);
	const char *name = o->en.nservers == 1 ? o->en.servers[0] : "://";
	int rc = -1;

	if (strstr(name, "://") != NULL)
		return o->kit_sha256 == NULL
		    ? 0
		    : err_setx(e, ERR_USAGE, "--kit-sha256 goes with the file of a kit");
	if (o->en.change)
		return err_setx(e, ERR_USAGE,
		    "--change takes no kit; --force replaces the enrolment by that of the kit");
	if (file_read(NULL, name, &file, e) == 0 && check_kit(o, &file, e) == 0) {
		if ((rc = kit_parse(file.data, file.len, &o->kit, e)) == -1)
			err_context(e, "%s", name);
		else
			fill_from_kit(o);
	}
	OPENSSL_cleanse(file.data, file.len);
	buf_free(&file);
	return rc;
}

static bool
has_root(const struct options *o)
{
	return o->root != NULL || o->kit.root != NULL;
}

static int
check_enroll_options(const struct options *o, struct err *e)
{
	const struct enrolment *en = &o->en;
	int login =
	    (en->login_key != NULL) + (en->password_file != NULL) + o->new_key + uses_kits_login(o);
	bool sftp = false;

	if (o->update && (o->new_key || o->no_check || en->change))
		return err_setx(e, ERR_USAGE,
		    "--update asks the servers with a login that works: leave out %s, and run 'slipway "
		    "update' afterwards",
		    o->new_key	     ? "--new-key"
			: en->change ? "--change"
				     : "--no-check");
	for (size_t i = 0; i < en->nservers; i++) {
		struct url url;

		if (url_parse(en->servers[i], strlen(en->servers[i]), &url, e) == -1) {
			e->code = ERR_USAGE;
			return err_context(e, "want sftp://user@host:port/path or file:///path");
		}
		sftp |= url.scheme == URL_SFTP;
	}
	for (size_t i = 0; i < en->nhost_keys; i++)
		if (!fingerprint_valid(en->host_keys[i]))
			return err_setx(e, ERR_USAGE,
			    "--host-key: want SHA256: and 43 characters of base64, as 'ssh-keygen -l' "
			    "prints it, got '%s'",
			    en->host_keys[i]);
	if (en->change && (o->root != NULL || o->new_key || en->force))
		return err_setx(e, ERR_USAGE,
		    "--change keeps the trust anchor and the login key's file: leave %s out; --force "
		    "alone replaces the enrolment",
		    o->root != NULL  ? "--root"
			: o->new_key ? "--new-key"
				     : "--force");
	if (en->change && en->login_key != NULL && en->password_file != NULL)
		return err_setx(e, ERR_USAGE, "enroll: want --key or --password-file, not both");
	if (en->change)
		return 0;
	if (en->nservers == 0)
		return err_setx(e, ERR_USAGE, "enroll: want the address of an update server");
	if (has_root(o) && en->installation != NULL && en->application != NULL &&
	    (!sftp || (en->nhost_keys > 0 && login == 1)) && !(o->new_key && login > 1))
		return 0;
	return err_setx(e, ERR_USAGE, "enroll: want %s",
	    !has_root(o)		   ? "--root FILE, the root metadata to trust"
		: en->installation == NULL ? "--installation NAME"
		: en->application == NULL  ? "--app NAME"
		: en->nhost_keys == 0	   ? "--host-key SHA256:..., the server's fingerprint"
		: login == 0
		? "--key FILE, the private login key, --new-key or --password-file FILE"
		: "--key FILE, --new-key or --password-file FILE, only one of them");
}

static void
print_notes(struct settings *s, const struct station *st)
{
	const struct settings_walk none = { .value = NULL };
	struct err ignored;

	cmd_print_writers(st, "note: ");
	if (st->app_of_user)
		printf(
		    "note: files of app/ go to %s of each user, at that user's starts; programs of the "
		    "user can replace the certificates that are trusted there. A directory of the "
		    "computer, such as %%ProgramData%%/%s, is safer\n",
		    st->app_dir_text, st->application);
	if (st->registry_view == REGISTRY_VIEW_64 &&
	    settings_list(s, SETTINGS_VIEW32 "\\" SETTINGS_VENDOR, &none, &ignored) == 1)
		printf("note: 32-bit programs have settings in " SETTINGS_VIEW32
		       "\\" SETTINGS_VENDOR
		       " and would not find those of a release; if the program is one of 32 bits: "
		       "slipway settings set %c" STATION_KEY "\\%s\\%s%c RegistryView both\n",
		    place_quote(), st->installation, st->application, place_quote());
}

/* Asks the servers, of which the first fault stops an enrolment or the change of one. */
static int
try_servers(const struct options *a, const struct station *st, const struct buf *root,
    struct err *e)
{
	struct err why;

	if (trying_all(st, root->data, root->len, a->new_key, &why) == 0)
		return 0;
	return err_setx(e, why.code, "%.900s; nothing was %s without asking the servers", why.text,
	    a->en.change ? "changed; --no-check changes it" : "enrolled; --no-check enrols");
}

static int
enroll(const struct options *a, struct err *e)
{
	struct buf root = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct settings *s = NULL;
	char hex[SHA256_HEX_SIZE];
	struct station st = { .installation = NULL };
	struct err ignored;
	int64_t version;
	int rc = -1;

	if ((a->root != NULL ? file_read(NULL, a->root, &root, e)
			     : buf_adds(&root, a->kit.root, e)) == -1)
		goto out;
	if (tuf_root_check(root.data, root.len, &version, e) == -1) {
		err_context(e, "%s is no root metadata that can be trusted",
		    a->root != NULL ? a->root : "the kit's root");
		goto out;
	}
	if ((s = cmd_settings_open(e)) == NULL || digest_hex(root.data, root.len, hex, e) == -1 ||
	    station_enroll_check(s, &a->en, &st, e) == -1 ||
	    (!a->no_check && try_servers(a, &st, &root, e) == -1) ||
	    station_enroll(s, &a->en, root.data, root.len, e) == -1)
		goto out;
	printf("enrolled %s/%s\n", a->en.installation, a->en.application);
	printf("settings in %s\n", settings_place(s, STATION_KEY));
	printf("trust anchor: root version %lld, SHA-256 %s\n", (long long)version, hex);
	station_free(&st);
	if (station_load(s, a->en.installation, a->en.application, 0, NULL, &st, &ignored) == 0)
		print_notes(s, &st);
	cmd_register_log();
	if (!a->update)
		puts(place_stationwide()
			? "next: slipway update; then everybody starts programs by: slipway run PROGRAM"
			: "next: slipway run PROGRAM");
	rc = 0;
out:
	station_free(&st);
	settings_close(s);
	buf_free(&root);
	return rc;
}

/* Names the application that is enrolled, where a person named none or one alone. */
static int
choose_enrolled(struct settings *s, struct enrolment *en, struct application_pairs *all,
    struct err *e)
{
	size_t which;

	if (enrolled_load(s, all, e) == -1 ||
	    enrolled_choose(s, all, en->installation, en->application, 0, NULL, &which, e) == -1)
		return -1;
	en->installation = all->installations.v[which];
	en->application = all->applications.v[which];
	return 0;
}

/* The servers of a change are tried where the change is about them. */
static int
try_change(const struct options *a, const struct station *st, struct err *e)
{
	const struct enrolment *en = &a->en;
	struct buf root = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct dir *d = NULL;
	int rc = -1;

	if (a->no_check ||
	    (en->nservers == 0 && en->nhost_keys == 0 && en->login_key == NULL &&
		en->password_file == NULL))
		return 0;
	if ((d = station_dir(st, "metadata", false, e)) != NULL &&
	    file_read(d, "root.json", &root, e) == 0)
		rc = try_servers(a, st, &root, e);
	dir_close(d);
	buf_free(&root);
	return rc;
}

static int
change_enrolment(struct options *a, struct err *e)
{
	struct settings *s = cmd_settings_open(e);
	struct application_pairs all = APPLICATION_PAIRS_INIT;
	struct station st = { .installation = NULL };
	int rc = -1;

	if (s != NULL && choose_enrolled(s, &a->en, &all, e) == 0 &&
	    station_enroll_check(s, &a->en, &st, e) == 0 && try_change(a, &st, e) == 0 &&
	    station_enroll(s, &a->en, NULL, 0, e) == 0) {
		printf("changed %s/%s\n", a->en.installation, a->en.application);
		printf("settings in %s\n", settings_place(s, STATION_KEY));
		print_notes(s, &st);
		rc = 0;
	}
	station_free(&st);
	application_pairs_free(&all);
	settings_close(s);
	return rc;
}

/* The file of a new login key, in the state of the application, and the comment in the key. */
static int
name_key(const struct enrolment *en, struct buf *dir, struct buf *comment, struct err *e)
{
	if (station_state_path(en->installation, en->application, dir, e) == -1 ||
	    buf_addf(comment, e, "%s/%s@", en->installation, en->application) == -1)
		return -1;
	return place_known("ComputerName", strlen("ComputerName"), comment, e) == -1 ? -1 : 0;
}

/* Before a key is made for it. */
static int
check_enrolment(const struct enrolment *en, struct err *e)
{
	struct settings *s = cmd_settings_open(e);
	int rc = s == NULL ? -1 : station_enroll_check(s, en, NULL, e);

	settings_close(s);
	return rc;
}

/* Makes the login key, or writes the kit's. */
static int
make_login(const struct options *o, struct dir *d, const char *comment, struct buf *line,
    struct err *e)
{
	const char *key = o->kit.login_key;
	struct login *login;

	if (o->new_key)
		return login_make(d, KEY_NAME, comment, line, e);
	if ((login = login_parse("the kit's login key", (const uint8_t *)key, strlen(key), e)) ==
	    NULL)
		return -1;
	login_free(login);
	return file_create(d, KEY_NAME, (const uint8_t *)key, strlen(key), 0600, e);
}

/* Whether that file has the kit's key already, of an earlier enrolment. */
static bool
has_kits_login(const struct options *o, struct dir *d)
{
	struct buf file = BUF_INIT(KIT_MAX);
	struct err ignored;
	bool same = !o->new_key && file_read(d, KEY_NAME, &file, &ignored) == 0 &&
	    file.len == strlen(o->kit.login_key) &&
	    CRYPTO_memcmp(file.data, o->kit.login_key, file.len) == 0;

	OPENSSL_cleanse(file.data, file.len);
	buf_free(&file);
	return same;
}

/* Ctrl-C leaves the key, and says so. */
static int
tell_key_stays(const char *path, struct err *e)
{
	static struct buf text; /* as long as the process */

	text = (struct buf)BUF_INIT(FILE_NAME_MAX + 200);
	if (buf_addf(&text, e,
		"\nslipway: interrupted; the login key stays in %s: enrol with --key and that file, "
		"or remove it\n",
		path) == -1)
		return -1;
	process_tell_interrupt(buf_text(&text));
	return 0;
}

/*
 * The key is whole on the disk before a setting names it.  A crash in between leaves the key, which
 * the next call refuses to replace.
 */
static int
enroll_with_new_key(struct options *o, struct err *e)
{
	struct buf path = BUF_INIT(FILE_NAME_MAX), comment = BUF_INIT(512), line = BUF_INIT(1024);
	struct buf state = BUF_INIT(FILE_NAME_MAX);
	struct dir *d = NULL;
	struct err ignored;
	int rc = -1;

	if (check_enrolment(&o->en, e) == -1 || name_key(&o->en, &path, &comment, e) == -1 ||
	    buf_adds(&state, buf_text(&path), e) == -1 ||
	    (d = dir_make(buf_text(&path), place_stationwide() ? 0755 : 0700, e)) == NULL ||
	    buf_adds(&path, "/" KEY_NAME, e) == -1)
		goto out;
	if (has_kits_login(o, d)) {
		o->en.login_key = buf_text(&path);
		rc = enroll(o, e);
		goto out;
	}
	if (make_login(o, d, buf_text(&comment), &line, e) == -1) {
		if (e->code == ERR_EXISTS)
			err_setx(e, ERR_EXISTS,
			    "%s: there is a login key already, which is never replaced; use it with --key "
			    "('ssh-keygen -y -f' prints its line for authorized_keys), or move it away",
			    buf_text(&path));
		goto out;
	}
	o->en.login_key = buf_text(&path);
	if ((rc = tell_key_stays(buf_text(&path), e)) == -1 || (rc = enroll(o, e)) == -1)
		file_remove(d, KEY_NAME, &ignored);
	else if (!o->new_key)
		printf("login key in %s\n", buf_text(&path));
	else
		printf("login key in %s; add this line to authorized_keys on the server:\n%s\n",
		    buf_text(&path), buf_text(&line));
out:
	dir_close(d);
	if (rc == -1 && state.len > 0)
		station_forget_empty(buf_text(&state), 2, &ignored);
	buf_free(&state);
	buf_free(&path);
	buf_free(&comment);
	buf_free(&line);
	return rc;
}

/* Brings the release to the station that was enrolled.  Returns the status of the update, or -1. */
static int
update_enrolled(const struct call *call, const struct options *o, struct err *e)
{
	struct cmd_options options = { .installation = o->en.installation,
		.application = o->en.application };
	struct call update = { .program = call->program,
		.global = call->global,
		.command = &cmd_update,
		.options = &options };
	int rc;

	fflush(stdout);
	if ((rc = cmd_update.run(&update, e)) == -1)
		err_context(e, "the station is enrolled; 'slipway update' goes on");
	return rc;
}

static int
run_enroll(struct call *call, struct err *e)
{
	struct options *o = call->options;
	struct buf key = BUF_INIT(FILE_NAME_MAX), password = BUF_INIT(FILE_NAME_MAX);
	struct instead x = { .given = STRINGS_INIT };
	int rc = -1;

	o->en.host_keys = o->host_keys.values;
	o->en.nhost_keys = o->host_keys.n;
	o->en.servers = (const char *const *)call->argv;
	o->en.nservers = (size_t)call->argc;
	if (take_kit(o, e) == 0 && check_enroll_options(o, e) == 0 &&
	    absolute(&o->en.login_key, login_read, &key, e) == 0 &&
	    absolute(&o->en.password_file, login_read_password, &password, e) == 0 &&
	    replace_letters(o, &x, e) == 0 && for_whom(call, &o->en, o->user, e) == 0)
		rc = o->en.change		       ? change_enrolment(o, e)
		    : o->new_key || uses_kits_login(o) ? enroll_with_new_key(o, e)
						       : enroll(o, e);
	if (rc == 0)
		print_replaced(&x);
	if (rc == 0 && o->update)
		rc = update_enrolled(call, o, e);
	strings_free(&x.given);
	strings_free(&x.written);
	kit_free(&o->kit);
	buf_free(&key);
	buf_free(&password);
	return rc;
}

/* How the command line takes each kind of setting; station_enroll() checks the text. */
enum {
	OPTION_OF_TEXT = OPTION_TEXT,
	OPTION_OF_SECONDS = OPTION_TEXT,
	OPTION_OF_DAYS = OPTION_TEXT,
	OPTION_OF_ON_ERROR = OPTION_CHOICE,
	OPTION_OF_REGISTRY_VIEW = OPTION_CHOICE,
	OPTION_OF_LOG = OPTION_CHOICE
};

#define TO(member) OPTION_TO(struct options, member)
#define ROW(option, setting, kind, member, arg, offer, choice, help) \
	{ option, (enum option_kind)OPTION_OF_##kind, TO(en.member), arg, help, .words = choice, \
		.offers = offer },
static const struct option options[] = {
	{ "host-key", OPTION_LIST, TO(host_keys), "FP",
	    "SHA-256 fingerprint of the server's host key (may be repeated)",
	    .max = STATION_SERVERS_MAX, .offers = OFFER_NOTHING },
	{ "root", OPTION_TEXT, TO(root), "FILE",
	    "root metadata to trust (N.root.json), obtained by a safe way" },
	{ "installation", OPTION_TEXT, TO(en.installation), "NAME",
	    "installation, such as D2EXE_COV_PB", .offers = OFFER_NOTHING },
	{ "app", OPTION_TEXT, TO(en.application), "NAME", "application, such as COV_PB",
	    .offers = OFFER_NOTHING },
	STATION_SETTINGS(ROW){ "new-key", OPTION_FLAG, TO(new_key), NULL,
	    "instead of --key: make the login key, and print its line for the server's authorized_keys" },
	{ "kit-sha256", OPTION_TEXT, TO(kit_sha256), "HEX",
	    "SHA-256 that the file of the kit has to have, obtained by a safe way",
	    .offers = OFFER_NOTHING },
	{ "allow-writable", OPTION_FLAG, TO(en.allow_writable), NULL,
	    "let others than administrators write where files go, and so replace trusted certificates" },
	{ "user", OPTION_FLAG, TO(user), NULL,
	    "for this user alone, also where the computer seems meant for all users; don't ask" },
	{ "change", OPTION_FLAG, TO(en.change), NULL,
	    "change what is given of an enrolment, and keep the rest" },
	{ "force", OPTION_FLAG, TO(en.force), NULL, "replace an enrolment" },
	{ "no-check", OPTION_FLAG, TO(no_check), NULL,
	    "don't ask the servers, for a computer that is prepared away from them" },
	{ "update", OPTION_FLAG, TO(update), NULL,
	    "and bring the release at once, as 'slipway update' does" },
	OPTION_END,
};

const struct command cmd_enroll = { "enroll", run_enroll,
	"--root FILE --installation NAME --app NAME [options] URL... | [options] KIT", 0,
	STATION_SERVERS_MAX, "make this computer a station of an update server",
	"URL is sftp://user@host:port/path or file:///path; several are tried in order. "
	"Needed are --root, --installation and --app; for sftp --host-key and a login, too. "
	"KIT, a file of 'slipway-repo kit', has all of them; options count instead of its own.",
	options, sizeof(struct options), NULL, .offers = OFFER_NOTHING };
