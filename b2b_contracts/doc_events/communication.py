"""Communication: a mail that came in may say that a notice could not be delivered, or be about a contract."""

from b2b_contracts.collections import dunning_channels
from b2b_contracts.contracts import correspondence, search_texts


def after_insert(doc, method=None):
	dunning_channels.take_bounce(doc)
	correspondence.take(doc)
	search_texts.take_mail(doc)


def on_trash(doc, method=None):
	correspondence.refuse_deletion(doc)
