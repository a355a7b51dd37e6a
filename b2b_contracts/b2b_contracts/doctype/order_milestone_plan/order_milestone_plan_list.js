frappe.listview_settings["Order Milestone Plan"] = {
	add_fields: ["status", "currency"],
	has_indicator_for_draft: true,
	has_indicator_for_cancelled: true,
	get_indicator(doc) {
		const colour = { Draft: "gray", Active: "blue", Completed: "green", Cancelled: "darkgrey" }[doc.status];
		return [__(doc.status, null, "Order Milestone Plan"), colour, `status,=,${doc.status}`];
	},
};
