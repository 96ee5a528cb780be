/* SPDX-License-Identifier: ISC */
/* Whether names can be changed for good, on Windows: by the right to delete them. */
#include "lib/os/movable.h"

#include "lib/os/move.h"
#include "lib/os/open_windows.h"
#include "lib/os/places.h"
#include "lib/os/private_windows.h"

/* What gives the right: to all who update the station, or to this user. */
static int
refuse_immovable(const char *where, struct err *e)
{
	char room[FILE_SHOWN_MAX];
	struct buf self = BUF_INIT(ACL_TEXT_MAX);
	bool admin = place_privileged();
	int rc;

	if (!admin)
		(void)windows_self(&self);
	rc = err_setx(e, ERR_ACCESS,
	    "%s: want a file that this user may rename and remove, got one without the right to "
	    "delete it; %sicacls \"%s\" /grant \"*%s:F\"%s",
	    where, admin ? "in an administrator's console: " : "", windows_pasted(where, room),
	    admin ? "S-1-5-18" : buf_text(&self), admin ? " \"*S-1-5-32-544:F\"" : "");
	buf_free(&self);
	return rc;
}

/* A program that has the file open may end before it is moved, and counts for nothing here. */
int
file_check_movable(struct dir *d, const char *name, struct err *e)
{
	struct file_how how = { DELETE, FILE_OPEN, 0, false };
	char where[FILE_SHOWN_MAX];
	HANDLE h;
	DWORD error = file_open_at(d, name, &how, &h);

	if (error == 0)
		CloseHandle(h);
	if (error != ERROR_ACCESS_DENIED)
		return 0;
	return refuse_immovable(file_shown(d, name, where), e);
}

int
file_link_movable(struct dir *from, const char *name, struct dir *to, const char *newname,
    struct err *e)
{
	return file_link(from, name, to, newname, e);
}
