"""The standing benchmark: tasks, rules and chips of a suite file, each combination with what it reached and took."""
