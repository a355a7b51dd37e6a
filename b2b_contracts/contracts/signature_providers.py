"""The one seam for every way of signing a contract (requirements §6, signature).

A provider sends a contract to be signed, and says when it is. What follows is the same for all and not its own business: checks,
the hash, the file, the start of the contract and its copies (`signing`). The record of a signing on paper is the first provider;
the app that brings another one names its class in its hooks, under `b2b_contract_signature_providers`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import frappe
from frappe import _
from frappe.utils import getdate

from .contracts import refuse

HOOK = "b2b_contract_signature_providers"
ON_RECORD = "Record of Signing"


@dataclass(frozen=True, slots=True)
class Signatory:
	"""Who signed, for whom (Us, Customer, Other), and on which day where that is known."""

	name: str
	signs_for: str
	position: str = ""
	email: str = ""
	signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Signed:
	"""What a provider hands over once all have signed: the day, the address of the private File, who signed beside those that the
	contract names already, and in words what else proves it."""

	signed_on: date
	file_url: str
	signatories: tuple[Signatory, ...] = ()
	evidence: str = ""


class SignatureProvider(Protocol):
	"""A way of signing. `name` is what is stored on the contract; `by_hand` says that a person tells us who has signed."""

	name: str
	by_hand: bool

	def label(self) -> str:
		"""Return what it is called on the screen, in the language of the moment."""

	def request(self, contract) -> str:
		"""Ask for the signatures on a contract (a document) that goes out for signature; return what the provider knows it by, ""
		for nothing. Runs in that transaction: what leaves the house waits for its commit (`credit.jobs.after_commit`)."""

	def withdraw(self, contract) -> None:
		"""Take back what was asked: the contract goes back to the draft, or is rejected. In that transaction, too."""

	def collect(self, contract, given: Mapping) -> Signed | None:
		"""Return what was signed, None while somebody has not. `given` is what came in: a form, or the message of an outside service,
		which the provider has found to be genuine."""


class RecordOfSigning:
	"""Signed on paper, or wherever: a person writes down who signed and when, and attaches the file."""

	name = ON_RECORD
	by_hand = True

	def label(self) -> str:
		return _("Record of signing")

	def request(self, contract) -> str:
		return ""

	def withdraw(self, contract) -> None:
		"""Nobody was asked."""

	def collect(self, contract, given: Mapping) -> Signed:
		rows = given.get("signatories") or ()
		return Signed(
			getdate(given.get("signed_on")),
			given.get("signed_file") or "",
			tuple(
				Signatory(
					row.get("signatory_name") or "",
					row.get("signs_for") or "",
					row.get("position") or "",
					row.get("email") or "",
				)
				for row in rows
			),
		)


def known() -> dict[str, SignatureProvider]:
	"""Return the ways of signing that this site has, by name."""
	found = (frappe.get_attr(path)() for path in frappe.get_hooks(HOOK))
	return {provider.name: provider for provider in found}


def named(name: str | None) -> SignatureProvider:
	"""Return a way of signing, the record of signing where none is named. Refuses one that is not there (any more)."""
	providers = known()
	found = providers.get(name or ON_RECORD)
	if found is None:
		refuse(
			_("{0} is no way of signing on this site. There are: {1}.").format(
				name, ", ".join(provider.label() for provider in providers.values())
			),
			_("Signature"),
		)
	return found


def request(doc, name: str | None) -> dict:
	"""Have a contract signed in a way; return the fields that say how."""
	provider = named(name)
	return {"signature_provider": provider.name, "signature_reference": provider.request(doc) or None}


def withdraw(doc) -> dict:
	"""Take back what a contract's provider was asked; return the fields that say so."""
	named(doc.signature_provider).withdraw(doc)
	return {"signature_provider": None, "signature_reference": None}
