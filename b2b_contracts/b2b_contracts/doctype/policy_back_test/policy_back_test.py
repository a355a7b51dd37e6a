import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_months, cast, cstr, formatdate, getdate, nowdate

from b2b_contracts.credit import back_test_inputs as inputs
from b2b_contracts.credit import backtesting
from b2b_contracts.exceptions import BackTestError, EvidenceError
from b2b_contracts.field_checks import refuse_negative

MONTHS = 24


class PolicyBacktest(Document):
	"""What a policy would have done to the orders of the past. What a run found is written by the run alone."""

	def before_insert(self):
		self.to_date = self.to_date or nowdate()
		self.from_date = self.from_date or add_months(getdate(self.to_date), -MONTHS)

	def before_validate(self):
		# Not in validate, which `flags.ignore_validate` skips.
		before = self.get_doc_before_save()
		if not before:
			self.update(dict.fromkeys(backtesting.OUTCOME) | {"status": backtesting.DRAFT})
		else:
			self.keep_evidence(before)
			# A form may have been open since before the run: what it says of it is old.
			self.update({field: before.get(field) for field in backtesting.OUTCOME})
		for field in ("file_a", "file_b"):
			if self.get(field) and self.changed(before, field):
				# Before Frappe attaches the file to this document, which opens it to whoever may read this.
				inputs.check_may_read(self.get(field))

	def keep_evidence(self, before: Document):
		if before.status == backtesting.COMPLETED:
			kept = (*inputs.GIVEN, *backtesting.OUTCOME)
			message = _(
				"{0} of {1} cannot be changed: the result is kept with what it came of. Duplicate it to try something else."
			)
		elif before.status in backtesting.UNDER_WAY:
			kept = inputs.GIVEN
			message = _("{0} of {1} cannot be changed while it runs. Cancel it first.")
		else:
			return
		changed = [field for field in kept if self.changed(before, field)]
		if changed:
			label = _(self.meta.get_label(changed[0]), context=self.doctype)
			frappe.throw(
				message.format(frappe.bold(label), self.name), EvidenceError, title=_("Back-test is evidence")
			)

	def changed(self, before: Document | None, field: str) -> bool:
		"""Whether a field is another than before, whatever form a client sends it in."""
		fieldtype = self.meta.get_field(field).fieldtype
		old, new = (cast(fieldtype, doc.get(field) or None) if doc else None for doc in (before, self))
		return cstr(old) != cstr(new)

	def validate(self):
		refuse_negative(self, BackTestError)
		inputs.check(self)
		if not self.title:
			self.title = self.what_is_compared()

	def what_is_compared(self) -> str:
		names = [
			inputs.name_of(file) if file else policy
			for policy, file in ((self.policy_a, self.file_a), (self.policy_b, self.file_b))
			if policy or file
		]
		what = _("{0} against {1}").format(*names) if len(names) > 1 else "".join(names) or self.company
		period = _("{0}, {1} to {2}")
		return period.format(what, formatdate(self.from_date), formatdate(self.to_date))[:140]

	def on_trash(self):
		if frappe.db.get_value(self.doctype, self.name, "status") in backtesting.UNDER_WAY:
			frappe.throw(
				_("{0} is under way. Cancel it before you delete it.").format(self.name),
				BackTestError,
				title=_("Not now"),
			)
