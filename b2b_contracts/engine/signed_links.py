"""Addresses that carry their own right: what they are for and until when, signed with a key of the site.

Nothing is stored for them, so a letter may carry one. Whoever holds it may do the one thing it is for, and nothing else.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

# Longer than any document's name needs: nobody makes us decode a book.
LONGEST = 1024
_SEPARATOR = "\n"
# A signature under the same key for something else is no signature here.
_DOMAIN = b"b2b_contracts signed link\n"


class NotSignedError(ValueError):
	"""A token that this site has not made, or has made for something else."""


@dataclass(frozen=True, slots=True)
class SignedLink:
	"""What a token says: what it is for, of which document, and the last day on which it is good."""

	purpose: str
	subject: str
	until: date

	def is_good(self, today: date) -> bool:
		return today <= self.until


def keyed_hash(key: bytes, text: str) -> str:
	"""Return the hash of a text under a key: what is kept of a secret that is given away."""
	return hmac.new(key, text.encode(), sha256).hexdigest()


def token_of(key: bytes, link: SignedLink) -> str:
	"""Return the token of a link, letters that stand in an address as they are.

	Raises `ValueError` for a purpose or subject that holds a line break.
	"""
	if _SEPARATOR in link.purpose or _SEPARATOR in link.subject:
		raise ValueError("a purpose and a subject are one line each")
	said = _SEPARATOR.join((link.purpose, link.until.isoformat(), link.subject)).encode()
	signature = hmac.new(key, _DOMAIN + said, sha256).digest()
	return f"{_letters(said)}.{_letters(signature)}"


def read(key: bytes, token: str, purpose: str) -> SignedLink:
	"""Return what a token says, whether it is still good or not. Raises `NotSignedError` unless we have made it for that purpose."""
	link = _claimed(token)
	# Compared as a whole: the same bytes can be written in more than one way, and only ours is right.
	if not hmac.compare_digest(token_of(key, link).encode(), token.encode()) or link.purpose != purpose:
		raise NotSignedError(purpose)
	return link


def _claimed(token: str) -> SignedLink:
	"""Return what a token says without having looked at its signature."""
	if len(token) > LONGEST or not token.isascii():
		raise NotSignedError("none of ours")
	said, _dot, _signature = token.partition(".")
	try:
		text = urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode()
		purpose, until, subject = text.split(_SEPARATOR)
		return SignedLink(purpose, subject, date.fromisoformat(until))
	except (binascii.Error, ValueError) as error:
		raise NotSignedError("unreadable") from error


def _letters(content: bytes) -> str:
	return urlsafe_b64encode(content).rstrip(b"=").decode()
