/* SPDX-License-Identifier: ISC */
/*
 * Starting a program with pipes, for tests.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/spawn_windows.h"

#include <stdbool.h>

#include "lib/os/cmdline_windows.h"
#include "lib/os/wide_windows.h"

#define ARGS_MAX 200

const char *
spawn_self_path(void)
{
	static struct buf path = BUF_INIT(4096);
	wchar_t w[MAX_PATH];
	struct err e;

	if (path.len == 0) {
		assert_true(GetModuleFileNameW(NULL, w, MAX_PATH) > 0);
		assert_ok(wide_add(&path, w, &e), &e);
	}
	return buf_text(&path);
}

static void
pipe_of(HANDLE *ours, HANDLE *theirs, bool they_read)
{
	SECURITY_ATTRIBUTES inherit = { sizeof inherit, NULL, TRUE };
	HANDLE r, w;

	assert_true(CreatePipe(&r, &w, &inherit, 0));
	*ours = they_read ? w : r;
	*theirs = they_read ? r : w;
	assert_true(SetHandleInformation(*ours, HANDLE_FLAG_INHERIT, 0));
}

static void
read_to_end(HANDLE h, struct buf *out)
{
	char chunk[4096];
	struct err e;
	DWORD n;

	while (ReadFile(h, chunk, sizeof chunk, &n, NULL) && n > 0)
		assert_ok(buf_add(out, chunk, n, &e), &e);
	CloseHandle(h);
}

/* Reads one stream after the other: the texts of these tests fit into a pipe. */
uint32_t
spawn(const wchar_t *line, const char *input, struct buf *out, struct buf *err)
{
	STARTUPINFOW start = { .cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES };
	HANDLE in_w, out_r, err_r;
	wchar_t *copy = _wcsdup(line);
	PROCESS_INFORMATION p;
	DWORD n, code;

	assert_non_null(copy);
	pipe_of(&in_w, &start.hStdInput, true);
	pipe_of(&out_r, &start.hStdOutput, false);
	pipe_of(&err_r, &start.hStdError, false);
	assert_true(CreateProcessW(NULL, copy, NULL, NULL, TRUE, 0, NULL, NULL, &start, &p));
	free(copy);
	CloseHandle(start.hStdInput);
	CloseHandle(start.hStdOutput);
	CloseHandle(start.hStdError);
	assert_true(WriteFile(in_w, input, (DWORD)strlen(input), &n, NULL) && n == strlen(input));
	CloseHandle(in_w);
	read_to_end(out_r, out);
	read_to_end(err_r, err);
	WaitForSingleObject(p.hProcess, INFINITE);
	assert_true(GetExitCodeProcess(p.hProcess, &code));
	CloseHandle(p.hProcess);
	CloseHandle(p.hThread);
	return code;
}

uint32_t
spawn_self(char *const *args, const char *input, struct buf *out, struct buf *err)
{
	char *argv[ARGS_MAX + 2] = { (char *)(uintptr_t)spawn_self_path() };
	wchar_t *line;
	uint32_t code;
	struct err e;
	size_t n = 1;

	for (; *args != NULL; args++) {
		assert_true(n <= ARGS_MAX);
		argv[n++] = *args;
	}
	line = cmdline_of(argv, &e);
	assert_non_null(line);
	code = spawn(line, input, out, err);
	free(line);
	return code;
}
