"""Contract types and the mail about key dates, on sites of before there were contracts."""

from b2b_contracts.setup import defaults, texts


def execute():
	defaults.create_contract_types()
	texts.create()
