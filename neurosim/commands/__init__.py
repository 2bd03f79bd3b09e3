"""One module for each command of the command line: `command` is what click runs. The folder is the registry."""
