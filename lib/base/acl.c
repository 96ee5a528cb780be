/* SPDX-License-Identifier: ISC */
/*
 * Access lists of Windows as text: "O:BAG:SYD:PAI(A;OICI;FA;;;BA)(...)".  [MS-DTYP] 2.5.1 has the
 * grammar.
 */
#include "lib/base/acl.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"

#define INSTALLER "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
#define ADMINS	  "(A;;FA;;;SY)(A;;FA;;;BA)"
#define SYSTEM_IN "(A;OICI;FA;;;SY)"
#define ADMINS_IN "(A;OICI;FA;;;BA)"

/* Rights to a file, as bits. */
#define RIGHT_READ	0x80000001u /* its content, GENERIC_READ */
#define RIGHT_ALL	0x10000000u /* GENERIC_ALL */
#define RIGHT_CHANGE	0x400d0046u /* content, names, list, owner, GENERIC_WRITE */
#define RIGHT_FILE_FULL 0x001f01ffu
#define RIGHT_GENERIC	0xf0000000u

/* How entries go on to what is in a directory. */
enum { OBJECT_INHERIT = 1, NO_PROPAGATE = 2, INHERIT_ONLY = 4 };

struct span {
	const char *at;
	size_t len;
};

enum { TYPE, FLAGS, RIGHTS, OBJECT, INHERITED_OBJECT, SID, FIELDS };

/* An entry, "(type;flags;rights;object;inherited object;SID)"; a condition may follow the SID. */
struct entry {
	struct span text, field[FIELDS], condition;
	uint32_t rights;
	unsigned flags;
};

/* The parts of a descriptor's text. */
struct parts {
	struct span owner, flags;
	const char *entries, *end; /* NULL: there is no list, and everybody may do everything */
};

static const struct {
	char name[3];
	uint32_t bits;
} right_names[] = { { "FA", RIGHT_FILE_FULL }, { "FR", 0x120089 }, { "FW", 0x120116 },
	{ "FX", 0x1200a0 }, { "GA", 0x10000000 }, { "GR", 0x80000000 }, { "GW", 0x40000000 },
	{ "GX", 0x20000000 }, { "RC", 0x20000 }, { "SD", 0x10000 }, { "WD", 0x40000 },
	{ "WO", 0x80000 }, { "CC", 0x1 }, { "DC", 0x2 }, { "LC", 0x4 }, { "SW", 0x8 },
	{ "RP", 0x10 }, { "WP", 0x20 }, { "DT", 0x40 }, { "LO", 0x80 }, { "CR", 0x100 } };

static bool
is(const struct span *s, const char *word)
{
	return s->len == strlen(word) && memcmp(s->at, word, s->len) == 0;
}

static bool
begins(const struct span *s, const char *word)
{
	return s->len > strlen(word) && memcmp(s->at, word, strlen(word)) == 0;
}

static int
malformed(const char *text, struct err *e)
{
	return err_setx(e, ERR_SYNTAX, "access list: not understood: %.200s", text);
}

/* The length of a SID at p: "S-1-..." or two letters; 0: there is none. */
static size_t
sid_length(const char *p)
{
	if (p[0] == 'S' && p[1] == '-')
		return 1 + strspn(p + 1, "-0123456789");
	return p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' && p[1] <= 'Z' ? 2 : 0;
}

/* Behind the entry that begins at p, or NULL: brackets and quotes of a condition are balanced. */
static const char *
entry_end(const char *p)
{
	unsigned depth = 0;
	bool quoted = false;

	for (; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '(')
			depth++;
		else if (!quoted && *p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

static bool
has_flag(const struct span *flags, const char *name)
{
	for (size_t i = 0; i + 1 < flags->len; i += 2)
		if (memcmp(flags->at + i, name, 2) == 0)
			return true;
	return false;
}

/* Rights that aren't understood count as all. */
static uint32_t
read_rights(const struct span *s)
{
	uint32_t bits = 0;
	char *end;

	if (s->len > 0 && s->at[0] >= '0' && s->at[0] <= '9') {
		unsigned long long n = strtoull(s->at, &end, 0);

		return end == s->at + s->len && n <= UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	}
	for (size_t i = 0; i < s->len; i += 2) {
		size_t k = 0;

		while (k < N(right_names) &&
		    (i + 1 == s->len || memcmp(s->at + i, right_names[k].name, 2) != 0))
			k++;
		bits |= k < N(right_names) ? right_names[k].bits : UINT32_MAX;
	}
	return bits;
}

/* Read the entry at *p, and go on behind it.  0 or -1. */
static int
read_entry(const char **p, struct entry *a)
{
	const char *end = entry_end(*p), *at = *p + 1;

	if (end == NULL)
		return -1;
	a->text = (struct span){ *p, (size_t)(end - *p) };
	for (int i = 0; i < FIELDS; i++) {
		size_t len = strcspn(at, ";()\"");

		if (i < SID ? at[len] != ';' : len == 0 || (at[len] != ';' && at + len + 1 != end))
			return -1;
		a->field[i] = (struct span){ at, len };
		at += len + (i < SID);
	}
	a->condition = (struct span){ at, (size_t)(end - 1 - at) };
	a->rights = read_rights(&a->field[RIGHTS]);
	a->flags = (has_flag(&a->field[FLAGS], "OI") ? OBJECT_INHERIT : 0) |
	    (has_flag(&a->field[FLAGS], "NP") ? NO_PROPAGATE : 0) |
	    (has_flag(&a->field[FLAGS], "IO") ? INHERIT_ONLY : 0);
	*p = end;
	return 0;
}

static int
split(const char *text, struct parts *out)
{
	const char *p = text;
	struct entry a;

	*out = (struct parts){ .entries = NULL };
	for (int i = 0; i < 2; i++) {
		size_t len;

		if (p[0] != "OG"[i] || p[1] != ':')
			continue;
		p += 2;
		if ((len = sid_length(p)) == 0)
			return -1;
		if (i == 0)
			out->owner = (struct span){ p, len };
		p += len;
	}
	if (p[0] != 'D' || p[1] != ':')
		return *p == '\0' ? 0 : -1;
	out->flags = (struct span){ p + 2, strcspn(p + 2, "(S") };
	p = out->flags.at + out->flags.len;
	/* NO_ACCESS_CONTROL */
	if (out->flags.len > 6)
		return 0;
	for (out->entries = p; *p == '(';)
		if (read_entry(&p, &a) == -1)
			return -1;
	out->end = p;
	return *p == '\0' || *p == 'S' ? 0 : -1;
}

/* Read the entry at *p, and go on behind it.  False at the end. */
static bool
next_entry(const struct parts *list, const char **p, struct entry *a)
{
	return *p != list->end && read_entry(p, a) == 0;
}

static bool
is_denial(const struct entry *a)
{
	return is(&a->field[TYPE], "D") || is(&a->field[TYPE], "OD") || is(&a->field[TYPE], "XD");
}

static bool
is_admins(const struct span *sid)
{
	return is(sid, "BA") || is(sid, "S-1-5-32-544");
}

static bool
is_system(const struct span *sid)
{
	return is(sid, "SY") || is(sid, "S-1-5-18");
}

static bool
is_good(const struct span *sid)
{
	return is_admins(sid) || is_system(sid) || is(sid, INSTALLER);
}

/* The last number of a SID: of a computer's or domain's accounts, those below 1000 are fixed. */
static bool
is_account(const struct span *sid)
{
	const char *p = sid->at + sid->len;
	unsigned long rid;

	if (is(sid, "LA") || is(sid, "LG") || begins(sid, "S-1-12-1-"))
		return true;
	if (!begins(sid, "S-1-5-21-"))
		return false;
	while (p[-1] != '-')
		p--;
	rid = strtoul(p, NULL, 10);
	return rid >= 1000 || (rid >= 500 && rid < 504);
}

static int
add_span(struct buf *out, const struct span *s, struct err *e)
{
	return buf_add(out, s->at, s->len, e);
}

/* Windows writes the built-in Administrator, whose last number is 500, as two letters. */
static bool
is_user(const struct span *sid, const char *user)
{
	size_t len = strlen(user);

	return is(sid, user) ||
	    (is(sid, "LA") && strncmp(user, "S-1-5-21-", 9) == 0 &&
		strcmp(user + len - 4, "-500") == 0);
}

/* Private lists. */

/* Whether a list lets a user in by the user's own entry. */
static bool
names_user(const char *text, const char *user)
{
	struct parts list;
	struct entry a;
	const char *p;
	bool named = false;

	if (split(text, &list) == -1)
		return false;
	for (p = list.entries; !named && next_entry(&list, &p, &a);)
		named = !is_denial(&a) && is_user(&a.field[SID], user) &&
		    (a.rights & (RIGHT_CHANGE | RIGHT_ALL)) != 0;
	return named;
}

static int
choose_private(const struct acl_file *f, struct buf *out, struct err *e)
{
	if (f->privileged && f->directory != NULL && !names_user(f->directory, f->self))
		return buf_adds(out, "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)", e);
	return buf_addf(out, e, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;%s)", f->self);
}

/* Lists of installed files. */

/* Whether a list is what Slipway once left on installed files: that of the staging directory. */
static bool
is_staging_list(const struct parts *list)
{
	unsigned admins = 0, system = 0, accounts = 0, others = 0;
	const char *p = list->entries;
	struct entry a;

	while (next_entry(list, &p, &a)) {
		const struct span *sid = &a.field[SID];

		if (!is(&a.field[TYPE], "A") || a.rights != RIGHT_FILE_FULL)
			others++;
		else if (is_admins(sid))
			admins++;
		else if (is_system(sid))
			system++;
		else if (is_account(sid))
			accounts++;
		else
			others++;
	}
	return admins == 1 && system == 1 && accounts == 1 && others == 0;
}

/* The rights of an inherited entry: those for all kinds of objects become those of files. */
static int
add_rights(const struct entry *a, struct buf *out, struct err *e)
{
	static const struct {
		uint32_t generic, file;
	} map[] = { { 0x10000000, RIGHT_FILE_FULL }, { 0x80000000, 0x120089 },
		{ 0x40000000, 0x120116 }, { 0x20000000, 0x1200a0 } };
	uint32_t bits = a->rights & ~RIGHT_GENERIC;

	if (a->rights == bits || a->rights == UINT32_MAX)
		return add_span(out, &a->field[RIGHTS], e);
	for (size_t i = 0; i < N(map); i++)
		if ((a->rights & map[i].generic) != 0)
			bits |= map[i].file;
	return bits == RIGHT_FILE_FULL ? buf_adds(out, "FA", e)
				       : buf_addf(out, e, "0x%x", (unsigned)bits);
}

/* The entry that a file gets by one of a directory above it, as Windows makes it. */
static int
hand_down(const struct entry *a, const struct acl_file *f, struct buf *out, struct err *e)
{
	const struct span *sid = &a->field[SID];

	if ((a->flags & OBJECT_INHERIT) == 0 || (f->missing > 0 && (a->flags & NO_PROPAGATE) != 0))
		return 0;
	/* The primary group of who makes the file: on Windows it means nothing. */
	if (is(sid, "CG") || is(sid, "S-1-3-1"))
		return 0;
	if (buf_addc(out, '(', e) == -1 || add_span(out, &a->field[TYPE], e) == -1 ||
	    buf_adds(out, ";ID;", e) == -1 || add_rights(a, out, e) == -1 ||
	    buf_addc(out, ';', e) == -1 || add_span(out, &a->field[OBJECT], e) == -1 ||
	    buf_addc(out, ';', e) == -1 || add_span(out, &a->field[INHERITED_OBJECT], e) == -1 ||
	    buf_addc(out, ';', e) == -1)
		return -1;
	if ((is(sid, "CO") || is(sid, "S-1-3-0") ? buf_adds(out, f->privileged ? "BA" : f->self, e)
						 : add_span(out, sid, e)) == -1)
		return -1;
	return add_span(out, &a->condition, e) == -1 ? -1 : buf_addc(out, ')', e);
}

static int
choose_inherited(const struct acl_file *f, struct buf *out, struct err *e)
{
	const char *owner = f->privileged ? "O:BA" : "", *p;
	size_t before;
	struct parts list;
	struct entry a;

	if (split(f->directory, &list) == -1)
		return malformed(f->directory, e);
	if (buf_addf(out, e, "%sD:ARAI", owner) == -1)
		return -1;
	before = out->len;
	for (p = list.entries; next_entry(&list, &p, &a);)
		if (hand_down(&a, f, out, e) == -1)
			return -1;
	if (out->len > before)
		return 0;
	/* Nothing is handed down: Windows takes what the process would give. */
	return f->privileged ? buf_adds(out, ADMINS, e)
			     : buf_addf(out, e, ADMINS "(A;;FA;;;%s)", f->self);
}

/*
 * The whole text of an existing list, for a file that gets it.  "AR" has to stand where "AI" is to
 * be kept.
 */
static int
add_list(const struct parts *list, struct buf *out, struct err *e)
{
	bool inherits =
	    list->flags.len > 0 && bytes_find(list->flags.at, list->flags.len, "AI") != NULL;

	if (buf_addf(out, e, "D:%s%s",
		list->flags.len > 0 && memchr(list->flags.at, 'P', list->flags.len) != NULL ? "P"
											    : "",
		inherits ? "ARAI" : "") == -1)
		return -1;
	return buf_add(out, list->entries, (size_t)(list->end - list->entries), e);
}

/* Append the list of the replaced file.  1, 0 where it isn't to be kept, -1. */
static int
choose_replaced(const struct acl_file *f, struct buf *out, struct err *e)
{
	struct parts list;

	if (f->replaced == NULL)
		return 0;
	if (split(f->replaced, &list) == -1)
		return malformed(f->replaced, e);
	if (list.entries == NULL || is_staging_list(&list) ||
	    (f->privileged && !is_good(&list.owner)))
		return 0;
	if (f->privileged && (buf_adds(out, "O:", e) == -1 || add_span(out, &list.owner, e) == -1))
		return -1;
	return add_list(&list, out, e) == -1 ? -1 : 1;
}

int
acl_choose(const struct acl_file *f, struct buf *out, struct err *e)
{
	size_t before = out->len;
	int rc = 0;

	switch (f->kind) {
	case ACL_PRIVATE:
		rc = choose_private(f, out, e);
		break;
	case ACL_SHARED:
		rc = buf_adds(out, "O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)",
		    e);
		break;
	case ACL_INSTALLED:
		if ((rc = choose_replaced(f, out, e)) == 0)
			rc = choose_inherited(f, out, e);
		break;
	case ACL_KEPT:
		rc = choose_inherited(f, out, e);
		break;
	}
	if (rc == -1)
		buf_cut(out, before);
	return rc == -1 ? -1 : 0;
}

/* Whom lists let in. */

/* Whether an entry gives somebody else rights that are a fault. */
static bool
is_fault(const struct entry *a, const struct acl_rule *rule)
{
	const struct span *sid = &a->field[SID];
	uint32_t rights = RIGHT_CHANGE | RIGHT_ALL | (rule->secret ? RIGHT_READ : 0);

	if (is_denial(a) || (a->flags & INHERIT_ONLY) != 0 || (a->rights & rights) == 0)
		return false;
	/* OW: the owner, who is looked at anyway. */
	return !is_good(sid) && !is(sid, "OW") && !is(sid, "S-1-3-4") &&
	    (rule->self == NULL || !is_user(sid, rule->self));
}

enum acl_fault
acl_judge(const char *text, const struct acl_rule *rule)
{
	enum acl_fault fault = ACL_GOOD;
	struct parts list;
	struct entry a;
	const char *p;

	if (split(text, &list) == -1 ||
	    (!is_good(&list.owner) && (rule->self == NULL || !is_user(&list.owner, rule->self))))
		return ACL_OWNER;
	if (list.entries == NULL)
		return ACL_OPEN;
	for (p = list.entries; fault != ACL_OPEN && next_entry(&list, &p, &a);)
		if (is_fault(&a, rule))
			fault = is_account(&a.field[SID]) ? ACL_ACCOUNT : ACL_OPEN;
	return fault;
}

/* Whether a list lets one of the good owners do everything. */
static bool
lets_in(const struct parts *list, bool (*who)(const struct span *sid))
{
	const char *p = list->entries;
	bool in = false;
	struct entry a;

	while (!in && next_entry(list, &p, &a))
		in = is(&a.field[TYPE], "A") && (a.flags & INHERIT_ONLY) == 0 &&
		    who(&a.field[SID]) &&
		    ((a.rights & RIGHT_ALL) != 0 ||
			(a.rights & RIGHT_FILE_FULL) == RIGHT_FILE_FULL);
	return in;
}

/* The system and administrators, where a list doesn't let them in: nobody could use the file. */
static int
add_missing(const struct parts *list, struct buf *out, struct err *e)
{
	if (!lets_in(list, is_system) && buf_adds(out, SYSTEM_IN, e) == -1)
		return -1;
	return lets_in(list, is_admins) ? 0 : buf_adds(out, ADMINS_IN, e);
}

int
acl_mend(const char *text, const struct acl_rule *rule, struct buf *out, struct err *e)
{
	size_t before = out->len;
	struct parts list;
	struct entry a;
	const char *p;
	bool added = false;
	int rc;

	if (split(text, &list) == -1)
		return malformed(text, e);
	rc = buf_adds(out, "O:BAD:P", e);
	/* Windows wants denials in front. */
	for (p = list.entries; rc == 0 && next_entry(&list, &p, &a);) {
		if (!added && !is_denial(&a)) {
			rc = add_missing(&list, out, e);
			added = true;
		}
		if (rc == 0 && !is_fault(&a, rule))
			rc = add_span(out, &a.text, e);
	}
	if (rc == 0 && !added)
		rc = add_missing(&list, out, e);
	if (rc == -1)
		buf_cut(out, before);
	return rc;
}

int
acl_faults(const char *text, const struct acl_rule *rule,
    int (*each)(void *arg, const char *sid, bool changes, struct err *e), void *arg, struct err *e)
{
	struct buf sid = BUF_INIT(ACL_TEXT_MAX);
	struct parts list;
	struct entry a;
	const char *p;
	int rc = 0;

	if (split(text, &list) == -1)
		return malformed(text, e);
	if (list.entries == NULL)
		return each(arg, "WD", true, e);
	for (p = list.entries; rc == 0 && next_entry(&list, &p, &a);) {
		if (!is_fault(&a, rule))
			continue;
		buf_reset(&sid);
		if ((rc = add_span(&sid, &a.field[SID], e)) == 0)
			rc = each(arg, buf_text(&sid), (a.rights & (RIGHT_CHANGE | RIGHT_ALL)) != 0,
			    e);
	}
	buf_free(&sid);
	return rc;
}

int
acl_owner(const char *text, struct buf *out, struct err *e)
{
	struct parts list;

	return split(text, &list) == -1 ? malformed(text, e) : add_span(out, &list.owner, e);
}

static bool
same_span(const struct span *a, const struct span *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static bool
same_entry(const struct entry *a, const struct entry *b)
{
	for (int i = 0; i < FIELDS; i++)
		if (i != RIGHTS && !same_span(&a->field[i], &b->field[i]))
			return false;
	return a->rights == b->rights && same_span(&a->condition, &b->condition);
}

bool
acl_same(const char *a, const char *b)
{
	struct parts x, y;
	struct entry one, other;
	const char *p, *q;
	bool more, as_many;

	if (split(a, &x) == -1 || split(b, &y) == -1 || x.entries == NULL || y.entries == NULL ||
	    (memchr(x.flags.at, 'P', x.flags.len) == NULL) !=
		(memchr(y.flags.at, 'P', y.flags.len) == NULL))
		return false;
	p = x.entries;
	q = y.entries;
	do {
		more = next_entry(&x, &p, &one);
		as_many = next_entry(&y, &q, &other);
	} while (more && as_many && same_entry(&one, &other));
	return !more && !as_many;
}
