"""Commands of bench. Whoever may run them has the site's files and database anyway, so they ask for no permission."""

from datetime import datetime
from pathlib import Path

import click
import frappe
from frappe.commands import get_site, pass_context

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("export-credit-book")
@click.option(
	"--company", "companies", multiple=True, required=True, help="A company; may be given several times."
)
@click.option("--from", "from_date", type=DAY, required=True, help="The first day, such as 2024-01-01.")
@click.option("--to", "to_date", type=DAY, required=True, help="The last day.")
@click.option(
	"--out",
	"folder",
	type=click.Path(file_okay=False, path_type=Path),
	required=True,
	help="The folder to write into; it is made, or must be empty.",
)
@click.option(
	"--anonymise", is_flag=True, help="Leave out names of customers and documents, and written reasons."
)
@pass_context
def export_credit_book(
	context, companies: tuple[str, ...], from_date: datetime, to_date: datetime, folder: Path, anonymise: bool
) -> None:
	"""Write the trade of companies as a book: a folder of CSV files that b2b-contracts replays a credit policy over."""
	from b2b_contracts.credit import book_export

	if folder.exists() and any(folder.iterdir()):
		raise click.ClickException(f"The folder {folder} is not empty. Choose another one.")
	frappe.init(site=get_site(context))
	frappe.connect()
	try:
		frappe.set_user("Administrator")
		first, last = from_date.date(), to_date.date()
		book_export.check_period(list(companies), first, last)
		with click.progressbar(length=100, show_pos=False, item_show_func=str) as bar:

			def progress(done: float, what: str) -> None:
				bar.update(round(100 * done) - bar.pos, what)

			rows = book_export.write_book(folder, list(companies), first, last, anonymise, progress)
			bar.update(100 - bar.pos, "")
	except frappe.ValidationError as error:
		raise click.ClickException(frappe.utils.strip_html(str(error)))
	finally:
		frappe.destroy()
	width = max(len(sheet) for sheet in rows)
	for sheet, count in rows.items():
		click.echo(f"{sheet:<{width}}  {count:>9}")
	click.echo(f"Written to {folder}")


commands = [export_credit_book]
