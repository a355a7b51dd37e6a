// Reports a dispute from where a customer is looked at: sellers may not read the invoices that it is about.
frappe.provide("b2b_contracts.credit");

(() => {
	const credit = b2b_contracts.credit;
	const API = "b2b_contracts.collections_api";

	const call = async (method, args) =>
		(await frappe.call({ method: `${API}.${method}`, args, freeze: true })).message;

	credit.report_dispute = async ({ customer, company, done }) => {
		const invoices = await call("disputable_invoices", { customer, company });
		if (!invoices.length) {
			frappe.msgprint(
				__("{0} owes nothing in {1} that could be disputed.", [
					credit.esc(customer),
					credit.esc(company),
				])
			);
			return;
		}
		await frappe.model.with_doctype("Dispute");
		const dialog = new frappe.ui.Dialog({
			title: __("Report a dispute"),
			size: "large",
			fields: [
				{ fieldtype: "HTML", fieldname: "invoices" },
				{ fieldtype: "Section Break" },
				choice("root_cause", __("Root cause")),
				{ fieldtype: "Column Break" },
				{ ...choice("raised_by", __("Raised by")), default: "Customer" },
				{ fieldtype: "Section Break" },
				{
					fieldtype: "Small Text",
					fieldname: "description",
					label: __("Description"),
					description: __("What is wrong, and what the customer wants."),
					reqd: 1,
				},
			],
			primary_action_label: __("Report", null, "Dispute"),
			async primary_action({ root_cause, raised_by, description }) {
				const rows = rows_of(dialog, invoices);
				if (!rows) return;
				dialog.disable_primary_action();
				try {
					const args = { invoices: rows, root_cause, raised_by, description };
					const made = await call("report_dispute", args);
					dialog.hide();
					say_what_happens(made, invoices[0].currency);
					done?.(made);
				} catch {
					dialog.enable_primary_action();
				}
			},
		});
		draw_invoices(dialog, invoices);
		dialog.show();
		return dialog;
	};

	// A choice as it is on the Dispute form, in the words of that form.
	function choice(fieldname, label) {
		const options = frappe.meta.get_docfield("Dispute", fieldname).options.split("\n");
		return {
			fieldtype: "Select",
			fieldname,
			label,
			reqd: 1,
			options: options.map((value) => ({ value, label: value && __(value, null, "Dispute") })),
		};
	}

	function draw_invoices(dialog, invoices) {
		const rows = invoices.map(
			(row, n) => `<tr>
				<td>${credit.esc(row.sales_invoice)}</td>
				<td>${frappe.datetime.str_to_user(row.due_date)}</td>
				<td class="text-right">${credit.money(row.outstanding, row.currency)}</td>
				<td class="text-right">${credit.money(row.free, row.currency)}</td>
				<td class="b2b-credit__amount" data-invoice="${credit.esc(row.sales_invoice)}" data-row="${n}"></td>
			</tr>`
		);
		const $invoices = dialog.get_field("invoices").$wrapper.html(`<div class="b2b-credit__scroll">
			<table class="table b2b-credit__table"><thead><tr>
				<th>${__("Sales invoice")}</th><th>${__("Due date")}</th>
				<th class="text-right">${__("Outstanding")}</th>
				<th class="text-right">${__("Can be disputed")}</th>
				<th class="text-right">${__("Amount to dispute")}</th>
			</tr></thead><tbody>${rows.join("")}</tbody></table></div>`);
		dialog.amounts = $invoices
			.find("[data-row]")
			.get()
			.map((cell) => amount_input(cell, invoices[cell.dataset.row]));
	}

	function amount_input(cell, { sales_invoice, free, currency }) {
		if (!free) {
			$(cell).addClass("text-right text-muted").text("–");
			return null;
		}
		const label = __("Amount to dispute of {0}", [sales_invoice]);
		const control = frappe.ui.form.make_control({
			df: { fieldtype: "Currency", fieldname: "amount", label, options: "currency" },
			doc: { currency },
			parent: cell,
			only_input: true,
			render_input: true,
		});
		control.$input.attr("aria-label", label);
		return control;
	}

	// What is entered, null when that is nothing or more than there is.
	function rows_of(dialog, invoices) {
		const rows = invoices
			.map(({ sales_invoice }, n) => ({
				sales_invoice,
				disputed_amount: dialog.amounts[n]?.get_value() || 0,
			}))
			.filter((row) => row.disputed_amount);
		if (rows.length) return rows;
		frappe.msgprint(__("Enter the amount that is disputed of at least one invoice."));
		return null;
	}

	function say_what_happens({ name, docstatus, open_amount }, currency) {
		const link = credit.link("Dispute", name);
		frappe.msgprint({
			title: __("The dispute is reported"),
			indicator: docstatus ? "green" : "orange",
			message: docstatus
				? __("Dispute {0} is taken up: {1} is owed, but not chased until it is settled.", [
						link,
						credit.money(open_amount, currency),
				  ])
				: __(
						"Dispute {0} waits for a credit controller, who has been told. Until they take it up the invoices are chased as before.",
						[link]
				  ),
		});
	}
})();
