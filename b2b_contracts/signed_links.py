"""Links that open a page without log-in, signed with this site's own key: one place for every such key and hash."""

from datetime import timedelta
from urllib.parse import urlencode

from frappe.utils import get_url, getdate
from frappe.utils.password import get_encryption_key

from b2b_contracts.engine import signed_links as engine
from b2b_contracts.engine.signed_links import NotSignedError, SignedLink

__all__ = ("NotSignedError", "SignedLink", "address", "keyed_hash", "read")


def address(page: str, purpose: str, subject: str, valid_for: timedelta) -> str:
	"""Return the address of a page ("/board-decision") with a token for a document, good from today for so long."""
	token = engine.token_of(_key(), SignedLink(purpose, subject, getdate() + valid_for))
	return get_url(f"{page}?{urlencode({'token': token})}")


def read(token: str, purpose: str) -> SignedLink:
	"""Return what a token says, whether it is still good or not; raises `NotSignedError` for one that is not ours."""
	return engine.read(_key(), token, purpose)


def keyed_hash(text: str) -> str:
	"""Return what is kept of a token that is given away: a copy of the database opens nothing."""
	return engine.keyed_hash(_key(), text)


def _key() -> bytes:
	return get_encryption_key().encode()
