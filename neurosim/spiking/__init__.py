"""Spiking realisations of rate networks, one file each; the folder is the registry."""
