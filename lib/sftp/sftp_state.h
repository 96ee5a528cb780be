/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_STATE_H
#define LIB_SFTP_SFTP_STATE_H

/*
 * The files of a session and its open requests, for sftp_ask.c (requests), sftp.c (replies) above
 * it and sftp_data.c (bytes that arrive) above both.  Nobody else includes this.
 *
 * An entry is one file on its way.  It is in exactly one list: waiting (no OPEN sent, or to be sent
 * again), asking (has a handle, and bytes that nobody has asked for) or idle (all asked for, or its
 * OPEN is under way).  An entry that ends is freed at once; replies that come for it later find a
 * request without an entry and are dropped.
 */
#include "lib/sftp/sftp.h"
#include "lib/sftp/sftp_packet.h"

/* Slots for open requests: more than SFTP_WINDOW_REQUESTS and a CLOSE for each open file. */
#define SFTP_SLOTS 8192u

struct sftp_entry;

struct sftp_request {
	uint8_t type;	/* of the packet; 0: the slot is free */
	bool done, eof; /* READ: answered; answered with EOF */
	uint32_t id;
	uint32_t len, got; /* READ: bytes asked for, and that came */
	uint64_t offset;   /* READ */
	/* READ: bytes that came before those in front of them; owned */
	uint8_t *early;
	struct sftp_entry *entry;  /* NULL: nobody waits for the reply any more */
	struct sftp_request *next; /* READ: the one behind it in the file */
};

struct sftp_list {
	struct sftp_entry *first, *last;
};

struct sftp_entry {
	struct sftp_file *file;
	struct sftp_list *in;
	struct sftp_entry *prev, *next;
	uint8_t *handle; /* owned; NULL: not open */
	size_t handlelen;
	unsigned tries; /* OPENs that failed */
	bool alone;	/* nothing else was open when OPEN was sent */
	uint32_t turn;	/* how many OPENs had been sent then */
	bool size_known;
	uint64_t size;	/* what FSTAT says */
	uint64_t start; /* offset at which this session began */
	uint64_t asked; /* the first byte that nobody has asked for */
	/* bytes that came when a READ gave less than asked; 0: none did */
	uint32_t cut;
	struct sftp_request *stat;		/* FSTAT under way */
	struct sftp_request *reads, *last_read; /* READs under way, in order */
};

struct sftp {
	char *root;
	struct sftp_limits limits;
	struct buf out; /* packets to be sent, from sent on */
	size_t sent;
	bool greeted, version; /* INIT is in out; VERSION came */

	struct sftp_list waiting, asking, idle;
	uint64_t pending;		    /* entries in the three */
	uint32_t opening, handles, closing; /* OPENs under way, open files, CLOSEs under way */
	uint32_t opens;			    /* OPENs that were sent */
	/* one file is open or about to be, beside which there must be no other */
	bool exclusive;
	bool mixed;	    /* the server gave one handle to several files: one at a time */
	uint32_t shrunk_id; /* requests before this one don't lower limits.open again */

	struct sftp_request slots[SFTP_SLOTS];
	uint32_t used, next_id;
	/* one READ a file at a time: the server's answers can't be foreseen */
	bool single;
	uint64_t held; /* sum of len of READs that are under way or held back */

	uint8_t packet[4 + SFTP_REPLY_MAX]; /* the reply that is being collected */
	size_t have;
	struct sftp_request *filling; /* the READ whose bytes are coming */
	uint32_t filling_left;
};

/* Moves an entry from its list to the end or the beginning of another. */
void sftp_list_last(struct sftp_list *l, struct sftp_entry *n);
void sftp_list_first(struct sftp_list *l, struct sftp_entry *n);

/* Releases the slot of a request. */
void sftp_request_free(struct sftp *s, struct sftp_request *r);

/* Writes the requests that the windows have room for.  0, or -1 with ERR_NOMEM. */
int sftp_ask(struct sftp *s, struct err *e);

/* Returns the open request with this id; NULL with ERR_PROTOCOL when there is none. */
struct sftp_request *sftp_find(struct sftp *s, uint32_t id, struct err *e);

/* Takes a whole packet other than DATA, without its length.  0, or -1 as sftp_input(). */
int sftp_reply(struct sftp *s, const uint8_t *packet, size_t len, struct err *e);

/* Hands bytes on.  1; 0 when that ended the file, and n is gone; -1. */
int
sftp_deliver(struct sftp *s, struct sftp_entry *n, const uint8_t *bytes, size_t len, struct err *e);

/* Hands on what is complete at the front of a file.  0 or -1; n may be gone afterwards. */
int sftp_advance(struct sftp *s, struct sftp_entry *n, struct err *e);

/* Writes a CLOSE for n's handle, if it has one.  0, or -1 with ERR_NOMEM. */
int sftp_ask_close(struct sftp *s, struct sftp_entry *n, struct err *e);

#endif
