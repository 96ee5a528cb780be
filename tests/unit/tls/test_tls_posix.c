/* SPDX-License-Identifier: ISC */
/*
 * lib/tls on POSIX systems: the cost of looking at the settings, a key that others can read,
 * signals, and several servers in blocking calls.  test_tls.c and test_tls_api.c test everything
 * that doesn't depend on the platform.
 */
#include <errno.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/os/file.h"
#include "lib/settings/settings.h"
#include "tests/unit/common/test.h"
#include "tests/unit/tls/tls_sides.h"

/* Milliseconds: of the program's timer, of its limit for a call, and until it would be a hang. */
#define TICK_MS	 20
#define LIMIT_MS 300
#define HANG_MS	 20000

static struct id kernel;

/* Calls of lib/tls that look at files and settings; the linker replaces them by these. */
static unsigned stamps, reads;

void __real_file_stamp(const char *path, struct file_stamp *out);
int __real_file_read(struct dir *d, const char *name, struct buf *out, struct err *e);
int __real_file_read_secret(struct dir *d, const char *name, struct buf *out, struct err *e);
int __real_settings_get(struct settings *s, const char *key, const char *name, struct value *v,
    struct err *e);
int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);
void __wrap_file_stamp(const char *path, struct file_stamp *out);
int __wrap_file_read(struct dir *d, const char *name, struct buf *out, struct err *e);
int __wrap_file_read_secret(struct dir *d, const char *name, struct buf *out, struct err *e);
int __wrap_settings_get(struct settings *s, const char *key, const char *name, struct value *v,
    struct err *e);

void
__wrap_file_stamp(const char *path, struct file_stamp *out)
{
	stamps++;
	__real_file_stamp(path, out);
}

/* A file that can't be opened for a moment; NULL: none. */
static const char *unreadable;

/* Milliseconds that the monotonic clock is ahead. */
static int64_t ahead;

int64_t
__wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + ahead;
}

int
__wrap_file_read(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	reads++;
	if (unreadable != NULL && strcmp(name, unreadable) == 0) {
		errno = EMFILE;
		return err_set(e, ERR_IO, "%s", name);
	}
	return __real_file_read(d, name, out, e);
}

int
__wrap_file_read_secret(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	reads++;
	return __real_file_read_secret(d, name, out, e);
}

/* The other side's branch, where a client looks only for a hint. */
static bool server_unreadable;

int
__wrap_settings_get(struct settings *s, const char *key, const char *name, struct value *v,
    struct err *e)
{
	reads++;
	if (server_unreadable && strstr(key, "TLS_Server") != NULL)
		return err_setx(e, ERR_ACCESS, "not to be read");
	return __real_settings_get(s, key, name, v, e);
}

/* The Kernel's pair, and settings that name it. */
static void
place_fill(const struct place *p)
{
	char text[1024];

	put_text(p->key, kernel.key_pem, 0600);
	put_text(p->cert, kernel.cert_pem, 0644);
	snprintf(text, sizeof text,
	    "[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Server]\nTLS_RequiredLevel = TLSNoPeerAuth\n"
	    "TLS_KeyFile = %s\nTLS_CertFile = %s\n[HKLM\\SOFTWARE\\Ipesoft\\D2]\nDefaultApplication = COV\n",
	    p->key, p->cert);
	put_text(p->conf, text, 0644);
}

/* Unchanged: one look at the store and at each file, and nothing read, however many connections. */
static void
look_costs_a_stat(void **state)
{
	/* files that were changed within a second are read again */
	const struct timespec settle = { 1, 100000000 };
	struct slipway_tls *s;
	struct slipway_tls_conn *c;
	const uid_t root = geteuid();
	struct place p;
	int fd[2];

	(void)state;
	/* Root has its settings in /etc and nowhere else: be nobody for a while. */
	assert_true(root == 0 ? seteuid(65534) == 0 : true);
	place_make(&p);
	place_fill(&p);
	assert_int_equal(setenv("SLIPWAY_HOME", p.dir, 1), 0);
	assert_non_null(s = slipway_tls_new(SLIPWAY_TLS_SERVER, NULL, NULL));
	nanosleep(&settle, NULL);
	if (slipway_tls_check(s) == SLIPWAY_TLS_ERROR)
		fail_msg("%s", slipway_tls_error(s));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	for (int i = 0; i < 3; i++) {
		stamps = reads = 0;
		assert_non_null(c = slipway_tls_conn_new(s, fd[0]));
		assert_int_equal(stamps, 3);
		assert_int_equal(reads, 0);
		slipway_tls_conn_free(c);
	}
	assert_int_equal(chmod(p.cert, 0600), 0);
	assert_non_null(c = slipway_tls_conn_new(s, fd[0]));
	assert_true(reads > 0);
	slipway_tls_conn_free(c);
	slipway_tls_free(s);
	assert_int_equal(unsetenv("SLIPWAY_HOME"), 0);
	close(fd[0]);
	close(fd[1]);
	place_remove(&p);
	assert_int_equal(seteuid(root), 0);
}

#define COV "[HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV"

/* Settings that are there and count for nothing; the handle of a client. */
static const struct stray_row {
	const char *name, *conf;
	const char *says[3]; /* parts of the warning; none: there is no warning */
} strays[] = {
	{ "stray: none", COV "\\TLS_Client]\nTLS_RequiredLevel = None\n", { NULL } },
	{ "stray: no case", COV "\\TLS_Client]\ntls_requiredlevel = None\n", { NULL } },
	{ "stray: misspelt", COV "\\TLS_Client]\nTLS_RequiredLevels = TLSPeerAuth\n",
	    { "no TLS setting is called TLS_RequiredLevels", "cfg_COV\\TLS_Client, ",
		"using None" } },
	{ "stray: misspelt beside a level",
	    COV "\\TLS_Client]\nTLS_RequiredLevel = None\nTLS_KeyFiles = a\nTLS_Trusted = b\n",
	    { "is called TLS_KeyFiles, TLS_Trusted (", NULL } },
	{ "stray: one key up", COV "]\nTLS_RequiredLevel = TLSPeerAuth\n",
	    { "is not set in HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Client, ",
		"but in HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV; using None" } },
	{ "stray: the other branch", COV "\\TLS_Server]\nTLS_RequiredLevel = TLSPeerAuth\n",
	    { "but in HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Server; using None" } },
	{ "stray: a hint that can't be had",
	    COV "\\TLS_Client]\n# nothing\n" COV "\\TLS_Server]\nTLS_RequiredLevel = TLSPeerAuth\n",
	    { "cfg_COV\\TLS_Client, ", "; using None" } },
	{ "stray: nowhere", COV "\\TLS_Client]\n# nothing\n",
	    { "is not set in HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Client, ",
		"; using None" } },
};

/*
 * A handle whose store has these settings, and with pair those of a pair behind them, after a check
 * whose result is in *rc.
 */
static struct slipway_tls *
of_store(enum slipway_tls_side side, const char *conf, bool pair, int *rc)
{
	const uid_t root = geteuid();
	struct slipway_tls *t;
	char text[1024];
	struct place p;
	int len;

	/* Root has its settings in /etc and nowhere else: be nobody for a while. */
	assert_true(root == 0 ? seteuid(65534) == 0 : true);
	place_make(&p);
	len = snprintf(text, sizeof text, "%s", conf);
	if (pair) {
		put_text(p.key, kernel.key_pem, 0600);
		put_text(p.cert, kernel.cert_pem, 0644);
		snprintf(text + len, sizeof text - (size_t)len,
		    "TLS_KeyFile = %s\nTLS_CertFile = %s\n", p.key, p.cert);
	}
	put_text(p.conf, text, 0644);
	assert_int_equal(setenv("SLIPWAY_HOME", p.dir, 1), 0);
	assert_non_null(t = slipway_tls_new(side, "D2", "COV"));
	*rc = slipway_tls_check(t);
	assert_int_equal(unsetenv("SLIPWAY_HOME"), 0);
	place_remove(&p);
	assert_int_equal(seteuid(root), 0);
	return t;
}

static void
stray(void **state)
{
	const struct stray_row *row = *state;
	struct slipway_tls *c;
	int rc;

	server_unreadable = strstr(row->name, "can't be had") != NULL;
	c = of_store(SLIPWAY_TLS_CLIENT, row->conf, false, &rc);
	server_unreadable = false;
	if (rc == SLIPWAY_TLS_ERROR)
		fail_msg("%s", slipway_tls_error(c));
	if (row->says[0] == NULL)
		assert_string_equal(slipway_tls_warning(c), "");
	for (size_t i = 0; i < N(row->says) && row->says[i] != NULL; i++)
		if (strstr(slipway_tls_warning(c), row->says[i]) == NULL)
			fail_msg("want '%s' in: %s", row->says[i], slipway_tls_warning(c));
	slipway_tls_free(c);
}

/* Settings without which no connection is made: the error names the key, and what stands there. */
static const struct missing_row {
	const char *name, *conf;
	enum slipway_tls_side side;
	const char *says[3]; /* parts of the error */
} missing_rows[] = {
	{ "missing: misspelt",
	    COV "\\TLS_Server]\nTLS_RequiredLevel = TLSNoPeerAuth\nTLS_KeyFiles = /a\n",
	    SLIPWAY_TLS_SERVER,
	    { "both be set; TLS_KeyFile is not set in HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Server, ",
		"; no TLS setting is called TLS_KeyFiles (HKLM" } },
	{ "missing: trust in the other branch",
	    COV "\\TLS_Client]\nTLS_RequiredLevel = TLSPeerAuth\n" COV
		"\\TLS_Server]\nTLS_TrustedCerts = /a\n",
	    SLIPWAY_TLS_CLIENT, { ", but in HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Server" } },
	{ "missing: a bad level", COV "\\TLS_Client]\nTLS_RequiredLevel = TLSPeer\n",
	    SLIPWAY_TLS_CLIENT,
	    { "got 'TLSPeer' (HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Client, " } },
	{ "missing: a level of another type", COV "\\TLS_Client]\nTLS_RequiredLevel = dword:1\n",
	    SLIPWAY_TLS_CLIENT,
	    { "got a dword (HKLM\\SOFTWARE\\Ipesoft\\D2\\cfg_COV\\TLS_Client, " } },
};

static void
missing(void **state)
{
	const struct missing_row *row = *state;
	struct slipway_tls *t;
	int rc;

	t = of_store(row->side, row->conf, false, &rc);
	assert_int_equal(rc, SLIPWAY_TLS_ERROR);
	for (size_t i = 0; i < N(row->says) && row->says[i] != NULL; i++)
		if (strstr(slipway_tls_error(t), row->says[i]) == NULL)
			fail_msg("want '%s' in: %s", row->says[i], slipway_tls_error(t));
	slipway_tls_free(t);
}

/*
 * Names of files in the store that aren't whole, beside a good pair: the working directory, which
 * has these files, would choose them.  At level None they count for nothing.
 */
static const struct relative_row {
	const char *name, *level, *setting;
	const char *says; /* a part of the error, or of the warning at None; NULL: none */
} relative_rows[] = {
	{ "relative: key", "TLSNoPeerAuth", "TLS_KeyFile = key.pem",
	    "TLS_KeyFile = key.pem: want whole paths, got 'key.pem'" },
	{ "relative: certificate", "TLSNoPeerAuth", "TLS_CertFile = ./cert.pem",
	    "got './cert.pem', which would be in whatever folder the program works in; write the "
	    "folder before it, as in %ProgramData%/COV_PB/cert.pem" },
	{ "relative: one of several", "TLSPeerAuth",
	    "TLS_TrustedCerts = /nonexistent/a.crt; ..\\cert.pem ;%AppData%/b",
	    "/config/b: want whole paths, got '../cert.pem'" },
	{ "relative: list of revocations", "TLSNoPeerAuth", "TLS_CRLFile = cert.pem",
	    "TLS_CRLFile = cert.pem: want whole" },
	{ "relative: a key at None", "None", "TLS_KeyFile = key.pem",
	    "got 'key.pem', which would be in whatever" },
	{ "relative: trust at None", "None", "TLS_TrustedCerts = cert.pem",
	    "the setting counts for nothing" },
	{ "relative: none", "TLSNoPeerAuth", "TLS_TrustedCerts = %AppData%/x", NULL },
};

static void
relative(void **state)
{
	const struct relative_row *row = *state;
	const bool none = strcmp(row->level, "None") == 0;
	struct slipway_tls *s;
	char conf[512];
	const char *said;
	int rc;

	/* What a setting says later counts. */
	snprintf(conf, sizeof conf, COV "\\TLS_Server]\nTLS_RequiredLevel = %s\n%s\n", row->level,
	    row->setting);
	s = of_store(SLIPWAY_TLS_SERVER, conf,
	    strstr(row->setting, "KeyFile") == NULL && strstr(row->setting, "CertFile") == NULL,
	    &rc);
	assert_int_equal(rc, row->says == NULL || none ? 0 : SLIPWAY_TLS_ERROR);
	said = none ? slipway_tls_warning(s) : slipway_tls_error(s);
	if (strstr(said, row->says == NULL ? "" : row->says) == NULL)
		fail_msg("want '%s' in: %s", row->says, said);
	slipway_tls_free(s);
}

/* In settings of the program they count from the working directory. */
static void
relative_in_memory(void **state)
{
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, NULL);
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct place p;

	(void)state;
	place_make(&p);
	place_fill(&p);
	assert_int_equal(chdir(p.dir), 0);
	assert_int_equal(slipway_tls_set(c, "TLS_TrustedCerts", "cert.pem"), 0);
	meet(s, c, SLIPWAY_TLS_OK, NULL);
	assert_int_equal(fchdir(here), 0);
	close(here);
	place_remove(&p);
	slipway_tls_free(c);
	slipway_tls_free(s);
}

/*
 * TLS_AskClientCert as the store has it.  There are no trusted certificates, without which nobody
 * can be asked: the error shows that the setting counts.
 */
static const struct asked_row {
	const char *name, *value, *says; /* a part of the error; NULL: there is none */
} asked_rows[] = {
	{ "asked: yes", "yes", "TLS_AskClientCert is yes" },
	{ "asked: no", "no", NULL },
	{ "asked: a dword 1", "dword:1", "TLS_AskClientCert is yes" },
	{ "asked: a dword 0", "dword:0", NULL },
	{ "asked: a dword 2", "dword:2",
	    "TLS_AskClientCert: want yes or no, or a dword 1 or 0, got 2" },
	{ "asked: a number as text", "1", "TLS_AskClientCert: want yes or no, got '1'" },
	{ "asked: a qword", "qword:1", "TLS_AskClientCert: want a text, got a qword" },
};

static void
asked(void **state)
{
	const struct asked_row *row = *state;
	struct slipway_tls *s;
	char conf[512];
	int rc;

	snprintf(conf, sizeof conf,
	    COV "\\TLS_Server]\nTLS_RequiredLevel = TLSNoPeerAuth\nTLS_AskClientCert = %s\n",
	    row->value);
	s = of_store(SLIPWAY_TLS_SERVER, conf, true, &rc);
	assert_int_equal(rc, row->says == NULL ? 0 : SLIPWAY_TLS_ERROR);
	if (strstr(slipway_tls_error(s), row->says == NULL ? "" : row->says) == NULL)
		fail_msg("want '%s' in: %s", row->says, slipway_tls_error(s));
	slipway_tls_free(s);
}

/* Makes the files older than a second, so that they are read only once. */
static void
settle(void)
{
	const struct timespec pause = { 1, 100000000 };

	nanosleep(&pause, NULL);
}

/* A handle with the files of a place at a level. */
static struct slipway_tls *
of_place(enum slipway_tls_side side, const char *level, const struct place *p)
{
	struct slipway_tls *t = side_new(side, level, NULL, NULL);

	slipway_tls_set(t, "TLS_KeyFile", p->key);
	slipway_tls_set(t, "TLS_CertFile", p->cert);
	return t;
}

static const struct again_row {
	const char *name;
	enum slipway_tls_side side;
	const char *level;
	bool before, content; /* a good pair was there; the new one is given by the program */
	bool moment;	      /* the file can't be read for a moment; otherwise not valid yet */
} again_rows[] = {
	{ "again: not valid yet", SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", true, false, false },
	{ "again: not valid yet, the first", SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", false, false,
	    false },
	{ "again: not valid yet, a client's", SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", true, false,
	    false },
	{ "again: not valid yet, given by the program", SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", true,
	    true, false },
	{ "again: not valid yet, at level None", SLIPWAY_TLS_SERVER, "None", true, false, false },
	{ "again: unreadable for a moment", SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", true, false,
	    true },
	{ "again: unreadable for a moment, the first", SLIPWAY_TLS_CLIENT, "TLSNoPeerAuth", false,
	    false, true },
};

/*
 * A refused pair is looked at again, at most once a second, although no file changes.  Returns
 * false when the certificate was valid before it could be refused.
 */
static bool
is_looked_at_again(const struct again_row *r, long seconds)
{
	struct look early = { .name = "early", .seconds = seconds };
	const time_t begins = time(NULL) + seconds;
	const int want = r->before || strcmp(r->level, "None") == 0 ? 0 : SLIPWAY_TLS_ERROR;
	const struct look now = { .name = "next" };
	struct id next = id_make(r->moment ? &now : &early, NULL);
	struct slipway_tls *t, *other;
	struct place p;
	int first, second;
	int64_t until;
	struct ends e;

	place_make(&p);
	place_fill(&p);
	t = of_place(r->side, r->level, &p);
	if (r->before)
		assert_int_equal(slipway_tls_check(t), 0);
	if (r->content) {
		pem(t, "TLS_KeyFile", next.key_pem);
		pem(t, "TLS_CertFile", next.cert_pem);
	} else {
		put_text(p.key, next.key_pem, 0600);
		put_text(p.cert, next.cert_pem, 0644);
		settle();
	}
	if (r->moment)
		unreadable = p.cert;
	first = slipway_tls_check(t);
	unreadable = NULL;

	/* Nothing is read before the second is over, and the answer is the same. */
	ahead -= 500; /* a slow machine, too */
	reads = 0;
	second = slipway_tls_check(t);
	ahead += 500;
	if (!r->moment && time(NULL) >= begins) {
		slipway_tls_free(t);
		place_remove(&p);
		id_free(&next);
		return false;
	}
	assert_int_equal(first, want);
	assert_int_equal(second, want);
	assert_int_equal(reads, 0);
	if (want != 0)
		assert_non_null(strstr(slipway_tls_error(t), "cert.pem"));
	ahead += 1001;
	for (until = __real_clock_mono_ms() + seconds * 1000 + HANG_MS;
	     __real_clock_mono_ms() < until;) {
		other = side_new(r->side == SLIPWAY_TLS_SERVER ? SLIPWAY_TLS_CLIENT
							       : SLIPWAY_TLS_SERVER,
		    "TLSPeerAuth", r->side == SLIPWAY_TLS_SERVER ? NULL : &kernel, &next);
		ahead += 1001;
		if (slipway_tls_check(t) == 0) {
			bool server = r->side == SLIPWAY_TLS_SERVER;
			int rc;

			ends_open(&e, server ? t : other, server ? other : t);
			rc = talk(&e);
			ends_close(&e);
			if (rc == 0)
				until = 0;
		}
		slipway_tls_free(other);
		clock_sleep_ms(until == 0 ? 0 : 50);
	}
	assert_int_equal(until, 0);
	slipway_tls_free(t);
	place_remove(&p);
	id_free(&next);
	return true;
}

static void
looked_at_again(void **state)
{
	long seconds = 3;

	while (!is_looked_at_again(*state, seconds))
		seconds *= 3;
}

/* One of several trusted files, and a list of revocations, can't be read for a moment. */
static void
trusted_again(void **state)
{
	struct id second = id_make(&(struct look){ .name = "second" }, NULL);
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, NULL), *s;
	char list[512];
	struct place p;

	(void)state;
	place_make(&p);
	put_text(p.key, kernel.cert_pem, 0644);
	put_text(p.cert, second.cert_pem, 0644);
	settle();
	snprintf(list, sizeof list, " %s ; %s", p.key, p.cert);
	slipway_tls_set(c, "TLS_TrustedCerts", list);
	unreadable = p.cert;
	assert_int_equal(slipway_tls_check(c), 0);
	assert_non_null(strstr(slipway_tls_warning(c), "the others stay in use"));
	unreadable = NULL;
	ahead += 1001;
	s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &second, NULL);
	meet(s, c, SLIPWAY_TLS_OK, NULL);
	slipway_tls_free(s);

	/* Without a fault no file is read again. */
	reads = 0;
	ahead += 1001;
	assert_int_equal(slipway_tls_check(c), 0);
	assert_int_equal(reads, 0);
	slipway_tls_free(c);
	place_remove(&p);
	id_free(&second);
}

/* A key that others can read is refused, or causes one warning when the program allows it. */
static void
open_key(void **state)
{
	struct slipway_tls *s = slipway_tls_new(SLIPWAY_TLS_SERVER, NULL, NULL);
	struct place p;

	(void)state;
	place_make(&p);
	place_fill(&p);
	assert_int_equal(chmod(p.key, 0640), 0);
	slipway_tls_set(s, "TLS_RequiredLevel", "TLSNoPeerAuth");
	slipway_tls_set(s, "TLS_KeyFile", p.key);
	slipway_tls_set(s, "TLS_CertFile", p.cert);
	assert_int_equal(slipway_tls_check(s), SLIPWAY_TLS_ERROR);
	assert_int_equal(slipway_tls_error_code(s), SLIPWAY_TLS_E_SETTINGS);
	assert_non_null(strstr(slipway_tls_error(s), "mode 0640"));
	slipway_tls_set_open_key(s, 1);
	assert_int_equal(slipway_tls_check(s), 0);
	assert_non_null(strstr(slipway_tls_warning(s), "mode 0640"));
	assert_int_equal(slipway_tls_check(s), 0);
	assert_string_equal(slipway_tls_warning(s), "");
	slipway_tls_free(s);
	place_remove(&p);
}

/* A peer that is gone causes an error and no signal, and the first error stays. */
static void
no_sigpipe(void **state)
{
	struct sigaction was, standard = { .sa_handler = SIG_DFL };
	char first[128];
	struct ends e;

	(void)state;
	sigaction(SIGPIPE, &standard, &was);
	for (int tls = 0; tls < 2; tls++) {
		if (tls) {
			ends_talking(&e, &kernel);
		} else {
			struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "None", NULL, NULL);
			struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "None", NULL, NULL);

			ends_open(&e, s, c);
			assert_int_equal(talk(&e), 0);
			slipway_tls_free(s);
			slipway_tls_free(c);
		}
		shutdown(e.fd[1], SHUT_RDWR);
		assert_int_equal(slipway_tls_write(e.server, "x", 1), SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_conn_error_code(e.server), SLIPWAY_TLS_E_NETWORK);
		assert_non_null(strstr(slipway_tls_conn_error(e.server), "Broken pipe"));
		snprintf(first, sizeof first, "%s", slipway_tls_conn_error(e.server));
		assert_int_equal(slipway_tls_read(e.server, first, 1), SLIPWAY_TLS_ERROR);
		assert_int_equal(slipway_tls_shutdown(e.server), SLIPWAY_TLS_ERROR);
		assert_string_equal(slipway_tls_conn_error(e.server), first);
		ends_close(&e);
	}
	sigaction(SIGPIPE, &was, NULL);
}

static void
on_tick(int sig)
{
	(void)sig;
}

static void
ticks(long ms)
{
	const struct itimerval every = { { 0, ms * 1000 }, { 0, ms * 1000 } };
	struct sigaction tick = { .sa_handler = on_tick };

	sigaction(SIGALRM, &tick, NULL);
	assert_int_equal(setitimer(ITIMER_REAL, &every, NULL), 0);
}

enum waiting { READ, READ_PART, READ_PLAIN, WRITE, WRITE_PLAIN, SHAKE };

static const struct wait_row {
	const char *name;
	enum waiting what;
} wait_rows[] = {
	{ "timer: read", READ },
	{ "timer: read, the rest of a record is missing", READ_PART },
	{ "timer: read without TLS", READ_PLAIN },
	{ "timer: write", WRITE },
	{ "timer: write without TLS", WRITE_PLAIN },
	{ "timer: a handshake without a limit", SHAKE },
};

/* The other end, which sends one byte of a record now and then, and closes after a hang. */
struct other {
	struct slipway_tls_conn *conn; /* NULL: it doesn't agree on anything */
	int fd;
	bool plain, trickles;
	atomic_bool stop;
};

static void *
other_end(void *arg)
{
	static const unsigned char record[] = { 0x17, 3, 3, 0x40, 0 };
	struct other *o = arg;
	int64_t until = clock_mono_ms() + HANG_MS;
	sigset_t alarm;
	char none = 0;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	if (o->conn != NULL &&
	    (o->plain ? slipway_tls_write(o->conn, "x", 1) != 1
		      : slipway_tls_handshake(o->conn) != 0))
		return o;
	for (size_t i = 0; clock_mono_ms() < until && !atomic_load(&o->stop); i++) {
		if (o->trickles)
			(void)!send(o->fd, i < sizeof record ? (const void *)&record[i] : &none, 1,
			    MSG_NOSIGNAL);
		clock_sleep_ms(50);
	}
	shutdown(o->fd, SHUT_RDWR);
	return NULL;
}

/* The program's own limit of time ends a call, however often a timer interrupts it. */
static void
limit_under_timer(void **state)
{
	const struct wait_row *r = *state;
	const struct timeval limit = { 0, LIMIT_MS * 1000L };
	const bool plain = r->what == READ_PLAIN || r->what == WRITE_PLAIN;
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, plain ? "None" : "TLSNoPeerAuth",
	    plain ? NULL : &kernel, NULL);
	struct slipway_tls *c =
	    side_new(SLIPWAY_TLS_CLIENT, plain ? "None" : "TLSNoPeerAuth", NULL, NULL);
	static char many[1 << 20];
	struct other other = { .plain = plain, .trickles = r->what == READ_PART };
	struct slipway_tls_conn *server;
	pthread_t thread;
	int64_t from;
	long n = 0;
	void *end;
	int fd[2];

	slipway_tls_set_handshake_limit(s, 0);
	sockets_pair(fd, false, true);
	other.fd = fd[1];
	if (r->what != SHAKE)
		assert_non_null(other.conn = slipway_tls_conn_new(c, fd[1]));
	assert_non_null(server = slipway_tls_conn_new(s, fd[0]));
	assert_int_equal(pthread_create(&thread, NULL, other_end, &other), 0);
	if (plain)
		assert_int_equal(slipway_tls_read(server, many, 1), 1);
	else if (r->what != SHAKE)
		assert_int_equal(slipway_tls_handshake(server), 0);
	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	assert_int_equal(setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), 0);
	ticks(TICK_MS);
	from = clock_mono_ms();
	if (r->what == WRITE || r->what == WRITE_PLAIN)
		while ((n = slipway_tls_write(server, many, sizeof many)) > 0)
			from = clock_mono_ms();
	else
		n = slipway_tls_read(server, many, sizeof many);
	ticks(0);
	assert_int_equal(n,
	    r->what == WRITE || r->what == WRITE_PLAIN ? SLIPWAY_TLS_WANT_WRITE
						       : SLIPWAY_TLS_WANT_READ);
	assert_in_range(clock_mono_ms() - from, LIMIT_MS - 50, HANG_MS / 2);
	atomic_store(&other.stop, true);
	assert_int_equal(pthread_join(thread, &end), 0);
	assert_null(end);
	slipway_tls_conn_free(other.conn);
	slipway_tls_conn_free(server);
	close(fd[0]);
	close(fd[1]);
	slipway_tls_free(s);
	slipway_tls_free(c);
}

/* A listener on a free port of the loopback address. */
static int
listener(char where[32])
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof sin;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(where, 32, "127.0.0.1:%u", ntohs(sin.sin_port));
	return fd;
}

static void *
serve_one(void *arg)
{
	struct slipway_tls *s = side_new(SLIPWAY_TLS_SERVER, "TLSNoPeerAuth", &kernel, NULL);
	int fd = accept(*(int *)arg, NULL, NULL);
	struct slipway_tls_conn *c = slipway_tls_conn_new(s, fd);
	char buf[16];
	long n;

	/* A descriptor that blocks: no WANT_* ever. */
	while ((n = slipway_tls_read(c, buf, sizeof buf)) > 0)
		if (slipway_tls_write(c, buf, (size_t)n) != n)
			break;
	slipway_tls_shutdown(c);
	slipway_tls_conn_free(c);
	slipway_tls_free(s);
	close(fd);
	return (void *)n;
}

/*
 * Several servers in blocking calls: the first refuses, the second accepts the connection and stays
 * silent, the third answers.
 */
static void
several_servers(void **state)
{
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	struct slipway_tls_conn *conn;
	char dead[32], silent[32], good[32], buf[16];
	const char *servers[] = { dead, silent, good };
	int gone = listener(dead), mute = listener(silent), live = listener(good), fd;
	pthread_t thread;
	size_t which = 99;
	int64_t from = clock_mono_ms();
	void *end;

	(void)state;
	close(gone);
	assert_int_equal(pthread_create(&thread, NULL, serve_one, &live), 0);
	assert_non_null(conn = slipway_tls_connect(c, servers, 3, 400, &which));
	assert_int_equal(which, 2);
	assert_in_range(clock_mono_ms() - from, 400, 5000);
	assert_int_equal(slipway_tls_write(conn, "hello", 5), 5);
	assert_int_equal(slipway_tls_read(conn, buf, sizeof buf), 5);
	assert_int_equal(slipway_tls_shutdown(conn), 0);
	assert_int_equal(slipway_tls_read(conn, buf, sizeof buf), 0);
	assert_int_equal(pthread_join(thread, &end), 0);
	assert_null(end);
	fd = slipway_tls_conn_fd(conn);
	slipway_tls_conn_free(conn);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* its own, so it is closed */

	which = 99;
	assert_null(slipway_tls_connect(c, servers, 2, 200, &which));
	assert_int_equal(which, 99);
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_TIMEOUT);
	assert_non_null(strstr(slipway_tls_error(c), "Connection refused"));
	assert_non_null(strstr(slipway_tls_error(c), "not done within"));
	servers[0] = "nonsense";
	assert_null(slipway_tls_connect(c, servers, 1, 200, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	assert_null(slipway_tls_connect(c, servers, 0, 200, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_USAGE);
	close(mute);
	close(live);
	slipway_tls_free(c);
}

/*
 * A refused peer outweighs a server that isn't there, wherever it stands, and its certificate is a
 * value; settings that can't be used are no reason to connect.
 */
static void
refusal_of_several(void **state)
{
	struct slipway_tls *c = side_new(SLIPWAY_TLS_CLIENT, "TLSPeerAuth", NULL, &kernel);
	struct id other = id_make(&(struct look){ .name = "other" }, NULL);
	char dead[32], good[32];
	const char *servers[] = { good, dead };
	int gone = listener(dead), live = listener(good);
	pthread_t thread;
	void *end;

	(void)state;
	close(gone);
	pem(c, "TLS_TrustedCerts", other.cert_pem);
	assert_string_equal(slipway_tls_refused_sha256(c), "");
	assert_int_equal(pthread_create(&thread, NULL, serve_one, &live), 0);
	assert_null(slipway_tls_connect(c, servers, 2, 5000, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_UNTRUSTED);
	assert_non_null(strstr(slipway_tls_error(c), "Connection refused"));
	assert_string_equal(slipway_tls_refused_sha256(c), kernel.hex);
	assert_int_equal(pthread_join(thread, &end), 0);
	/* Only what isn't there: no refusal is left from before. */
	assert_null(slipway_tls_connect(c, servers + 1, 1, 5000, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_NETWORK);
	assert_string_equal(slipway_tls_refused_sha256(c), "");
	assert_int_equal(fcntl(live, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(slipway_tls_set(c, "TLS_RequiredLevel", "nonsense"), 0);
	assert_null(slipway_tls_connect(c, servers, 2, 5000, NULL));
	assert_int_equal(slipway_tls_error_code(c), SLIPWAY_TLS_E_SETTINGS);
	assert_int_equal(accept(live, NULL, NULL), -1); /* nobody came */
	close(live);
	slipway_tls_free(c);
	id_free(&other);
}

/* The resolver's thread may still run when the program unloads the library: its code stays. */
static void
stays_loaded(void **state)
{
	void *library = dlopen(TLS_LIBRARY, RTLD_NOW | RTLD_LOCAL);

	(void)state;
	if (library == NULL)
		fail_msg("%s", dlerror());
	assert_int_equal(dlclose(library), 0);
	assert_non_null(dlopen(TLS_LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD));
}

static int
make_kernel(void **state)
{
	(void)state;
	kernel = id_make(&(struct look){ .name = "kernel" }, NULL);
	return 0;
}

static int
free_kernel(void **state)
{
	(void)state;
	id_free(&kernel);
	return 0;
}

int
main(void)
{
	static struct CMUnitTest tests[8 + N(wait_rows) + N(again_rows) + N(strays) +
	    N(missing_rows) + N(asked_rows) + N(relative_rows)] = {
		cmocka_unit_test(trusted_again),
		cmocka_unit_test(look_costs_a_stat),
		cmocka_unit_test(open_key),
		cmocka_unit_test(no_sigpipe),
		cmocka_unit_test(several_servers),
		cmocka_unit_test(refusal_of_several),
		cmocka_unit_test(stays_loaded),
		cmocka_unit_test(relative_in_memory),
	};
	size_t n = 8;

	TEST_ROWS(tests, n, wait_rows, limit_under_timer);
	TEST_ROWS(tests, n, again_rows, looked_at_again);
	TEST_ROWS(tests, n, strays, stray);
	TEST_ROWS(tests, n, missing_rows, missing);
	TEST_ROWS(tests, n, asked_rows, asked);
	TEST_ROWS(tests, n, relative_rows, relative);

	return cmocka_run_group_tests_name("tls_posix", tests, make_kernel, free_kernel);
}
