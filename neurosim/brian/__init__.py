"""A program as objects of Brian2: its names, its code, its objects, and what is computed beside them."""
