// Limit requests: the open ones by their clock.
frappe.listview_settings["Limit Request"] = {
	add_fields: ["status", "currency", "response_due"],
	get_indicator(doc) {
		const colour = {
			Open: "orange",
			Approved: "green",
			"Approved in Part": "blue",
			Rejected: "red",
			Withdrawn: "gray",
		}[doc.status];
		return [__(doc.status, null, "Limit Request"), colour, `status,=,${doc.status}`];
	},
	// Asked for on the customer or the held order, where the dialog says who decides: there is no blank form.
	refresh(list) {
		list.page.clear_primary_action();
	},
};
