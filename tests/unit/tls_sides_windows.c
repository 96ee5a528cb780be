/*
 * Sockets of the tests of lib/tls, on Windows.
 */
#include "tls_sides.h"

#include "base/windows.h"
#include "test.h"

void
sockets_pair(int fd[2], bool tcp, bool block)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
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

	assert_int_equal(setsockopt((SOCKET)(unsigned)fd, SOL_SOCKET, SO_LINGER, (const char *)&at_once, sizeof at_once), 0);
	sockets_close(fd);
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") == NULL;
}

void
sockets_wait(const int *fd, const bool *write, size_t n)
{
	struct timeval limit = { 5, 0 };
	fd_set r, w;

	FD_ZERO(&r);
	FD_ZERO(&w);
	for (size_t i = 0; i < n; i++)
		if (fd[i] != -1)
			FD_SET((SOCKET)(unsigned)fd[i], write[i] ? &w : &r);
	select(0, &r, &w, NULL, &limit);
}
