/* SPDX-License-Identifier: ISC */
/*
 * SSH servers in the field: a real sshd with settings that refuse us or renew keys all the time,
 * and peers that send text before SSH.  Each error names the server and has its text.
 */
#include "tests/unit/common/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libssh2.h>

#include "lib/os/clock.h"
#include "lib/sftp/child.h"
#include "tests/integration/fetching.h"
#include "tests/integration/sshd.h"

#define BIG_SIZE    (20u * 1024 * 1024)
#define FILES	    40
#define FILE_SIZE   (256u * 1024)
#define TINY	    2000
#define CONNECT_MS  30000
#define DEADLINE_MS 100000

static struct sshd server;
static struct sftp_session_child child = { .role = &sftp_child_role };

struct job {
	const char *url, *pin;
	struct fetch_config config;
};

static void
job_init(struct job *j, const char *url)
{
	j->url = url;
	j->pin = server.pin;
	j->config = (struct fetch_config){ .urls = &j->url,
		.nurls = 1,
		.host_keys = &j->pin,
		.nhost_keys = 1,
		.key_file = server.key,
		.child = &child,
		.connect_ms = CONNECT_MS,
		.deadline = clock_mono_ms() + DEADLINE_MS };
}

/* libssh2 gives the login banner from 1.11 on. */
#if LIBSSH2_VERSION_NUM >= 0x010b00
#define BANNER "the server's login banner: 'The gate is shut.'"
#else
#define BANNER NULL
#endif

/* Fetches a file of so many bytes; want: a part of the error, or NULL. */
static void
fetch(const char *url, const char *path, uint64_t size, const char *const want[],
    enum err_code code)
{
	struct sftp_file f;
	struct sink s;
	struct job j;
	struct err e;

	job_init(&j, url);
	file_init(&f, &s, path, size);
	if (want == NULL) {
		assert_ok(fetch_with(&j.config, &f, 1, &e), &e);
		assert_int_equal(f.result, SFTP_FILE_OK);
		assert_arrived(&s, server.repo, path, 0);
	} else {
		assert_err(fetch_with(&j.config, &f, 1, &e), code, &e);
		assert_non_null(strstr(e.text, "127.0.0.1:"));
		for (; *want != NULL; want++)
			if (strstr(e.text, *want) == NULL)
				fail_msg("want '%s' in: %s", *want, e.text);
	}
	digest_free(s.md);
}

static const struct row {
	const char *name, *config;
	enum err_code code; /* ERR_NONE: the file arrives */
	const char *want[4];
} rows[] = {
	{ "new keys after 1 MB", "RekeyLimit 1M", ERR_NONE, { NULL } },
	{ "new keys after 4 MB", "RekeyLimit 4M", ERR_NONE, { NULL } },
	{ "new keys after 16 MB", "RekeyLimit 16M", ERR_NONE, { NULL } },
	{ "no cipher", "Ciphers aes256-cbc,3des-cbc", ERR_PROTOCOL,
	    { "no algorithms in common: ciphers: want one of ", "aes256-ctr",
		"the server has aes256-cbc,3des-cbc" } },
	{ "no MAC", "Ciphers aes256-ctr\nMACs umac-64@openssh.com,hmac-sha1", ERR_PROTOCOL,
	    { "MACs: want one of ", "hmac-sha2-256",
		"the server has umac-64@openssh.com,hmac-sha1" } },
	{ "no key exchange", "KexAlgorithms diffie-hellman-group14-sha256", ERR_PROTOCOL,
	    { "key exchange: want one of curve25519-sha256",
		"the server has diffie-hellman-group14-sha256" } },
	{ "the key and more",
	    "PasswordAuthentication yes\nPermitRootLogin yes\n"
	    "AuthenticationMethods publickey,password",
	    ERR_AUTH,
	    { "the server took the key", "wants more: password", "AuthenticationMethods" } },
	{ "two keys", "AuthenticationMethods publickey,publickey", ERR_AUTH,
	    { "knows the key", "AuthenticationMethods" } },
	{ "no keys at all",
	    "PubkeyAuthentication no\nPasswordAuthentication yes\nPermitRootLogin yes", ERR_AUTH,
	    { "takes no key from user", "only password" } },
	{ "a user who isn't admitted", "DenyUsers *", ERR_AUTH,
	    { "takes: publickey;", "the public key must be in its authorized_keys", "DenyUsers" } },
	{ "such a key isn't admitted", "PubkeyAcceptedAlgorithms rsa-sha2-512", ERR_AUTH,
	    { "the public key must be in its authorized_keys", "PubkeyAcceptedAlgorithms" } },
	{ "a user who isn't admitted, with a banner", "DenyUsers *\nBanner DIR/shut", ERR_AUTH,
	    { "DenyUsers", BANNER } },
	{ "a login banner of 40 kB", "Banner DIR/banner40", ERR_PROTOCOL,
	    { "logging in failed", "login banner" } },
	{ "a login banner of 60 kB", "Banner DIR/banner60", ERR_PROTOCOL,
	    { "logging in failed", "login banner" } },
	{ "a login shell that talks",
	    "Subsystem sftp echo This account is currently not available.", ERR_PROTOCOL,
	    { "want SFTP, the server said 'This account is currently not available.'",
		"login shell" } },
	{ "a login shell that begins with an empty line", "Subsystem sftp echo; echo Hello",
	    ERR_PROTOCOL, { "want SFTP, the server said '\\x0aHello'" } },
	{ "a long login banner", "Banner DIR/banner", ERR_NONE, { NULL } },
};

/* Many files, and all of them right. */
static void
fetch_all(const char *url, const char *kind, size_t n, uint64_t size)
{
	struct sftp_file *files = calloc(n, sizeof *files);
	struct sink *sinks = calloc(n, sizeof *sinks);
	char(*names)[16] = calloc(n, sizeof *names);
	struct job j;
	struct err e;

	assert_true(files != NULL && sinks != NULL && names != NULL);
	job_init(&j, url);
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof names[i], "%s%04zu", kind, i);
		file_init(&files[i], &sinks[i], names[i], size);
	}
	assert_ok(fetch_with(&j.config, files, n, &e), &e);
	for (size_t i = 0; i < n; i++) {
		assert_arrived(&sinks[i], server.repo, names[i], 0);
		digest_free(sinks[i].md);
	}
	free(files);
	free(sinks);
	free(names);
}

static void
settings(void **state)
{
	const struct row *r = *state;

	server.more = r->config;
	sshd_start(&server, 0);
	fetch(server.url, "big", BIG_SIZE, r->code == ERR_NONE ? NULL : r->want, r->code);
	if (r->code == ERR_NONE)
		fetch_all(server.url, "f", FILES, FILE_SIZE);
	sshd_stop(&server);
}

/* The requests have more bytes than the keys may have, too. */
static void
requests(void **state)
{
	(void)state;
	server.more = "RekeyLimit 256K";
	sshd_start(&server, 0);
	fetch_all(server.url, "t", TINY, 10);
	sshd_stop(&server);
}

/* A pin of the host key that can't be used; the advice stands only where there is such a key. */
static void
rsa_pin(void **state)
{
	static const char *const configs[] = { "HostKey DIR/host_rsa", NULL };
	char pin[sizeof server.pin];
	struct sftp_file f;
	struct sink s;
	struct job j;
	struct err e;

	(void)state;
	sshd_fingerprint(&server, "rsa", pin, sizeof pin);
	for (size_t i = 0; i < N(configs); i++) {
		server.more = configs[i];
		sshd_start(&server, 0);
		job_init(&j, server.url);
		j.pin = pin;
		file_init(&f, &s, "f0000", FILE_SIZE);
		assert_err(fetch_with(&j.config, &f, 1, &e), ERR_HOSTKEY, &e);
		assert_non_null(strstr(e.text, server.pin));
		assert_non_null(strstr(e.text, pin));
		assert_int_equal(strstr(e.text, "pin the ED25519 or ECDSA key") != NULL,
		    configs[i] != NULL);
		digest_free(s.md);
		fetch(server.url, "f0000", FILE_SIZE, NULL, ERR_NONE);
		sshd_stop(&server);
	}
}

/* A peer that sends text, and then closes or passes the connection on to the server. */
static const struct peer_row {
	const char *name, *says;
	bool goes_on;
	enum err_code code;
	const char *want[3];
} peer_rows[] = {
	{ "an empty line before SSH", "\r\n", true, ERR_NONE, { NULL } },
	{ "text before SSH", "Authorised users only.\r\n\r\nSSH is next\n", true, ERR_NONE,
	    { NULL } },
	{ "too many connections", "Exceeded MaxStartups\r\n", false, ERR_NETWORK,
	    { "the server said 'Exceeded MaxStartups'" } },
	{ "a penalty", "Not allowed at this time\r\n", false, ERR_NETWORK,
	    { "the server said 'Not allowed at this time'" } },
	{ "another protocol", "220 ftp.example \x1b[31mready\r\n", false, ERR_NETWORK,
	    { "the server said '220 ftp.example \\x1b[31mready'" } },
	{ "nothing", "", false, ERR_NETWORK, { "connection broke while shaking hands" } },
	{ "a long identification",
	    "SSH-2.0-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
	    false, ERR_PROTOCOL, { "at most 255 bytes" } },
};

static int
tcp(int port, bool listening)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (listening ? bind(fd, (struct sockaddr *)&a, sizeof a) == -1 || listen(fd, 5) == -1
		      : connect(fd, (struct sockaddr *)&a, sizeof a) == -1)
		_exit(1);
	return fd;
}

/* Moves bytes both ways until one side ends. */
static void
relay(int a, int b, bool slow)
{
	const struct timespec pause = { .tv_nsec = 1000 * 1000 };
	struct pollfd p[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char bytes[65536];

	while (poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n = p[i].revents == 0
			    ? -2
			    : read(p[i].fd, bytes, slow ? 8192 : sizeof bytes);

			if (slow)
				nanosleep(&pause, NULL);
			if (n == 0 || n == -1)
				return;
			for (ssize_t at = 0, m; at < n; at += m)
				if ((m = write(p[1 - i].fd, bytes + at, (size_t)(n - at))) <= 0)
					return;
		}
}

static void
serve_peer(int listener, const struct peer_row *r, bool slow)
{
	alarm(300);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1 || write(fd, r->says, strlen(r->says)) != (ssize_t)strlen(r->says))
			_exit(1);
		if (r->goes_on) {
			int to = tcp(server.port, false);

			relay(fd, to, slow);
			close(to);
		} else {
			char bytes[1000];

			/*
			 * Reads the client's identification, so that closing doesn't reset the
			 * connection.
			 */
			shutdown(fd, SHUT_WR);
			while (read(fd, bytes, sizeof bytes) > 0)
				;
		}
		close(fd);
	}
}

/* Fetches through the peer; config: settings of a server behind a slow line, or NULL. */
static void
through(const struct peer_row *r, const char *config)
{
	int port = free_port(), listener = tcp(port, true);
	char url[400];
	pid_t pid = fork();

	assert_true(pid != -1);
	if (pid == 0)
		serve_peer(listener, r, config != NULL);
	close(listener);
	if (r->goes_on) {
		server.more = config;
		sshd_start(&server, 0);
	}
	snprintf(url, sizeof url, "sftp://%s@127.0.0.1:%d%s", server.user, port, server.repo);
	fetch(url, "f0000", FILE_SIZE, r->code == ERR_NONE ? NULL : r->want, r->code);
	if (config != NULL)
		fetch_all(url, "f", FILES, FILE_SIZE);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (r->goes_on)
		sshd_stop(&server);
}

static void
peer(void **state)
{
	through(*state, NULL);
}

static const struct slow_row {
	const char *name, *config;
} slow_rows[] = {
	{ "slow, new keys after 1 MB", "RekeyLimit 1M" },
	{ "slow, new keys after 4 MB", "RekeyLimit 4M" },
	{ "slow, new keys each second", "RekeyLimit 1G 1" },
};

static void
slow(void **state)
{
	static const struct peer_row none = { .says = "", .goes_on = true };
	const struct slow_row *r = *state;

	through(&none, r->config);
}

static int
make_server(void **state)
{
	(void)state;
	sshd_make(&server, NULL);
	run("cd %s && head -c %u /dev/urandom > big && for i in $(seq -f %%04.0f 0 %d); do head -c %u /dev/urandom > f$i; done && "
	    "seq 0 1999 | split -a 4 -d -l 1 - t && seq 1 4000 > ../banner && "
	    "echo The gate is shut. > ../shut && head -c 40000 /dev/zero | tr '\\0' x > ../banner40 && "
	    "head -c 60000 /dev/zero | tr '\\0' x > ../banner60 && "
	    "ssh-keygen -q -t rsa -b 2048 -N '' -f ../host_rsa",
	    server.repo, BIG_SIZE, FILES - 1, FILE_SIZE);
	return 0;
}

static int
remove_server(void **state)
{
	(void)state;
	sshd_remove(&server);
	return sshd_gone(&server) ? 0 : -1;
}

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &sftp_child_role, NULL };
	static struct CMUnitTest tests[100];
	size_t n = 0;

	child_main(roles, argc, argv);
	sshd_limit();
	TEST_ROWS(tests, n, rows, settings);
	TEST_ROWS(tests, n, peer_rows, peer);
	TEST_ROWS(tests, n, slow_rows, slow);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(rsa_pin);
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(requests);
	return _cmocka_run_group_tests("ssh", tests, n, make_server, remove_server);
}
