/* SPDX-License-Identifier: ISC */
/* The memory of one libssh2 session. */
#include "lib/sftp/ssh_alloc.h"

#include <stdlib.h>
#include <string.h>

struct ssh_block {
	struct ssh_block *prev, *next;
	size_t size;
	max_align_t data[];
};

void *
ssh_pool_alloc(struct ssh_pool *p, size_t size)
{
	struct ssh_block *b;

	if (size > SSH_MEMORY_MAX - p->used || (b = malloc(sizeof *b + size)) == NULL)
		return NULL;
	b->size = size;
	b->prev = NULL;
	b->next = p->first;
	if (b->next != NULL)
		b->next->prev = b;
	p->first = b;
	p->used += size;
	return b->data;
}

static struct ssh_block *
block_of(void *data)
{
	return (struct ssh_block *)((char *)data - offsetof(struct ssh_block, data));
}

void
ssh_pool_free(struct ssh_pool *p, void *data)
{
	struct ssh_block *b;

	if (data == NULL)
		return;
	b = block_of(data);
	if (b->prev != NULL)
		b->prev->next = b->next;
	else
		p->first = b->next;
	if (b->next != NULL)
		b->next->prev = b->prev;
	p->used -= b->size;
	free(b);
}

void *
ssh_pool_realloc(struct ssh_pool *p, void *old, size_t size)
{
	void *new = ssh_pool_alloc(p, size);
	size_t keep;

	if (new == NULL || old == NULL)
		return new;
	keep = block_of(old)->size < size ? block_of(old)->size : size;
	memcpy(new, old, keep);
	ssh_pool_free(p, old);
	return new;
}

void
ssh_pool_end(struct ssh_pool *p)
{
	while (p->first != NULL)
		ssh_pool_free(p, p->first->data);
}
