/* SPDX-License-Identifier: ISC */
/*
 * Fetching from real servers: OpenSSH started by this program, and directories.
 */
#include "tests/unit/common/test.h"

#include "lib/os/clock.h"
#include "tests/integration/fetching.h"
#include "tests/integration/sshd.h"
#include "tests/integration/sshd_side.h"
#include "lib/sftp/child.h"
#include "updater/fetch/fetch.h"

#define MANY	    1000
#define MANY_SIZE   2048
#define BIG_SIZE    (48u * 1024 * 1024)
#define CONNECT_MS  10000
#define DEADLINE_MS 60000

static struct sshd one, two;
static struct sftp_session_child child = { .role = &sftp_child_role };

struct job {
	const char *urls[2], *pins[2];
	struct fetch_config config;
	char failed[2048]; /* the error that failed() got */
	/* called once after so many bytes of a file; or NULL */
	void (*act)(void);
	uint64_t act_at;
	/* of the last file */
	enum sftp_result result;
	uint64_t bytes;
};

static void
note_failed(void *arg, const char *url, const struct err *why)
{
	struct job *j = arg;
	size_t len = strlen(j->failed);

	snprintf(j->failed + len, sizeof j->failed - len, "%s %s %s;", url, err_name(why->code),
	    why->text);
}

static void
job_init(struct job *j, const char *first, const char *second)
{
	memset(j, 0, sizeof *j);
	j->urls[0] = first;
	j->urls[1] = second;
	j->pins[0] = one.pin;
	j->pins[1] = two.pin;
	j->config = (struct fetch_config){ .urls = j->urls,
		.nurls = second == NULL ? 1 : 2,
		.host_keys = j->pins,
		.nhost_keys = 2,
		.key_file = one.key,
		.child = &child,
		.connect_ms = CONNECT_MS,
		.deadline = clock_mono_ms() + DEADLINE_MS,
		.failed = note_failed,
		.arg = j };
}

/* Asserts that the received bytes are those of the servers from offset on. */
static void
assert_same(struct sink *s, const char *path, uint64_t offset)
{
	assert_arrived(s, one.repo, path, offset);
}

/* Fetches one file from offset on, and asserts that the bytes are those of the servers. */
static int
fetch_one(struct job *j, const char *path, uint64_t max, uint64_t offset, struct err *e)
{
	struct sftp_file f;
	struct sink s;
	int rc;

	file_init(&f, &s, path, max);
	f.offset = offset;
	s.act = j->act;
	s.act_at = j->act_at;
	rc = fetch_with(&j->config, &f, 1, e);
	j->result = f.result;
	j->bytes = s.bytes;
	if (f.result == SFTP_FILE_OK)
		assert_same(&s, path, offset);
	digest_free(s.md);
	return rc;
}

static void
fetches(struct job *j, const char *path, uint64_t max, uint64_t offset)
{
	struct err e;

	assert_ok(fetch_one(j, path, max, offset, &e), &e);
	assert_int_equal(j->result, SFTP_FILE_OK);
}

/* Asserts that the file fails with an error that holds text. */
static void
fails(struct job *j, const char *path, uint64_t max, enum err_code want, const char *text,
    struct err *e)
{
	assert_err(fetch_one(j, path, max, 0, e), want, e);
	assert_int_equal(j->result, SFTP_FILE_FAILED);
	assert_non_null(strstr(e->text, text));
}

static void
fetch_many(const char *url, struct sshd *server)
{
	static struct sftp_file files[MANY];
	static struct sink sinks[MANY];
	static char names[MANY][32];
	struct fetch *h;
	struct job j;
	struct err e;

	(void)server;
	job_init(&j, url, NULL);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "many/f%04zu", i);
		file_init(&files[i], &sinks[i], names[i], MANY_SIZE);
	}
	assert_non_null(h = fetch_start(&j.config, &e));
	assert_ok(fetch_files(h, files, MANY, &e), &e);
	assert_string_equal(fetch_server(h), url);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(files[i].result, SFTP_FILE_OK);
		assert_int_equal(files[i].offset, MANY_SIZE);
		assert_same(&sinks[i], names[i], 0);
		digest_free(sinks[i].md);
	}
	fetch_end(h);
}

static void
many_files(void **state)
{
	(void)state;
	fetch_many(one.url, &one);
}

static void
many_files_few_descriptors(void **state)
{
	struct sshd few;

	(void)state;
	sshd_make(&few, &one);
	sshd_start(&few, 48);
	strcpy(two.pin, few.pin);
	fetch_many(few.url, &few);
	sshd_remove(&few);
}

static void
big_file(void **state)
{
	struct job j;

	(void)state;
	job_init(&j, one.url, NULL);
	fetches(&j, "big", BIG_SIZE, 0);
	assert_int_equal(j.bytes, BIG_SIZE);
}

/* The limit may be larger than the file, and the station may have the beginning already. */
static void
resumed_file(void **state)
{
	struct job j;
	struct err e;

	(void)state;
	job_init(&j, one.url, NULL);
	fetches(&j, "big", 3ull * BIG_SIZE, BIG_SIZE - 1234567);
	assert_int_equal(j.bytes, 1234567);
	assert_err(fetch_one(&j, "many/f0001", BIG_SIZE, MANY_SIZE + 1, &e), ERR_CONFLICT, &e);
}

static struct one_row {
	const char *name, *path;
	uint64_t max;
	enum sftp_result result;
	enum err_code code;
} one_rows[] = {
	{ "sftp: empty file", "empty", 0, SFTP_FILE_OK, ERR_NONE },
	{ "sftp: unknown size", "many/f0001", 1000000, SFTP_FILE_OK, ERR_NONE },
	{ "sftp: absent", "metadata/9.root.json", 1000, SFTP_FILE_ABSENT, ERR_NONE },
	{ "sftp: one byte too large", "many/f0001", MANY_SIZE - 1, SFTP_FILE_FAILED,
	    ERR_TOO_LARGE },
	{ "sftp: far too large", "big", 100, SFTP_FILE_FAILED, ERR_TOO_LARGE },
	{ "sftp: nothing allowed", "many/f0001", 0, SFTP_FILE_FAILED, ERR_TOO_LARGE },
	{ "sftp: directory", "many", 1000000, SFTP_FILE_FAILED, ERR_IO },
	{ "sftp: parent directory", "../config", 1000000, SFTP_FILE_FAILED, ERR_UNSAFE },
};

static void
check_one(const char *url, const struct one_row *r)
{
	struct job j;
	struct err e;

	job_init(&j, url, NULL);
	if (r->code == ERR_NONE)
		assert_ok(fetch_one(&j, r->path, r->max, 0, &e), &e);
	else
		assert_err(fetch_one(&j, r->path, r->max, 0, &e), r->code, &e);
	assert_int_equal(j.result, r->result);
	assert_true(j.bytes <= r->max);
}

static void
one_file(void **state)
{
	check_one(one.url, *state);
}

static struct one_row dir_rows[] = {
	{ "file: small", "many/f0001", MANY_SIZE, SFTP_FILE_OK, ERR_NONE },
	{ "file: big", "big", BIG_SIZE, SFTP_FILE_OK, ERR_NONE },
	{ "file: absent", "metadata/9.root.json", 1000, SFTP_FILE_ABSENT, ERR_NONE },
	{ "file: one byte too large", "many/f0001", MANY_SIZE - 1, SFTP_FILE_FAILED,
	    ERR_TOO_LARGE },
	{ "file: directory", "many", 1000000, SFTP_FILE_FAILED, ERR_UNSAFE },
	{ "file: symbolic link", "link", 1000000, SFTP_FILE_FAILED, ERR_UNSAFE },
	{ "file: parent directory", "../config", 1000000, SFTP_FILE_FAILED, ERR_UNSAFE },
};

static void
directory_file(void **state)
{
	const struct one_row *r = *state;

	if (strcmp(r->path, "link") == 0 && !side_shows_links()) {
		print_message(
		    "%s: skipped under wine: it follows a link by itself; see docs/windows.md\n",
		    r->name);
		skip();
	}
	check_one(one.file_url, r);
}

static void
directory_missing(void **state)
{
	static const char missing[] = "file:///nonexistent/repository";
	struct job j;
	struct err e;

	(void)state;
	job_init(&j, missing, one.url);
	fetches(&j, "many/f0001", MANY_SIZE, 0);
	assert_non_null(strstr(j.failed, "file:///nonexistent/repository network"));
	job_init(&j, missing, NULL);
	fails(&j, "many/f0001", MANY_SIZE, ERR_NETWORK, "", &e);
}

#ifndef _WIN32
/* A share that hangs: opening any name with "hangs" in it never ends. */
struct dir *__real_dir_open(const char *path, struct err *e);
struct dir *__wrap_dir_open(const char *path, struct err *e);
struct file_in *__real_file_in_open(struct dir *d, const char *name, uint64_t at, struct err *e);
struct file_in *__wrap_file_in_open(struct dir *d, const char *name, uint64_t at, struct err *e);

static void
hang(const char *name)
{
	while (strstr(name, "hangs") != NULL)
		clock_sleep_ms(1000);
}

struct dir *
__wrap_dir_open(const char *path, struct err *e)
{
	hang(path);
	return __real_dir_open(path, e);
}

struct file_in *
__wrap_file_in_open(struct dir *d, const char *name, uint64_t at, struct err *e)
{
	hang(name);
	return __real_file_in_open(d, name, at, e);
}

static void
directory_hangs(void **state)
{
	static const char share[] = "file:///that/hangs";
	struct job j;
	struct err e;
	int64_t start;

	(void)state;
	for (int file = 0; file < 2; file++) {
		start = clock_mono_ms();
		job_init(&j, file ? one.file_url : share, NULL);
		j.config.deadline = start + 1500;
		fails(&j, file ? "hangs" : "big", BIG_SIZE, ERR_TIMEOUT, "", &e);
		assert_true(clock_mono_ms() - start < 15000);
		/* Another server has the file. */
		job_init(&j, file ? "file:///that/hangs/too" : share, one.url);
		j.config.connect_ms = 1000;
		fetches(&j, "many/f0001", MANY_SIZE, 0);
	}
}
#endif

/*
 * A file that may not be read is not absent.  Root may read everything, so the session is another
 * user's.
 */
static void
permission_denied(void **state)
{
	char url[400];
	struct job j;
	struct err e;

	(void)state;
	snprintf(url, sizeof url, "sftp://%s@127.0.0.1:%d%s", one.root ? "nobody" : one.user,
	    one.port, one.repo);
	job_init(&j, url, NULL);
	fails(&j, "secret", 1000, ERR_ACCESS, "secret", &e);
}

static void
wrong_host_key(void **state)
{
	struct job j;
	struct err e;

	(void)state;
	job_init(&j, one.url, NULL);
	j.pins[0] = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	j.config.nhost_keys = 1;
	fails(&j, "many/f0001", MANY_SIZE, ERR_HOSTKEY, j.pins[0], &e);
	assert_non_null(strstr(e.text, one.pin));
	assert_int_equal(j.bytes, 0);
	/* The pin of the server's other key is enough. */
	j.pins[0] = one.pin_ecdsa;
	fetches(&j, "many/f0001", MANY_SIZE, 0);
}

/* Names the command that decrypts a copy. */
#define DECRYPT "ssh-keygen -p -P OLD -N '' -f COPY"

static struct key_row {
	const char *name;
	const char *make; /* a shell command that makes the key $K */
	bool known;	  /* put it into authorized_keys */
	enum err_code want;
	const char *text; /* is in the error's text */
} key_rows[] = {
	{ "key: unknown to the server", "ssh-keygen -q -t ed25519 -N '' -f $K", false, ERR_AUTH,
	    "/key_" },
	{ "key: ECDSA P-256", "ssh-keygen -q -t ecdsa -b 256 -N '' -f $K", true, ERR_NONE, NULL },
	{ "key: ECDSA P-384", "ssh-keygen -q -t ecdsa -b 384 -N '' -f $K", true, ERR_NONE, NULL },
	{ "key: ECDSA P-521", "ssh-keygen -q -t ecdsa -b 521 -N '' -f $K", true, ERR_NONE, NULL },
	{ "key: ECDSA as PEM", "ssh-keygen -q -m PEM -t ecdsa -N '' -f $K", true, ERR_NONE, NULL },
	{ "key: encrypted", "ssh-keygen -q -t ed25519 -N sesame -f $K", true, ERR_CONFIG, DECRYPT },
	{ "key: encrypted, CBC", "ssh-keygen -q -t ed25519 -Z aes128-cbc -N sesame -f $K", true,
	    ERR_CONFIG, DECRYPT },
	{ "key: encrypted, GCM",
	    "ssh-keygen -q -t ed25519 -Z aes256-gcm@openssh.com -N sesame -f $K", true, ERR_CONFIG,
	    DECRYPT },
	{ "key: encrypted, ChaCha20",
	    "ssh-keygen -q -t ecdsa -Z chacha20-poly1305@openssh.com -N sesame -f $K", true,
	    ERR_CONFIG, DECRYPT },
	{ "key: encrypted, PKCS#8", "ssh-keygen -q -m PKCS8 -t ecdsa -N sesame -f $K", true,
	    ERR_CONFIG, DECRYPT },
	{ "key: encrypted, PEM", "ssh-keygen -q -m PEM -t ecdsa -N sesame -f $K", true, ERR_CONFIG,
	    DECRYPT },
	{ "key: encrypted RSA", "ssh-keygen -q -t rsa -b 2048 -N sesame -f $K", true, ERR_CONFIG,
	    DECRYPT },
	{ "key: a decrypted copy",
	    "ssh-keygen -q -t ed25519 -N sesame -f $K.old && cp $K.old $K && "
	    "ssh-keygen -q -p -P sesame -N '' -f $K && mv $K.old.pub $K.pub",
	    true, ERR_NONE, NULL },
	{ "key: RSA", "ssh-keygen -q -t rsa -b 2048 -N '' -f $K", true, ERR_CONFIG,
	    "ssh-keygen -t ed25519" },
	{ "key: RSA as PEM", "ssh-keygen -q -m PEM -t rsa -b 2048 -N '' -f $K", true, ERR_CONFIG,
	    "ssh-keygen -t ed25519" },
	{ "key: readable by all", "ssh-keygen -q -t ed25519 -N '' -f $K && chmod 644 $K", true,
	    ERR_CONFIG, "only its owner" },
	{ "key: no key", "echo hello > $K && chmod 600 $K && echo > $K.pub", false, ERR_CONFIG,
	    "private key" },
	{ "key: cut off", "ssh-keygen -q -t ed25519 -N '' -f $K && sed -i 3d $K", false, ERR_CONFIG,
	    "damaged" },
	{ "key: missing", "true", false, ERR_CONFIG, "/key_" },
};

static void
login_key(void **state)
{
	const struct key_row *r = *state;
	char key[200];
	struct job j;
	struct err e;

	snprintf(key, sizeof key, "%s/key_%zu", one.dir, (size_t)(r - key_rows));
	run("K=%s; export K; %s", key, r->make);
	if (r->known)
		run("cat %s.pub >> %s/authorized_keys", key, one.dir);
	job_init(&j, one.url, NULL);
	j.config.key_file = key;
	if (r->want == ERR_NONE) {
		fetches(&j, "many/f0001", MANY_SIZE, 0);
	} else if (r->want == ERR_CONFIG) {
		assert_null(fetch_start(&j.config, &e));
		assert_int_equal(e.code, ERR_CONFIG);
		assert_non_null(strstr(e.text, r->text));
	} else {
		fails(&j, "many/f0001", MANY_SIZE, r->want, r->text, &e);
		assert_non_null(strstr(e.text, one.user));
	}
}

static void
unreachable_then_second(void **state)
{
	char dead[100];
	struct job j;
	struct err e;

	(void)state;
	snprintf(dead, sizeof dead, "sftp://%s@127.0.0.1:%d/", one.user, free_port());
	job_init(&j, dead, one.url);
	fetches(&j, "many/f0001", MANY_SIZE, 0);
	assert_non_null(strstr(j.failed, dead));
	assert_non_null(strstr(j.failed, "network"));
	job_init(&j, dead, NULL);
	fails(&j, "many/f0001", MANY_SIZE, ERR_NETWORK, "127.0.0.1:", &e);
	job_init(&j, "sftp://u@no-such-host.invalid/", NULL);
	fails(&j, "x", 1, ERR_NETWORK, "no-such-host.invalid", &e);
}

static void
kill_one(void)
{
	sshd_signal(&one, SSHD_KILL);
}

static void
kill_sessions(void)
{
	sshd_signal_sessions(&one, SSHD_KILL);
}

static void
stop_one(void)
{
	sshd_signal(&one, SSHD_PAUSE);
}

/* Killed in the middle: every byte arrives once, the rest from the second server. */
static void
killed_then_second(void **state)
{
	struct job j;

	(void)state;
	sshd_make(&two, &one);
	sshd_start(&two, 0);
	job_init(&j, one.url, two.url);
	j.act = kill_one;
	j.act_at = BIG_SIZE / 3;
	fetches(&j, "big", BIG_SIZE, 0);
	assert_non_null(strstr(j.failed, one.url));
	assert_int_equal(j.bytes, BIG_SIZE);
	sshd_remove(&two);
	sshd_stop(&one);
	sshd_start(&one, 0);
}

/* Only the session ended: the same server is asked once more. */
static void
session_killed(void **state)
{
	struct job j;

	(void)state;
	job_init(&j, one.url, NULL);
	j.act = kill_sessions;
	j.act_at = BIG_SIZE / 3;
	fetches(&j, "big", BIG_SIZE, 0);
	assert_int_equal(j.bytes, BIG_SIZE);
}

/* The connection was lost between two calls. */
static void
session_killed_between(void **state)
{
	struct sftp_file f;
	struct fetch *h;
	struct sink s;
	struct job j;
	struct err e;

	(void)state;
	job_init(&j, one.url, NULL);
	assert_non_null(h = fetch_start(&j.config, &e));
	assert_null(fetch_server(h));
	for (int i = 0; i < 3; i++) {
		file_init(&f, &s, "many/f0001", MANY_SIZE);
		assert_ok(fetch_files(h, &f, 1, &e), &e);
		assert_same(&s, "many/f0001", 0);
		digest_free(s.md);
		if (i == 1)
			kill_sessions();
	}
	fetch_end(h);
}

/*
 * Servers that hang before the banner and in the middle of a file.  The deadline, or the limit for
 * silence, ends the wait.
 */
static void
hanging(void **state)
{
	struct job j;
	struct err e;
	int64_t start, took;

	(void)state;
	for (int middle = 0; middle < 2; middle++) {
		for (int silence = 0; silence < 2; silence++) {
			start = clock_mono_ms();
			job_init(&j, one.url, NULL);
			j.config.deadline = start + (silence ? DEADLINE_MS : 1500);
			j.config.connect_ms = silence ? 1500 : DEADLINE_MS;
			j.act = middle ? stop_one : NULL;
			if (!middle)
				stop_one();
			fails(&j, "big", BIG_SIZE, ERR_TIMEOUT, "", &e);
			took = clock_mono_ms() - start;
			assert_true(took >= 1400 && took < 4000);
			sshd_signal(&one, SSHD_GO_ON);
		}
	}
}

/* The first server hangs, the second has the file. */
static void
hanging_then_second(void **state)
{
	struct job j;

	(void)state;
	sshd_make(&two, &one);
	sshd_start(&two, 0);
	job_init(&j, one.url, two.url);
	j.config.connect_ms = 1000;
	j.act = stop_one;
	j.act_at = BIG_SIZE / 3;
	fetches(&j, "big", BIG_SIZE, 0);
	assert_non_null(strstr(j.failed, "timeout"));
	assert_int_equal(j.bytes, BIG_SIZE);
	sshd_signal(&one, SSHD_GO_ON);
	sshd_remove(&two);
}

static int
refuse(void *arg, const void *bytes, size_t len, struct err *e)
{
	(void)arg;
	(void)bytes;
	(void)len;
	return err_setx(e, ERR_NOSPC, "disk full");
}

/* A file whose data the sink refuses fails; the other files arrive. */
static void
sink_fails(void **state)
{
	struct sftp_file files[2];
	struct sink sinks[2];
	struct fetch *h;
	struct job j;
	struct err e;

	(void)state;
	job_init(&j, one.url, NULL);
	file_init(&files[0], &sinks[0], "big", BIG_SIZE);
	file_init(&files[1], &sinks[1], "many/f0001", MANY_SIZE);
	files[0].data = refuse;
	assert_non_null(h = fetch_start(&j.config, &e));
	assert_err(fetch_files(h, files, 2, &e), ERR_NOSPC, &e);
	assert_int_equal(files[0].result, SFTP_FILE_FAILED);
	assert_int_equal(files[1].result, SFTP_FILE_OK);
	fetch_end(h);
	digest_free(sinks[0].md);
	digest_free(sinks[1].md);
}

static int
make_servers(void **state)
{
	(void)state;
	sshd_make(&one, NULL);
	strcpy(two.pin, one.pin);
	run("cd %s && mkdir many && head -c %u /dev/urandom | split -d -a 4 -b %d - many/f && "
	    "head -c %u /dev/urandom > big && : > empty && echo x > secret && chmod %s secret && "
	    "ln -s big link",
	    one.repo, MANY * MANY_SIZE, MANY_SIZE, BIG_SIZE, one.root ? "600" : "000");
	sshd_start(&one, 0);
	return 0;
}

/* No process is left: sessions of killed servers end with their connections. */
static int
remove_servers(void **state)
{
	(void)state;
	sshd_remove(&one);
	return sshd_gone(&one) ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &sftp_child_role, NULL };
	static struct CMUnitTest tests[100] = {
		cmocka_unit_test(many_files),
		cmocka_unit_test(many_files_few_descriptors),
		cmocka_unit_test(big_file),
		cmocka_unit_test(resumed_file),
		cmocka_unit_test(permission_denied),
		cmocka_unit_test(wrong_host_key),
		cmocka_unit_test(unreachable_then_second),
		cmocka_unit_test(killed_then_second),
		cmocka_unit_test(session_killed),
		cmocka_unit_test(session_killed_between),
		cmocka_unit_test(hanging),
		cmocka_unit_test(hanging_then_second),
		cmocka_unit_test(sink_fails),
		cmocka_unit_test(directory_missing),
	};
	size_t n = 14;

#ifndef _WIN32
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(directory_hangs);
#endif
	child_main(roles, argc, argv);
	/*
	 * A server that ends while we write to it must cause an error, not a signal; and no test
	 * may hang.
	 */
	sshd_limit();
	TEST_ROWS(tests, n, one_rows, one_file);
	TEST_ROWS(tests, n, dir_rows, directory_file);
	TEST_ROWS(tests, n, key_rows, login_key);
	return _cmocka_run_group_tests("fetch", tests, n, make_servers, remove_servers);
}
