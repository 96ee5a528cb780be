set([[HKCU\SOFTWARE\Ipesoft\D2EXE\cfg_COV_PB]], "Release", 2)
