-- What a configuration script sees, and nothing else; docs/scripts.md says what each does.
stds.slipway = {
	read_globals = {
		"set", "delete", "get", "log",
		station = { fields = { "name", "os", "application", "installation" } },
		release = { fields = { "number" } },
		file = { fields = { "exists" } },
		"assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "tostring", "type",
		string = { fields = { "byte", "char", "len", "lower", "rep", "reverse", "sub", "upper" } },
		table = { fields = { "concat", "insert", "remove" } },
		math = { fields = { "abs", "ceil", "floor", "fmod", "max", "min", "modf", "tointeger", "type", "ult" } },
		"_G",
	},
}
std = "slipway"
