/* SPDX-License-Identifier: ISC */
/*
 * A task, as Windows' task scheduler tells of it.  The words of its programs are in the system's
 * language; these calls have none.
 */
#include "lib/os/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/os/private_windows.h"

#define COBJMACROS
#include <taskschd.h> /* after windows.h */

/* The scheduler's "it has not run yet", and "it runs just now". */
#define NOT_YET_RUN 0x41303
#define RUNS_NOW    0x41301

#define SYSTEM_SID "S-1-5-18"

static const GUID class_of_service = { 0x0f87369f, 0xa4e5, 0x4cfc,
	{ 0xbd, 0x3e, 0x73, 0xe6, 0x15, 0x45, 0x72, 0xdd } };
static const GUID id_of_service = { 0x2faba4c7, 0x4da9, 0x4013,
	{ 0x96, 0x97, 0x20, 0xcc, 0x3f, 0xd4, 0x0f, 0x85 } };

static bool
to_utf8(const wchar_t *text, char *out, int size)
{
	if (text != NULL &&
	    WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, out, size, NULL, NULL) > 0)
		return true;
	*out = '\0';
	return false;
}

/* An account's name, or its SID, which the scheduler tells as the task's XML has it. */
static bool
is_system(const wchar_t *who)
{
	uint8_t sid[SECURITY_MAX_SID_SIZE];
	wchar_t domain[256];
	DWORD size = sizeof sid, n = N(domain);
	SID_NAME_USE use;

	return wcscmp(who, L"" SYSTEM_SID) == 0 ||
	    (LookupAccountNameW(NULL, who, sid, &size, domain, &n, &use) &&
		IsWellKnownSid(sid, WinLocalSystemSid));
}

static void
look_at_principal(ITaskDefinition *definition, struct schedule *out)
{
	IPrincipal *principal = NULL;
	BSTR who = NULL;

	if (ITaskDefinition_get_Principal(definition, &principal) != S_OK)
		return;
	if (IPrincipal_get_UserId(principal, &who) == S_OK && who != NULL) {
		to_utf8(who, out->who, sizeof out->who);
		out->as_system = is_system(who);
	}
	SysFreeString(who);
	IPrincipal_Release(principal);
}

static void
look_at_settings(ITaskDefinition *definition, struct schedule *out)
{
	ITaskSettings *settings = NULL;
	VARIANT_BOOL not_on_battery;

	if (ITaskDefinition_get_Settings(definition, &settings) != S_OK)
		return;
	if (ITaskSettings_get_DisallowStartIfOnBatteries(settings, &not_on_battery) == S_OK)
		out->on_battery = not_on_battery == VARIANT_FALSE;
	ITaskSettings_Release(settings);
}

static void
look_at_task(IRegisteredTask *task, struct schedule *out)
{
	ITaskDefinition *definition = NULL;
	VARIANT_BOOL enabled;
	LONG result;

	out->found = SCHEDULE_FOUND;
	out->enabled = out->on_battery = out->as_system = true;
	if (IRegisteredTask_get_Enabled(task, &enabled) == S_OK)
		out->enabled = enabled != VARIANT_FALSE;
	out->ended = IRegisteredTask_get_LastTaskResult(task, &result) == S_OK &&
	    result != NOT_YET_RUN && result != RUNS_NOW;
	out->result = out->ended ? (uint32_t)result : 0;
	if (IRegisteredTask_get_Definition(task, &definition) == S_OK) {
		look_at_principal(definition, out);
		look_at_settings(definition, out);
		ITaskDefinition_Release(definition);
	}
}

/* The task of a name in the root folder.  S_OK, or why there is none. */
static HRESULT
find_task(ITaskService *service, const wchar_t *name, IRegisteredTask **task)
{
	VARIANT none = { .vt = VT_EMPTY };
	ITaskFolder *folder = NULL;
	wchar_t root[] = L"\\";
	BSTR path = SysAllocString(root), its = SysAllocString(name);
	HRESULT result = path == NULL || its == NULL
	    ? E_OUTOFMEMORY
	    : ITaskService_Connect(service, none, none, none, none);

	if (result == S_OK)
		result = ITaskService_GetFolder(service, path, &folder);
	if (result == S_OK) {
		result = ITaskFolder_GetTask(folder, its, task);
		ITaskFolder_Release(folder);
	}
	SysFreeString(path);
	SysFreeString(its);
	return result;
}

static void
ask_service(const wchar_t *name, struct schedule *out)
{
	ITaskService *service = NULL;
	IRegisteredTask *task = NULL;
	HRESULT result;

	if (CoCreateInstance(&class_of_service, NULL, CLSCTX_INPROC_SERVER, &id_of_service,
		(void **)&service) != S_OK)
		return;
	if ((result = find_task(service, name, &task)) == S_OK) {
		look_at_task(task, out);
		IRegisteredTask_Release(task);
	} else if (result == HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND) ||
	    result == HRESULT_FROM_WIN32(ERROR_PATH_NOT_FOUND))
		out->found = SCHEDULE_MISSING;
	ITaskService_Release(service);
}

/* The file that the guide makes the task of is beside this program. */
static void
find_file(struct schedule *out)
{
	static const wchar_t name[] = L"slipway-update.xml";
	wchar_t path[SCHEDULE_FILE_SIZE], *slash;
	DWORD n = GetModuleFileNameW(NULL, path, N(path));

	if (n == 0 || n >= N(path) || (slash = wcsrchr(path, L'\\')) == NULL ||
	    (size_t)(slash + 1 - path) + N(name) > N(path))
		return;
	memcpy(slash + 1, name, sizeof name);
	if (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES)
		to_utf8(path, out->file, sizeof out->file);
}

void
schedule_look(const char *name, struct schedule *out)
{
	struct err ignored;
	wchar_t *w = wide_of(name, &ignored);
	HRESULT begun = CoInitializeEx(NULL, COINIT_MULTITHREADED);

	*out = (struct schedule){ .found = SCHEDULE_UNKNOWN };
	if (w != NULL)
		ask_service(w, out);
	find_file(out);
	if (SUCCEEDED(begun))
		CoUninitialize();
	free(w);
}
