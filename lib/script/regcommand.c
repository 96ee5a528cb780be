/* SPDX-License-Identifier: ISC */
/* reg add and reg delete. */
#include "lib/script/regcommand.h"

#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/os/places.h"
#include "lib/settings/expand.h"
#include "lib/settings/view.h"

/* The options of a command; NULL: not given. */
struct reg_options {
	const char *name, *type, *data, *separator;
	bool default_value, all_values, force, view32, view64;
};

bool
regcommand_is(const char *program)
{
	const char *slash = strrchr(program, '\\');
	size_t n;

	program = slash == NULL ? program : slash + 1;
	n = strlen(program);
	if (n > 4 && ascii_same(program + n - 4, ".exe"))
		n -= 4;
	return ascii_same_n(program, n, "reg", 3);
}

/* Whether it is the reg.exe of 32 bits, in the folder that Windows has for such programs. */
static bool
is_32_bit(const char *program)
{
	static const char folder[] = "\\SysWOW64\\reg";
	size_t n = sizeof folder - 1;

	for (; (program = strchr(program, '\\')) != NULL; program++)
		if (strlen(program) >= n && ascii_same_n(program, n, folder, n))
			return true;
	return false;
}

/* A rule for a word: what is behind its '/' or '-'. */
static bool
is_option(const char *word, const char *name)
{
	return (*word == '/' || *word == '-') && ascii_same(word + 1, name);
}

/* The options with a text, and where it goes. */
static const char **
text_option(const char *word, struct reg_options *o)
{
	return is_option(word, "v") ? &o->name
	    : is_option(word, "t")  ? &o->type
	    : is_option(word, "d")  ? &o->data
	    : is_option(word, "s")  ? &o->separator
				    : NULL;
}

static bool *
flag_option(const char *word, struct reg_options *o)
{
	return is_option(word, "ve")	? &o->default_value
	    : is_option(word, "va")	? &o->all_values
	    : is_option(word, "f")	? &o->force
	    : is_option(word, "reg:32") ? &o->view32
	    : is_option(word, "reg:64") ? &o->view64
					: NULL;
}

static int
read_options(const struct strings *words, struct reg_options *o, struct err *e)
{
	for (size_t i = 3; i < words->n; i++) {
		const char *word = words->v[i], **text = text_option(word, o);
		bool *flag = flag_option(word, o);

		if (text == NULL && flag == NULL)
			return err_setx(e, ERR_SYNTAX,
			    "reg %.10s has no option '%.60s'; a text with blanks stands in quotes",
			    words->v[1], word);
		if ((text != NULL && *text != NULL) || (flag != NULL && *flag))
			return err_setx(e, ERR_SYNTAX, "the option %.10s stands twice", word);
		if (flag != NULL)
			*flag = true;
		else if (++i < words->n)
			*text = words->v[i];
		else
			return err_setx(e, ERR_SYNTAX, "want a text behind %.10s", word);
	}
	return 0;
}

/* Settings have one view. */
static int
check_view(const char *program, const struct reg_options *o, struct err *e)
{
	if (!o->view32 && (o->view64 || !is_32_bit(program)))
		return 0;
	return err_setx(e, ERR_SYNTAX,
	    "%s the 32-bit view: leave it out; a station whose setting RegistryView is both writes "
	    "the 32-bit view, too",
	    o->view32 ? "/reg:32 is" : "SysWOW64, the folder of a reg.exe of 32 bits, means");
}

/* Settings have no default values. */
static int
check_options(const struct reg_options *o, bool adds, struct err *e)
{
	if (o->default_value || (adds && o->name == NULL && o->data != NULL))
		return err_setx(e, ERR_SYNTAX,
		    "the default value of a key, which settings don't have; /v names a value");
	if (o->all_values)
		return err_setx(e, ERR_SYNTAX,
		    "/va: a script deletes one value by its name, or a key with all below it");
	if (adds && o->name == NULL)
		return err_setx(e, ERR_SYNTAX,
		    "a key without a value is no setting; the key is made when a value is set");
	if (!adds && (o->type != NULL || o->data != NULL || o->separator != NULL))
		return err_setx(e, ERR_SYNTAX, "reg delete takes /v and /f, no type and no data");
	return 0;
}

/* Whether the names in a text are those that scripts have. */
static int
check_known_names(const char *text, struct err *e)
{
	struct expand_name known[32];
	struct expand_names names = { .own = known, .only_own = true };
	struct buf out = BUF_INIT(EXPAND_MAX);
	const char *name;
	struct err why;
	int rc;

	for (const char *p = strchr(text, '%'); p != NULL; p = strchr(p + 1, '%'))
		if (p[1] == '%')
			p++;
		else if (p[1] != '\0' && strchr("0123456789*~", p[1]) != NULL)
			return err_setx(e, ERR_SYNTAX,
			    "%%%c is an argument of the batch file; write its text", p[1]);
		else if ((p = strchr(p + 1, '%')) == NULL)
			break;
	for (size_t i = 0; (name = place_known_name(i)) != NULL && names.n < N(known); i++)
		known[names.n++] = (struct expand_name){ name, "" };
	for (size_t i = 0; (name = expand_script_name(i)) != NULL && names.n < N(known); i++)
		known[names.n++] = (struct expand_name){ name, "" };
	rc = expand(text, strlen(text), &names, &out, e);
	buf_free(&out);
	if (rc == 0)
		return 0;
	why = *e;
	return err_setx(e, why.code,
	    "%s; write its text, or a name that scripts have (docs/settings.md)", why.text);
}

/* Appends a text that a script takes as it is, with one '%' for two. */
static int
add_plain(const char *text, const char *what, struct buf *out, struct err *e)
{
	for (; *text != '\0'; text++) {
		if (*text == '%' && *++text != '%')
			return err_setx(e, ERR_SYNTAX,
			    "%s with a name in '%%': a script replaces names only in the texts that it sets; "
			    "write the name itself",
			    what);
		if (buf_addc(out, *text, e) == -1)
			return -1;
	}
	return 0;
}

static int
add_reg_key(const char *word, struct buf *key, struct err *e)
{
	struct buf plain = BUF_INIT(SETTING_KEY_MAX * 2);
	int rc;

	if (strncmp(word, "\\\\", 2) == 0)
		return err_setx(e, ERR_SYNTAX, "a key of another computer");
	if (strchr(word, '/') != NULL)
		return err_setx(e, ERR_SYNTAX, "want a key with '\\', got '%.200s'", word);
	rc = add_plain(word, "a key", &plain, e);
	if (rc == 0)
		rc = setting_key_normal(buf_text(&plain), plain.len, key, e);
	if (rc == 0)
		rc = view32_refuse(buf_text(key), e);
	buf_free(&plain);
	return rc;
}

/* Cuts a text at its separators ("\0", or the character of /s) as reg.exe does. */
static int
make_list(const struct reg_options *o, const char *data, struct value *v, struct err *e)
{
	const char *separator = o->separator == NULL ? "\\0" : o->separator;
	struct strings texts = STRINGS_INIT;
	struct buf part = BUF_INIT(VALUE_SIZE_MAX);
	size_t n = strlen(separator);
	int rc = 0;

	if (o->separator != NULL && (n != 1 || *separator == '%'))
		return err_setx(e, ERR_SYNTAX, "/s: want one character other than '%%'");
	while (*data != '\0' && rc == 0) {
		const char *stop = strstr(data, separator);
		size_t len = stop == NULL ? strlen(data) : (size_t)(stop - data);

		buf_reset(&part);
		/* The list may end in two separators, as it does in the registry. */
		if (len == 0 && texts.n > 0 && data[n] == '\0')
			break;
		if (len == 0)
			rc = err_setx(e, ERR_SYNTAX, "REG_MULTI_SZ: want texts, got an empty one");
		else if ((rc = buf_add(&part, data, len, e)) == 0 &&
		    (rc = check_known_names(buf_text(&part), e)) == 0)
			rc = strings_add(&texts, buf_text(&part), e);
		data += stop == NULL ? len : len + n;
	}
	if (rc == 0)
		rc = value_multi(v, (const char *const *)texts.v, texts.n, e);
	buf_free(&part);
	strings_free(&texts);
	return rc;
}

/* "12" or "0x1f". */
static int
make_number(const char *type, enum value_type t, const char *data, struct value *v, struct err *e)
{
	uint64_t number = 0;
	size_t n = strlen(data);
	bool hex = n > 2 && data[0] == '0' && ascii_lower(data[1]) == 'x', bad = n == 0;

	if (hex)
		for (size_t i = 2; i < n && !bad; i++) {
			char two[2] = { '0', data[i] };
			uint8_t digit;

			bad = hex_decode(two, 2, &digit, 1) == -1 || number >> 60 != 0;
			if (!bad)
				number = number << 4 | digit;
		}
	else
		bad = number_parse(data, n, 0, UINT64_MAX, &number) == -1;
	if (bad || (t == VALUE_DWORD && number > UINT32_MAX) || number > INT64_MAX)
		return err_setx(e, ERR_SYNTAX,
		    "%s: want a whole number up to %s, or 0x and digits, got '%.40s'", type,
		    t == VALUE_DWORD ? "4294967295" : "9223372036854775807", data);
	return value_number(v, t, number, e);
}

static int
make_bytes(const char *data, struct value *v, struct err *e)
{
	uint8_t bytes[VALUE_SIZE_MAX / 8];
	size_t n = strlen(data);

	if (n % 2 != 0 || n / 2 > sizeof bytes || hex_decode(data, n, bytes, n / 2) == -1)
		return err_setx(e, ERR_SYNTAX, "REG_BINARY: want pairs of hexadecimal digits");
	return value_binary(v, bytes, n / 2, e);
}

static int
make_data(const struct reg_options *o, struct value *v, struct err *e)
{
	const char *type = o->type == NULL ? "REG_SZ" : o->type,
		   *data = o->data == NULL ? "" : o->data;

	if (ascii_same(type, "REG_MULTI_SZ"))
		return make_list(o, data, v, e);
	if (o->separator != NULL)
		return err_setx(e, ERR_SYNTAX, "/s is for REG_MULTI_SZ alone");
	if (ascii_same(type, "REG_DWORD"))
		return make_number("REG_DWORD", VALUE_DWORD, data, v, e);
	if (ascii_same(type, "REG_QWORD"))
		return make_number("REG_QWORD", VALUE_QWORD, data, v, e);
	if (ascii_same(type, "REG_BINARY"))
		return make_bytes(data, v, e);
	if (!ascii_same(type, "REG_SZ") && !ascii_same(type, "REG_EXPAND_SZ"))
		return err_setx(e, ERR_SYNTAX,
		    "settings have no type '%.40s'; want REG_SZ, REG_EXPAND_SZ, REG_DWORD, REG_QWORD, "
		    "REG_MULTI_SZ or REG_BINARY",
		    type);
	if (check_known_names(data, e) == -1)
		return -1;
	return value_text(v, ascii_same(type, "REG_SZ") ? VALUE_STRING : VALUE_EXPAND, data,
	    strlen(data), e);
}

static int
make_change(const struct reg_options *o, bool adds, const char *key, struct changeset *c,
    struct err *e)
{
	struct buf name = BUF_INIT(SETTING_NAME_MAX * 2);
	struct value v = VALUE_INIT;
	int rc = o->name == NULL ? 0 : add_plain(o->name, "a value's name", &name, e);

	if (rc == 0 && adds && (rc = make_data(o, &v, e)) == 0)
		rc = changeset_set(c, key, buf_text(&name), &v, e);
	else if (rc == 0 && !adds)
		rc = o->name == NULL ? changeset_delete_tree(c, key, e)
				     : changeset_delete(c, key, buf_text(&name), e);
	value_free(&v);
	buf_free(&name);
	return rc;
}

int
regcommand_parse(const struct strings *words, struct changeset *c, struct err *e)
{
	const char *what = words->n > 1 ? words->v[1] : "";
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct reg_options o = { .name = NULL };
	bool adds = ascii_same(what, "add");
	int rc = -1;

	for (size_t i = 0; i < words->n; i++)
		if (!valid_utf8(words->v[i], strlen(words->v[i])))
			return err_setx(e, ERR_SYNTAX,
			    "want UTF-8, got letters of a code page that the file doesn't tell; save it as "
			    "UTF-8");
	if (ascii_same(what, "import"))
		return err_setx(e, ERR_SYNTAX, "reg import: turn the .reg file itself");
	if (!adds && !ascii_same(what, "delete"))
		return err_setx(e, ERR_SYNTAX, "want reg add or reg delete, got reg '%.40s'", what);
	if (words->n < 3)
		return err_setx(e, ERR_SYNTAX, "want a key behind reg %s", what);
	if (add_reg_key(words->v[2], &key, e) == 0 && read_options(words, &o, e) == 0 &&
	    check_view(words->v[0], &o, e) == 0 && check_options(&o, adds, e) == 0)
		rc = make_change(&o, adds, buf_text(&key), c, e);
	buf_free(&key);
	return rc;
}
