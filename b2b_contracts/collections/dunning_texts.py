"""What reminders are written with: the names that a notice fills in (the language itself: `merged_texts.py`)."""

from collections.abc import Mapping

from b2b_contracts import merged_texts
from b2b_contracts.merged_texts import Fault, Vocabulary

# What a text may name: words, lists to go through with the fields of a row, and ready-made blocks.
VALUES = (
	"customer_name",
	"company",
	"notice",
	"today",
	"deadline",
	"amount_due",
	"left_out_amount",
	"fee",
	"interest",
	"compensation",
	"earlier_charges",
	"grand_total",
	"pay_link",
	"split_link",
	"contact_name",
	"contact_email",
	"contact_phone",
)
ROWS = {
	"items": ("invoice", "due_date", "days", "open", "amount", "left_out", "reference"),
	"payment_lines": ("label", "value"),
}
ITEMS, STATEMENTS, PAYMENT = "items", "statements", "payment"
BLOCKS = (ITEMS, STATEMENTS, PAYMENT)
NAMES = frozenset((*VALUES, *ROWS, *BLOCKS))
# Only our own links may stand for a whole address; they are made here.
WORDS = Vocabulary(
	frozenset(VALUES), tuple(ROWS.items()), BLOCKS, links=frozenset(("pay_link", "split_link"))
)


def first_fault(
	source: str, *, is_html: bool, needs: tuple[str, ...] = (), blocks: tuple[str, ...] = BLOCKS
) -> Fault | None:
	"""Return the first thing that is wrong with the text of a reminder; see `merged_texts.first_fault`."""
	return merged_texts.first_fault(source, WORDS, is_html=is_html, needs=needs, blocks=blocks)


def names_in(source: str, *, is_html: bool) -> frozenset[str]:
	"""Return the placeholders that a reminder's text uses."""
	return merged_texts.names_in(source, WORDS, is_html=is_html)


def render(source: str, context: Mapping[str, object], *, is_html: bool) -> str:
	"""Return a reminder's text with its placeholders filled in from the context alone."""
	return merged_texts.render(source, context, WORDS, is_html=is_html)
