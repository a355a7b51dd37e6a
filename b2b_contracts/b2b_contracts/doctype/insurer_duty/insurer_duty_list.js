frappe.listview_settings["Insurer Duty"] = {
	add_fields: ["status", "due_date"],
	filters: [["status", "in", ["Open", "Missed"]]],
	get_indicator(doc) {
		const is_late = doc.status === "Open" && doc.due_date < frappe.datetime.get_today();
		const status = is_late ? "Missed" : doc.status;
		const colour = { Open: "blue", Done: "green", Missed: "red", "Not Needed": "gray" }[status];
		return [__(status, null, "Insurer Duty"), colour, `status,=,${doc.status}`];
	},
};
