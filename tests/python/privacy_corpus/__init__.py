"""Labelled texts by which the scanner for personal data is measured: some hold something personal, most hold nothing.

Nobody's data: addresses are of reserved domains and networks, cards are vendors' test numbers or made by rule, phones are of
ranges that regulators keep for fiction where a country has such, and every check digit is computed by `check_digits.py`,
which shares no code with the scanner.
"""
