/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_SFTP_FRAMES_H
#define LIB_SFTP_SFTP_FRAMES_H

/*
 * The frames (lib/os/frame.h) between a session and its fetch child.  The child speaks SSH and SFTP
 * with one server.  The parent keeps the login key or password, decides which files are asked for,
 * and believes nothing that the child says.
 *
 * In each frame's content, as in lib/base/wire.h; numbers are u32 unless said otherwise:
 *
 *   parent to child
 *     S  host (empty: path is a directory of this computer), port, user, path; whether only ECDSA
 * host keys (u8); milliseconds to connect (u64);
 *        count of pinned fingerprints, the fingerprints
 *     L  public login key (string, empty: by password), name of the file of key or password; after
 *        S, which doesn't wait for it
 *     F  for each file: its number, path, most bytes (u64), whether it should have so many and
 *        whether it may be missing (u8: 1, 2),
 *        offset (u64)
 *     G  milliseconds left, and of silence at most (u64): fetch the files named since the last G
 *     K  the signature or the password (string), or nothing
 *     O  for each job (job.h): its number, kind (u8), path, to, size (u64), exclusive (u8); after
 *        it the connection is one for jobs, and fetches nothing
 *     T  milliseconds left, and of silence at most (u64): do the jobs named since the last T
 *     B  the bytes that the last W wants, to the end of the frame; nothing: the job fails
 *   child to parent
 *     H  how it is confined (confined_pack()); after connecting, before it reads the first byte of
 *        the server
 *     Q  the bytes that the login key is to sign (string)
 *     P  wants the password: the host key is good
 *     C  connected and logged in; nothing, or sftp_nagle (u8)
 *     D  number of a file or a job, bytes to the end of the frame
 *     R  number of a file, sftp_result (u8); for SFTP_FILE_FAILED an error
 *     W  number of a job, offset (u64), length: wants so many bytes of the file; the child waits
 *     N  number of a job, sftp_listed_type (u8), size (u64), name: an entry of the directory
 *     J  number of a job, sftp_job_result (u8); for SFTP_JOB_FAILED an error
 *     E  the end of G, of T, or of connecting: an error of the connection, or nothing; whether the
 *        server's other host key is worth a try (u8)
 */
enum sftp_frame {
	SFTP_FRAME_SERVER = 'S',
	SFTP_FRAME_LOGIN = 'L',
	SFTP_FRAME_FILES = 'F',
	SFTP_FRAME_GO = 'G',
	SFTP_FRAME_SECRET = 'K',
	SFTP_FRAME_JOBS = 'O',
	SFTP_FRAME_DO = 'T',
	SFTP_FRAME_BYTES = 'B',
	SFTP_FRAME_HELLO = 'H',
	SFTP_FRAME_SIGN = 'Q',
	SFTP_FRAME_PASSWORD = 'P',
	SFTP_FRAME_CONNECTED = 'C',
	SFTP_FRAME_DATA = 'D',
	SFTP_FRAME_RESULT = 'R',
	SFTP_FRAME_WANT = 'W',
	SFTP_FRAME_ENTRY = 'N',
	SFTP_FRAME_JOB = 'J',
	SFTP_FRAME_END = 'E'
};

/* Bytes of a frame; a list of files is cut into several at about half of it. */
#define SFTP_FRAME_MAX (512u * 1024)

/* Files of one G, jobs of one T, and pinned fingerprints of one S. */
#define SFTP_FILES_MAX 100000u
#define SFTP_PINS_MAX  64

/* Bytes of a host and of a user, each with the NUL, and of a password. */
#define SFTP_HOST_SIZE	  256
#define SFTP_USER_SIZE	  65
#define SFTP_PASSWORD_MAX 1024

#endif
