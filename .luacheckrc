-- What a configuration script sees; docs and lib/script say what each does.
std = "lua54"
read_globals = { "set", "delete", "delete_tree", "get", "log", "station", "release" }
