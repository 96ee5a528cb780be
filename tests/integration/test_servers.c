/* SPDX-License-Identifier: ISC */
/*
 * Fetching from SFTP servers other than OpenSSH, each started by this program.  Their differences
 * (short reads, few open files, no extensions, other algorithms, requests that may not be sent
 * ahead) don't change the received bytes.
 */
#include "tests/unit/common/test.h"

#include "lib/os/clock.h"
#include "tests/integration/fetching.h"
#include "tests/integration/sshd.h"
#include "lib/sftp/child.h"

#define MANY	    1000
#define MANY_SIZE   2048
#define BIG_SIZE    (12u * 1024 * 1024)
#define CONNECT_MS  10000
#define DEADLINE_MS 60000
#define DESCRIPTORS 64 /* of the server that may open few files */

static const char *const kinds[] = { "proftpd", "rclone", "asyncssh", "paramiko" };

#define KINDS (sizeof kinds / sizeof kinds[0])

static struct sshd servers[KINDS];
static struct sshd *killed; /* the server for kill_server() */

static struct sftp_session_child child = { .role = &sftp_child_role };

struct job {
	const char *urls[2], *pins[2];
	struct fetch_config config;
};

static void
job_init(struct job *j, const struct sshd *first, const struct sshd *second)
{
	*j = (struct job){ .urls = { first->url, second == NULL ? NULL : second->url },
		.pins = { first->pin, second == NULL ? NULL : second->pin } };
	j->config = (struct fetch_config){ .urls = j->urls,
		.nurls = second == NULL ? 1 : 2,
		.host_keys = j->pins,
		.nhost_keys = second == NULL ? 1 : 2,
		.key_file = servers[0].key,
		.child = &child,
		.connect_ms = CONNECT_MS,
		.deadline = clock_mono_ms() + DEADLINE_MS };
}

static void
many_files(const struct sshd *server)
{
	static struct sftp_file files[MANY];
	static struct sink sinks[MANY];
	static char names[MANY][32];
	struct job j;
	struct err e;

	job_init(&j, server, NULL);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "many/f%04zu", i);
		file_init(&files[i], &sinks[i], names[i], MANY_SIZE);
	}
	assert_ok(fetch_with(&j.config, files, MANY, &e), &e);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(files[i].result, SFTP_FILE_OK);
		assert_int_equal(files[i].offset, MANY_SIZE);
		assert_arrived(&sinks[i], server->repo, names[i], 0);
		digest_free(sinks[i].md);
	}
}

static void
do_many(struct sshd *server)
{
	many_files(server);
}

/* So few descriptors that the server refuses most files that are opened at once. */
static void
do_few_descriptors(struct sshd *server)
{
	struct sshd few;

	sshd_make(&few, server);
	other_start(&few, kinds[server - servers], DESCRIPTORS);
	many_files(&few);
	sshd_remove(&few);
}

static void
fetch_big(const struct job *j, const struct sshd *server, uint64_t offset, void (*act)(void))
{
	struct sftp_file f;
	struct sink s;
	struct err e;

	file_init(&f, &s, "big", BIG_SIZE);
	f.offset = offset;
	s.act = act;
	s.act_at = BIG_SIZE / 3;
	assert_ok(fetch_with(&j->config, &f, 1, &e), &e);
	assert_int_equal(s.bytes, BIG_SIZE - offset);
	assert_arrived(&s, server->repo, "big", offset);
	digest_free(s.md);
}

static void
do_big(struct sshd *server)
{
	struct job j;

	job_init(&j, server, NULL);
	fetch_big(&j, server, 0, NULL);
	fetch_big(&j, server, BIG_SIZE - 1234567, NULL);
}

static void
kill_server(void)
{
	sshd_signal(killed, SSHD_KILL);
}

/* The server is killed in the middle, and the next server (another program) goes on. */
static void
do_killed(struct sshd *server)
{
	struct sshd *next = &servers[(size_t)(server - servers + 1) % KINDS];
	struct job j;

	job_init(&j, server, next);
	killed = server;
	fetch_big(&j, server, 0, kill_server);
	sshd_stop(server);
	other_start(server, kinds[server - servers], 0);
}

static void
one(const struct sshd *server, const char *path, uint64_t max, enum sftp_result result,
    enum err_code code)
{
	struct sftp_file f;
	struct sink s;
	struct job j;
	struct err e;

	job_init(&j, server, NULL);
	file_init(&f, &s, path, max);
	if (code == ERR_NONE)
		assert_ok(fetch_with(&j.config, &f, 1, &e), &e);
	else
		assert_err(fetch_with(&j.config, &f, 1, &e), code, &e);
	assert_int_equal(f.result, result);
	assert_true(s.bytes <= max);
	digest_free(s.md);
}

static void
do_empty(struct sshd *s)
{
	one(s, "empty", 0, SFTP_FILE_OK, ERR_NONE);
}
static void
do_unknown_size(struct sshd *s)
{
	one(s, "many/f0001", 1000000, SFTP_FILE_OK, ERR_NONE);
}
static void
do_absent(struct sshd *s)
{
	one(s, "metadata/9.root.json", 1000, SFTP_FILE_ABSENT, ERR_NONE);
}
static void
do_absent_dir(struct sshd *s)
{
	one(s, "many/none/x", 1000, SFTP_FILE_ABSENT, ERR_NONE);
}
static void
do_one_too_large(struct sshd *s)
{
	one(s, "many/f0001", MANY_SIZE - 1, SFTP_FILE_FAILED, ERR_TOO_LARGE);
}
static void
do_far_too_large(struct sshd *s)
{
	one(s, "big", 100, SFTP_FILE_FAILED, ERR_TOO_LARGE);
}

/* ProFTPD reports that the file may not be read. */
static void
do_directory(struct sshd *s)
{
	one(s, "many", 1000000, SFTP_FILE_FAILED, s == &servers[0] ? ERR_ACCESS : ERR_IO);
}

static void
do_host_key(struct sshd *server)
{
	struct sftp_file f;
	struct sink s;
	struct job j;
	struct err e;

	job_init(&j, server, NULL);
	j.pins[0] = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	file_init(&f, &s, "many/f0001", MANY_SIZE);
	assert_err(fetch_with(&j.config, &f, 1, &e), ERR_HOSTKEY, &e);
	assert_non_null(strstr(e.text, server->pin));
	assert_int_equal(s.bytes, 0);
	/* The pin of the server's other key is enough. */
	j.pins[0] = server->pin_ecdsa;
	f.result = SFTP_FILE_PENDING;
	assert_ok(fetch_with(&j.config, &f, 1, &e), &e);
	digest_free(s.md);
}

static void
do_unknown_key(struct sshd *server)
{
	char key[200];
	struct sftp_file f;
	struct sink s;
	struct job j;
	struct err e;

	snprintf(key, sizeof key, "%s/unknown", server->dir);
	run("ssh-keygen -q -t ed25519 -N '' -f %s", key);
	job_init(&j, server, NULL);
	j.config.key_file = key;
	file_init(&f, &s, "many/f0001", MANY_SIZE);
	assert_err(fetch_with(&j.config, &f, 1, &e), ERR_AUTH, &e);
	assert_non_null(strstr(e.text, "/unknown"));
	digest_free(s.md);
}

/* Write one line to a file that only we can read. */
static void
put_line(const char *dir, const char *name, const char *line, char path[200])
{
	snprintf(path, 200, "%s/%s", dir, name);
	run("umask 077 && echo '%s' > %s", line, path);
}

static void
login_with(const struct sshd *server, const char *password_file, enum err_code code,
    const char *text)
{
	struct sftp_file f;
	struct sink s;
	struct job j;
	struct err e;

	job_init(&j, server, NULL);
	j.config.key_file = NULL;
	j.config.password_file = password_file;
	file_init(&f, &s, "many/f0001", MANY_SIZE);
	if (code == ERR_NONE) {
		assert_ok(fetch_with(&j.config, &f, 1, &e), &e);
		assert_arrived(&s, server->repo, "many/f0001", 0);
	} else {
		assert_err(fetch_with(&j.config, &f, 1, &e), code, &e);
		assert_int_equal(s.bytes, 0);
		if (strstr(e.text, text) == NULL)
			fail_msg("want '%s' in '%s'", text, e.text);
		assert_null(strstr(e.text, "right one"));
	}
	digest_free(s.md);
}

static void
do_password(struct sshd *server)
{
	char good[200], bad[200], open[200], empty[200], ignored[200];
	struct sshd own;

	sshd_make(&own, server);
	put_line(own.dir, "password", "the right one", ignored);
	put_line(own.dir, "good", "the right one", good);
	put_line(own.dir, "bad", "another", bad);
	put_line(own.dir, "empty", "", empty);
	put_line(own.dir, "open", "the right one", open);
	run("chmod 644 %s", open);
	other_start(&own, kinds[server - servers], 0);
	login_with(&own, good, ERR_NONE, NULL);
	login_with(&own, bad, ERR_AUTH, "refused user station with the password in ");
	login_with(&own, open, ERR_CONFIG, "/open");
	login_with(&own, empty, ERR_CONFIG, "first line");
	sshd_remove(&own);
}

/* A server that asks for the password by a question, or asks other questions. */
static void
ask(struct sshd *server, const char *questions, enum err_code code)
{
	char password[200], ignored[200];
	struct sshd own;

	sshd_make(&own, server);
	put_line(own.dir, "password", "the right one", password);
	put_line(own.dir, "kbdint", questions, ignored);
	other_start(&own, kinds[server - servers], 0);
	login_with(&own, password, code, "asks for more than a password");
	sshd_remove(&own);
}

static void
do_questions(struct sshd *server)
{
	if (strcmp(kinds[server - servers], "asyncssh") != 0) {
		print_message("%s can't be told what to ask; AsyncSSH can\n",
		    kinds[server - servers]);
		skip();
	}
	ask(server, "hidden", ERR_NONE);
	ask(server, "shown", ERR_AUTH);
	ask(server, "hidden hidden", ERR_AUTH);
}

static void
do_keys_only(struct sshd *server)
{
	char password[200];

	put_line(server->dir, "given", "the right one", password);
	login_with(server, password, ERR_AUTH,
	    strcmp(kinds[server - servers], "rclone") == 0 ? "refused" : "takes no password");
}

static void
do_key_and_password(struct sshd *server)
{
	struct fetch *f;
	struct job j;
	struct err e;

	job_init(&j, server, NULL);
	j.config.password_file = "/file";
	assert_null(f = fetch_start(&j.config, &e));
	assert_int_equal(e.code, ERR_CONFIG);
	assert_non_null(strstr(e.text, "got both"));
}

static const struct deed {
	const char *name;
	void (*act)(struct sshd *server);
} deeds[] = {
	{ "many files", do_many },
	{ "many files, few descriptors", do_few_descriptors },
	{ "big file, and the end of it", do_big },
	{ "killed in the middle", do_killed },
	{ "empty file", do_empty },
	{ "unknown size", do_unknown_size },
	{ "absent", do_absent },
	{ "absent directory", do_absent_dir },
	{ "one byte too large", do_one_too_large },
	{ "far too large", do_far_too_large },
	{ "directory", do_directory },
	{ "host keys", do_host_key },
	{ "unknown login key", do_unknown_key },
	{ "password", do_password },
	{ "password as an answer", do_questions },
	{ "password where keys only are taken", do_keys_only },
	{ "key and password", do_key_and_password },
};

#define DEEDS (sizeof deeds / sizeof deeds[0])

static struct row {
	char name[80];
	const struct deed *deed;
	struct sshd *server;
} rows[KINDS * DEEDS];

static void
deed(void **state)
{
	const struct row *r = *state;

	r->deed->act(r->server);
}

static int
make_servers(void **state)
{
	(void)state;
	for (size_t i = 0; i < KINDS; i++) {
		sshd_make(&servers[i], i == 0 ? NULL : &servers[0]);
		if (i == 0)
			run("cd %s && mkdir many && head -c %u /dev/urandom | split -d -a 4 -b %d - many/f && "
			    "head -c %u /dev/urandom > big && : > empty",
			    servers[0].repo, MANY * MANY_SIZE, MANY_SIZE, BIG_SIZE);
		other_start(&servers[i], kinds[i], 0);
	}
	return 0;
}

/* No process is left. */
static int
remove_servers(void **state)
{
	(void)state;
	for (size_t i = KINDS; i-- > 0;)
		sshd_remove(&servers[i]);
	return sshd_gone(&servers[0]) ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &sftp_child_role, NULL };
	static struct CMUnitTest tests[KINDS * DEEDS];
	size_t n = 0;

	child_main(roles, argc, argv);
	sshd_limit();
	for (size_t i = 0; i < KINDS; i++)
		for (size_t k = 0; k < DEEDS; k++) {
			struct row *r = &rows[n];

			*r = (struct row){ .deed = &deeds[k], .server = &servers[i] };
			snprintf(r->name, sizeof r->name, "%s: %s", kinds[i], deeds[k].name);
			tests[n++] = (struct CMUnitTest){ .name = r->name,
				.test_func = deed,
				.initial_state = r };
		}
	return _cmocka_run_group_tests("servers", tests, n, make_servers, remove_servers);
}
