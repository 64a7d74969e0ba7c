"""The rules by which gaps are found: each reads what the inventory holds and yields gaps. Texts and severities: normalize."""
