-- SPDX-License-Identifier: ISC
-- Take TLS settings away: clients of this application talk to their Kernel without TLS again.
--
-- Without the setting TLS_RequiredLevel a client uses no TLS, and says so in its log. The Kernel must accept that:
-- its own level must be "None".

-- The names of your installation and application, as in /C<application>.
local installation = "D2EXE_COV_PB"
local application = "COV_PB"

local client = [[HKLM\SOFTWARE\Ipesoft\]] .. installation .. [[\cfg_]] .. application .. [[\TLS_Client]]

-- get(key, name) gives what a setting is now, or nil where there is none.
local level = get(client, "TLS_RequiredLevel")
if level ~= nil then
	-- For the station's log.
	log("TLS is taken away; it was " .. level)
end

-- delete(key, name) removes one setting, delete(key) a key with all below it. What isn't there is no error.
delete(client)
