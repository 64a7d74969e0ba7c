"""The language of the inventory: what a thing, a relation, a mention and a look are.

Pure and standard-library only. It refuses I/O, clocks, SDKs and SQL; every other package may import it.
"""
