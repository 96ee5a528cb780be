/* SPDX-License-Identifier: ISC */
/*
 * Sockets and files of the tests of lib/tls, on Windows.
 */
#include "tests/unit/tls/tls_sides.h"

#include <direct.h>

#include "lib/os/file.h"
#include "lib/os/wide_windows.h"
#include "tests/unit/common/temp.h"
#include "tests/unit/common/test.h"

static bool
under_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

void
put_file(const char *path, const void *data, size_t len, mode_t mode)
{
	struct err e;

	assert_ok(file_replace(NULL, path, data, len, mode, &e), &e);
}

void
put_text(const char *path, const char *text, mode_t mode)
{
	put_file(path, text, strlen(text), mode);
}

/* The access list of a new file follows from its mode. */
void
put_mode(const char *path, mode_t mode)
{
	struct buf content = BUF_INIT(1u << 20);
	struct err e;

	assert_ok(file_read(NULL, path, &content, &e), &e);
	put_file(path, buf_text(&content), content.len, mode);
	buf_free(&content);
}

bool
put_mode_counts(void)
{
	return !under_wine();
}

void
put_nothing(const char *path)
{
	remove(path);
	_rmdir(path);
}

void
put_directory(const char *path)
{
	assert_int_equal(_mkdir(path), 0);
}

void
put_fifo(const char *path)
{
	fail_msg("%s: want a FIFO, which Windows hasn't among files", path);
}

void
put_endless(const char *path)
{
	fail_msg("%s: want a device, which Windows hasn't among files", path);
}

void
place_make(struct place *p)
{
	void *d;

	assert_int_equal(temp_make(&d), 0);
	snprintf(p->dir, sizeof p->dir, "%s", dir_path(d));
	dir_close(d);
	snprintf(p->key, sizeof p->key, "%s/key.pem", p->dir);
	snprintf(p->cert, sizeof p->cert, "%s/cert.pem", p->dir);
	snprintf(p->conf, sizeof p->conf, "%s/machine.conf", p->dir);
}

void
place_remove(struct place *p)
{
	struct err e;
	void *d = dir_open(p->dir, &e);

	assert_non_null(d);
	assert_int_equal(temp_remove(&d), 0);
}

void
sockets_pair(int fd[2], bool tcp, bool block)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	SOCKET listener, s[2];
	u_long no_wait = !block;
	int len = sizeof at;
	WSADATA unused;

	(void)tcp;
	assert_int_equal(WSAStartup(MAKEWORD(2, 2), &unused), 0);
	assert_true((listener = socket(AF_INET, SOCK_STREAM, 0)) != INVALID_SOCKET);
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	assert_true((s[1] = socket(AF_INET, SOCK_STREAM, 0)) != INVALID_SOCKET);
	assert_int_equal(connect(s[1], (struct sockaddr *)&at, sizeof at), 0);
	assert_true((s[0] = accept(listener, NULL, NULL)) != INVALID_SOCKET);
	closesocket(listener);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ioctlsocket(s[i], FIONBIO, &no_wait), 0);
		fd[i] = (int)s[i];
	}
}

void
sockets_end(int fd)
{
	shutdown((SOCKET)(unsigned)fd, SD_BOTH);
}

void
sockets_close(int fd)
{
	if (fd != -1)
		closesocket((SOCKET)(unsigned)fd);
}

bool
sockets_reset(int fd)
{
	const struct linger at_once = { 1, 0 };

	assert_int_equal(setsockopt((SOCKET)(unsigned)fd, SOL_SOCKET, SO_LINGER,
			     (const char *)&at_once, sizeof at_once),
	    0);
	sockets_close(fd);
	return !under_wine();
}

bool
sockets_send(int fd, char byte)
{
	return send((SOCKET)(unsigned)fd, &byte, 1, 0) == 1;
}

void
sockets_wait(const int *fd, const bool *write, size_t n, int ms)
{
	struct timeval limit = { ms / 1000, ms % 1000 * 1000 };
	fd_set r, w;

	FD_ZERO(&r);
	FD_ZERO(&w);
	for (size_t i = 0; i < n; i++)
		if (fd[i] != -1)
			FD_SET((SOCKET)(unsigned)fd[i], write[i] ? &w : &r);
	select(0, &r, &w, NULL, &limit);
}
