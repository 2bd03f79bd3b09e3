"""Claims, a file for each subject; every `Check` in them is found by its number."""
