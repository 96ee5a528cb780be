-- SPDX-License-Identifier: ISC
-- TLS settings of a client: the program talks only to a Kernel whose certificate it has.
--
-- Copy this file to scripts/machine/10-tls.lua of a release, put the Kernel's certificate (server.crt, made with
-- 'slipway-repo cert new') into app/ of the same release, and change the two names below.
-- A line that begins with "--" is a comment: it is for people, Slipway skips it.

-- The names of your installation and application, as in /C<application>.
local installation = "D2EXE_COV_PB"
local application = "COV_PB"

-- Text between [[ and ]] is taken as it is, so that each backslash is written once; ".." joins texts.
local root = [[HKLM\SOFTWARE\Ipesoft\]] .. installation
local client = root .. [[\cfg_]] .. application .. [[\TLS_Client]]

-- set(key, name, value): give the setting called name, below key, this value.
-- "None": no TLS. "TLSNoPeerAuth": encrypted, with anybody. "TLSPeerAuth": encrypted, with a Kernel that we know.
set(client, "TLS_RequiredLevel", "TLSPeerAuth")
-- HI starts with this application when its command line names none.  A station with several applications takes this
-- only from the one that its administrator made the default; delete the line in the releases of the others.
set(root, "DefaultApplication", application)

-- Which certificates we know: files of this release. In a text between quotes a backslash is written twice.
-- %AppDir% is the folder that the files of app/ go to, put in when this script runs: the same for every user.
set(client, "TLS_TrustedCerts", "%AppDir%\\server.crt")
