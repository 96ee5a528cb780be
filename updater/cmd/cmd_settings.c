/* SPDX-License-Identifier: ISC */
/*
 * slipway settings: the store of settings, for people.
 */
#include "updater/cmd/common.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/digest.h"
#include "lib/os/file.h"
#include "lib/os/log.h"
#include "lib/settings/expand.h"
#include "lib/settings/keyline.h"
#include "lib/settings/regfile.h"

#define OUT_MAX (64u * 1024 * 1024) /* bytes of what is printed or exported */

enum { OPT_TYPE = 256, OPT_EXPAND, OPT_TREE, OPT_JSON, OPT_UTF8, OPT_DRY_RUN };

static const struct option options[] = {
	{ "type", required_argument, NULL, OPT_TYPE },
	{ "expand", no_argument, NULL, OPT_EXPAND },
	{ "tree", no_argument, NULL, OPT_TREE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "utf8", no_argument, NULL, OPT_UTF8 },
	{ "dry-run", no_argument, NULL, OPT_DRY_RUN },
	{ NULL, 0, NULL, 0 },
};

struct flags {
	const char *type;
	bool expand, tree, json, utf8, dry_run;
};

/* Show what would differ, and make it so unless it is only to be shown. */
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

/*
 * As people and shells want it: without prefix and quotes; each text of a multi on a line of its
 * own.
 */
static int
print_plain(const struct value *v, const struct flags *f, struct err *e)
{
	const struct expand_names names = { .environment = true };
	struct buf out = BUF_INIT(OUT_MAX);
	int rc = 0;

	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		rc = f->expand ? expand(value_get_text(v), v->len, &names, &out, e)
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

static int
get(struct settings *s, int argc, char **argv, const struct flags *f, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	(void)argc;
	rc = settings_get(s, argv[0], argv[1], &v, e);
	if (rc == 0)
		rc = err_setx(e, ERR_NOENT,
		    "%s: there is no setting %s; 'slipway settings list' shows what is there",
		    argv[0], argv[1]);
	else if (rc == 1)
		rc = print_plain(&v, f, e);
	value_free(&v);
	return rc;
}

/* What a person typed: a text as it is, a number, texts, or hexadecimal digits. */
static int
typed_value(const char *type, int argc, char **argv, struct value *v, struct err *e)
{
	struct buf text = BUF_INIT(OUT_MAX);
	enum value_type t = VALUE_STRING;
	int rc = -1;

	if (type != NULL && value_type_parse(type, &t) == -1)
		return err_setx(e, ERR_USAGE,
		    "--type: want string, expand, dword, qword, multi or binary, got '%.40s'",
		    type);
	if (t != VALUE_MULTI && argc != 1)
		return err_setx(e, ERR_USAGE, "want one value, got %d; --type multi takes several",
		    argc);
	if (t == VALUE_MULTI)
		return value_multi(v, (const char *const *)argv, (size_t)argc, e);
	if (t == VALUE_STRING || t == VALUE_EXPAND)
		return value_text(v, t, argv[0], strlen(argv[0]), e);
	/* Numbers and bytes are written as in key files. */
	if (buf_addf(&text, e, "%s:%s", t == VALUE_BINARY ? "hex" : type, argv[0]) == 0)
		rc = value_parse(buf_text(&text), text.len, v, e);
	buf_free(&text);
	return rc;
}

static int
set(struct settings *s, int argc, char **argv, const struct flags *f, struct err *e)
{
	struct changeset c = CHANGESET_INIT;
	struct value v = VALUE_INIT;
	int rc = -1;

	if (typed_value(f->type, argc - 2, argv + 2, &v, e) == 0 &&
	    changeset_set(&c, argv[0], argv[1], &v, e) == 0)
		rc = change(s, &c, false, e);
	value_free(&v);
	changeset_free(&c);
	return rc;
}

static int delete (struct settings *s, int argc, char **argv, const struct flags *f, struct err *e)
{
	struct changeset c = CHANGESET_INIT;
	int rc;

	if (f->tree != (argc == 1))
		return err_setx(e, ERR_USAGE,
		    "want KEY NAME, or --tree KEY for all that is below it");
	rc = f->tree ? changeset_delete_tree(&c, argv[0], e)
		     : changeset_delete(&c, argv[0], argv[1], e);
	if (rc == 0)
		rc = change(s, &c, false, e);
	changeset_free(&c);
	return rc;
}

/* A walk over a key and all below it, to one of three forms. */
struct tree {
	struct settings *s;
	struct buf key; /* where the walk is */
	bool shown;	/* its line was written */
	int (*begin)(struct tree *t, struct err *e);
	int (*value)(struct tree *t, const char *name, const struct value *v, struct err *e);
	struct buf out;
	json_t *json;
	char **subkeys;
	size_t nsubkeys;
};

static int
walk_value(void *arg, const char *name, const struct value *v, struct err *e)
{
	struct tree *t = arg;

	if (!t->shown && t->begin(t, e) == -1)
		return -1;
	t->shown = true;
	return t->value(t, name, v, e);
}

static int
walk_subkey(void *arg, const char *subkey, struct err *e)
{
	struct tree *t = arg;
	char **more = realloc(t->subkeys, (t->nsubkeys + 1) * sizeof *more);

	if (more == NULL)
		return err_nomem(e);
	t->subkeys = more;
	if ((t->subkeys[t->nsubkeys] = strdup(subkey)) == NULL)
		return err_nomem(e);
	t->nsubkeys++;
	return 0;
}

/* 1 the key exists, 0 it doesn't, -1.  Depth is bounded by the length of a key. */
static int
walk(struct tree *t, struct err *e)
{
	const struct settings_walk w = { walk_value, walk_subkey, t };
	char **subkeys;
	size_t n, len = t->key.len;
	int rc;

	t->subkeys = NULL;
	t->nsubkeys = 0;
	t->shown = false;
	rc = settings_list(t->s, buf_text(&t->key), &w, e);
	subkeys = t->subkeys;
	n = t->nsubkeys;
	for (size_t i = 0; i < n; i++) {
		if (rc == 1 && (buf_addf(&t->key, e, "\\%s", subkeys[i]) == -1 || walk(t, e) == -1))
			rc = -1;
		t->key.len = len;
		if (t->key.data != NULL)
			t->key.data[len] = '\0';
		free(subkeys[i]);
	}
	free(subkeys);
	return rc;
}

static int
text_begin(struct tree *t, struct err *e)
{
	return buf_addf(&t->out, e, "%s[%s]\n", t->out.len > 0 ? "\n" : "", buf_text(&t->key));
}

static int
text_value(struct tree *t, const char *name, const struct value *v, struct err *e)
{
	if (keyline_format_name(name, &t->out, e) == -1 || buf_adds(&t->out, " = ", e) == -1 ||
	    value_format(v, &t->out, e) == -1)
		return -1;
	return buf_addc(&t->out, '\n', e);
}

static int
reg_tree_begin(struct tree *t, struct err *e)
{
	return reg_key(&t->out, buf_text(&t->key), e);
}

static int
reg_tree_value(struct tree *t, const char *name, const struct value *v, struct err *e)
{
	return reg_value(&t->out, name, v, e);
}

static int
json_begin(struct tree *t, struct err *e)
{
	return json_object_set_new(t->json, buf_text(&t->key), json_object()) == -1 ? err_nomem(e)
										    : 0;
}

/*
 * A dword and a qword as a number (a text where JSON's integers end), a multi as an array, bytes in
 * hexadecimal.
 */
static json_t *
json_of(const struct value *v)
{
	json_t *j = NULL;
	char *hex;

	switch (v->type) {
	case VALUE_STRING:
	case VALUE_EXPAND:
		return json_string(value_get_text(v));
	case VALUE_MULTI:
		j = json_array();
		for (size_t i = 0; i < v->len; i += strlen((const char *)v->data + i) + 1)
			json_array_append_new(j, json_string((const char *)v->data + i));
		return j;
	case VALUE_BINARY:
		if ((hex = malloc(2 * v->len + 1)) != NULL) {
			hex_encode(v->data, v->len, hex);
			j = json_string(hex);
		}
		free(hex);
		return j;
	default:
		return v->number <= INT64_MAX ? json_integer((json_int_t)v->number)
					      : json_sprintf("%" PRIu64, v->number);
	}
}

static int
json_value(struct tree *t, const char *name, const struct value *v, struct err *e)
{
	json_t *entry =
	    json_pack("{s:s, s:o}", "type", value_type_name(v->type), "value", json_of(v));

	if (entry == NULL ||
	    json_object_set_new(json_object_get(t->json, buf_text(&t->key)), name, entry) == -1)
		return err_nomem(e);
	return 0;
}

/* The settings below key, or below both roots where it is NULL, in the form that t writes. */
static int
tree_of(struct tree *t, struct settings *s, const char *key, struct err *e)
{
	static const char *const roots[] = { "HKLM", "HKCU" };
	int rc = 0;

	t->s = s;
	t->key = (struct buf)BUF_INIT(2 * SETTING_KEY_MAX);
	for (size_t i = 0; i < (key == NULL ? 2u : 1u) && rc != -1; i++) {
		const char *from = key == NULL ? roots[i] : key;

		buf_reset(&t->key);
		rc = setting_key_normal(from, strlen(from), &t->key, e);
		if (rc == 0 && (rc = walk(t, e)) == 0 && key != NULL)
			rc = err_setx(e, ERR_NOENT, "%s: there is no such key in %s",
			    buf_text(&t->key), settings_place(s, buf_text(&t->key)));
	}
	buf_free(&t->key);
	return rc == -1 ? -1 : 0;
}

static int
list(struct settings *s, int argc, char **argv, const struct flags *f, struct err *e)
{
	struct tree t = { .out = BUF_INIT(OUT_MAX),
		.begin = f->json ? json_begin : text_begin,
		.value = f->json ? json_value : text_value };
	int rc;

	if (f->json && (t.json = json_object()) == NULL)
		return err_nomem(e);
	if ((rc = tree_of(&t, s, argc > 0 ? argv[0] : NULL, e)) == 0) {
		if (f->json) {
			json_dumpf(t.json, stdout, JSON_INDENT(1));
			putchar('\n');
		} else {
			fputs(buf_text(&t.out), stdout);
		}
	}
	json_decref(t.json);
	buf_free(&t.out);
	return rc;
}

static int export(struct settings *s, int argc, char **argv, const struct flags *f, struct err *e)
{
	struct tree t = { .out = BUF_INIT(OUT_MAX),
		.begin = reg_tree_begin,
		.value = reg_tree_value };
	struct buf file = BUF_INIT(2 * OUT_MAX);
	int rc = -1;

	if (reg_begin(&t.out, e) == 0 && tree_of(&t, s, argv[0], e) == 0 &&
	    reg_encode(&t.out, !f->utf8, &file, e) == 0) {
		if (argc > 1)
			rc = file_replace(NULL, argv[1], file.data, file.len, 0644, e);
		else if (fwrite(file.data, 1, file.len, stdout) == file.len)
			rc = 0;
		else
			err_set(e, ERR_IO, "standard output");
	}
	buf_free(&file);
	buf_free(&t.out);
	return rc;
}

static int
import(struct settings *s, int argc, char **argv, const struct flags *f, struct err *e)
{
	struct buf file = BUF_INIT(REG_FILE_MAX);
	struct changeset c = CHANGESET_INIT;
	int rc = -1;

	(void)argc;
	if (file_read(NULL, argv[0], &file, e) == 0) {
		if (reg_parse(file.data == NULL ? (const uint8_t *)"" : file.data, file.len, &c,
			e) == -1)
			err_context(e, "%s", argv[0]);
		else
			rc = change(s, &c, f->dry_run, e);
	}
	changeset_free(&c);
	buf_free(&file);
	return rc;
}

static const struct action {
	const char *name;
	int (*run)(struct settings *s, int argc, char **argv, const struct flags *f, struct err *e);
	int least, most;     /* arguments */
	const char *options; /* those that it takes, each in spaces */
} actions[] = {
	{ "get", get, 2, 2, " expand " },
	{ "set", set, 2, 1000, " type " },
	{ "delete", delete, 1, 2, " tree " },
	{ "list", list, 0, 1, " json " },
	{ "export", export, 1, 2, " utf8 " },
	{ "import", import, 1, 1, " dry-run " },
};

static const struct action *
find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof actions / sizeof actions[0]; i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

/* Options may stand anywhere behind the action.  0, or the exit status. */
static int
parse(const struct action *a, int argc, char **argv, struct flags *f)
{
	char word[32];
	int c, index;

	while ((c = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (c == '?')
			return cmd_usage("settings");
		snprintf(word, sizeof word, " %s ", options[index].name);
		if (strstr(a->options, word) == NULL) {
			log_error("settings %s: takes no --%s", a->name, options[index].name);
			return cmd_usage("settings");
		}
		f->type = c == OPT_TYPE ? optarg : f->type;
		f->expand |= c == OPT_EXPAND;
		f->tree |= c == OPT_TREE;
		f->json |= c == OPT_JSON;
		f->utf8 |= c == OPT_UTF8;
		f->dry_run |= c == OPT_DRY_RUN;
	}
	return 0;
}

int
cmd_settings(int argc, char **argv)
{
	const struct action *a = find(argc > 1 ? argv[1] : NULL);
	struct flags f = { NULL, false, false, false, false, false };
	struct settings *s;
	struct err e;
	int status, rc;

	if (a == NULL) {
		log_error("settings: want get, set, delete, list, export or import%s%s",
		    argc > 1 ? ", got " : "", argc > 1 ? argv[1] : "");
		return cmd_usage("settings");
	}
	argc--;
	argv++;
	if ((status = parse(a, argc, argv, &f)) != 0)
		return status;
	argc -= optind;
	argv += optind;
	if (argc < a->least || argc > a->most) {
		log_error("settings %s: wrong number of arguments", a->name);
		return cmd_usage("settings");
	}
	if ((s = settings_open(&e)) == NULL)
		return cmd_fail(&e);
	rc = a->run(s, argc, argv, &f, &e);
	settings_close(s);
	if (rc == 0 && fflush(stdout) != 0)
		rc = err_set(&e, ERR_IO, "standard output");
	return rc == -1 ? cmd_fail(&e) : EXIT_SUCCESS;
}
