/* SPDX-License-Identifier: ISC */
#ifndef LIB_SFTP_CHILD_H
#define LIB_SFTP_CHILD_H

/*
 * The child's half of sftp_frames.h, for the table of child_main() and for struct
 * sftp_session_child.
 */
#include "lib/os/child.h"

extern const struct child_role sftp_child_role;

#endif
