/* SPDX-License-Identifier: ISC */
/*
 * The operating system for the examples, on Windows, which keeps the values of sockets within 32
 * bits, so that an int holds one.
 */
#include "server/example/system.h"

#include <windows.h> /* after winsock2.h */

#include <stdio.h>
#include <string.h>

static HANDLE stop; /* an event: a request to stop */

static BOOL WINAPI
on_stop(DWORD event)
{
	SetEvent(stop);
	/* When a console or session ends, the process goes with this call: let main() be first. */
	if (event != CTRL_C_EVENT && event != CTRL_BREAK_EVENT)
		Sleep(INFINITE);
	return TRUE;
}

void
system_start(void)
{
	WSADATA unused;

	/* Ignores failures: the first call that needs a socket reports them. */
	(void)WSAStartup(MAKEWORD(2, 2), &unused);
}

void
system_catch_stop(void)
{
	if ((stop = CreateEventW(NULL, TRUE, FALSE, NULL)) != NULL)
		SetConsoleCtrlHandler(on_stop, TRUE);
}

bool
system_stopping(void)
{
	return stop != NULL && WaitForSingleObject(stop, 0) == WAIT_OBJECT_0;
}

bool
system_log(const char *text, size_t len)
{
	return fwrite(text, 1, len, stderr) == len && fflush(stderr) == 0;
}

int
system_poll(struct pollfd *fds, size_t n, int ms)
{
	if (n > 0)
		return WSAPoll(fds, (ULONG)n, ms);
	return WaitForSingleObject(stop, (DWORD)ms) == WAIT_OBJECT_0 ? -1 : 0;
}

static SOCKET
as_socket(int fd)
{
	return (SOCKET)(unsigned)fd;
}

/* Makes the socket non-blocking and not inherited, and returns it as an int. */
static int
ready_socket(SOCKET s)
{
	u_long on = 1;

	if (s == INVALID_SOCKET)
		return -1;
	SetHandleInformation((HANDLE)s, HANDLE_FLAG_INHERIT, 0);
	if (ioctlsocket(s, FIONBIO, &on) == 0)
		return (int)s;
	closesocket(s);
	return -1;
}

int
system_listen(const struct addrinfo *where)
{
	SOCKET s = WSASocketW(where->ai_family, SOCK_STREAM, 0, NULL, 0,
	    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
	int fd = ready_socket(s), fault;
	DWORD on = 1;

	/* Here SO_REUSEADDR would let any program take the port away from us. */
	if (fd != -1 &&
	    setsockopt(s, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on) == 0 &&
	    bind(s, where->ai_addr, (int)where->ai_addrlen) == 0 && listen(s, SOMAXCONN) == 0)
		return fd;
	fault = WSAGetLastError();
	if (fd != -1)
		closesocket(s);
	WSASetLastError(fault);
	return -1;
}

int
system_accept(int listener)
{
	return ready_socket(accept(as_socket(listener), NULL, NULL));
}

bool
system_full(void)
{
	return WSAGetLastError() == WSAEMFILE || WSAGetLastError() == WSAENOBUFS;
}

void
system_close(int fd)
{
	closesocket(as_socket(fd));
}

void
system_unblock(int fd)
{
	u_long on = 1;

	ioctlsocket(as_socket(fd), FIONBIO, &on);
}

const char *
system_fault(void)
{
	static char text[512];
	int fault = WSAGetLastError();
	wchar_t words[256];
	DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
		FORMAT_MESSAGE_MAX_WIDTH_MASK,
	    NULL, (DWORD)fault, 0, words, sizeof words / sizeof *words, NULL);

	if (n == 0 ||
	    WideCharToMultiByte(CP_UTF8, 0, words, -1, text, sizeof text, NULL, NULL) == 0)
		snprintf(text, sizeof text, "Windows error %d", fault);
	text[strcspn(text, ".\r\n")] = '\0';
	return text;
}

void
system_host_name(char *out, size_t size)
{
	if (gethostname(out, (int)size) == SOCKET_ERROR)
		snprintf(out, size, "unknown");
	out[size - 1] = '\0';
}

long long
system_seconds(void)
{
	return (long long)(GetTickCount64() / 1000);
}
