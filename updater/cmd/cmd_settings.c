/* SPDX-License-Identifier: ISC */
/* slipway settings get, set, delete, list, export, import. */
#include "updater/cmd/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/os/log.h"
#include "lib/settings/application.h"
#include "lib/settings/dump.h"
#include "lib/settings/regfile.h"
#include "lib/settings/view.h"

#define OUT_MAX (64u * 1024 * 1024) /* bytes of what is printed or exported */

struct options {
	/* of the command; set by its row */
	int (*action)(struct settings *s, const struct call *c, const struct options *o,
	    struct err *e);
	const char *type;
	bool expand, tree, json, utf8, dry_run;
};

/* Prints the changes of c that differ from the present settings; unless dry_run, applies them. */
static int
change(struct settings *s, const struct changeset *c, bool dry_run, struct err *e)
{
	struct changeset effective = CHANGESET_INIT;
	struct buf text = BUF_INIT(OUT_MAX);
	int rc = -1;

	if (settings_plan(s, c, &effective, NULL, e) == 0 &&
	    changeset_format(&effective, &text, e) == 0 &&
	    (dry_run || settings_apply(s, &effective, e) == 0)) {
		fputs(effective.n == 0 ? "nothing changes\n" : buf_text(&text), stdout);
		rc = 0;
	}
	buf_free(&text);
	changeset_free(&effective);
	return rc;
}

/* Prints a value without prefix and quotes; each text of a multi on a line of its own. */
static int
print_plain(const struct value *v, const struct options *o, struct err *e)
{
	const struct expand_names names = { .environment = true };
	struct buf out = BUF_INIT(OUT_MAX);
	int rc = 0;

	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		rc = o->expand ? expand(value_get_text(v), v->len, &names, &out, e)
			       : buf_add(&out, v->data, v->len, e);
		break;
	case VALUE_MULTI:
		for (size_t i = 0; i < v->len && rc == 0; i++)
			rc = buf_addc(&out, v->data[i] == '\0' ? '\n' : (char)v->data[i], e);
		if (out.len > 0)
			out.len--; /* puts() ends the last one */
		if (out.data != NULL)
			out.data[out.len] = '\0';
		break;
	case VALUE_BINARY:
		for (size_t i = 0; i < v->len && rc == 0; i++)
			rc = buf_addf(&out, e, "%02x", v->data[i]);
		break;
	default:
		rc = buf_addf(&out, e, "%" PRIu64, v->number);
	}
	if (rc == 0)
		puts(buf_text(&out));
	buf_free(&out);
	return rc;
}

/* 32-bit programs of a computer that has settings for them read another value. */
static void
tell_view32(struct settings *s, const char *given, const char *name, const struct value *v)
{
	struct buf normal = BUF_INIT(2 * SETTING_KEY_MAX), key = BUF_INIT(2 * SETTING_KEY_MAX);
	const struct settings_walk none = { .value = NULL };
	struct value other = VALUE_INIT;
	struct err ignored;
	int found;

	if (settings_list(s, SETTINGS_VIEW32 "\\" SETTINGS_VENDOR, &none, &ignored) != 1 ||
	    setting_key_normal(given, strlen(given), &normal, &ignored) == -1 ||
	    !setting_key_within(buf_text(&normal), SETTINGS_VENDOR_KEY) ||
	    view32_of(buf_text(&normal), &key, &ignored) != 1)
		goto out;
	found = settings_get(s, buf_text(&key), name, &other, &ignored);
	if (found == 0)
		fprintf(stderr, "slipway: note: 32-bit programs find no %s here: %s has none\n",
		    name, buf_text(&key));
	else if (found == 1 && !value_equal(v, &other))
		fprintf(stderr, "slipway: note: 32-bit programs read another value, that of %s\n",
		    buf_text(&key));
	value_free(&other);
out:
	buf_free(&normal);
	buf_free(&key);
}

static int
get_one(struct settings *s, const struct call *c, const struct options *o, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = settings_get(s, c->argv[0], c->argv[1], &v, e);

	if (rc == 0)
		rc = err_setx(e, ERR_NOENT,
		    "%s: there is no setting %s; 'slipway settings list' shows what is there",
		    c->argv[0], c->argv[1]);
	else if (rc == 1 && (rc = print_plain(&v, o, e)) == 0)
		tell_view32(s, c->argv[0], c->argv[1], &v);
	value_free(&v);
	return rc;
}

/* Makes a value of the words of the command line: a text, a number, texts, hexadecimal digits. */
static int
typed_value(const char *type, int argc, char **argv, struct value *v, struct err *e)
{
	struct buf text = BUF_INIT(OUT_MAX);
	enum value_type t;
	int rc = -1;

	if (value_type_parse(type, &t) == -1)
		return err_setx(e, ERR_USAGE, "--type: unknown type '%.40s'", type);
	if (t != VALUE_MULTI && argc != 1)
		return err_setx(e, ERR_USAGE, "want one value, got %d; --type multi takes several",
		    argc);
	if (t == VALUE_MULTI)
		return value_multi(v, (const char *const *)argv, (size_t)argc, e);
	if (t == VALUE_STRING || t == VALUE_EXPAND)
		return value_text(v, t, argv[0], strlen(argv[0]), e);
	/* Numbers and bytes have the form of key files. */
	if (buf_addf(&text, e, "%s:%s", t == VALUE_BINARY ? "hex" : type, argv[0]) == 0)
		rc = value_parse(buf_text(&text), text.len, v, e);
	buf_free(&text);
	return rc;
}

static int
set_one(struct settings *s, const struct call *c, const struct options *o, struct err *e)
{
	struct changeset change_one = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	int rc = -1;

	if (typed_value(o->type, c->argc - 2, c->argv + 2, &v, e) == 0 &&
	    changeset_set(&change_one, c->argv[0], c->argv[1], &v, e) == 0)
		rc = change(s, &change_one, false, e);
	value_free(&v);
	changeset_free(&change_one);
	return rc;
}

static int
delete_one(struct settings *s, const struct call *c, const struct options *o, struct err *e)
{
	struct changeset changes = CHANGESET_INIT;
	int rc;

	if (o->tree != (c->argc == 1))
		return err_setx(e, ERR_USAGE,
		    "want KEY NAME, or --tree KEY for all that is below it");
	rc = o->tree ? changeset_delete_tree(&changes, c->argv[0], e)
		     : changeset_delete(&changes, c->argv[0], c->argv[1], e);
	if (rc == 0)
		rc = change(s, &changes, false, e);
	changeset_free(&changes);
	return rc;
}

static int
list_tree(struct settings *s, const struct call *c, const struct options *o, struct err *e)
{
	struct buf text = BUF_INIT(OUT_MAX);
	json_t *j;
	int rc;

	if (o->json)
		return (j = dump_json(s, c->argv[0], e)) == NULL ? -1 : cli_json(j, e);
	if ((rc = dump_text(s, c->argv[0], &text, e)) == 0)
		fputs(buf_text(&text), stdout);
	buf_free(&text);
	return rc;
}

static int
export_tree(struct settings *s, const struct call *c, const struct options *o, struct err *e)
{
	struct buf text = BUF_INIT(OUT_MAX), file = BUF_INIT(2 * OUT_MAX);
	int rc = -1;

	if (reg_begin(&text, e) == 0 && dump_reg(s, c->argv[0], &text, e) == 0 &&
	    reg_encode(&text, !o->utf8, &file, e) == 0) {
		rc = 0;
		if (c->argc > 1)
			rc = file_replace(NULL, c->argv[1], file.data, file.len, 0644, e);
		else
			fwrite(file.data, 1, file.len, stdout);
	}
	buf_free(&file);
	buf_free(&text);
	return rc;
}

static int
import_file(struct settings *s, const struct call *c, const struct options *o, struct err *e)
{
	struct buf file = BUF_INIT(REG_FILE_MAX);
	struct changeset changes = CHANGESET_INIT;
	size_t left_out = 0;
	int rc = -1;

	if (file_read(NULL, c->argv[0], &file, e) == 0) {
		if (reg_parse_counting(file.data == NULL ? (const uint8_t *)"" : file.data,
			file.len, &changes, &left_out, e) == -1)
			err_context(e, "%s", c->argv[0]);
		else
			rc = change(s, &changes, o->dry_run, e);
		if (rc != -1 && left_out > 0)
			log_warn(
			    "%s: %zu default value%s of keys (@) left out, which settings don't have",
			    c->argv[0], left_out, cli_plural(left_out));
	}
	changeset_free(&changes);
	buf_free(&file);
	return rc;
}

static int
run_settings(struct call *c, struct err *e)
{
	const struct options *o = c->options;
	struct settings *s = cmd_settings_open(e);
	int rc = s == NULL ? -1 : o->action(s, c, o, e);

	settings_close(s);
	return rc;
}

#define TO(member) OPTION_TO(struct options, member)
#define OPTIONS(rows, function) \
	.options = (rows), .size = sizeof(struct options), .defaults = &(const struct options) \
	{ \
		.action = (function), .type = "string" \
	}

static const struct option get_options[] = {
	{ "expand", OPTION_FLAG, TO(expand), NULL, "with %NAME% in it expanded" },
	OPTION_END,
};
const struct command cmd_settings_get = { "settings get", run_settings, "[options] KEY NAME", 2, 2,
	"print a value", NULL, OPTIONS(get_options, get_one), .offers = OFFER_NOTHING };

static const struct option set_options[] = {
	{ "type", OPTION_CHOICE, TO(type), "TYPE", "type of the value",
	    .words = "string expand dword qword binary multi" },
	OPTION_END,
};
const struct command cmd_settings_set = { "settings set", run_settings,
	"[options] KEY NAME VALUE...", 2, 1000, "set a value, and print what changed",
	"A dword and a qword are numbers, binary is hexadecimal digits, multi takes any number "
	"of values.",
	OPTIONS(set_options, set_one), .offers = OFFER_NOTHING };

static const struct option delete_options[] = {
	{ "tree", OPTION_FLAG, TO(tree), NULL, "the key, with all that is below it" },
	OPTION_END,
};
const struct command cmd_settings_delete = { "settings delete", run_settings, "[--tree] KEY [NAME]",
	1, 2, "delete a value, or a key with all below it", NULL,
	OPTIONS(delete_options, delete_one), .offers = OFFER_NOTHING };

static const struct option list_options[] = {
	{ "json", OPTION_FLAG, TO(json), NULL, "print JSON, for programs" },
	OPTION_END,
};
const struct command cmd_settings_list = { "settings list", run_settings, "[options] [KEY]", 0, 1,
	"print all that is below a key, in the form of a key file", NULL,
	OPTIONS(list_options, list_tree), .offers = OFFER_NOTHING };

static const struct option export_options[] = {
	{ "utf8", OPTION_FLAG, TO(utf8), NULL, "in UTF-8 instead of UTF-16LE" },
	OPTION_END,
};
const struct command cmd_settings_export = { "settings export", run_settings,
	"[options] KEY [FILE]", 1, 2, "write a .reg file, as regedit does", NULL,
	OPTIONS(export_options, export_tree) };

static const struct option import_options[] = {
	{ "dry-run", OPTION_FLAG, TO(dry_run), NULL, "only print it", .letter = 'n' },
	OPTION_END,
};
const struct command cmd_settings_import = { "settings import", run_settings, "[options] FILE", 1,
	1, "do what a .reg file says, and print what changed", NULL,
	OPTIONS(import_options, import_file) };
