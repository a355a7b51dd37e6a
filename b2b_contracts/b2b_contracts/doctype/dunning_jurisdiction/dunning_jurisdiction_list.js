// Jurisdictions: which of them still have rules that nobody has checked.
frappe.listview_settings["Dunning Jurisdiction"] = {
	add_fields: ["unconfirmed"],
	get_indicator: (doc) =>
		doc.unconfirmed
			? [__("{0} not confirmed", [doc.unconfirmed]), "orange", "unconfirmed,>,0"]
			: [__("Confirmed"), "green", "unconfirmed,=,0"],
};
