/* SPDX-License-Identifier: ISC */
/* How far fetching is. */
#include "updater/fetch/progress.h"

void
progress_begin(struct progress *p, const char *what, size_t files, uint64_t bytes)
{
	if (p == NULL)
		return;
	p->what = what;
	p->files = 0;
	p->bytes = 0;
	p->of_files = files;
	p->of_bytes = bytes;
	p->show(p, PROGRESS_BEGIN);
}

void
progress_bytes(struct progress *p, size_t bytes)
{
	if (p == NULL)
		return;
	p->bytes += bytes;
	p->show(p, PROGRESS_GO_ON);
}

void
progress_file(struct progress *p)
{
	if (p == NULL)
		return;
	p->files++;
	p->show(p, PROGRESS_GO_ON);
}

void
progress_end(struct progress *p)
{
	if (p != NULL)
		p->show(p, PROGRESS_END);
}
