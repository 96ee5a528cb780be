/* SPDX-License-Identifier: ISC */
/*
 * Sockets and files of the tests of lib/tls, on POSIX systems.
 */
#include "tests/unit/tls/tls_sides.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/common/test.h"

void
put_file(const char *path, const void *data, size_t len, mode_t mode)
{
	char temp[256];
	FILE *f;

	snprintf(temp, sizeof temp, "%s.new", path);
	assert_non_null(f = fopen(temp, "w"));
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(temp, mode), 0);
	assert_int_equal(rename(temp, path), 0);
}

void
put_text(const char *path, const char *text, mode_t mode)
{
	put_file(path, text, strlen(text), mode);
}

void
put_mode(const char *path, mode_t mode)
{
	assert_int_equal(chmod(path, mode), 0);
}

bool
put_mode_counts(void)
{
	return true;
}

void
put_nothing(const char *path)
{
	remove(path);
}

void
put_directory(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

void
put_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

void
put_endless(const char *path)
{
	assert_int_equal(symlink("/dev/zero", path), 0);
}

void
place_make(struct place *p)
{
	strcpy(p->dir, "/tmp/slipway-tls-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->key, sizeof p->key, "%s/key.pem", p->dir);
	snprintf(p->cert, sizeof p->cert, "%s/cert.pem", p->dir);
	snprintf(p->conf, sizeof p->conf, "%s/machine.conf", p->dir);
}

void
place_remove(struct place *p)
{
	remove(p->key);
	remove(p->cert);
	remove(p->conf);
	assert_int_equal(rmdir(p->dir), 0);
}

static void
pair_tcp(int fd[2], int flags)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	fd[1] = socket(AF_INET, SOCK_STREAM | flags, 0);
	assert_true(connect(fd[1], (struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS);
	assert_true((fd[0] = accept4(listener, NULL, NULL, flags)) >= 0);
	close(listener);
}

void
sockets_pair(int fd[2], bool tcp, bool block)
{
	int flags = SOCK_CLOEXEC | (block ? 0 : SOCK_NONBLOCK);

	if (tcp)
		pair_tcp(fd, flags);
	else
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | flags, 0, fd), 0);
}

void
sockets_end(int fd)
{
	shutdown(fd, SHUT_RDWR);
}

void
sockets_close(int fd)
{
	if (fd != -1)
		close(fd);
}

bool
sockets_reset(int fd)
{
	const struct linger at_once = { 1, 0 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
	sockets_close(fd);
	return true;
}

bool
sockets_send(int fd, char byte)
{
	return send(fd, &byte, 1, MSG_NOSIGNAL) == 1;
}

void
sockets_wait(const int *fd, const bool *write, size_t n, int ms)
{
	struct pollfd p[2];

	assert_true(n <= N(p));
	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fd[i], .events = write[i] ? POLLOUT : POLLIN };
	poll(p, n, ms);
}
