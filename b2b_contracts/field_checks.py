"""Checks on entered values that several documents share. Each message says what, where and what to change."""

from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

NUMBERS = ("Currency", "Float", "Int", "Percent")


def refuse_negative(doc: Document, error: type[Exception]) -> None:
	"""Refuse a negative value in any field of `doc` and its rows that is marked non-negative."""
	for row in (doc, *doc.get_all_children()):
		for field in row.meta.fields:
			if field.fieldtype not in NUMBERS or not field.non_negative or flt(row.get(field.fieldname)) >= 0:
				continue
			value = row.get_formatted(field.fieldname)
			if row is doc:
				message = _("{0} is {1}. Enter 0 or more.").format(
					frappe.bold(_(field.label, context=row.doctype)), value
				)
			else:
				message = _("{0} is {1} in row {2} of {3}. Enter 0 or more.").format(
					frappe.bold(_(field.label, context=row.doctype)),
					value,
					row.idx,
					_(doc.meta.get_label(row.parentfield), context=doc.doctype),
				)
			frappe.throw(message, error, title=_("Negative value"))


def refuse_over_hundred(doc: Document, fieldnames: Iterable[str], error: type[Exception]) -> None:
	"""Refuse a percentage above 100 in the named fields of `doc`."""
	for fieldname in fieldnames:
		if flt(doc.get(fieldname)) > 100:
			frappe.throw(
				_("{0} is {1} %. Enter a share between 0 and 100.").format(
					frappe.bold(_(doc.meta.get_label(fieldname), context=doc.doctype)),
					flt(doc.get(fieldname), 2),
				),
				error,
				title=_("More than 100 %"),
			)


def refuse_unknown_choice(
	doc: Document, fieldname: str, choices: Iterable[str], error: type[Exception]
) -> None:
	"""Refuse a value that is neither empty nor one of `choices`."""
	value = doc.get(fieldname)
	choices = tuple(choices)
	if value and value not in choices:
		frappe.throw(
			_("{0} {1} is outside the scale. Use one of {2}.").format(
				frappe.bold(_(doc.meta.get_label(fieldname), context=doc.doctype)), value, ", ".join(choices)
			),
			error,
			title=_("Outside the scale"),
		)
