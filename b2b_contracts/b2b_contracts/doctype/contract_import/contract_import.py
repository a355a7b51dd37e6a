from b2b_contracts.contracts import importing
from b2b_contracts.import_documents import ImportDocument


class ContractImport(ImportDocument):
	"""A workbook of existing contracts that is imported. What was found and done is written by `contracts/importing.py`."""

	service = importing.SERVICE
