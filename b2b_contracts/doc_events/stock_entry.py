"""Stock Entry: refused at submit when its goods leave for a customer who is stopped or has no credit for them."""

from b2b_contracts.credit import stock_entries


def before_submit(doc, method=None):
	stock_entries.check(doc)
