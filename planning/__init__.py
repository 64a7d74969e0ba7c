"""What an inventory means for a move: verdicts with reasons, from facts with sources.

Pure: takes plain rows of the inventory and the knowledge base, gives records. Refuses queries, clocks, networks and text
formats.
"""
