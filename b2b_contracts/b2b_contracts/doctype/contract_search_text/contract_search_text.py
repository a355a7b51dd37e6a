import frappe
from frappe.model.document import Document


class ContractSearchText(Document):
	"""The words of one contract as they are searched: those of its data and those of its documents. Nobody has a right to it, as
	it says what the contract says; `contracts/searching.py` asks who may see that."""


def on_doctype_update():
	table = "tabContract Search Text"
	if not frappe.db.sql(f"SHOW INDEX FROM `{table}` WHERE Key_name = 'b2b_words'"):
		# Frappe knows no full-text index of two columns; DDL takes no parameters.
		frappe.db.sql_ddl(
			f"ALTER TABLE `{table}` ADD FULLTEXT INDEX `b2b_words` (`data_text`, `document_text`)"
		)
