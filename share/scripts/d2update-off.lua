-- SPDX-License-Identifier: ISC
-- Switch D2Update off, D2000's own updater.
--
-- HI, also when Slipway starts it, asks D2Update for news by itself, and that writes into the same folders: by FTP
-- where the setting Protocol is absent. Copy this file to scripts/machine/05-d2update.lua of a release. To fetch with
-- D2Update again, set Protocol to "SFTP" or "FTP" at the station.
--
-- A station with several applications takes this only from the one that its administrator made the default.

-- The name of your installation.
local installation = "D2EXE_COV_PB"

set([[HKLM\SOFTWARE\Ipesoft\]] .. installation .. [[\Update]], "Protocol", "disabled")
