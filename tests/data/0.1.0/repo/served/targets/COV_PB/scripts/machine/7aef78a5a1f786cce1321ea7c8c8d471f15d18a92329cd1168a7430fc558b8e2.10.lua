local key = [[HKLM\SOFTWARE\Ipesoft\D2EXE\cfg_COV_PB\TLS_Client]]
set(key, "TLS_RequiredLevel", "TLSPeerAuth")
set(key, "Release", 1)
set(key, "OnlyIn1", "yes")
