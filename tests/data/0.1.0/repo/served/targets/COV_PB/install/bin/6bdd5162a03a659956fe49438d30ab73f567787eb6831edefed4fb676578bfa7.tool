tool of release 2
