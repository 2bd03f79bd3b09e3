"""Figures, one file each: the name of the file, with hyphens, is the name of the figure."""
