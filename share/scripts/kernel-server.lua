-- SPDX-License-Identifier: ISC
-- TLS settings of a Kernel: its key, its certificate, and what it demands of clients.
--
-- This is for a release that only the Kernel's own computer gets. The private key is never part of a release: put it
-- on that computer by hand, readable for the Kernel alone, and name the place here.

-- The names of your installation and application, as in /C<application>.
local installation = "D2EXE_COV_PB"
local application = "COV_PB"

local server = [[HKLM\SOFTWARE\Ipesoft\]] .. installation .. [[\cfg_]] .. application .. [[\TLS_Server]]

-- Where key and certificate are. station.os is "linux" or "windows".
local directory = "/etc/kernel/tls/"
if station.os == "windows" then
	directory = "C:\\ProgramData\\Kernel\\tls\\"
end
set(server, "TLS_KeyFile", directory .. "kernel.pem")
set(server, "TLS_CertFile", directory .. "kernel.crt")

-- "None": clients with and without TLS. "TLSNoPeerAuth": only with TLS. "TLSPeerAuth": only with a certificate that
-- is in TLS_TrustedCerts. Begin with "None", and go on when every client has its settings.
set(server, "TLS_RequiredLevel", "None")
