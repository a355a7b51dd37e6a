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


class InsuranceError(B2BContractsError):
	"""An Insurance Policy, a buyer limit or a duty to the insurer that cannot be as entered."""


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


class ChasingError(B2BContractsError):
	"""A reminder that asks for what may not be asked for now."""


class CollectionTaskError(B2BContractsError):
	"""A call or other contact that cannot be opened, logged or ended as asked."""


class CollectionCaseError(B2BContractsError):
	"""A hand-over to an agency that cannot be proposed, announced, carried out or ended as asked."""


class PortalError(B2BContractsError):
	"""Something that a customer asks for in the portal is not offered there, or not like that."""


class SplitLinkError(PortalError):
	"""A link by which a customer pays in instalments that is not good, not any more, or not for that."""


class DisputeLinkError(B2BContractsError):
	"""A link with which a customer may dispute an invoice is not good, or not for this."""


class TakeoverError(B2BContractsError):
	"""A take-over that cannot be checked or imported as asked, or not now."""


class CreditListError(B2BContractsError):
	"""An entry of the negative or premium list that cannot be made or ended as asked."""


class LimitRequestError(B2BContractsError):
	"""A higher credit limit that cannot be asked for, granted or refused as asked."""


class DisputeError(B2BContractsError):
	"""A dispute that cannot be opened, moved on or settled as asked."""


class PaymentPlanError(B2BContractsError):
	"""A Payment Plan that cannot be agreed as entered."""


class PromiseError(B2BContractsError):
	"""A promise to pay that cannot be noted or withdrawn as asked."""


class InsolvencyError(B2BContractsError):
	"""An insolvency that cannot be reported or ended as asked, or something that an open one does not allow."""


class PaymentReferenceError(B2BContractsError):
	"""A payment reference, or the set-up of a company's references, that cannot be as asked."""


class PaymentLinkError(B2BContractsError):
	"""A link with which a customer sees what it can pay is not good, or not for this."""


class PaymentSlipError(B2BContractsError):
	"""A payment slip that cannot be reported, accepted or ended as asked."""


class MilestoneError(B2BContractsError):
	"""Milestones of an order that cannot be planned, accepted or invoiced as asked."""


class ApprovalError(B2BContractsError):
	"""Something cannot be asked for, approved or carried out as it is."""


class SanctionsListError(B2BContractsError):
	"""A sanctions list that cannot be entered or imported as it is."""


class StatementError(B2BContractsError):
	"""A statement of account that cannot be made or sent as asked."""


class BalanceConfirmationError(B2BContractsError):
	"""A balance that cannot be sent, answered or decided about as asked, or a link to one that is not good."""


class ScreeningError(B2BContractsError):
	"""A match with a sanctions list that cannot be decided as asked."""


class DunningError(B2BContractsError):
	"""A dunning flow, template, exclusion, run or notice that cannot be as entered, or not now."""


class JurisdictionError(B2BContractsError):
	"""A jurisdiction, a reference rate or agreed terms of late payment that cannot be as entered, or are missing."""


class WorklistError(B2BContractsError):
	"""A filter, a setting or a call script of the collections worklist that cannot be as entered."""


class ContractError(B2BContractsError):
	"""A contract that cannot be as entered, or a step that it cannot take now."""


class ReportSettingsError(B2BContractsError):
	"""A setting of the reports that cannot be as entered."""


class PackError(B2BContractsError):
	"""A monthly pack, or its schedule, that cannot be made or be as asked."""
