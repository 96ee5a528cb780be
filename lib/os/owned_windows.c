/* SPDX-License-Identifier: ISC */
/* Who can change what a privileged process believes, on Windows: owners and access lists. */
#include "lib/os/owned.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/open_windows.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

#include <sddl.h> /* after windows.h */

/* A walk over a path, the way to it, and its entries. */
struct visit {
	/* of each path; what is that of the walk, without OWNED_SECRET but for the path itself */
	int (*each)(const struct visit *v, const char *path, unsigned what, struct err *e);
	const char *path, *except;
	unsigned what;
	bool adopt;
	struct buf *out;
};

/* What a path names, a link itself.  0 or a Windows error. */
static DWORD
open_named(const char *path, ACCESS_MASK access, HANDLE *h)
{
	struct err e;
	wchar_t *w = wide_path(path, &e);

	if (w == NULL)
		return ERROR_INVALID_NAME;
	*h = CreateFileW(w, access | FILE_READ_ATTRIBUTES, FILE_SHARE_ALL, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
	free(w);
	return *h == INVALID_HANDLE_VALUE ? GetLastError() : 0;
}

static void
rule_of(unsigned what, const struct buf *self, struct acl_rule *rule)
{
	rule->secret = (what & OWNED_SECRET) != 0;
	rule->self = (what & OWNED_USERS) != 0 || !place_privileged() || windows_lists_made_up()
	    ? buf_text(self)
	    : NULL;
}

/* Append the owner and list of a path.  1, 0 it isn't there, -1. */
static int
read_list(const char *path, struct buf *out, struct err *e)
{
	HANDLE h;
	DWORD error = open_named(path, READ_CONTROL, &h);

	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		return 0;
	if (error == 0) {
		error = windows_list(h, out);
		CloseHandle(h);
	}
	return error == 0 ? 1 : err_windows(e, error, "%s: who may change it", path);
}

/* Read and judge the list of a path: its text, the rule and the fault.  1, 0 it isn't there, -1. */
struct found {
	struct buf text, self;
	struct acl_rule rule;
	enum acl_fault fault;
};

static int
look(const char *path, unsigned what, struct found *f, struct err *e)
{
	DWORD error;
	int rc;

	*f = (struct found){ BUF_INIT(ACL_TEXT_MAX), BUF_INIT(ACL_TEXT_MAX), { 0 }, ACL_GOOD };
	if ((error = windows_self(&f->self)) != 0)
		return err_windows(e, error, "who this process is");
	if ((rc = read_list(path, &f->text, e)) == 1) {
		rule_of(what, &f->self, &f->rule);
		f->fault = acl_judge(buf_text(&f->text), &f->rule);
	}
	return rc;
}

static void
looked(struct found *f)
{
	buf_free(&f->text);
	buf_free(&f->self);
}

static int
refuse(const char *path, unsigned what, enum acl_fault fault, struct err *e)
{
	char room[FILE_SHOWN_MAX];
	const char *file = windows_pasted(path, room);
	const char *got = fault == ACL_OWNER ? "one of another owner"
	    : fault == ACL_ACCOUNT	     ? "one that a single account can use, too"
					     : "one that others can use";

	if ((what & OWNED_SECRET) != 0)
		return err_setx(e, ERR_UNSAFE,
		    "%s: want one that administrators and the system alone own and use, because the "
		    "system updates this station; got %s; in an administrator's console, one after "
		    "the other: icacls \"%s\" /setowner \"*S-1-5-32-544\", icacls \"%s\" /reset, "
		    "icacls \"%s\" /inheritance:r /grant:r \"*S-1-5-18:F\" \"*S-1-5-32-544:F\"",
		    path, got, file, file, file);
	if (fault == ACL_ACCOUNT)
		return err_setx(e, ERR_UNSAFE,
		    "%s: want one that administrators and the system alone own and change, got %s; "
		    "'slipway update' in an administrator's console takes its entry out",
		    path, got);
	return err_setx(e, ERR_UNSAFE,
	    "%s: want one that administrators and the system alone own and change, got %s; "
	    "'slipway update --repair' in an administrator's console shows who that is, and asks "
	    "whether to take it over",
	    path, got);
}

static int
check_at(const struct visit *v, const char *path, unsigned what, struct err *e)
{
	struct found f;
	int rc = look(path, what, &f, e);

	(void)v;
	if (rc == 1)
		rc = f.fault == ACL_GOOD ? 0 : refuse(path, what, f.fault, e);
	looked(&f);
	return rc;
}

/* Open what somebody else owns, whatever its list says, and give it another list and owner. */
static DWORD
set_list_at(const char *path, const char *text)
{
	HANDLE h;
	DWORD error = open_named(path, READ_CONTROL | WRITE_DAC | WRITE_OWNER, &h);

	if (error != 0)
		return error;
	error = windows_set_list(h, text, true);
	CloseHandle(h);
	return error;
}

static int
mend_at(const struct visit *v, const char *path, unsigned what, struct err *e)
{
	struct buf mended = BUF_INIT(ACL_TEXT_MAX);
	struct found f;
	DWORD error;
	int rc = look(path, what, &f, e);

	if (rc == 1 && f.fault != ACL_GOOD && (f.fault == ACL_ACCOUNT || v->adopt)) {
		rc = acl_mend(buf_text(&f.text), &f.rule, &mended, e);
		if (rc == 0 && (error = set_list_at(path, buf_text(&mended))) != 0)
			rc = err_windows(e, error, "%s: its owner and list", path);
	}
	buf_free(&mended);
	looked(&f);
	return rc == -1 ? -1 : 0;
}

/* Append a SID, in front of it the name of the account where Windows tells it. */
static int
show_account(struct buf *out, const char *sid, struct err *e)
{
	wchar_t name[256], domain[256];
	DWORD n = N(name), m = N(domain);
	wchar_t *w = wide_of(sid, e);
	SID_NAME_USE use;
	PSID binary = NULL;
	int rc = 0;

	if (w == NULL)
		return -1;
	if (ConvertStringSidToSidW(w, &binary) &&
	    LookupAccountSidW(NULL, binary, name, &n, domain, &m, &use))
		rc = wide_add(out, domain, e) == -1 || buf_addc(out, '\\', e) == -1 ||
			wide_add(out, name, e) == -1 || buf_addc(out, ' ', e) == -1
		    ? -1
		    : 0;
	LocalFree(binary);
	free(w);
	return rc == -1 ? -1 : buf_addf(out, e, "(%s)", sid);
}

static int
show_entry(void *arg, const char *sid, bool changes, struct err *e)
{
	struct buf *out = arg;

	return buf_adds(out, "\n  lets in ", e) == -1 || show_account(out, sid, e) == -1
	    ? -1
	    : buf_adds(out, changes ? " to change it" : " to read it", e);
}

static int
show_at(const struct visit *v, const char *path, unsigned what, struct err *e)
{
	struct buf owner = BUF_INIT(ACL_TEXT_MAX);
	struct found f;
	int rc = look(path, what, &f, e);

	if (rc == 1 && (f.fault == ACL_OWNER || f.fault == ACL_OPEN)) {
		rc = acl_owner(buf_text(&f.text), &owner, e);
		if (rc == 0)
			rc = buf_addf(v->out, e, "%s\n  owner   ", path);
		if (rc == 0)
			rc = show_account(v->out, buf_text(&owner), e);
		if (rc == 0)
			rc = acl_faults(buf_text(&f.text), &f.rule, show_entry, v->out, e);
		if (rc == 0)
			rc = buf_addc(v->out, '\n', e);
	}
	buf_free(&owner);
	looked(&f);
	return rc == -1 ? -1 : 0;
}

static int
visit_entry(void *arg, const char *name, struct err *e)
{
	const struct visit *v = arg;
	struct buf b = BUF_INIT(FILE_SHOWN_MAX);
	int rc = 0;

	if (v->except != NULL && _stricmp(v->except, name) == 0)
		return 0;
	if ((rc = path_join(&b, v->path, name, e)) == 0)
		rc = v->each(v, buf_text(&b), v->what & ~(unsigned)OWNED_SECRET, e);
	buf_free(&b);
	return rc;
}

static int
visit(struct visit *v, struct err *e)
{
	unsigned what = v->what;
	char *copy = strdup(v->path);
	struct dir *d;
	int rc;

	if (copy == NULL)
		return err_nomem(e);
	path_slashes(copy);
	/* From the path up to what is directly in %ProgramData%, where every user may create. */
	do {
		rc = v->each(v, copy, what, e);
		what &= ~(unsigned)OWNED_SECRET;
	} while (rc == 0 && windows_in_programdata(copy) && path_cut(copy) != NULL &&
	    windows_in_programdata(copy));
	free(copy);
	if (rc == -1 || (v->what & OWNED_ENTRIES) == 0)
		return rc;
	if ((d = dir_open(v->path, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = dir_list(d, visit_entry, v, e);
	dir_close(d);
	return rc;
}

int
owned_file(struct dir *d, const char *name, struct err *e)
{
	struct visit v = { .each = check_at, .path = dir_path(d) };
	struct file_info info;
	int found = file_stat(d, name, &info, e);

	if (found == 1 && info.type == FILE_REGULAR)
		return visit_entry(&v, name, e);
	return found == -1 ? -1
	    : found == 0   ? err_setx(e, ERR_NOENT, "%s: no such file", name)
			   : err_setx(e, ERR_UNSAFE, "%s: want a file", name);
}

int
owned_check(const char *path, unsigned what, const char *except, struct err *e)
{
	return visit(&(struct visit){ check_at, path, except, what, false, NULL }, e);
}

int
owned_mend(const char *path, unsigned what, const char *except, bool adopt, struct err *e)
{
	int rc;

	if (adopt)
		windows_use_any_file(true);
	rc = visit(&(struct visit){ mend_at, path, except, what, adopt, NULL }, e);
	if (adopt)
		windows_use_any_file(false);
	return rc;
}

int
owned_show(const char *path, unsigned what, const char *except, struct buf *out, struct err *e)
{
	int rc;

	windows_use_any_file(true);
	rc = visit(&(struct visit){ show_at, path, except, what, false, out }, e);
	windows_use_any_file(false);
	return rc;
}
