-- SPDX-License-Identifier: ISC
-- While a Kernel's certificate is replaced: trust the old one and the new one.
--
-- First publish this with both certificates in app/. When every station has it, give the Kernel its new key and
-- certificate. Then publish a release with tls-client.lua again and only the new certificate.

-- The names of your installation and application, as in /C<application>.
local installation = "D2EXE_COV_PB"
local application = "COV_PB"

-- The two files, as they are called in app/ of this release.
local certificates = { "server.crt", "server-new.crt" }

local client = [[HKLM\SOFTWARE\Ipesoft\]] .. installation .. [[\cfg_]] .. application .. [[\TLS_Client]]

-- A list of places, one for each file. "for ... do ... end" repeats what is between for each file in turn.
local places = {}
for _, name in ipairs(certificates) do
	-- A name that is in no file of the release is a mistake that would lock stations out. When the script is
	-- checked without a release ('slipway script check'), list the files in --facts.
	if not file.exists("app/" .. name) then
		error("app/" .. name .. " is not in this release")
	end
	table.insert(places, "%AppDir%\\" .. name) -- the folder that the files of app/ go to
end

set(client, "TLS_RequiredLevel", "TLSPeerAuth")
-- Several files are one text with ";" between them.
set(client, "TLS_TrustedCerts", table.concat(places, ";"))
