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
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/sftp/child.h"
#include "tests/integration/fetching.h"
#include "tests/integration/sshd.h"

#define BIG_SIZE    (40u * 1024 * 1024)
#define FILES	    40
#define FILE_SIZE   (256u * 1024)
#define CONNECT_MS  10000
#define DEADLINE_MS 30000

static struct sshd server;
static struct session_child child = { .role = &sftp_child_role };

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
	    { "the public key must be in its authorized_keys", "DenyUsers" } },
	{ "such a key isn't admitted", "PubkeyAcceptedAlgorithms rsa-sha2-512", ERR_AUTH,
	    { "the public key must be in its authorized_keys", "PubkeyAcceptedAlgorithms" } },
	{ "a login shell that talks",
	    "Subsystem sftp echo This account is currently not available.", ERR_PROTOCOL,
	    { "want SFTP, the server said 'This account is currently not available.'",
		"login shell" } },
	{ "a login shell that begins with an empty line", "Subsystem sftp echo; echo Hello",
	    ERR_PROTOCOL, { "want SFTP, the server said '\\x0aHello'" } },
	{ "a long login banner", "Banner DIR/banner", ERR_NONE, { NULL } },
};

static void
settings(void **state)
{
	const struct row *r = *state;
	struct sftp_file files[FILES];
	struct sink sinks[FILES];
	char names[FILES][16];
	struct job j;
	struct err e;

	server.more = r->config;
	sshd_start(&server, 0);
	fetch(server.url, "big", BIG_SIZE, r->code == ERR_NONE ? NULL : r->want, r->code);
	if (r->code == ERR_NONE) {
		job_init(&j, server.url);
		for (size_t i = 0; i < FILES; i++) {
			snprintf(names[i], sizeof names[i], "f%02zu", i);
			file_init(&files[i], &sinks[i], names[i], FILE_SIZE);
		}
		assert_ok(fetch_with(&j.config, files, FILES, &e), &e);
		for (size_t i = 0; i < FILES; i++) {
			assert_arrived(&sinks[i], server.repo, names[i], 0);
			digest_free(sinks[i].md);
		}
	}
	sshd_stop(&server);
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
relay(int a, int b)
{
	struct pollfd p[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char bytes[65536];

	while (poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			ssize_t n = p[i].revents == 0 ? -2 : read(p[i].fd, bytes, sizeof bytes);

			if (n == 0 || n == -1)
				return;
			for (ssize_t at = 0, m; at < n; at += m)
				if ((m = write(p[1 - i].fd, bytes + at, (size_t)(n - at))) <= 0)
					return;
		}
}

static void
serve_peer(int listener, const struct peer_row *r)
{
	alarm(300);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd == -1 || write(fd, r->says, strlen(r->says)) != (ssize_t)strlen(r->says))
			_exit(1);
		if (r->goes_on) {
			int to = tcp(server.port, false);

			relay(fd, to);
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

static void
peer(void **state)
{
	const struct peer_row *r = *state;
	int port = free_port(), listener = tcp(port, true);
	char url[400];
	pid_t pid = fork();

	assert_true(pid != -1);
	if (pid == 0)
		serve_peer(listener, r);
	close(listener);
	if (r->goes_on) {
		server.more = NULL;
		sshd_start(&server, 0);
	}
	snprintf(url, sizeof url, "sftp://%s@127.0.0.1:%d%s", server.user, port, server.repo);
	fetch(url, "f00", FILE_SIZE, r->code == ERR_NONE ? NULL : r->want, r->code);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (r->goes_on)
		sshd_stop(&server);
}

static int
make_server(void **state)
{
	(void)state;
	sshd_make(&server, NULL);
	run("cd %s && head -c %u /dev/urandom > big && for i in $(seq -w 0 %d); do head -c %u /dev/urandom > f$i; done && "
	    "seq 1 4000 > ../banner",
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
	return _cmocka_run_group_tests("ssh", tests, n, make_server, remove_server);
}
