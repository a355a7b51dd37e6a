// Promise to Pay: what it has come to, and how to withdraw it.
(() => {
	frappe.ui.form.on("Promise to Pay", {
		setup(frm) {
			frm.set_query("sales_invoice", () => ({
				filters: {
					customer: frm.doc.customer,
					company: frm.doc.company,
					docstatus: 1,
					is_return: 0,
					outstanding_amount: [">", 0],
				},
			}));
		},
		refresh(frm) {
			if (frm.is_new()) return choose_for_sellers(frm);
			if (frm.doc.status !== "Open") return;
			if (frappe.perm.has_perm("Promise to Pay", 0, "write", frm.doc))
				frm.add_custom_button(__("Withdraw"), () => withdraw(frm));
		},
		async sales_invoice(frm) {
			if (!frm.doc.sales_invoice || frm.doc.amount) return;
			const found = await frappe.db.get_value("Sales Invoice", frm.doc.sales_invoice, "outstanding_amount");
			frm.set_value("amount", found.message.outstanding_amount);
		},
	});

	// Who may not read invoices cannot look for one either: they choose from the open ones of their customer.
	function choose_for_sellers(frm) {
		if (frappe.model.can_read("Sales Invoice")) return;
		frm.set_df_property("sales_invoice", "read_only", 1);
		frm.add_custom_button(__("Choose an invoice"), () => choose_invoice(frm));
	}

	async function choose_invoice(frm) {
		const { customer, company } = frm.doc;
		if (!customer || !company) {
			frappe.msgprint(__("Choose the customer and the company first."));
			return;
		}
		const method = "b2b_contracts.collections_api.disputable_invoices";
		const found = await frappe.xcall(method, { customer, company });
		if (!found.length) {
			frappe.msgprint(__("{0} owes nothing in {1}.", [customer, company]));
			return;
		}
		const options = found.map(({ sales_invoice, outstanding, currency, due_date }) => ({
			value: sales_invoice,
			label: [
				sales_invoice,
				format_currency(outstanding, currency),
				frappe.datetime.str_to_user(due_date),
			].join(" · "),
		}));
		frappe.prompt(
			{ fieldname: "invoice", fieldtype: "Select", label: __("Invoice"), options, reqd: 1 },
			async ({ invoice }) => {
				const { outstanding } = found.find((row) => row.sales_invoice === invoice);
				if (!frm.doc.amount) await frm.set_value("amount", outstanding);
				// Past the control, which would ask the server about a document that they may not read.
				frm.doc.sales_invoice = invoice;
				frm.refresh_field("sales_invoice");
				frm.dirty();
			},
			__("Choose an invoice"),
			__("Choose")
		);
	}

	function withdraw(frm) {
		frappe.prompt(
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Why it no longer holds"), reqd: 1 },
			async ({ reason }) => {
				await frappe.xcall("b2b_contracts.collections_api.withdraw_promise", {
					promise: frm.doc.name,
					reason,
				});
				frm.reload_doc();
			},
			__("Withdraw"),
			__("Withdraw")
		);
	}
})();
