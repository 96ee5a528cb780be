/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SSH_ALLOC_H
#define LIB_SFTP_SSH_ALLOC_H

/*
 * The memory of one libssh2 session.  It is counted, so that a server can't make libssh2 queue
 * packets without bound, and released as a whole, because libssh2 loses some of it when a session
 * ends in the middle of an exchange.
 */
#include <stddef.h>

/* Bytes that one session may hold; a receive window of 8 MB and its queue need about half. */
#define SSH_MEMORY_MAX (24u * 1024 * 1024)

struct ssh_block;

struct ssh_pool {
	struct ssh_block *first;
	size_t used; /* bytes */
};

/* malloc() and its friends; NULL also when SSH_MEMORY_MAX would be passed. */
void *ssh_pool_alloc(struct ssh_pool *p, size_t size);
void *ssh_pool_realloc(struct ssh_pool *p, void *old, size_t size);
void ssh_pool_free(struct ssh_pool *p, void *block);

/* Releases all blocks. */
void ssh_pool_end(struct ssh_pool *p);

#endif
