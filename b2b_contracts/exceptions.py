"""What this app refuses, as exception classes that callers and tests can tell apart."""

import frappe


class B2BContractsError(frappe.ValidationError):
	"""Base of every refusal of this app that is about data, not about rights."""


class CreditPolicyError(B2BContractsError):
	"""A Credit Policy that cannot be applied as entered."""


class CreditSegmentError(B2BContractsError):
	"""A Credit Segment whose limit or ladder does not add up."""


class CreditProfileError(B2BContractsError):
	"""A Credit Profile that cannot be applied as entered."""


class CreditGroupError(B2BContractsError):
	"""A Credit Group that cannot be applied as entered."""


class SecurityInstrumentError(B2BContractsError):
	"""A Security Instrument that cannot be applied as entered."""


class BackTestError(B2BContractsError):
	"""A Policy Back-test that cannot be run as entered, or not now."""


class EvidenceError(B2BContractsError):
	"""A record that must be kept as evidence was to be deleted or changed."""


class WrittenByAppOnlyError(frappe.PermissionError):
	"""A document that only this app's use cases write was to be written by desk, REST, bulk edit or import."""


class CreditHoldError(B2BContractsError):
	"""A document was refused because of the customer's credit: held, stopped, or over what is allowed."""


class ReleaseError(B2BContractsError):
	"""A hold cannot be released, rejected or lifted as asked."""


class NotYourMandateError(frappe.PermissionError):
	"""Somebody tried to release a hold without the role it takes, or one that is their own."""


class DisputeError(B2BContractsError):
	"""A dispute that cannot be opened, moved on or settled as asked."""


class PaymentPlanError(B2BContractsError):
	"""A Payment Plan that cannot be agreed as entered."""


class PromiseError(B2BContractsError):
	"""A promise to pay that cannot be noted or withdrawn as asked."""
