frappe.listview_settings["Dunning Test"] = {
	add_fields: ["enabled", "from_date", "until_date"],
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		if (!doc.enabled) return [__("Stopped"), "gray", "enabled,=,0"];
		if (doc.until_date && doc.until_date < today) return [__("Ended"), "gray", `until_date,<,${today}`];
		if (doc.from_date > today) return [__("Planned"), "blue", `from_date,>,${today}`];
		return [__("Running"), "green", "enabled,=,1"];
	},
};
