frappe.listview_settings["Approval Request"] = {
	add_fields: ["status", "currency", "response_due"],
	get_indicator(doc) {
		const colour = b2b_contracts.credit.REQUEST_COLOUR[doc.status];
		return [__(doc.status, null, "Approval Request"), colour, `status,=,${doc.status}`];
	},
	// Asked for on the invoice, where the dialog says who decides: there is no blank form.
	refresh(list) {
		list.page.clear_primary_action();
	},
};
