frappe.listview_settings["Dunning Charge"] = {
	add_fields: ["state"],
	get_indicator(doc) {
		const colour = { Threatened: "gray", Claimed: "orange", Waived: "darkgrey", Paid: "green" }[doc.state];
		return [__(doc.state, null, "Dunning Charge"), colour, `state,=,${doc.state}`];
	},
};
