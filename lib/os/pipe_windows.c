/* SPDX-License-Identifier: ISC */
/*
 * Two-way pipes on Windows: a named pipe for each direction, because only named pipes can be waited
 * for with a deadline (overlapped), and only with one for each direction can a side say that it is
 * done.
 *
 * The names can't be guessed, there is one instance of each, for this user alone, and both ends are
 * open before a name is told: a stranger who opens one first makes pipe_pair() fail.
 */
#include "lib/os/pipe_windows.h"

#include <bcrypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/clock.h"
#include "lib/os/private_windows.h"

/* Bytes that the system holds for the reader, and of one operation. */
#define CHUNK 65536u

/* One direction, and what is under way in it. */
struct half {
	HANDLE h; /* NULL: closed */
	OVERLAPPED o;
	bool pending;	   /* h reads into data, or writes from it */
	size_t start, len; /* of a reader: what was read and not yet handed out */
	uint8_t data[CHUNK];
};

struct pipe {
	struct half in, out;
	DWORD fault; /* of reading; 0 while there is none */
};

static struct pipe *
of(pipe_end p)
{
	return (struct pipe *)p;
}

/* The system's words for a peer that closed its end. */
static bool
means_gone(DWORD error)
{
	return error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA ||
	    error == ERROR_PIPE_NOT_CONNECTED || error == ERROR_HANDLE_EOF;
}

static void
half_close(struct half *half)
{
	DWORD n;

	if (half->h != NULL) {
		/* The system must be done with data before it is freed. */
		if (half->pending &&
		    (CancelIoEx(half->h, &half->o) || GetLastError() != ERROR_NOT_FOUND))
			GetOverlappedResult(half->h, &half->o, &n, TRUE);
		CloseHandle(half->h);
	}
	if (half->o.hEvent != NULL)
		CloseHandle(half->o.hEvent);
	half->h = half->o.hEvent = NULL;
	half->pending = false;
}

static struct pipe *
new_pipe(struct err *e)
{
	struct pipe *p = calloc(1, sizeof *p);

	if (p == NULL) {
		err_nomem(e);
		return NULL;
	}
	p->in.o.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	p->out.o.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	if (p->in.o.hEvent != NULL && p->out.o.hEvent != NULL)
		return p;
	err_windows(e, GetLastError(), "pipe");
	pipe_close((pipe_end)p);
	return NULL;
}

/* One direction: *reader and *writer, neither of them inherited. */
static int
connect_halves(HANDLE *reader, HANDLE *writer, struct err *e)
{
	SECURITY_ATTRIBUTES security = { sizeof security, NULL, FALSE };
	HANDLE server, client = INVALID_HANDLE_VALUE;
	wchar_t name[64];
	uint64_t r[2];
	DWORD error;

	if (BCryptGenRandom(NULL, (PUCHAR)r, sizeof r, BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
		return err_setx(e, ERR_IO, "pipe: no random numbers");
	swprintf(name, N(name), L"\\\\.\\pipe\\slipway-%016llx%016llx", (unsigned long long)r[0],
	    (unsigned long long)r[1]);
	if ((security.lpSecurityDescriptor = windows_private(NULL)) == NULL)
		return err_windows(e, GetLastError(), "pipe");
	server = CreateNamedPipeW(name,
	    PIPE_ACCESS_INBOUND | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
	    PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, CHUNK,
	    CHUNK, 0, &security);
	if (server != INVALID_HANDLE_VALUE)
		client = CreateFileW(name, GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
		    FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
	error = GetLastError();
	LocalFree(security.lpSecurityDescriptor);
	if (client != INVALID_HANDLE_VALUE) {
		*reader = server;
		*writer = client;
		return 0;
	}
	if (server != INVALID_HANDLE_VALUE)
		CloseHandle(server);
	return err_windows(e, error, "pipe");
}

int
pipe_pair(pipe_end ends[2], struct err *e)
{
	struct pipe *a = new_pipe(e), *b = a == NULL ? NULL : new_pipe(e);

	if (b != NULL && connect_halves(&a->in.h, &b->out.h, e) == 0 &&
	    connect_halves(&b->in.h, &a->out.h, e) == 0) {
		ends[0] = (pipe_end)a;
		ends[1] = (pipe_end)b;
		return 0;
	}
	pipe_close(a == NULL ? PIPE_NONE : (pipe_end)a);
	pipe_close(b == NULL ? PIPE_NONE : (pipe_end)b);
	return -1;
}

void
pipe_handles(pipe_end p, HANDLE out[PIPE_HANDLES])
{
	out[0] = of(p)->in.h;
	out[1] = of(p)->out.h;
}

pipe_end
pipe_adopt(const HANDLE handles[PIPE_HANDLES], struct err *e)
{
	struct pipe *p;

	for (int i = 0; i < PIPE_HANDLES; i++)
		if (GetFileType(handles[i]) != FILE_TYPE_PIPE ||
		    !SetHandleInformation(handles[i], HANDLE_FLAG_INHERIT, 0)) {
			err_setx(e, ERR_IO, "want a pipe to the parent");
			return PIPE_NONE;
		}
	if ((p = new_pipe(e)) == NULL)
		return PIPE_NONE;
	p->in.h = handles[0];
	p->out.h = handles[1];
	return (pipe_end)p;
}

void
pipe_close(pipe_end end)
{
	if (end == PIPE_NONE)
		return;
	half_close(&of(end)->in);
	half_close(&of(end)->out);
	free(of(end));
}

void
pipe_finish(pipe_end p)
{
	half_close(&of(p)->out);
}

/*
 * What became of an operation: 0 with *n, ERROR_IO_INCOMPLETE while it goes on, or why it failed.
 */
static DWORD
outcome(struct half *half, DWORD *n)
{
	DWORD error = GetOverlappedResult(half->h, &half->o, n, FALSE) ? 0 : GetLastError();

	half->pending = error == ERROR_IO_INCOMPLETE;
	return error;
}

/* Whether there is something to tell the reader, bytes or an end; if not, a read is under way. */
static bool
has_news(struct pipe *p)
{
	struct half *in = &p->in;
	DWORD n = 0, error = 0;

	if (in->len > 0 || p->fault != 0)
		return true;
	if (!in->pending && !ReadFile(in->h, in->data, CHUNK, NULL, &in->o))
		error = GetLastError();
	if (error == 0 || error == ERROR_IO_PENDING)
		error = outcome(in, &n);
	if (error == ERROR_IO_INCOMPLETE)
		return false;
	p->fault = error;
	in->start = 0;
	in->len = error == 0 ? n : 0;
	return in->len > 0 || error != 0;
}

int
pipe_read(pipe_end end, void *data, size_t len, size_t *did, bool *ended, struct err *e)
{
	struct pipe *p = of(end);

	*did = 0;
	if (!has_news(p))
		return 0;
	if (p->in.len > 0) {
		*did = len < p->in.len ? len : p->in.len;
		memcpy(data, p->in.data + p->in.start, *did);
		p->in.start += *did;
		p->in.len -= *did;
		return 1;
	}
	if (!means_gone(p->fault))
		return err_windows(e, p->fault, "pipe");
	*ended = true;
	return 0;
}

int
pipe_write(pipe_end end, const void *data, size_t len, size_t *did, struct err *e)
{
	struct half *out = &of(end)->out;
	DWORD n = 0, error = 0;

	*did = 0;
	if (out->h == NULL)
		return err_setx(e, ERR_PROTOCOL, "pipe: nothing more can be written");
	/*
	 * An operation under way has the first of these bytes: the caller repeats them after
	 * every 0.
	 */
	if (!out->pending) {
		n = len < CHUNK ? (DWORD)len : CHUNK;
		memcpy(out->data, data, n);
		if (!WriteFile(out->h, out->data, n, NULL, &out->o))
			error = GetLastError();
	}
	if (error == 0 || error == ERROR_IO_PENDING)
		error = outcome(out, &n);
	if (error == ERROR_IO_INCOMPLETE)
		return 0;
	if (error == 0) {
		*did = n;
		return n > 0;
	}
	if (means_gone(error))
		return err_setx(e, ERR_PROTOCOL, "pipe: the other end is gone");
	return err_windows(e, error, "pipe");
}

/* Milliseconds until the deadline, for the system's waits. */
static DWORD
left(int64_t deadline)
{
	int64_t ms = deadline - clock_mono_ms();

	return ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (DWORD)ms;
}

int
pipe_wait(pipe_end end, bool reading, bool writing, int64_t deadline, struct err *e)
{
	struct pipe *p = of(end);
	HANDLE events[2];
	DWORD n = 0;

	/* The deadline also ends a peer that takes one byte at a time. */
	if (clock_mono_ms() >= deadline)
		return err_setx(e, ERR_TIMEOUT, "no answer in time");
	if ((reading && has_news(p)) || (writing && !p->out.pending))
		return 0;
	if (reading)
		events[n++] = p->in.o.hEvent;
	if (writing)
		events[n++] = p->out.o.hEvent;
	for (;;)
		switch (WaitForMultipleObjects(n, events, FALSE, left(deadline))) {
		case WAIT_FAILED:
			return err_windows(e, GetLastError(), "wait for a pipe");
		case WAIT_TIMEOUT:
			if (clock_mono_ms() >= deadline)
				return err_setx(e, ERR_TIMEOUT, "no answer in time");
			break;
		default:
			return 0;
		}
}

bool
pipe_wait_gone(pipe_end end, int64_t deadline)
{
	struct pipe *p = of(end);

	/* The end comes after what was written, so that is read, and dropped. */
	for (;;) {
		if (has_news(p) && p->in.len == 0)
			return true;
		if (p->in.len == 0)
			WaitForSingleObject(p->in.o.hEvent, left(deadline));
		p->in.len = 0;
		if (clock_mono_ms() >= deadline)
			return has_news(p) && p->in.len == 0;
	}
}
