"""A contract is signed: whatever way it was, the same is checked, kept and begun (requirements §6)."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import frappe
from frappe import _
from frappe.utils import cint, formatdate, getdate

from b2b_contracts.credit import private_files
from b2b_contracts.engine import contract_life_cycle as life

from . import copies, documents, events, in_force, life_cycle, signature_providers, taking_effect
from .contracts import refuse
from .facts import CONTRACT
from .signature_providers import Signed


def record(name: str, given: Mapping):
	"""Write down that a contract was signed, as its way of signing tells from what somebody has entered: `{signed_on, signed_file,
	signatories}` for the record of signing. It starts on its start date, today where that has come. Returns the contract."""
	doc = in_force.locked_doc(name)
	life_cycle.require(doc, life.SIGN)
	provider = signature_providers.named(doc.signature_provider)
	if provider.by_hand and not given.get("signed_on"):
		refuse(_("Enter the day on which it was signed."), _("Signed on"))
	signed = provider.collect(doc, given)
	if signed is None:
		refuse(
			_(
				"Contract {0} is with {1}, and not everybody has signed yet. It goes on by itself then."
			).format(doc.name, provider.label()),
			_("Not signed yet"),
		)
	file = private_files.readable(signed.file_url) if signed.file_url else None
	return _complete(doc, signed, file)


def received(name: str, provider: str, given: Mapping):
	"""Write down what an outside provider has sent about a contract that is with it, which the provider has found to be genuine.
	Nobody is logged in then: it is done by the app. Returns the contract, None while not all have signed and for what came twice."""
	with _as_the_app():
		doc = in_force.locked_doc(name)
		if (doc.signature_provider or signature_providers.ON_RECORD) != provider:
			refuse(_("Contract {0} is not with {1}.").format(name, provider), _("Signature"))
		if doc.signed_on:
			return None
		life_cycle.require(doc, life.SIGN)
		signed = signature_providers.named(provider).collect(doc, given)
		if signed is None:
			return None
		return _complete(doc, signed, private_files.readable(signed.file_url))


@contextmanager
def _as_the_app() -> Iterator[None]:
	user = frappe.session.user
	frappe.set_user("Administrator")
	try:
		yield
	finally:
		frappe.set_user(user)


def _complete(doc, signed: Signed, file):
	day = getdate(signed.signed_on)
	if day > getdate():
		refuse(
			_("{0} is still to come. Enter the day on which it was signed.").format(formatdate(day)),
			_("Signed on"),
		)
	if file is None:
		refuse(
			_("Attach the signed contract: the file that you named is not there, or not open to you."),
			_("File"),
		)
	_sign_rows(doc, signed)
	content = file.get_content()
	digest = hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
	if not cint(file.is_private):
		refuse(
			_("File {0} can be read by everybody. Make it private first.").format(file.file_name), _("File")
		)
	doc.update(
		{
			"signed_on": day,
			"signed_file": file.file_url,
			"signed_file_hash": digest,
			"signing_recorded_by": frappe.session.user,
		}
	)
	doc.flags.contract_service = True
	doc.submit()
	# Nobody is logged in where an outside provider tells of it.
	documents.file_row(doc, documents.SIGNED, file, title=_("Signed: {0}").format(doc.title))
	names = ", ".join(row.signatory_name for row in doc.signatories if row.signed_on)
	said = _("Signed on {0} by {1}. SHA-256 of {2}: {3}").format(
		formatdate(day), names, file.file_name, digest
	)
	events.write(
		*(doc, events.SIGNED, f"{said}. {signed.evidence}" if signed.evidence else said),
		events.effect_key(doc.name, "signed"),
	)
	copies.plan(doc)
	taking_effect.settle(doc)
	return doc


def _sign_rows(doc, signed: Signed) -> None:
	for signatory in signed.signatories:
		doc.append(
			"signatories",
			{
				"signatory_name": signatory.name,
				"signs_for": signatory.signs_for,
				"position": signatory.position,
				"email": signatory.email,
				"signed_on": signatory.signed_on,
			},
		)
	sides = {row.signs_for for row in doc.signatories}
	if not {"Us", "Customer"} <= sides:
		refuse(
			_(
				"Name who signed for us and who signed for the customer, each at least once, under {0}."
			).format(frappe.bold(_(doc.meta.get_label("signatories"), context=CONTRACT))),
			_("Signatories missing"),
		)
	for row in doc.signatories:
		row.signed_on = row.signed_on or getdate(signed.signed_on)
