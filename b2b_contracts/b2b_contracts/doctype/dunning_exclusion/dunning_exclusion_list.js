frappe.listview_settings["Dunning Exclusion"] = {
	add_fields: ["valid_from", "valid_until", "ended_by"],
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		if (doc.ended_by || doc.valid_until < today) return [__("Ended"), "gray", `valid_until,<,${today}`];
		if (doc.valid_from > today) return [__("To come"), "blue", `valid_from,>,${today}`];
		return [__("In force"), "orange", `valid_until,>=,${today}`];
	},
};
