tool of release 1
