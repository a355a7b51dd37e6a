// Invoice Discounting: what the bank has taken becomes a security, one for each customer.
(() => {
	frappe.ui.form.on("Invoice Discounting", {
		refresh(frm) {
			const is_with_the_bank = frm.doc.docstatus === 1 && ["Sanctioned", "Disbursed"].includes(frm.doc.status);
			if (!is_with_the_bank || !frappe.model.can_create("Security Instrument")) return;
			frm.add_custom_button(
				__("Security Instrument"),
				() => {
					const customers = [...new Set(frm.doc.invoices.map((row) => row.customer))];
					if (customers.length === 1) return make(frm, customers[0]);
					frappe.prompt(
						{
							fieldname: "customer",
							fieldtype: "Select",
							label: __("Customer"),
							options: customers,
							reqd: 1,
						},
						(values) => make(frm, values.customer),
						__("Whose invoices?"),
						__("Create")
					);
				},
				__("Create")
			);
		},
	});

	async function make(frm, customer) {
		const made = await frappe.xcall("b2b_contracts.securities_api.security_from_discounting", {
			discounting: frm.doc.name,
			customer,
		});
		const [doc] = frappe.model.sync(made);
		frappe.set_route("Form", doc.doctype, doc.name);
	}
})();
