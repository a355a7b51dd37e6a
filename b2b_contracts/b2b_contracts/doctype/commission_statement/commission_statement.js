// A draft follows the books: saving it again counts anew. Approving is submitting it.
frappe.ui.form.on("Commission Statement", {
	refresh(frm) {
		const invoice = frappe.meta.get_docfield("Commission Statement Row", "sales_invoice", frm.doc.name);
		invoice.formatter = (value) =>
			value ? b2b_contracts.credit.link("Sales Invoice", value, value) : "";
		frm.set_df_property("rows", "cannot_add_rows", true);
		frm.set_df_property("rows", "cannot_delete_rows", true);
		if (frm.doc.docstatus === 0 && !frm.is_new() && frm.perm[0]?.write)
			frm.add_custom_button(__("Count again"), () => {
				frm.dirty();
				frm.save();
			});
		if (frappe.boot.user.all_reports?.["Commission on Paid Invoices"] && !frm.is_new())
			frm.add_custom_button(__("Show in the report"), () =>
				frappe.set_route("query-report", "Commission on Paid Invoices", {
					company: frm.doc.company,
					sales_person: frm.doc.sales_person,
					from_date: moment(frm.doc.month_end).startOf("month").format("YYYY-MM-DD"),
					to_date: frm.doc.month_end,
				})
			);
	},
});
