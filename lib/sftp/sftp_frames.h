/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_FRAMES_H
#define LIB_SFTP_SFTP_FRAMES_H

/*
 * What the updater and its fetch child say to each other, in frames (base/frame.h).  The child
 * speaks SSH and SFTP with one server; the parent keeps what is logged in with, decides what is
 * asked for, and believes nothing of what it is told.
 *
 * In each frame's content, as in base/wire.h; numbers are u32 unless said otherwise:
 *
 *   parent to child
 *     S  host, port, user, path; whether only ECDSA host keys (u8); milliseconds to connect (u64);
 *        count of pinned fingerprints, the fingerprints
 *     L  public login key (string, empty: by password), name of its file or the password's: after
 * S, which it doesn't hold up
 *     F  for each file: its number, path, most bytes (u64), whether it should have so many (u8),
 * offset (u64)
 *     G  milliseconds left, and of silence at most (u64): fetch what was named since the last one
 *     K  the signature or the password (string), or nothing
 *   child to parent
 *     H  how it is confined (confined_pack()); after connecting, before it reads the first byte of
 * the server
 *     Q  what the login key is to sign (string)
 *     P  wants the password: the host key is good
 *     C  connected and logged in
 *     D  number of a file, bytes to the end of the frame
 *     R  number of a file, fetch_result (u8); for FETCH_FAILED an error
 *     E  the end of G, or of connecting: an error of the connection, or nothing; whether the
 * server's other host key is worth a try (u8)
 */
#include "lib/os/child.h"

enum carry {
	CARRY_SERVER = 'S',
	CARRY_LOGIN = 'L',
	CARRY_FILES = 'F',
	CARRY_GO = 'G',
	CARRY_SECRET = 'K',
	CARRY_HELLO = 'H',
	CARRY_SIGN = 'Q',
	CARRY_PASSWORD = 'P',
	CARRY_CONNECTED = 'C',
	CARRY_DATA = 'D',
	CARRY_RESULT = 'R',
	CARRY_END = 'E'
};

/* Bytes of a frame; a list of files is cut into several at about half of it. */
#define CARRY_FRAME_MAX (512u * 1024)

/* Files of one G. */
#define CARRY_FILES_MAX 100000u

/* For the table of child_main(): each program that fetches has it. */
extern const struct child_role carry_child_role;

#endif
