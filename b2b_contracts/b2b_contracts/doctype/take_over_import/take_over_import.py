from b2b_contracts.credit import takeover
from b2b_contracts.import_documents import ImportDocument


class TakeoverImport(ImportDocument):
	"""A workbook of profiles, limits, ratings, securities and plans that is taken over. What was found and done is written by `credit/takeover.py`."""

	service = takeover.SERVICE
